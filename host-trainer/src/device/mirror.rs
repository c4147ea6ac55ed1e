//! The host's copy of the device's model: takes the same steps and must get the same bits.

use dense_core::losses::Loss;
use dense_core::optimizers::Optimizer;
use dense_core::{Batch, Error, Kernel, PixelTable, Sgd, SparseCategoricalCrossEntropy, argmax};
use firmware::checksum;

use super::answers::{Classified, Learned};
use super::error::DeviceError;
use crate::dataset::Split;
use crate::evaluate::evaluate;
use crate::idx::{CLASSES, PIXELS};
use crate::model::Linear;

/// A model on the host that is to stay equal to the one on the device.
#[derive(Clone, Debug)]
pub struct Mirror {
    network: Box<Linear>,
    pixel_table: PixelTable,
    kernel: Kernel,
}

impl Mirror {
    /// A copy that starts from `network`, which sees pixels through `pixel_table`.
    #[must_use]
    pub const fn new(network: Box<Linear>, pixel_table: PixelTable, kernel: Kernel) -> Self {
        Self { network, pixel_table, kernel }
    }

    /// The checksum of its weights and its table of pixels.
    #[must_use]
    pub fn weights_checksum(&self) -> u32 {
        checksum::of_model(self.pixel_table.unless_identity(), &self.network.layer)
    }

    /// What the network sees of an image.
    fn seen(&self, image: &[u8; PIXELS]) -> [[u8; PIXELS]; 1] {
        let mut seen = [*image];
        self.pixel_table.apply(seen.as_flattened_mut());
        seen
    }

    /// Takes one step towards `label`, and returns the loss of the image before and after.
    ///
    /// # Errors
    ///
    /// A label that is no class, a learning rate out of range, or weights so large that a logit is not finite.
    pub fn learn(&mut self, image: &[u8; PIXELS], label: u8, learning_rate: f32) -> Result<(f32, f32), Error> {
        let sgd = Sgd::new(learning_rate)?;
        let image = self.seen(image);
        let batch = Batch::new(&image)?;
        let mut logits = [[0.0; CLASSES]];
        self.network.layer.forward_with(self.kernel, batch, &mut logits)?;
        let before = SparseCategoricalCrossEntropy::loss_with(self.kernel, &mut logits, &[label])?;
        sgd.update(self.kernel, &mut self.network.layer, batch, &logits, &mut ())?;
        self.network.layer.forward_with(self.kernel, batch, &mut logits)?;
        let after = SparseCategoricalCrossEntropy::loss_with(self.kernel, &mut logits, &[label])?;
        Ok((before.loss_sum, after.loss_sum))
    }

    /// The share of the samples of `split` that it classifies correctly.
    ///
    /// # Errors
    ///
    /// Weights so large that a logit is not finite.
    pub fn accuracy(&self, split: &Split) -> Result<f64, Error> {
        Ok(evaluate(&*self.network, &split.through(&self.pixel_table), self.kernel)?.accuracy)
    }

    /// Holds what the device says of an image, called `name`, against what the host computes.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Differs`] at the first bit that differs.
    pub fn check_classified(&self, name: &str, image: &[u8; PIXELS], device: &Classified) -> Result<(), DeviceError> {
        let (image, mut values) = (self.seen(image), [[0.0; CLASSES]]);
        let batch = Batch::new(&image).map_err(|error| not_finite(name, error))?;
        self.network.layer.forward_with(self.kernel, batch, &mut values).map_err(|error| not_finite(name, error))?;
        let class = argmax(&values[0]) as u8;
        check_all(name, "logit", &device.logits, &values[0])?;
        SparseCategoricalCrossEntropy::output_activation_with(self.kernel, &mut values)
            .map_err(|error| not_finite(name, error))?;
        check_all(name, "probability", &device.probabilities, &values[0])?;
        check(|| format!("{name}: class"), device.class, class, u8::to_string)
    }

    /// Takes the step that the device took on an image, called `name`, and holds the results against each other.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Differs`] where a loss or the weights differ.
    pub fn check_learned(
        &mut self,
        name: &str,
        image: &[u8; PIXELS],
        label: u8,
        learning_rate: f32,
        device: &Learned,
    ) -> Result<(), DeviceError> {
        let (before, after) = self.learn(image, label, learning_rate).map_err(|error| not_finite(name, error))?;
        check(|| format!("{name}: loss before the step"), device.loss_before, before, bits)?;
        check(|| format!("{name}: loss after the step"), device.loss_after, after, bits)?;
        let (device, host) = (device.weights_checksum, self.weights_checksum());
        check(|| format!("{name}: checksum of the weights after the step"), device, host, |sum| format!("{sum:08x}"))
    }
}

fn check_all(name: &str, what: &str, device: &[f32; CLASSES], host: &[f32; CLASSES]) -> Result<(), DeviceError> {
    for (class, (&device, &host)) in device.iter().zip(host).enumerate() {
        check(|| format!("{name}: {what} {class}"), device, host, bits)?;
    }
    Ok(())
}

/// Compares two numbers by what is shown of them.
fn check<T>(what: impl Fn() -> String, device: T, host: T, show: impl Fn(&T) -> String) -> Result<(), DeviceError> {
    let (device, host) = (show(&device), show(&host));
    if device == host { Ok(()) } else { Err(DeviceError::Differs { what: what(), device, host }) }
}

/// A number with every one of its bits.
fn bits(value: &f32) -> String {
    format!("{value} ({:#010x})", value.to_bits())
}

fn not_finite(name: &str, error: Error) -> DeviceError {
    DeviceError::Differs { what: name.into(), device: "an answer".into(), host: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of small weights of both signs behind a curve, and an image.
    fn mirror() -> (Mirror, [u8; PIXELS]) {
        let mut network = Box::new(Linear::ZERO);
        network.layer.glorot_uniform(&mut dense_core::Random::new(1, 1));
        (Mirror::new(network, PixelTable::power(0.5), Kernel::best()), std::array::from_fn(|pixel| pixel as u8))
    }

    fn classified(mirror: &Mirror, image: &[u8; PIXELS]) -> Classified {
        let mut logits = [[0.0; CLASSES]];
        mirror
            .network
            .layer
            .forward_with(Kernel::PORTABLE, Batch::new(&mirror.seen(image)).unwrap(), &mut logits)
            .unwrap();
        let mut probabilities = logits;
        SparseCategoricalCrossEntropy::output_activation_with(Kernel::PORTABLE, &mut probabilities).unwrap();
        let class = argmax(&logits[0]) as u8;
        Classified { class, logits: logits[0], probabilities: probabilities[0], cycles: 1 }
    }

    #[test]
    fn one_bit_in_an_answer_is_found_and_named() {
        let (mirror, image) = mirror();
        let good = classified(&mirror, &image);
        mirror.check_classified("image 7", &image, &good).unwrap();
        let flipped = |value: &mut f32| *value = f32::from_bits(value.to_bits() ^ 1);
        for class in 0..CLASSES {
            let mut bad = good;
            flipped(&mut bad.logits[class]);
            let text = mirror.check_classified("image 7", &image, &bad).unwrap_err().to_string();
            assert!(text.starts_with(&format!("image 7: logit {class}: the device has")), "{text}");
            let mut bad = good;
            flipped(&mut bad.probabilities[class]);
            assert!(mirror.check_classified("image 7", &image, &bad).is_err());
        }
        let bad = Classified { class: (good.class + 1) % 10, ..good };
        let error = mirror.check_classified("image 7", &image, &bad).unwrap_err();
        assert_eq!(error.exit_code(), 1);
        assert!(error.to_string().contains("image 7: class"), "{error}");
    }

    /// The table is a part of the model.
    #[test]
    fn images_go_through_the_table() {
        let (curved, image) = mirror();
        let plain = Mirror { pixel_table: PixelTable::IDENTITY, ..curved.clone() };
        assert_ne!(plain.weights_checksum(), curved.weights_checksum());
        let [seen] = curved.seen(&image);
        assert_eq!((image[1], seen[1], seen[255]), (1, 16, 255));
        plain.check_classified("image", &seen, &classified(&curved, &image)).unwrap();
        assert!(plain.check_classified("image", &image, &classified(&curved, &image)).is_err());
        let split = |image| Split { images: vec![image], labels: vec![3] };
        assert_eq!(curved.accuracy(&split(image)).unwrap(), plain.accuracy(&split(seen)).unwrap());
        assert_eq!(curved.clone().learn(&image, 3, 0.1), plain.clone().learn(&seen, 3, 0.1));
    }

    #[test]
    fn a_step_must_agree_in_losses_and_weights() {
        let (start, image) = mirror();
        let mut trained = start.clone();
        let (loss_before, loss_after) = trained.learn(&image, 3, 0.01).unwrap();
        assert!(loss_after < loss_before);
        let good = Learned { loss_before, loss_after, cycles: 1, weights_checksum: trained.weights_checksum() };
        start.clone().check_learned("image 0", &image, 3, 0.01, &good).unwrap();
        for (bad, wanted) in [
            (Learned { loss_before: -loss_before, ..good }, "loss before"),
            (Learned { loss_after: loss_before, ..good }, "loss after"),
            (Learned { weights_checksum: start.weights_checksum(), ..good }, "checksum of the weights"),
        ] {
            let text = start.clone().check_learned("image 0", &image, 3, 0.01, &bad).unwrap_err().to_string();
            assert!(text.contains(wanted), "{text}");
        }
    }
}
