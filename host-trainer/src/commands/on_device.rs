//! Common parts of `device` and `adapt`: their options, and the model on the host beside that of the device.

mod lessons;
mod testing;

use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, value_parser};
use dense_core::Kernel;
use dense_protocol::authentication::Key;
use dense_protocol::messages::{FlashFault, Form};
use formats::{Int8Network, Model, bounded};
use serde_json::{Value, json};
use training::int8;

pub(super) use lessons::{Lesson, Practice, Taught, Teacher, practise, teach};
pub(super) use testing::{Tested, class_of, metric_name, test, test_recordings};

use super::factory::FactoryArgs;
use super::shared::{load_model, network, test_data_of};
use crate::data::{Dataset, DefaultTest, Samples};
use crate::device::transport::BAUD;
use crate::device::{Address, Device, DeviceError, Reference, RetryPolicy};
use crate::failure::Failure;
use crate::options::{DataArgs, KernelChoice, MODEL, in_workspace};
use crate::terminal::print;

/// Most samples to learn from, or to test with.
pub(super) const MAX_SAMPLES: usize = 1 << 20;
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
    #[arg(long, value_name = "SECONDS", default_value = "1", allow_negative_numbers = true, value_parser = timeout)]
    pub(super) timeout: Duration,
}

impl LinkArgs {
    pub(super) const fn policy(&self) -> RetryPolicy {
        RetryPolicy { timeout: self.timeout, tries: TRIES }
    }

    pub(super) fn address(&self) -> Address {
        self.port.clone().with_baud(self.baud)
    }

    /// Connects to the device.
    ///
    /// # Errors
    /// The key cannot be read, or those of [`Device::open`].
    pub(super) fn open(&self) -> Result<Device, Failure> {
        Ok(Device::open(&self.address(), self.policy(), self.key()?.as_ref())?)
    }

    /// The same for a device that is restarting.
    ///
    /// # Errors
    /// As there, after `wait`.
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

/// Options of the host: model file, data set and kernel.
#[derive(Args, Debug)]
pub(super) struct HostArgs {
    /// Model file that the device's firmware was built from [default: out/model.safetensors]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(MODEL), hide_default_value = true)]
    pub(super) weights: PathBuf,

    /// Data set [default: that the model was trained on]
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
    ///
    /// # Errors
    /// Those of [`load_model`], or the processor does not have the kernel.
    pub(super) fn model(&self) -> Result<Host, Failure> {
        Ok(Host { model: load_model(&self.weights)?, weights: self.weights.clone(), kernel: self.kernel.kernel()? })
    }

    /// Loads the model and the data; for `default` see [`test_data_of`].
    ///
    /// # Errors
    /// Those of [`model`](Self::model) and of [`test_data_of`].
    pub(super) fn load(&self, default: DefaultTest) -> Result<(Host, Dataset), Failure> {
        let host = self.model()?;
        let (loaded, _) = test_data_of(&host.model, &DataArgs::of_path(self.data.clone()), default)?;
        Ok((host, loaded.dataset))
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
    ///
    /// # Errors
    /// Those of [`LinkArgs::open`], the device serves another network, or an int8 network needs samples and has none.
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

    /// Compares the weights of the device with those of the model.
    ///
    /// # Errors
    /// They differ, or the device does not answer.
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
    let inputs = train.inputs.first(int8::CALIBRATION_SAMPLES).through(model.input.pixel_table());
    int8::quantize(&network(model)?, &inputs, kernel).map_err(|error| Failure::about("int8", error))
}

/// Prints what was found, as text or as an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Printer {
    pub(super) json: bool,
}

impl Printer {
    /// Prints a line of text.
    pub(in crate::commands) fn say(self, line: impl Display) {
        if !self.json {
            print(&format!("{line}\n"));
        }
    }

    /// Prints an event with these fields.
    pub(in crate::commands) fn event(self, name: &str, fields: Value) {
        if self.json {
            let mut event = json!({ "event": name });
            if let (Value::Object(event), Value::Object(fields)) = (&mut event, fields) {
                event.extend(fields);
            }
            print(&format!("{event}\n"));
        }
    }
}
