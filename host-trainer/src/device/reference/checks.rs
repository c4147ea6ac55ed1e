//! Comparisons of what the device did with the reference, bit for bit.

use std::fmt::{self, Display};
use std::path::Path;

use dense_protocol::checksum;
use dense_protocol::messages::{self, Element, Learned, Practised, Step, Task};
use formats::Input;
use training::evaluate;

use super::{Reference, host};
use crate::data::Samples;
use crate::device::{DeviceError, DeviceInfo, Inference};
use crate::terminal::summary::hyphenated;

impl Reference {
    /// Refuses a device that serves another network than the model in `weights`.
    ///
    /// # Errors
    /// [`DeviceError::Network`].
    pub fn check_network(&self, port: &str, info: &DeviceInfo, weights: &Path) -> Result<(), DeviceError> {
        let model = &self.model;
        let (element, window) = match &model.input {
            Input::Pixels(_) => (Element::U8, None),
            Input::Features { window, .. } => (Element::F32, window.as_ref()),
        };
        let task = match model.loss.task() {
            formats::Task::Multiclass => Task::Classes,
            formats::Task::Binary => Task::Binary,
            formats::Task::Regression => Task::Values,
        };
        let window = window.map(|window| messages::Window {
            channels: window.channels.len() as u16,
            length: window.length as u16,
            stride: window.stride as u16,
            downsample: window.downsample as u16,
        });
        for (what, device, host) in [
            ("shape", hyphenated(&info.widths), hyphenated(&model.widths())),
            ("kind of input", format!("{:?}", info.element), format!("{element:?}")),
            ("task", format!("{:?}", info.task), format!("{task:?}")),
            ("window", format!("{:?}", info.window), format!("{window:?}")),
            (
                "checksum of names",
                hex(info.names_checksum),
                hex(checksum::of_names(model.names_of_inputs_and_outputs())),
            ),
        ] {
            if device != host {
                let (port, weights) = (port.to_owned(), weights.to_owned());
                return Err(DeviceError::Network { port, what, device, weights, host });
            }
        }
        Ok(())
    }

    /// Compares the device's answer for a sample, called `name`, with the host's.
    ///
    /// # Errors
    /// [`DeviceError::Differs`] at the first bit that differs.
    pub fn check_inferred(&self, name: &str, sample: &Samples, device: &Inference) -> Result<(), DeviceError> {
        let failed = |error| host(name, error);
        let logits = self.logits(&self.prepared(sample).inputs).map_err(failed)?;
        let mut outputs = logits.clone();
        evaluate::activate_outputs(self.model.loss, &mut outputs, self.kernel).map_err(failed)?;
        for (what, device, host) in [("logit", &device.logits, &logits), ("output", &device.outputs, &outputs)] {
            check(format_args!("{name}: number of outputs"), device.len(), host.len())?;
            for (output, (&device, &host)) in device.iter().zip(host).enumerate() {
                check(format_args!("{name}: {what} {output}"), Bits(device), Bits(host))?;
            }
        }
        Ok(())
    }

    /// Makes the step that the device made on a sample, called `name`, and compares the losses.
    ///
    /// # Errors
    /// [`DeviceError::Differs`] where they differ, or those of [`learn`](Self::learn).
    pub fn check_learned(
        &mut self,
        name: &str,
        sample: &Samples,
        step: Step,
        device: &Learned,
    ) -> Result<(), DeviceError> {
        let [before, after] = self.learn(name, sample, step)?;
        check(format_args!("{name}: loss before the step"), Bits(device.loss_before), Bits(before))?;
        check(format_args!("{name}: loss after the step"), Bits(device.loss_after), Bits(after))
    }

    /// Takes the steps that the device took on samples of its memory, and compares how many were on lessons, and the loss.
    ///
    /// # Errors
    /// [`DeviceError::Differs`] where they differ, or those of [`practise`](Self::practise).
    pub fn check_practised(
        &mut self,
        name: &str,
        steps: u16,
        seed: u32,
        step: Step,
        device: &Practised,
    ) -> Result<(), DeviceError> {
        check(format_args!("{name}: steps"), device.steps, steps)?;
        let (lessons, loss) = self.practise(name, steps, seed, step)?;
        check(format_args!("{name}: steps on lessons"), device.lessons, lessons)?;
        check(format_args!("{name}: mean loss"), Bits(device.loss), Bits(loss))
    }

    /// Compares the checksum of the device's weights with that of the host's.
    ///
    /// # Errors
    /// [`DeviceError::Differs`], which calls them `what`.
    pub fn check_weights(&self, what: impl Display, checksum: u32) -> Result<(), DeviceError> {
        let [device, host] = [checksum, self.weights_checksum()].map(|sum| format!("checksum {}", hex(sum)));
        check(what, device, host)
    }
}

fn hex(checksum: u32) -> String {
    format!("{checksum:08x}")
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
