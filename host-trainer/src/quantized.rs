//! The networks in whole numbers: made from trained ones, tested beside them, and written down.

use dense_core::quant::{self, PIXEL_STEP, QuantizedHidden, QuantizedNetwork, activation_step};
use dense_core::{Error, Kernel, QuantizedDense};

use crate::dataset::Split;
use crate::idx::{CLASSES, PIXELS};
use crate::model::{Layer, Layers, ModelName};

/// How many of the training images tell how large the outputs of hidden layers become. With more, about as many decisions
/// change, among training images too.
const CALIBRATION_SAMPLES: usize = 5_000;

/// The training images that calibration takes: the first ones.
#[must_use]
pub fn calibration_images(train: &Split) -> &[[u8; PIXELS]] {
    &train.images[..train.len().min(CALIBRATION_SAMPLES)]
}

/// A network in whole numbers for images of ten classes.
pub trait QuantizedModel {
    /// The class that each image is taken for.
    ///
    /// # Errors
    ///
    /// None for images of this size.
    fn classes(&self, split: &Split, kernel: Kernel) -> Result<Vec<u8>, Error>;

    /// The logits of an image, in 65,536ths.
    ///
    /// # Errors
    ///
    /// None for images of this size.
    fn logits(&self, image: &[u8; PIXELS], kernel: Kernel) -> Result<[i32; CLASSES], Error>;

    /// A copy of the numbers of all layers, the first one first.
    fn layers(&self) -> Vec<QuantizedLayer>;
}

/// The numbers of one layer, of whatever shape.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedLayer {
    /// How many numbers go into it.
    pub inputs: usize,
    /// Output after output, its weight of each input.
    pub weights: Vec<i8>,
    /// One for each output.
    pub bias: Vec<i32>,
    /// What a step of each sum stands for, in steps of the output.
    pub scale: Vec<f32>,
    /// What a step of the output stands for; 1 for logits.
    pub output_step: f32,
}

impl QuantizedLayer {
    fn of<const IN: usize, const OUT: usize>(layer: &QuantizedDense<IN, OUT>, output_step: f32) -> Self {
        Self {
            inputs: IN,
            weights: (0..OUT).flat_map(|output| (0..IN).map(move |input| layer.weight(output, input))).collect(),
            bias: layer.bias().to_vec(),
            scale: layer.scale().to_vec(),
            output_step,
        }
    }
}

impl QuantizedLayer {
    /// How much memory the numbers take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.weights) + size_of_val(&*self.bias) + size_of_val(&*self.scale)
    }
}

/// The model with these layers in whole numbers; `calibration` are training images, as [`calibration_images`]
/// has them.
///
/// # Errors
///
/// A weight or bias that is not finite, or so large or small that its scale cannot be represented.
pub fn quantize(
    model: ModelName,
    layers: &[Layer],
    calibration: &[[u8; PIXELS]],
    kernel: Kernel,
) -> Result<Box<dyn QuantizedModel>, Error> {
    match model {
        ModelName::Linear => quantize_as::<QuantizedDense<PIXELS, CLASSES>>(layers, calibration, kernel),
        ModelName::Mlp32 => {
            quantize_as::<QuantizedHidden<PIXELS, 32, QuantizedDense<32, CLASSES>>>(layers, calibration, kernel)
        }
        ModelName::Mlp128x64 => {
            type Rest = QuantizedHidden<128, 64, QuantizedDense<64, CLASSES>>;
            quantize_as::<QuantizedHidden<PIXELS, 128, Rest>>(layers, calibration, kernel)
        }
    }
}

fn quantize_as<Q>(
    layers: &[Layer],
    calibration: &[[u8; PIXELS]],
    kernel: Kernel,
) -> Result<Box<dyn QuantizedModel>, Error>
where
    Q: QuantizedLayers<PIXELS, Logits = [i32; CLASSES]> + 'static,
    Q::Float: Layers,
{
    let mut floats = Box::new(<Q::Float as dense_core::Memory>::ZERO);
    floats.set_layers(layers);
    let mut ranges = Q::Ranges::default();
    for image in calibration {
        Q::calibrate(&floats, kernel, image, &mut ranges)?;
    }
    let mut quantized = Box::new(Quantized { network: Q::ZERO, layers: Vec::new() });
    quantized.network.quantize_network(&floats, PIXEL_STEP, &ranges)?;
    quantized.network.list(&ranges, &mut quantized.layers)?;
    Ok(quantized)
}

/// A network in whole numbers, and a copy of its numbers.
struct Quantized<Q> {
    network: Q,
    layers: Vec<QuantizedLayer>,
}

impl<Q: QuantizedNetwork<PIXELS, Logits = [i32; CLASSES]>> QuantizedModel for Quantized<Q> {
    fn classes(&self, split: &Split, kernel: Kernel) -> Result<Vec<u8>, Error> {
        split.images.iter().map(|image| Ok(quant::class(&self.logits(image, kernel)?) as u8)).collect()
    }

    fn logits(&self, image: &[u8; PIXELS], kernel: Kernel) -> Result<[i32; CLASSES], Error> {
        self.network.infer(kernel, image)
    }

    fn layers(&self) -> Vec<QuantizedLayer> {
        self.layers.clone()
    }
}

/// A network as a list of layers.
trait QuantizedLayers<const IN: usize>: QuantizedNetwork<IN> {
    /// Appends the numbers of all layers to `layers`. `ranges` are those that it was quantised with.
    fn list(&self, ranges: &Self::Ranges, layers: &mut Vec<QuantizedLayer>) -> Result<(), Error>;
}

impl<const IN: usize, const OUT: usize> QuantizedLayers<IN> for QuantizedDense<IN, OUT> {
    fn list(&self, (): &(), layers: &mut Vec<QuantizedLayer>) -> Result<(), Error> {
        layers.push(QuantizedLayer::of(self, 1.0));
        Ok(())
    }
}

impl<const IN: usize, const WIDTH: usize, Next: QuantizedLayers<WIDTH>> QuantizedLayers<IN>
    for QuantizedHidden<IN, WIDTH, Next>
{
    fn list(&self, (range, ranges): &Self::Ranges, layers: &mut Vec<QuantizedLayer>) -> Result<(), Error> {
        layers.push(QuantizedLayer::of(&self.layer, activation_step(&[*range])?));
        self.next.list(ranges, layers)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::model_files;

    /// The compiler and the trainer quantise the firmware's weights alike.
    #[test]
    fn the_firmware_has_these_numbers() {
        let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/src/weights.rs");
        let weights = model_files::load(&weights).unwrap();
        let quantized = quantize(weights.model, &weights.layers, &[], Kernel::best()).unwrap();
        assert_eq!(quantized.layers(), [QuantizedLayer::of(&firmware::quantized::MODEL, 1.0)]);
    }

    #[test]
    fn what_cannot_be_quantised_is_refused() {
        for (model, too_large) in [
            (ModelName::Linear, "scale"),
            (ModelName::Mlp32, "activation step"),
            (ModelName::Mlp128x64, "activation step"),
        ] {
            for (weight, wanted) in [(f32::NAN, "weights"), (1e9, too_large)] {
                let mut layers = model.network().layers();
                layers[0].weights[0] = weight;
                let error = quantize(model, &layers, &[[255; PIXELS]], Kernel::best()).err().unwrap();
                assert!(error.to_string().contains(wanted), "{model:?}, {weight}: {error}");
            }
        }
    }
}
