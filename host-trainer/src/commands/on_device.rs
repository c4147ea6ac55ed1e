//! What `device` and `adapt` share: their options, and measurements on the device.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, value_parser};
use dense_core::{Kernel, argmax};
use dense_protocol::messages::{Form, Step};
use formats::{Input, Int8Network, Model};

use super::shared::{data_of, load_model, network};
use crate::confusion::Confusion;
use crate::data::{Dataset, Samples, Targets};
use crate::device::transport::BAUD;
use crate::device::{Address, Device, DeviceError, Reference, RetryPolicy, Sample};
use crate::failure::Failure;
use crate::learning::int8;
use crate::options::{DataArgs, KernelChoice, MODEL, in_workspace};
use crate::terminal::bar::bar;
use crate::terminal::print;

/// How often a request is sent.
const TRIES: u32 = 5;
/// The longest timeout in seconds.
const MAX_TIMEOUT: f64 = 3600.0;

/// Where the device is.
#[derive(Args, Debug)]
pub(super) struct LinkArgs {
    /// Serial port, such as /dev/ttyACM0 or COM3, or tcp:HOST:PORT
    #[arg(long, value_name = "PORT")]
    pub(super) port: Address,

    /// Bits per second on a serial port, as the firmware was built for; over TCP, the other end sets it
    #[arg(long, value_name = "RATE", default_value_t = BAUD, value_parser = value_parser!(u32).range(1..))]
    pub(super) baud: u32,

    /// Wait for an answer before a request is sent again; connecting may take five times as long
    #[arg(long, value_name = "SECONDS", default_value = "1", allow_negative_numbers = true)]
    #[arg(value_parser = timeout)]
    pub(super) timeout: Duration,
}

impl LinkArgs {
    pub(super) const fn policy(&self) -> RetryPolicy {
        RetryPolicy { timeout: self.timeout, tries: TRIES }
    }

    pub(super) fn address(&self) -> Address {
        self.port.clone().with_baud(self.baud)
    }

    pub(super) fn open(&self) -> Result<Device, DeviceError> {
        Device::open(&self.address(), self.policy())
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.001..=MAX_TIMEOUT).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!("must be a number of seconds from 0.001 to {MAX_TIMEOUT}")),
    }
}

/// What the host computes with.
#[derive(Args, Debug)]
pub(super) struct HostArgs {
    /// Model file that the device's firmware was built from [default: out/model.safetensors]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(MODEL))]
    #[arg(hide_default_value = true)]
    pub(super) weights: PathBuf,

    /// Folder of the data set [default: that the model was trained on]
    #[arg(long, value_name = "PATH")]
    pub(super) data: Option<PathBuf>,

    /// Kernel of the host: all give the same bits, auto is the fastest
    #[arg(long, value_enum, default_value_t = KernelChoice::Auto)]
    pub(super) kernel: KernelChoice,
}

/// The model on the host.
pub(super) struct Host {
    pub(super) model: Model,
    weights: PathBuf,
    kernel: Kernel,
}

impl HostArgs {
    /// Loads the model.
    pub(super) fn model(&self) -> Result<Host, Failure> {
        Ok(Host { model: load_model(&self.weights)?, weights: self.weights.clone(), kernel: self.kernel.kernel()? })
    }

    /// Loads the model and the data.
    pub(super) fn load(&self) -> Result<(Host, Dataset), Failure> {
        let host = self.model()?;
        let (dataset, _) = data_of(&host.model, &DataArgs::of_path(self.data.clone()))?;
        Ok((host, dataset))
    }
}

impl Host {
    /// Height and width of a picture.
    pub(super) const fn size(&self) -> [usize; 2] {
        match &self.model.input {
            Input::Pixels(pixels) => [pixels.height, pixels.width],
            Input::Features { names, .. } => [1, names.len()],
        }
    }

    /// Connects to a device, which must serve the network of the model. `train` are the samples that an int8 network is
    /// calibrated by.
    pub(super) fn connect(&self, link: &LinkArgs, train: Option<&Samples>) -> Result<(Device, Reference), Failure> {
        let device = link.open()?;
        let model = &self.model;
        let reference = match (device.info().form, Int8Network::imported(model)?) {
            (Form::F32, _) => Reference::new(model, self.kernel)?,
            (Form::Int8, Some(network)) => Reference::int8(model, network, self.kernel),
            (Form::Int8, None) => {
                let Some(train) = train else {
                    return Err(Failure::about(device.port(), "int8 weights: the host needs the training samples"));
                };
                Reference::int8(model, calibrated(model, train, self.kernel)?, self.kernel)
            }
        };
        reference.check_network(device.port(), device.info(), &self.weights)?;
        Ok((device, reference))
    }

    /// Fails where the device did not start with the weights of the model.
    pub(super) fn check_weights(&self, device: &mut Device, reference: &Reference) -> Result<(), DeviceError> {
        let (found, host) = (device.checksum()?, reference.weights_checksum());
        if found == host {
            return Ok(());
        }
        Err(DeviceError::OtherWeights { weights: self.weights.clone(), device: found, host })
    }
}

/// The model in int8, as `quantized.rs` has it.
fn calibrated(model: &Model, train: &Samples, kernel: Kernel) -> Result<Int8Network, Failure> {
    let mut inputs = train.inputs.first(int8::CALIBRATION_SAMPLES);
    if let Some(table) = model.input.pixel_table() {
        inputs.look_up(table);
    }
    int8::quantize(&network(model)?, &inputs, kernel).map_err(|error| Failure::about("int8", error))
}

/// What a test on the device found.
pub(super) struct Tested {
    /// The confusion matrix of a classifier.
    pub(super) confusion: Option<Confusion>,
    /// The accuracy or, of a regression, the mean absolute error.
    pub(super) metric: f64,
    /// How many samples.
    pub(super) samples: usize,
    /// Mean clock cycles of an inference.
    pub(super) cycles: f64,
}

/// Infers the first `limit` samples on the device, and compares each answer with that of `reference`, if any.
pub(super) fn test(
    device: &mut Device,
    reference: Option<&Reference>,
    samples: &Samples,
    limit: usize,
    classes: usize,
) -> Result<Tested, DeviceError> {
    let count = samples.len().min(limit);
    let bar = bar("infer", count);
    let (mut confusion, mut sum, mut cycles) = (Confusion::new(classes), 0.0, 0.0);
    let regression = matches!(samples.targets, Targets::Numbers { .. });
    for index in 0..count {
        let Some(sample) = Sample::of(samples, index) else { break };
        let found = device.infer(sample.input())?;
        let one = samples.select(&[index]);
        if let Some(reference) = reference {
            reference.check_inferred(&format!("sample {index}"), &one, &found)?;
        }
        match &one.targets {
            Targets::Labels(labels) => {
                let class = class_of(&found.outputs);
                confusion.add(labels[0], class);
                sum += f64::from(u8::from(labels[0] == class));
            }
            Targets::Numbers { values, .. } => {
                let errors = found.outputs.iter().zip(values).map(|(found, wanted)| f64::from((found - wanted).abs()));
                sum += errors.sum::<f64>() / values.len() as f64;
            }
        }
        cycles += f64::from(found.cycles);
        bar.set_message(format!("{} {:.4}", metric_name(regression), sum / (index + 1) as f64));
        bar.inc(1);
    }
    bar.finish_and_clear();
    let metric = sum / count.max(1) as f64;
    let confusion = (!regression).then_some(confusion);
    Ok(Tested { confusion, metric, samples: count, cycles: cycles / count.max(1) as f64 })
}

/// What is measured on test samples.
pub(super) const fn metric_name(regression: bool) -> &'static str {
    if regression { "mean absolute error" } else { "accuracy" }
}

/// The class that a classifier decides for; of one output, whether it is at least a half.
pub(super) fn class_of(outputs: &[f32]) -> u8 {
    match outputs {
        [probability] => u8::from(*probability > 0.5),
        outputs => argmax(outputs) as u8,
    }
}

/// A sample to learn from.
pub(super) struct Lesson {
    /// Its number.
    pub(super) index: usize,
    /// The sample alone.
    pub(super) sample: Samples,
    pub(super) step: Step,
}

/// Means over lessons.
pub(super) struct Taught {
    pub(super) loss_before: f64,
    pub(super) loss_after: f64,
    pub(super) cycles: f64,
}

/// Makes a step for each lesson on the device, and compares the losses of each with those of `reference`, if any, and the
/// weights after the last.
pub(super) fn teach(
    device: &mut Device,
    mut reference: Option<&mut Reference>,
    lessons: &[Lesson],
) -> Result<Taught, DeviceError> {
    let bar = bar("learn", lessons.len());
    let mut sums = [0.0; 3];
    for Lesson { index, sample, step } in lessons {
        let Some(message) = Sample::of(sample, 0) else { continue };
        let learned = device.learn(message.input(), message.target(), *step, None)?;
        if let Some(reference) = &mut reference {
            reference.check_learned(&format!("sample {index}"), sample, *step, &learned)?;
        }
        sums[0] += f64::from(learned.loss_before);
        sums[1] += f64::from(learned.loss_after);
        sums[2] += f64::from(learned.cycles);
        bar.set_message(format!("loss {:.4}", learned.loss_before));
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Some(reference) = reference {
        reference.check_weights("weights after the last step", device.checksum()?)?;
    }
    let [loss_before, loss_after, cycles] = sums.map(|sum| sum / lessons.len().max(1) as f64);
    Ok(Taught { loss_before, loss_after, cycles })
}

/// Prints a line.
pub(super) fn say(line: impl std::fmt::Display) {
    print(&format!("{line}\n"));
}
