//! What can go wrong between host and device.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use firmware::protocol::Refusal;

use crate::photo::PhotoError;

/// Why something was not done on a device.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// There is no connection.
    #[error("{port}: cannot open: {error}")]
    Open {
        /// The port.
        port: String,
        /// What the system said.
        error: io::Error,
    },
    /// There was a connection.
    #[error("{port}: the connection to the device broke ({error}); is it still plugged in?")]
    Lost {
        /// The port.
        port: String,
        /// What the system said.
        error: io::Error,
    },
    /// The device did not answer.
    #[error(
        "{port}: no answer to {request} in {tries} tries of {seconds} s ({broken_frames} broken frames received); \
         is the firmware running, and of the same version as this program?"
    )]
    Silent {
        /// The port.
        port: String,
        /// What was asked.
        request: &'static str,
        /// How often it was asked.
        tries: u32,
        /// How long the answer was waited for each time.
        seconds: f64,
        /// Frames that arrived, but broken.
        broken_frames: u32,
    },
    /// The device answered that it did not do it.
    #[error("{port}: {request} was refused: {refusal}")]
    Refused {
        /// The port.
        port: String,
        /// What was asked.
        request: &'static str,
        /// Why.
        refusal: Refusal,
    },
    /// The device answered something else than it was asked.
    #[error("{port}: the answer to {request} is of another kind")]
    Confused {
        /// The port.
        port: String,
        /// What was asked.
        request: &'static str,
    },
    /// The device serves another model.
    #[error("{port}: the device's model has {inputs} inputs and {outputs} outputs, wanted 784 and 10")]
    Shape {
        /// The port.
        port: String,
        /// Its inputs.
        inputs: u16,
        /// Its outputs.
        outputs: u16,
    },
    /// Host and device compute different numbers.
    #[error("{what}: the device has {device}, the host {host}")]
    Differs {
        /// Which number.
        what: String,
        /// On the device.
        device: String,
        /// On the host.
        host: String,
    },
    /// The device does not have the weights that it should start from.
    #[error(
        "the device's weights have checksum {device:08x}, those of {} {host:08x}; \
         go back to the firmware's with `device reset`, or name the right file with --weights", .weights.display()
    )]
    OtherWeights {
        /// The file with the right ones.
        weights: PathBuf,
        /// Checksum of those on the device.
        device: u32,
        /// Checksum of those in the file.
        host: u32,
    },
    /// A file is no image for this model.
    #[error("{}: {error}", .path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: PhotoError,
    },
    /// More samples were asked for than there are.
    #[error("{option} {asked}: the data set has {there} {split} images")]
    Samples {
        /// The option that asked.
        option: &'static str,
        /// What it asked for.
        asked: String,
        /// How many there are.
        there: usize,
        /// In which part of the data set.
        split: &'static str,
    },
    /// An amount that makes no sense for a world.
    #[error("--amount {found}: must be from {least} to {most} for the {world} world")]
    Amount {
        /// The world.
        world: &'static str,
        /// The amount given.
        found: f64,
        /// The smallest allowed.
        least: f64,
        /// The largest allowed.
        most: f64,
    },
    /// The command that should restart the device could not be run.
    #[error("--restart-command `{command}`: {error}")]
    RestartCommand {
        /// The command.
        command: String,
        /// What the system said.
        error: io::Error,
    },
    /// The command that should restart the device failed.
    #[error("--restart-command `{command}`: {status}")]
    RestartFailed {
        /// The command.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The device should have been restarted.
    #[error("{port}: the device was not turned off: it still counts {learned} images learned")]
    NotRestarted {
        /// The port.
        port: String,
        /// What it has learned since its last start.
        learned: u32,
    },
    /// Nobody is there to restart the device.
    #[error("nobody there to turn the device off and on; name a program that does, with --restart-command")]
    NobodyThere,
}

impl DeviceError {
    /// 1 where host and device disagree, 2 where something they were given was wrong, or missing.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Differs { .. } => 1,
            _ => 2,
        }
    }
}
