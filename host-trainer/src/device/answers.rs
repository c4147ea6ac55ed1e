//! What a device says, kept after its message is gone.

use firmware::protocol::{ClockSource, Info};

use crate::idx::CLASSES;

/// What a device says of itself: [`Info`], kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Version of the protocol.
    pub version: u8,
    /// How many weights and biases there are.
    pub parameters: u32,
    /// Checksum of the weights in RAM.
    pub weights_checksum: u32,
    /// The number of the save that they started from; none for those of the firmware.
    pub loaded: Option<u32>,
    /// Clock cycles a second.
    pub clock_hz: u32,
    /// What the clock follows.
    pub clock_source: ClockSource,
    /// Which kernel computes.
    pub kernel: String,
    /// The name of the board.
    pub board: String,
    /// Bytes of RAM that the weights take.
    pub model_bytes: u32,
    /// Bytes of RAM taken for good.
    pub static_bytes: u32,
    /// Bytes of flash in each place for a save.
    pub slot_bytes: u32,
}

/// What a device says of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classified {
    /// The class of the largest logit.
    pub class: u8,
    /// A logit a class.
    pub logits: [f32; CLASSES],
    /// A probability a class.
    pub probabilities: [f32; CLASSES],
    /// Clock cycles that it took.
    pub cycles: u32,
}

/// What a step of learning did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learned {
    /// The loss that the step was taken for.
    pub loss_before: f32,
    /// The loss of the same image after it.
    pub loss_after: f32,
    /// Clock cycles that it took.
    pub cycles: u32,
    /// Checksum of the weights after it.
    pub weights_checksum: u32,
}

/// A saving of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its number, one more than that of the last.
    pub save: u32,
    /// Which of the two places in flash it is in.
    pub slot: u8,
}

impl From<&Info<'_>> for DeviceInfo {
    fn from(info: &Info<'_>) -> Self {
        Self {
            version: info.version,
            parameters: info.parameters,
            weights_checksum: info.weights_checksum,
            loaded: info.loaded,
            clock_hz: info.clock_hz,
            clock_source: info.clock_source,
            kernel: info.kernel.into(),
            board: info.board.into(),
            model_bytes: info.model_bytes,
            static_bytes: info.static_bytes,
            slot_bytes: info.slot_bytes,
        }
    }
}
