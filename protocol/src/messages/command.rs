//! Requests of the host.

use super::{Floats, Malformed, deserialize};
use serde::{Deserialize, Serialize};

/// Host to device.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request<'a> {
    /// Differs from that of the request before. A host that starts with that very number is told by
    /// [`Refusal::SequenceReused`](super::Refusal::SequenceReused).
    pub sequence: u16,
    /// The session, any number but [`NO_SESSION`](super::NO_SESSION).
    pub session: u32,
    /// The command.
    #[serde(borrow)]
    pub command: Command<'a>,
    /// Its message authentication code, for a device with a key, which others ignore: nothing, or [`MAC`](super::MAC) bytes.
    /// These are a counter, larger than that of every request that the device has accepted since its start, lowest byte
    /// first, and the tag of the message up to there. It must stay the last field.
    pub mac: &'a [u8],
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
    /// Pixels, a byte each, or features, f32 of four bytes each: see [`Network::element`](super::Network::element).
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
