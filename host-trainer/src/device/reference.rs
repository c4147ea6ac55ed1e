//! The network on the host: makes the same steps as the device, and must get the same bits.

use std::fmt::{self, Display};
use std::path::Path;
use std::thread;

use dense_core::{Error, Kernel, PixelTable, argmax};
use dense_protocol::checksum;
use dense_protocol::messages::{Classified, Learned};
use formats::{Input, Loss, Model, Optimizer, OptimizerName, Output, Recipe};

use super::{DeviceError, DeviceInfo};
use crate::data::{Inputs, Samples, Targets};
use crate::learning::{self, Callbacks, Data, FitError, Metrics, Network, Settings, Silent, evaluate};
use crate::terminal::summary::thousands;

/// A network that must have the bits of the device's.
#[derive(Clone, Debug)]
pub struct Reference {
    network: Network,
    pixel_table: Option<Box<PixelTable>>,
    kernel: Kernel,
    description: String,
}

impl Reference {
    /// The network of a model.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Host`] for models that are not for pictures with classes: version 1 of the protocol has no other
    /// requests.
    pub fn new(model: &Model, path: &Path, kernel: Kernel) -> Result<Self, DeviceError> {
        let fault = |fault: String| host(&path.display().to_string(), fault);
        let (Input::Pixels(pixels), Output::Classes { .. }) = (&model.input, &model.output) else {
            return Err(fault(format!("{} is no classifier of pictures, as devices are", model.description())));
        };
        // What a device learns by, whatever the model was trained with.
        let network = Network::new(model.layers.clone(), Loss::SparseCategoricalCrossentropy);
        let network = network.map_err(|error| fault(error.to_string()))?;
        Ok(Self { network, pixel_table: pixels.table.clone(), kernel, description: model.description() })
    }

    /// Refuses a device that serves a network of another shape than the model in `weights`.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Shape`].
    pub fn check_shape(&self, port: &str, info: &DeviceInfo, weights: &Path) -> Result<(), DeviceError> {
        let parameters = self.network.layers().iter().map(|layer| layer.parameters()).sum();
        let shape = (self.network.inputs(), self.network.outputs(), parameters);
        if (info.inputs, info.outputs, info.parameters) == shape {
            return Ok(());
        }
        Err(DeviceError::Shape {
            port: port.to_owned(),
            device: info.shape(),
            weights: weights.to_owned(),
            host: format!("{}, {} parameters", self.description, thousands(parameters)),
        })
    }

    /// The checksum of its parameters and its pixel table, as the device has it.
    #[must_use]
    pub fn weights_checksum(&self) -> u32 {
        let layers = self.network.layers().iter();
        let parameters = layers.flat_map(|layer| layer.weights.iter().chain(&layer.bias).copied());
        checksum::of_parameters(self.pixel_table.as_deref().map(PixelTable::values), parameters)
    }

    /// The samples as the first layer sees them.
    fn prepared(&self, mut samples: Samples) -> Samples {
        if let (Some(table), Inputs::Bytes { values, .. }) = (&self.pixel_table, &mut samples.inputs) {
            table.apply(values);
        }
        samples
    }

    fn sample(&self, image: &[u8], label: u8) -> Samples {
        self.prepared(Samples {
            inputs: Inputs::Bytes { width: image.len(), values: image.to_vec() },
            targets: Targets::Labels(vec![label]),
            groups: Vec::new(),
        })
    }

    /// One step of gradient descent. Returns the loss of the image, which errors call `name`, before and after it.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Host`] for a label that is no class, a learning rate out of range, or logits that are not finite.
    pub fn learn(&mut self, name: &str, image: &[u8], label: u8, learning_rate: f32) -> Result<[f32; 2], DeviceError> {
        self.step(&self.sample(image, label), learning_rate).map_err(|error| host(name, error))
    }

    fn step(&mut self, sample: &Samples, learning_rate: f32) -> Result<[f32; 2], FitError> {
        let before = self.evaluate(sample)?.loss;
        let settings = Settings { recipe: one_step(learning_rate), threads: 1, kernel: self.kernel };
        let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints: None };
        learning::fit(&mut self.network, &Data::new(sample), &settings, None, &mut callbacks)?;
        // The mean over one sample is a number of f32.
        Ok([before, self.evaluate(sample)?.loss].map(|loss| loss as f32))
    }

    fn evaluate(&self, samples: &Samples) -> Result<Metrics, Error> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        evaluate::evaluate(&self.network, samples, self.kernel, threads)
    }

    /// The share of the samples that it classifies correctly.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Host`] for logits that are not finite.
    pub fn accuracy(&self, samples: &Samples) -> Result<f64, DeviceError> {
        let metrics = self.evaluate(&self.prepared(samples.clone())).map_err(|error| host("evaluate", error))?;
        Ok(metrics.metric)
    }

    /// Compares the device's answer for an image, called `name`, with the host's.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Differs`] at the first bit that differs.
    pub fn check_classified(&self, name: &str, image: &[u8], device: &Classified) -> Result<(), DeviceError> {
        let inputs = self.sample(image, 0).inputs;
        let logits = evaluate::logits(&self.network, &inputs, self.kernel, 1).map_err(|error| host(name, error))?;
        let probabilities = evaluate::predict(&self.network, &inputs, self.kernel, 1);
        let probabilities = probabilities.map_err(|error| host(name, error))?;
        for (what, device, host) in
            [("logit", &device.logits, &logits), ("probability", &device.probabilities, &probabilities)]
        {
            check(format_args!("{name}: number of outputs"), device.len(), host.len())?;
            for (class, (&device, &host)) in device.iter().zip(host).enumerate() {
                check(format_args!("{name}: {what} {class}"), Bits(device), Bits(host))?;
            }
        }
        check(format_args!("{name}: class"), device.class.into(), argmax(&logits))
    }

    /// Makes the step that the device made on an image, called `name`, and compares losses and weights.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Differs`] where they differ, or those of [`learn`](Self::learn).
    pub fn check_learned(
        &mut self,
        name: &str,
        image: &[u8],
        label: u8,
        learning_rate: f32,
        device: &Learned,
    ) -> Result<(), DeviceError> {
        let [before, after] = self.learn(name, image, label, learning_rate)?;
        check(format_args!("{name}: loss before the step"), Bits(device.loss_before), Bits(before))?;
        check(format_args!("{name}: loss after the step"), Bits(device.loss_after), Bits(after))?;
        self.check_weights(format_args!("{name}: weights after the step"), device.weights_checksum)
    }

    /// Compares the device's weights with the host's.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Differs`], which calls them `what`.
    pub fn check_weights(&self, what: impl Display, checksum: u32) -> Result<(), DeviceError> {
        let [device, host] = [checksum, self.weights_checksum()].map(|sum| format!("checksum {sum:08x}"));
        check(what, device, host)
    }
}

/// The recipe of one step on one sample.
fn one_step(learning_rate: f32) -> Recipe {
    let optimizer =
        Optimizer { name: OptimizerName::Sgd, learning_rate, momentum: 0.0, nesterov: false, weight_decay: 0.0 };
    Recipe { optimizer, batch_size: 1, epochs: 1, ..Recipe::default() }
}

/// Refuses a difference.
fn check<T: PartialEq + Display>(what: impl Display, device: T, host: T) -> Result<(), DeviceError> {
    if device == host {
        return Ok(());
    }
    Err(DeviceError::Differs { what: what.to_string(), device: device.to_string(), host: host.to_string() })
}

/// A number, compared and shown with all of its bits.
struct Bits(f32);

impl PartialEq for Bits {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:#010x})", self.0, self.0.to_bits())
    }
}

fn host(what: &str, fault: impl Display) -> DeviceError {
    DeviceError::Host { what: what.into(), fault: fault.to_string() }
}

#[cfg(test)]
mod tests;
