//! What `device` and `adapt` share: their options, and measurements on the device.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use formats::{Input, Model};

use super::shared::{data_of, load_model};
use crate::confusion::Confusion;
use crate::data::{Dataset, Inputs, Samples, Targets};
use crate::device::{Address, Device, DeviceError, DeviceInfo, Reference, RetryPolicy};
use crate::failure::Failure;
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

    /// Wait for an answer before a request is sent again; connecting may take five times as long
    #[arg(long, value_name = "SECONDS", default_value = "1", allow_negative_numbers = true)]
    #[arg(value_parser = timeout)]
    pub(super) timeout: Duration,
}

impl LinkArgs {
    pub(super) const fn policy(&self) -> RetryPolicy {
        RetryPolicy { timeout: self.timeout, tries: TRIES }
    }

    pub(super) fn open(&self) -> Result<Device, DeviceError> {
        Device::open(&self.port, self.policy())
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
    pub(super) reference: Reference,
    weights: PathBuf,
}

impl HostArgs {
    /// Loads the model.
    pub(super) fn model(&self) -> Result<Host, Failure> {
        let model = load_model(&self.weights)?;
        let reference = Reference::new(&model, &self.weights, self.kernel.kernel()?)?;
        Ok(Host { model, reference, weights: self.weights.clone() })
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

    /// Connects to a device, which must serve a network of the model's shape.
    pub(super) fn connect(&self, link: &LinkArgs) -> Result<(Device, DeviceInfo), DeviceError> {
        let mut device = link.open()?;
        let info = device.info()?;
        self.reference.check_shape(device.port(), &info, &self.weights)?;
        Ok((device, info))
    }

    /// Fails where the device did not start with the weights of the model.
    pub(super) fn check_weights(&self, info: &DeviceInfo) -> Result<(), DeviceError> {
        let (device, host) = (info.weights_checksum, self.reference.weights_checksum());
        if device == host {
            return Ok(());
        }
        Err(DeviceError::OtherWeights { weights: self.weights.clone(), device, host })
    }
}

/// Pictures with their labels.
pub(super) fn pictures(samples: &Samples) -> impl ExactSizeIterator<Item = (&[u8], u8)> {
    // Of other kinds there are none here: the model is for pictures with classes, and the data fit the model.
    let (width, values): (_, &[u8]) = match &samples.inputs {
        Inputs::Bytes { width, values } => (*width, values),
        Inputs::Numbers { .. } => (1, &[]),
    };
    let labels: &[u8] = match &samples.targets {
        Targets::Labels(labels) => labels,
        Targets::Numbers { .. } => &[],
    };
    values.chunks_exact(width).zip(labels.iter().copied())
}

/// Classifies the first `limit` samples on the device, and compares each answer with that of `reference`, if any. Returns
/// the confusion matrix and the mean clock cycles of an image.
pub(super) fn test(
    device: &mut Device,
    reference: Option<&Reference>,
    samples: &Samples,
    limit: usize,
    classes: usize,
) -> Result<(Confusion, f64), DeviceError> {
    let count = samples.len().min(limit);
    let bar = bar("classify", count);
    let (mut confusion, mut cycles) = (Confusion::new(classes), 0.0);
    for (index, (image, label)) in pictures(samples).take(count).enumerate() {
        let classified = device.classify(image)?;
        if let Some(reference) = reference {
            reference.check_classified(&format!("image {index}"), image, &classified)?;
        }
        confusion.add(label, classified.class);
        cycles += f64::from(classified.cycles);
        bar.set_message(format!("accuracy {:.4}", confusion.accuracy()));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((confusion, cycles / count.max(1) as f64))
}

/// A picture to learn from.
pub(super) struct Lesson<'a> {
    /// The number of the sample.
    pub(super) index: usize,
    pub(super) image: &'a [u8],
    pub(super) label: u8,
    pub(super) learning_rate: f32,
}

/// Makes a step for each lesson on the device, and compares each with that of `reference`, if any. Returns the means of
/// the loss before the step, of that after it, and of the clock cycles.
pub(super) fn teach(
    device: &mut Device,
    mut reference: Option<&mut Reference>,
    lessons: &[Lesson<'_>],
) -> Result<[f64; 3], DeviceError> {
    let bar = bar("learn", lessons.len());
    let mut sums = [0.0; 3];
    for &Lesson { index, image, label, learning_rate } in lessons {
        let learned = device.learn(image, label, learning_rate)?;
        if let Some(reference) = &mut reference {
            reference.check_learned(&format!("image {index}"), image, label, learning_rate, &learned)?;
        }
        sums[0] += f64::from(learned.loss_before);
        sums[1] += f64::from(learned.loss_after);
        sums[2] += f64::from(learned.cycles);
        bar.set_message(format!("loss {:.4}", learned.loss_before));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(sums.map(|sum| sum / lessons.len() as f64))
}

/// Prints a line.
pub(super) fn say(line: impl std::fmt::Display) {
    print(&format!("{line}\n"));
}
