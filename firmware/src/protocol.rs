//! What host and device tell each other: requests and answers, as postcard writes them.
//!
//! The host asks and the device answers, one at a time. A request carries a sequence number, and its answer the same
//! one. Whoever gets no answer sends the same request again: the device answers it again without doing it again.

use core::fmt;
use postcard::take_from_bytes;
use serde::{Deserialize, Serialize};

/// The version of everything in this file. The checksum of a frame covers it, so that a device and a host of different
/// versions hear nothing of each other instead of something wrong.
pub const VERSION: u8 = 1;
/// The pixels of an image.
pub const INPUTS: usize = 784;
/// The classes.
pub const OUTPUTS: usize = 10;

/// What the host asks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request<'a> {
    /// Any number other than that of the request before. A host that starts does not know it, and takes another if it
    /// meets [`Refusal::SequenceReused`].
    pub sequence: u16,
    /// What to do.
    #[serde(borrow)]
    pub command: Command<'a>,
}

/// What the device can do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command<'a> {
    /// Say who you are.
    Info,
    /// Say what is in an image.
    Classify {
        /// [`INPUTS`] pixels.
        image: &'a [u8],
    },
    /// Take one step of gradient descent towards the label.
    Learn {
        /// [`INPUTS`] pixels.
        image: &'a [u8],
        /// The class that it should be in, below [`OUTPUTS`].
        label: u8,
        /// How far to go, within the limits of [`dense_core::optimizers`].
        learning_rate: f32,
    },
    /// Say what you have done since the start.
    Counters,
    /// Keep the weights in flash.
    Save,
    /// Go back to the weights that were saved last.
    Load,
    /// Go back to the weights that the firmware came with, and erase what was saved.
    FactoryReset,
}

/// What the device answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer<'a> {
    /// That of the request.
    pub sequence: u16,
    /// What came of it. After a refusal, the weights are as they were before; only where the flash could be read well
    /// and then, to load from it, could not, they are those that the firmware came with.
    #[serde(borrow)]
    pub result: Result<Reply<'a>, Refusal>,
}

/// What came of each [`Command`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply<'a> {
    /// Of [`Command::Info`].
    #[serde(borrow)]
    Info(Info<'a>),
    /// Of [`Command::Classify`].
    Classified {
        /// The class of the largest logit; of equal ones, the first.
        class: u8,
        /// A logit a class.
        logits: [f32; OUTPUTS],
        /// A probability a class.
        probabilities: [f32; OUTPUTS],
        /// Clock cycles from image, its pixels gone through their table, to probabilities.
        cycles: u32,
    },
    /// Of [`Command::Learn`].
    Learned {
        /// The loss that the step was taken for.
        loss_before: f32,
        /// The loss of the same image after it.
        loss_after: f32,
        /// Clock cycles from image, its pixels gone through their table, to updated weights.
        cycles: u32,
        /// [`Info::weights_checksum`], after the step.
        weights_checksum: u32,
    },
    /// Of [`Command::Counters`].
    Counters(Counters),
    /// Of [`Command::Save`]: the weights are in flash, and have been read back.
    Saved {
        /// The number of the save: one more than that of the last.
        save: u32,
        /// Which of the two places in flash it is in.
        slot: u8,
    },
    /// Of [`Command::Load`].
    Loaded {
        /// The number of the save.
        save: u32,
    },
    /// Of [`Command::FactoryReset`].
    Reset,
}

/// Who the device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info<'a> {
    /// [`VERSION`].
    pub version: u8,
    /// [`INPUTS`].
    pub inputs: u16,
    /// [`OUTPUTS`].
    pub outputs: u16,
    /// How many weights and biases there are.
    pub parameters: u32,
    /// Of the weights in RAM and the table of pixels: [`checksum::of_model`](crate::checksum::of_model).
    pub weights_checksum: u32,
    /// The number of the save that the weights in RAM started from; none for those of the firmware.
    pub loaded: Option<u32>,
    /// Clock cycles a second.
    pub clock_hz: u32,
    /// What the clock follows.
    pub clock_source: ClockSource,
    /// Which of the kernels of dense-core computes.
    pub kernel: &'a str,
    /// The name of the board.
    pub board: &'a str,
    /// Bytes of RAM that the weights take.
    pub model_bytes: u32,
    /// Bytes of RAM that are taken for good, the weights among them, the stack not.
    pub static_bytes: u32,
    /// Bytes of flash in each of the two places for a save.
    pub slot_bytes: u32,
}

/// What a clock follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClockSource {
    /// A crystal.
    Crystal,
    /// The oscillator inside the chip, because the crystal did not start.
    Internal,
    /// The host on which the firmware is simulated.
    Host,
}

/// What the device has done since the start. A count starts again at 0 after `u32::MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Images classified.
    pub classified: u32,
    /// Steps learned.
    pub learned: u32,
    /// Steps not taken because of [`Refusal::WouldDiverge`].
    pub rolled_back: u32,
    /// Refusals of all kinds.
    pub refused: u32,
    /// Frames that arrived broken.
    pub broken_frames: u32,
    /// Requests that arrived again and were not done again.
    pub repeated: u32,
}

/// Why the device did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Refusal {
    /// The message is none that this version knows.
    UnknownMessage,
    /// Another request came with the sequence number of the last one.
    SequenceReused {
        /// That number.
        sequence: u16,
    },
    /// An image of the wrong size.
    WrongLength {
        /// Bytes in the image.
        found: u32,
        /// Bytes in a good one.
        expected: u32,
    },
    /// A label that is no class.
    Label {
        /// The label.
        found: u8,
        /// How many classes there are.
        classes: u8,
    },
    /// A learning rate that is NaN or out of range.
    LearningRate {
        /// The learning rate.
        found: f32,
        /// The smallest allowed.
        least: f32,
        /// The largest allowed.
        most: f32,
    },
    /// Weights so large that the result might not be finite.
    WouldDiverge {
        /// The largest magnitude that a weight could have come to.
        found: f32,
        /// The largest allowed.
        most: f32,
    },
    /// There is no save, or none that is whole.
    NothingSaved,
    /// The flash did not do what it was told.
    Flash(FlashFault),
}

/// What the flash did not do. What was saved before is still there, unless it was to be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlashFault {
    /// Erase.
    Erase,
    /// Write.
    Write,
    /// Read.
    Read,
    /// Give back what was written to it.
    Verify,
}

impl<'a> Request<'a> {
    /// Reads a request from the bytes of a message.
    ///
    /// # Errors
    /// [`Malformed`], where they are no request, or more than one.
    pub fn from_message(message: &'a [u8]) -> Result<Self, Malformed> {
        let (sequence, rest) = take_from_bytes(message).map_err(|_| Malformed { sequence: None })?;
        match take_from_bytes(rest) {
            Ok((command, [])) => Ok(Self { sequence, command }),
            _ => Err(Malformed { sequence: Some(sequence) }),
        }
    }
}

impl<'a> Answer<'a> {
    /// Reads an answer from the bytes of a message.
    ///
    /// # Errors
    /// [`Malformed`], where they are no answer, or more than one.
    pub fn from_message(message: &'a [u8]) -> Result<Self, Malformed> {
        let (sequence, rest) = take_from_bytes(message).map_err(|_| Malformed { sequence: None })?;
        match take_from_bytes(rest) {
            Ok((result, [])) => Ok(Self { sequence, result }),
            _ => Err(Malformed { sequence: Some(sequence) }),
        }
    }
}

/// A message that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Its sequence number, where that much could be read.
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
