//! What `device` and `adapt` share: their options, and measurements on the device.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, value_parser};
use dense_core::{Kernel, argmax};
use dense_protocol::authentication::Key;
use dense_protocol::messages::{FlashFault, Form, Input, Practised, Step};
use formats::{Int8Network, Model, bounded};
use indicatif::ProgressBar;

use super::factory::FactoryArgs;
use super::shared::{data_of, load_model, network};
use crate::confusion::Confusion;
use crate::data::{Dataset, Samples, Targets};
use crate::device::stream::stream;
use crate::device::transport::BAUD;
use crate::device::{Address, Device, DeviceError, Inference, Reference, RetryPolicy, Sample};
use crate::failure::Failure;
use crate::learning::int8;
use crate::options::{DataArgs, KernelChoice, MODEL, in_workspace};
use crate::terminal::bar::bar;
use crate::terminal::print;

/// How often a request is sent.
const TRIES: u32 = 5;
/// The longest timeout in seconds.
const MAX_TIMEOUT: f64 = 3600.0;
/// Most bytes of the file of a key: its digits and an end of line.
const MAX_KEY_BYTES: u64 = 66;

/// Where the device is.
#[derive(Args, Debug)]
pub(super) struct LinkArgs {
    /// Serial port, such as /dev/ttyACM0 or COM3, or tcp:HOST:PORT
    #[arg(long, value_name = "PORT")]
    pub(super) port: Address,

    /// Bits per second on a serial port, as the firmware was built for; over TCP, the other end sets it
    #[arg(long, value_name = "RATE", default_value_t = BAUD, value_parser = value_parser!(u32).range(1..))]
    pub(super) baud: u32,

    /// File with the device's key, 64 hexadecimal digits, where its firmware was built with one
    #[arg(long, value_name = "FILE")]
    pub(super) key: Option<PathBuf>,

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

    pub(super) fn open(&self) -> Result<Device, Failure> {
        Ok(Device::open(&self.address(), self.policy(), self.key()?.as_ref())?)
    }

    /// The same for a device that is restarting.
    pub(super) fn open_within(&self, wait: Duration) -> Result<Device, Failure> {
        Ok(Device::open_within(&self.address(), self.policy(), self.key()?.as_ref(), wait)?)
    }

    fn key(&self) -> Result<Option<Key>, Failure> {
        let Some(path) = &self.key else { return Ok(None) };
        let bytes = bounded::read(path, MAX_KEY_BYTES).map_err(|error| Failure::about(path.display(), error))?;
        let key = str::from_utf8(&bytes).ok().and_then(|text| Key::from_hex(text.trim_ascii_end()));
        key.map(Some).ok_or_else(|| Failure::about(path.display(), "expected a key of 64 hexadecimal digits"))
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
            formats::Input::Pixels(pixels) => [pixels.height, pixels.width],
            formats::Input::Features { names, .. } => [1, names.len()],
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
        let reference = reference.with_momentum(device.info().momentum);
        Ok((device, reference))
    }

    /// Gives `reference` the memory of samples that the device has, without lessons so far. Does nothing where it has none.
    ///
    /// # Errors
    ///
    /// The device has other factory samples, or lessons.
    pub(super) fn add_memory(
        &self,
        device: &Device,
        reference: Reference,
        train: &Samples,
        factory: FactoryArgs,
    ) -> Result<Reference, Failure> {
        let Some(memory) = device.info().memory else { return Ok(reference) };
        let port = device.port().to_owned();
        let samples = factory.choose(&self.model, train, self.kernel)?;
        let (found, host) = (memory.factory_checksum, samples.set().checksum());
        if found != host {
            return Err(DeviceError::OtherSamples { port, device: found, host }.into());
        }
        match memory.lessons {
            Ok(0) | Err(FlashFault::None) => {}
            Ok(lessons) => return Err(DeviceError::OtherLessons { port, lessons }.into()),
            Err(fault) => {
                return Err(Failure::about(port, format!("the lessons cannot be read: the flash failed to {fault}")));
            }
        }
        let capacity = if memory.lessons.is_ok() { memory.capacity as usize } else { 0 };
        Ok(reference.with_memory(samples, capacity, train))
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

/// A test on the device under way.
struct Tally<'a> {
    reference: Option<&'a Reference>,
    bar: ProgressBar,
    confusion: Option<Confusion>,
    sum: f64,
    cycles: f64,
    samples: usize,
}

impl<'a> Tally<'a> {
    fn new(reference: Option<&'a Reference>, count: usize, targets: &Targets, classes: usize) -> Self {
        let confusion = matches!(targets, Targets::Labels(_)).then(|| Confusion::new(classes));
        Self { reference, bar: bar("infer", count), confusion, sum: 0.0, cycles: 0.0, samples: 0 }
    }

    /// Adds what the device found for sample `index` of `samples`, and compares it with the reference, if any.
    fn add(&mut self, samples: &Samples, index: usize, found: &Inference) -> Result<(), DeviceError> {
        let one = samples.select(&[index]);
        if let Some(reference) = self.reference {
            reference.check_inferred(&format!("sample {index}"), &one, found)?;
        }
        match &one.targets {
            Targets::Labels(labels) => {
                let class = class_of(&found.outputs);
                if let Some(confusion) = &mut self.confusion {
                    confusion.add(labels[0], class);
                }
                self.sum += f64::from(u8::from(labels[0] == class));
            }
            Targets::Numbers { values, .. } => {
                let errors = found.outputs.iter().zip(values).map(|(found, wanted)| f64::from((found - wanted).abs()));
                self.sum += errors.sum::<f64>() / values.len() as f64;
            }
        }
        self.samples += 1;
        self.cycles += f64::from(found.cycles);
        let name = metric_name(self.confusion.is_none());
        self.bar.set_message(format!("{name} {:.4}", self.sum / self.samples as f64));
        self.bar.inc(1);
        Ok(())
    }

    fn finish(self) -> Tested {
        self.bar.finish_and_clear();
        let count = self.samples.max(1) as f64;
        let (metric, cycles) = (self.sum / count, self.cycles / count);
        Tested { confusion: self.confusion, metric, samples: self.samples, cycles }
    }
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
    let mut tally = Tally::new(reference, count, &samples.targets, classes);
    for index in 0..count {
        let Some(sample) = Sample::of(samples, index) else { break };
        let found = device.infer(sample.input())?;
        tally.add(samples, index, &found)?;
    }
    Ok(tally.finish())
}

/// The same for windows that the device cuts itself, from `recordings` that are sent to it sample by sample. `samples` are
/// all their windows.
pub(super) fn test_recordings(
    device: &mut Device,
    reference: Option<&Reference>,
    recordings: &[&[f32]],
    samples: &Samples,
    classes: usize,
) -> Result<Tested, DeviceError> {
    let mut tally = Tally::new(reference, samples.len(), &samples.targets, classes);
    for values in recordings {
        stream(device, values, |device, _| {
            let found = device.infer(Input::Window)?;
            tally.add(samples, tally.samples, &found)
        })?;
    }
    Ok(tally.finish())
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
    /// What follows it, if anything.
    pub(super) practice: Option<Practice>,
}

/// Steps on samples of the device's memory.
#[derive(Clone, Copy)]
pub(super) struct Practice {
    /// How many.
    pub(super) steps: u16,
    /// Seed of the draw.
    pub(super) seed: u32,
    pub(super) step: Step,
}

/// Means over lessons.
pub(super) struct Taught {
    pub(super) loss_before: f64,
    pub(super) loss_after: f64,
    pub(super) cycles: f64,
}

/// Lessons under way.
pub(super) struct Teacher<'a> {
    reference: Option<&'a mut Reference>,
    bar: ProgressBar,
    sums: [f64; 3],
    lessons: usize,
}

impl<'a> Teacher<'a> {
    /// Before the first of `count` lessons. Each is compared with `reference`, if any.
    pub(super) fn new(reference: Option<&'a mut Reference>, count: usize) -> Self {
        Self { reference, bar: bar("learn", count), sums: [0.0; 3], lessons: 0 }
    }

    /// The network on the host, as it is now.
    pub(super) fn reference(&self) -> Option<&Reference> {
        self.reference.as_deref()
    }

    /// Makes the step of a lesson on the device, with the sample or, where `is_window`, with the same window that the
    /// device has cut, and takes the practice that follows it.
    pub(super) fn teach(&mut self, device: &mut Device, lesson: &Lesson, is_window: bool) -> Result<(), DeviceError> {
        let Lesson { index, sample, step, practice } = lesson;
        let Some(message) = Sample::of(sample, 0) else { return Ok(()) };
        let what = format!("sample {index}");
        let input = if is_window { Input::Window } else { message.input() };
        let keeps = device.info().memory.is_some_and(|memory| memory.lessons != Err(FlashFault::None));
        let learned = device.learn(input, message.target(), *step, None)?;
        if let (true, Err(fault)) = (keeps, learned.lessons) {
            let fault = format!("the flash failed to {fault}");
            return Err(DeviceError::NotKept { port: device.port().into(), what, fault });
        }
        if let Some(reference) = &mut self.reference {
            reference.check_learned(&what, sample, *step, &learned)?;
        }
        if let Some(practice) = practice {
            practise(device, self.reference.as_deref_mut(), &format!("practice after {what}"), *practice)?;
        }
        let found = [learned.loss_before, learned.loss_after].map(f64::from);
        for (sum, found) in self.sums.iter_mut().zip(found.into_iter().chain([f64::from(learned.cycles)])) {
            *sum += found;
        }
        self.lessons += 1;
        self.bar.set_message(format!("loss {:.4}", learned.loss_before));
        self.bar.inc(1);
        Ok(())
    }

    /// Compares the weights after the last lesson with those of the reference.
    pub(super) fn finish(self, device: &mut Device) -> Result<Taught, DeviceError> {
        self.bar.finish_and_clear();
        if let Some(reference) = self.reference {
            reference.check_weights("weights after the last step", device.checksum()?)?;
        }
        let [loss_before, loss_after, cycles] = self.sums.map(|sum| sum / self.lessons.max(1) as f64);
        Ok(Taught { loss_before, loss_after, cycles })
    }
}

/// Makes a step for each lesson on the device, and compares each with `reference`, if any, and the weights after the last.
pub(super) fn teach(
    device: &mut Device,
    reference: Option<&mut Reference>,
    lessons: &[Lesson],
) -> Result<Taught, DeviceError> {
    let mut teacher = Teacher::new(reference, lessons.len());
    for lesson in lessons {
        teacher.teach(device, lesson, false)?;
    }
    teacher.finish(device)
}

/// Has the device practise, and compares what it did with `reference`, if any; errors call it `what`.
pub(super) fn practise(
    device: &mut Device,
    reference: Option<&mut Reference>,
    what: &str,
    Practice { steps, seed, step }: Practice,
) -> Result<Practised, DeviceError> {
    let practised = device.practise(steps, seed, step)?;
    if practised.steps < steps {
        let fault = format!("{} of {steps} steps, then a lesson could not be read", practised.steps);
        return Err(DeviceError::NotKept { port: device.port().into(), what: what.into(), fault });
    }
    if let Some(reference) = reference {
        reference.check_practised(what, steps, seed, step, &practised)?;
    }
    Ok(practised)
}

/// Prints a line.
pub(super) fn say(line: impl std::fmt::Display) {
    print(&format!("{line}\n"));
}
