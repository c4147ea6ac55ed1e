//! Answers of the device.

use super::{FlashFault, Floats, Hello, Malformed, Refusal, deserialize};
use serde::{Deserialize, Serialize};

/// Device to host.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer<'a> {
    /// That of the request.
    pub sequence: u16,
    /// The session that the device is in, or [`NO_SESSION`](super::NO_SESSION).
    pub session: u32,
    /// After a refusal the weights are unchanged, except where the refusal says otherwise.
    #[serde(borrow)]
    pub result: Result<Reply<'a>, Refusal>,
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

/// The result of each [`Command`](super::Command).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "it lives on the stack of one request, and has no heap to go to")]
pub enum Reply<'a> {
    /// Of [`Command::Hello`](super::Command::Hello).
    #[serde(borrow)]
    Hello(Hello<'a>),
    /// Of [`Command::Infer`](super::Command::Infer).
    #[serde(borrow)]
    Inferred(Inferred<'a>),
    /// Of [`Command::Series`](super::Command::Series).
    Series {
        /// Samples that are missing to the next window; 0 where one is complete.
        missing: u16,
    },
    /// Of [`Command::Learn`](super::Command::Learn).
    Learned(Learned),
    /// Of [`Command::Practise`](super::Command::Practise).
    Practised(Practised),
    /// Of [`Command::Checksum`](super::Command::Checksum).
    Checksum(u32),
    /// Of [`Command::Counters`](super::Command::Counters).
    Counters(Counters),
    /// Of [`Command::Save`](super::Command::Save).
    Saved(Saved),
    /// Of [`Command::Load`](super::Command::Load).
    Loaded {
        /// Number of the save.
        save: u32,
    },
    /// Of [`Command::Reset`](super::Command::Reset).
    Reset,
    /// Of [`Command::ReadParameters`](super::Command::ReadParameters).
    #[serde(borrow)]
    Parameters(Floats<'a>),
    /// Of [`Command::WriteParameters`](super::Command::WriteParameters).
    Written {
        /// Parameters that are still missing.
        missing: u32,
    },
    /// Of [`Command::UseParameters`](super::Command::UseParameters).
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
    /// [`SampleMemory::lessons`](super::SampleMemory::lessons) with this one, or why it was not kept.
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
