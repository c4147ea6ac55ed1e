//! Requests of the host and answers of the device, serialised by postcard.
//!
//! The host sends one request at a time, with a sequence number that its answer repeats. Where no answer comes, it sends
//! the same request again: the device repeats its answer without executing the command twice.
//!
//! A [`Command::Hello`] starts a session, whose number the host chooses at random. A device that has restarted is in no
//! session, so it refuses all but a hello, and every answer says so: no lesson is done twice, or lost unnoticed.
//!
//! A device with a key refuses every command that changes it ([`Command::is_change`]) unless its
//! request has the right message authentication code.

mod display;
mod floats;
mod hello;

use postcard::take_from_bytes;
use serde::{Deserialize, Serialize};

pub use floats::Floats;
pub use hello::{Authentication, ClockSource, Element, Form, Hello, Network, Origin, SampleMemory, Task, Window};

/// Version of the protocol, covered by the checksum of every frame: devices and hosts of different versions do not
/// understand each other at all, rather than wrongly.
pub const VERSION: u8 = 3;
/// The number of no session: that of a device since its start.
pub const NO_SESSION: u32 = 0;
/// Bytes of a tag: the first half of an HMAC-SHA-256.
pub const TAG: usize = 16;
/// Bytes of a message authentication code: a counter and a tag.
pub const MAC: usize = 4 + TAG;

/// Host to device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request<'a> {
    /// Differs from that of the request before. A host that starts with that very number is told by
    /// [`Refusal::SequenceReused`].
    pub sequence: u16,
    /// The session, any number but [`NO_SESSION`].
    pub session: u32,
    /// The command.
    #[serde(borrow)]
    pub command: Command<'a>,
    /// Its message authentication code, for a device with a key, which others ignore: nothing, or [`MAC`] bytes. These are a
    /// counter, larger than that of every request that the device has accepted since its start, lowest byte first, and the tag
    /// of the message up to there. It must stay the last field.
    pub mac: &'a [u8],
}

/// A command to the device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command<'a> {
    /// Start the session of this request, and describe device and network.
    Hello,
    /// Infer the outputs of an input.
    Infer {
        /// The input.
        #[serde(borrow)]
        input: Input<'a>,
    },
    /// Append samples to the time series whose windows are the network's inputs.
    Series {
        /// Whether a new series begins with them.
        restart: bool,
        /// f32, `[sample][channel]`; at most as many samples as are missing to the next window.
        #[serde(borrow)]
        samples: Floats<'a>,
    },
    /// Take one step of gradient descent.
    Learn {
        /// The input.
        #[serde(borrow)]
        input: Input<'a>,
        /// The target of the outputs: a class, or a number for each.
        #[serde(borrow)]
        target: Target<'a>,
        /// How to step.
        step: Step,
        /// [`Command::Checksum`] that the weights must have before the step, if any.
        expected: Option<u32>,
    },
    /// Take steps of gradient descent on samples drawn from the memory of samples.
    Practise {
        /// How many.
        steps: u16,
        /// Seed of the draw.
        seed: u32,
        /// How to step.
        step: Step,
    },
    /// Report the checksum of the weights in RAM.
    Checksum,
    /// Report the counters since the start.
    Counters,
    /// Save the weights in flash.
    Save,
    /// Load the weights saved last.
    Load,
    /// Restore the weights compiled into the firmware, and erase the saved weights and lessons.
    Reset,
    /// Read parameters.
    ReadParameters {
        /// Index of the first one; as many follow as fit into an answer.
        first: u32,
    },
    /// Write parameters into RAM. From the first piece on the device neither infers nor learns, until
    /// [`Command::UseParameters`]; a [`Command::Load`], [`Command::Reset`] or [`Command::Hello`] gives up.
    WriteParameters {
        /// Index of the first one. The pieces come in order, from 0 on.
        first: u32,
        /// The parameters.
        #[serde(borrow)]
        values: Floats<'a>,
    },
    /// Use the parameters that were written, if all of them were and their checksum is right; else go back to those
    /// saved last.
    UseParameters {
        /// The checksum that they must have.
        checksum: u32,
    },
}

impl Command<'_> {
    /// Whether it changes the device: its weights, what is in its flash, or the window that it learns from.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        match self {
            Self::Series { .. }
            | Self::Learn { .. }
            | Self::Practise { .. }
            | Self::Save
            | Self::Load
            | Self::Reset
            | Self::WriteParameters { .. }
            | Self::UseParameters { .. } => true,
            Self::Hello | Self::Infer { .. } | Self::Checksum | Self::Counters | Self::ReadParameters { .. } => false,
        }
    }
}

/// An input of the network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input<'a> {
    /// Pixels, a byte each, or features, f32 of four bytes each: see [`Network::element`].
    Values(&'a [u8]),
    /// The window of the time series that is complete.
    Window,
}

/// The target of the network's outputs for an input: a class, or a number for each output.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Target<'a> {
    /// The index of a class; 0 or 1 where there is one output for two classes.
    Class(u8),
    /// A number for each output.
    #[serde(borrow)]
    Values(Floats<'a>),
}

/// The settings of a step of gradient descent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Learning rate, within the limits of the optimizers of `dense-core`.
    pub learning_rate: f32,
    /// The first layer that is trained; those before it stay as they are. 0 trains all.
    pub first_trained: u8,
}

/// Device to host.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer<'a> {
    /// That of the request.
    pub sequence: u16,
    /// The session that the device is in, or [`NO_SESSION`].
    pub session: u32,
    /// After a refusal the weights are unchanged, except where the refusal says otherwise.
    #[serde(borrow)]
    pub result: Result<Reply<'a>, Refusal>,
}

/// The result of each [`Command`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "it lives on the stack of one request, and has no heap to go to")]
pub enum Reply<'a> {
    /// Of [`Command::Hello`].
    #[serde(borrow)]
    Hello(Hello<'a>),
    /// Of [`Command::Infer`].
    #[serde(borrow)]
    Inferred(Inferred<'a>),
    /// Of [`Command::Series`].
    Series {
        /// Samples that are missing to the next window; 0 where one is complete.
        missing: u16,
    },
    /// Of [`Command::Learn`].
    Learned(Learned),
    /// Of [`Command::Practise`].
    Practised(Practised),
    /// Of [`Command::Checksum`].
    Checksum(u32),
    /// Of [`Command::Counters`].
    Counters(Counters),
    /// Of [`Command::Save`].
    Saved(Saved),
    /// Of [`Command::Load`].
    Loaded {
        /// Number of the save.
        save: u32,
    },
    /// Of [`Command::Reset`].
    Reset,
    /// Of [`Command::ReadParameters`].
    #[serde(borrow)]
    Parameters(Floats<'a>),
    /// Of [`Command::WriteParameters`].
    Written {
        /// Parameters that are still missing.
        missing: u32,
    },
    /// Of [`Command::UseParameters`].
    Used,
}

/// An inference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inferred<'a> {
    /// The output of the last layer before its activation.
    #[serde(borrow)]
    pub logits: Floats<'a>,
    /// The outputs: probabilities of a classifier, numbers of a regression.
    #[serde(borrow)]
    pub outputs: Floats<'a>,
    /// Clock cycles of the inference.
    pub cycles: u32,
}

/// A training step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// Loss of the sample before the step.
    pub loss_before: f32,
    /// Loss of the sample after the step.
    pub loss_after: f32,
    /// Clock cycles of the step.
    pub cycles: u32,
    /// [`SampleMemory::lessons`] with this one, or why it was not kept.
    pub lessons: Result<u32, FlashFault>,
}

/// Training steps on samples of the memory.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Practised {
    /// Steps taken: fewer than asked where a lesson could not be read.
    pub steps: u16,
    /// Those on lessons; the others are on factory samples.
    pub lessons: u16,
    /// Mean loss of the samples, each before its step.
    pub loss: f32,
    /// Clock cycles of the steps.
    pub cycles: u32,
}

/// Weights that were written to flash and verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// Number of the save: one more than that of the last.
    pub save: u32,
    /// Slot in flash, 0 or 1.
    pub slot: u8,
}

/// Counters since the start; they wrap around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Inferences.
    pub inferred: u32,
    /// Steps on samples of the host.
    pub learned: u32,
    /// Steps on samples of the memory.
    pub practised: u32,
    /// Refusals of all kinds.
    pub refused: u32,
    /// Frames received damaged.
    pub broken_frames: u32,
    /// Requests received again, and answered without being executed again.
    pub repeated: u32,
}

impl Counters {
    /// At the start.
    pub const ZERO: Self = Self { inferred: 0, learned: 0, practised: 0, refused: 0, broken_frames: 0, repeated: 0 };
}

/// Why a command was not executed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refusal {
    /// No message of this version.
    UnknownMessage,
    /// A different request has the sequence number of the last one.
    SequenceReused {
        /// That number.
        sequence: u16,
    },
    /// Another session than the device's: it was restarted, or another host has started a session.
    Session {
        /// The device's, or [`NO_SESSION`].
        device: u32,
    },
    /// An input or a target of another size than the network's.
    WrongLength {
        /// Bytes received.
        found: u32,
        /// Bytes expected.
        expected: u32,
    },
    /// A class for a network with numbers as targets, or the reverse.
    TargetKind,
    /// A label that is no class.
    Label {
        /// The label.
        found: u8,
        /// Number of classes.
        classes: u8,
    },
    /// A number of a message is NaN or infinite.
    NotFinite,
    /// A learning rate that is NaN or out of range.
    LearningRate {
        /// The learning rate.
        found: f32,
        /// Smallest allowed.
        least: f32,
        /// Largest allowed.
        most: f32,
    },
    /// There is no such layer, or not one that is trained alone.
    FirstTrained {
        /// The layer.
        found: u8,
        /// The largest allowed.
        most: u8,
    },
    /// The weights have another checksum than expected.
    Checksum {
        /// That of the device's weights.
        found: u32,
    },
    /// With the weights as they are, an output is not finite.
    Overflow,
    /// After the step the loss was not finite. The weights are those saved last, or those of the firmware.
    Diverged,
    /// The network's inputs are no windows of a time series.
    NoSeries,
    /// No window is complete.
    WindowIncomplete {
        /// Samples that are missing.
        missing: u16,
    },
    /// More samples than are missing to the next window, or not whole ones.
    Samples {
        /// Numbers received.
        found: u32,
        /// Most that are expected.
        most: u32,
        /// Channels of a sample.
        channels: u16,
    },
    /// The device has no memory of samples.
    NoMemory,
    /// The memory of samples is empty.
    NoSamples,
    /// Parameters that do not follow those written before, or more than there are.
    Parameters {
        /// Index of the first one.
        found: u32,
        /// Index of the first one that is missing.
        expected: u32,
    },
    /// Parameters are being written.
    Writing,
    /// Nothing valid saved for this network in flash.
    NothingSaved,
    /// A flash operation failed.
    Flash(FlashFault),
    /// The device has a key, and the message authentication code of the request is not right.
    Mac(MacFault),
}

/// The fault in the message authentication code of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MacFault {
    /// There is none.
    Missing,
    /// The tag is wrong: of another key, of another start of the device, or of another message.
    Tag,
    /// The counter is not larger than this one, of the last request that was accepted: the request is a repetition.
    Counter {
        /// That counter.
        last: u32,
    },
}

/// The flash operation that failed. The weights saved before are still there, unless they were to be erased, and those in
/// RAM are unchanged, unless a [`Command::Load`] ended in [`FlashFault::Verify`]: then they are the firmware's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum FlashFault {
    /// Erase.
    Erase,
    /// Write.
    Write,
    /// Read.
    Read,
    /// Read back what was written, or read the same twice.
    Verify,
    /// The board has no flash that can be written.
    None,
}

impl<'a> Request<'a> {
    /// Deserialises a request.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes, trailing ones included.
    pub fn from_message(message: &'a [u8]) -> Result<Self, Malformed> {
        let (sequence, (session, command, mac)) = deserialize(message)?;
        Ok(Self { sequence, session, command, mac })
    }
}

impl<'a> Answer<'a> {
    /// Deserialises an answer.
    ///
    /// # Errors
    /// [`Malformed`] for any other bytes, trailing ones included.
    pub fn from_message(message: &'a [u8]) -> Result<Self, Malformed> {
        let (sequence, (session, result)) = deserialize(message)?;
        Ok(Self { sequence, session, result })
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
