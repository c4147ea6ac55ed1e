//! Requests of the host and answers of the device, serialised by postcard.
//!
//! The host sends one request at a time, with a sequence number that its answer repeats. Where no answer comes, it sends
//! the same request again: the device repeats its answer without executing the command twice.

use core::fmt;
use postcard::take_from_bytes;
use serde::{Deserialize, Serialize};

/// Version of the protocol, covered by the checksum of every frame: devices and hosts of different versions do not
/// understand each other at all, rather than wrongly.
pub const VERSION: u8 = 1;
/// Pixels of an image, 28 × 28.
pub const INPUTS: usize = 784;
/// Number of classes.
pub const OUTPUTS: usize = 10;

/// Host to device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request<'a> {
    /// Differs from that of the request before. A host that starts with that very number is told by
    /// [`Refusal::SequenceReused`].
    pub sequence: u16,
    /// What to do.
    #[serde(borrow)]
    pub command: Command<'a>,
}

/// What the device is to do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command<'a> {
    /// Describe device and model.
    Info,
    /// Infer the class of an image.
    Classify {
        /// [`INPUTS`] pixels, row by row.
        image: &'a [u8],
    },
    /// Take one step of gradient descent on an image.
    Learn {
        /// [`INPUTS`] pixels, row by row.
        image: &'a [u8],
        /// Its class, below [`OUTPUTS`].
        label: u8,
        /// Learning rate, within the limits of the optimizers of `dense-core`.
        learning_rate: f32,
    },
    /// Report the counters since the start.
    Counters,
    /// Save the weights in flash.
    Save,
    /// Load the weights saved last.
    Load,
    /// Restore the weights compiled into the firmware and erase the saved ones.
    FactoryReset,
}

/// Device to host.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer<'a> {
    /// That of the request.
    pub sequence: u16,
    /// After a refusal the weights are unchanged, with one exception: where a load fails halfway, they are those compiled
    /// into the firmware.
    #[serde(borrow)]
    pub result: Result<Reply<'a>, Refusal>,
}

/// The result of each [`Command`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply<'a> {
    /// Of [`Command::Info`].
    #[serde(borrow)]
    Info(Info<'a>),
    /// Of [`Command::Classify`].
    Classified(Classified),
    /// Of [`Command::Learn`].
    Learned(Learned),
    /// Of [`Command::Counters`].
    Counters(Counters),
    /// Of [`Command::Save`].
    Saved(Saved),
    /// Of [`Command::Load`].
    Loaded {
        /// Number of the save.
        save: u32,
    },
    /// Of [`Command::FactoryReset`].
    Reset,
}

/// An inference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classified {
    /// Index of the largest logit; of equal ones, the first.
    pub class: u8,
    /// The output of the last layer before softmax.
    pub logits: [f32; OUTPUTS],
    /// The softmax of the logits.
    pub probabilities: [f32; OUTPUTS],
    /// Clock cycles of the inference, without the pixel table.
    pub cycles: u32,
}

/// A training step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// Cross-entropy of the image before the step.
    pub loss_before: f32,
    /// Cross-entropy of the image after the step.
    pub loss_after: f32,
    /// Clock cycles of the step, without the pixel table.
    pub cycles: u32,
    /// [`Info::weights_checksum`] after the step.
    pub weights_checksum: u32,
}

/// Weights that were written to flash and verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// Number of the save: one more than that of the last.
    pub save: u32,
    /// Slot in flash, 0 or 1.
    pub slot: u8,
}

/// Device and model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info<'a> {
    /// [`VERSION`].
    pub version: u8,
    /// Inputs of the model.
    pub inputs: u16,
    /// Outputs of the model.
    pub outputs: u16,
    /// Number of weights and biases.
    pub parameters: u32,
    /// [Checksum](crate::checksum::of_parameters) of the weights in RAM and of the pixel table.
    pub weights_checksum: u32,
    /// Number of the save that the weights in RAM started from; `None` for those compiled into the firmware.
    pub loaded: Option<u32>,
    /// Clock frequency of the processor in Hz.
    pub clock_hz: u32,
    /// Source of the clock.
    pub clock_source: ClockSource,
    /// Name of the compute kernel of `dense-core`.
    pub kernel: &'a str,
    /// Name of the board.
    pub board: &'a str,
    /// RAM of the model in bytes.
    pub model_bytes: u32,
    /// RAM of all statics in bytes, the model among them.
    pub static_bytes: u32,
    /// Flash of each of the two slots in bytes.
    pub slot_bytes: u32,
}

/// Source of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClockSource {
    /// Crystal.
    Crystal,
    /// Oscillator inside the chip, where the crystal did not start.
    Internal,
    /// Host that simulates the device.
    Host,
}

/// Counters since the start; they wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Images classified.
    pub classified: u32,
    /// Steps taken.
    pub learned: u32,
    /// Steps refused by [`Refusal::WouldDiverge`].
    pub rolled_back: u32,
    /// Refusals of all kinds.
    pub refused: u32,
    /// Frames received damaged.
    pub broken_frames: u32,
    /// Requests received again, and answered without being executed again.
    pub repeated: u32,
}

/// Why a command was not executed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Refusal {
    /// No message of this version.
    UnknownMessage,
    /// A different request has the sequence number of the last one.
    SequenceReused {
        /// That number.
        sequence: u16,
    },
    /// An image of another size than the model's.
    WrongLength {
        /// Bytes received.
        found: u32,
        /// Bytes of an image.
        expected: u32,
    },
    /// A label that is no class.
    Label {
        /// The label.
        found: u8,
        /// Number of classes.
        classes: u8,
    },
    /// A learning rate that is NaN or out of range.
    LearningRate {
        /// The learning rate.
        found: f32,
        /// Smallest allowed.
        least: f32,
        /// Largest allowed.
        most: f32,
    },
    /// Weights so large that the result might not be finite.
    WouldDiverge {
        /// Bound on the magnitude of a weight after the step.
        found: f32,
        /// Largest allowed.
        most: f32,
    },
    /// No valid save in flash.
    NothingSaved,
    /// A flash operation failed.
    Flash(FlashFault),
}

/// The flash operation that failed. The weights saved before are still there, unless they were to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlashFault {
    /// Erase.
    Erase,
    /// Write.
    Write,
    /// Read.
    Read,
    /// Read back what was written.
    Verify,
}

impl<'a> Request<'a> {
    /// Deserialises a request.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes, trailing ones included.
    pub fn from_message(message: &'a [u8]) -> Result<Self, Malformed> {
        let (sequence, command) = deserialize(message)?;
        Ok(Self { sequence, command })
    }
}

impl<'a> Answer<'a> {
    /// Deserialises an answer.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes, trailing ones included.
    pub fn from_message(message: &'a [u8]) -> Result<Self, Malformed> {
        let (sequence, result) = deserialize(message)?;
        Ok(Self { sequence, result })
    }
}

/// The sequence number, then the rest, apart: where the rest is wrong, the number is still known.
fn deserialize<'a, T: Deserialize<'a>>(message: &'a [u8]) -> Result<(u16, T), Malformed> {
    let (sequence, rest) = take_from_bytes(message).map_err(|_| Malformed { sequence: None })?;
    match take_from_bytes(rest) {
        Ok((value, [])) => Ok((sequence, value)),
        _ => Err(Malformed { sequence: Some(sequence) }),
    }
}

/// A message that cannot be deserialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Its sequence number, where that much is valid.
    pub sequence: Option<u16>,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sequence {
            Some(sequence) => write!(f, "message {sequence} is none of protocol version {VERSION}"),
            None => write!(f, "a message without a sequence number"),
        }
    }
}

impl core::error::Error for Malformed {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UnknownMessage => write!(f, "the device does not know this request in version {VERSION}"),
            Self::SequenceReused { sequence } => write!(f, "sequence number {sequence} was used for another request"),
            Self::WrongLength { found, expected } => write!(f, "the image has {found} pixels, expected {expected}"),
            Self::Label { found, classes } => write!(f, "label {found}, but there are {classes} classes"),
            Self::LearningRate { found, least, most } => {
                write!(f, "learning rate is {found:e}, expected {least:e} to {most:e}")
            }
            Self::WouldDiverge { found, most } => {
                write!(f, "a weight could come to {found:e}, allowed are {most:e}: nothing was changed")
            }
            Self::NothingSaved => write!(f, "no weights are saved on the device"),
            Self::Flash(fault) => write!(f, "the device's flash failed to {fault}"),
        }
    }
}

impl core::error::Error for Refusal {}

impl fmt::Display for FlashFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Erase => "erase",
            Self::Write => "write",
            Self::Read => "read",
            Self::Verify => "keep what was written",
        })
    }
}
