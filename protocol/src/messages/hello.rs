//! The device's description of itself: the reply to a hello request.

use super::{FlashFault, TAG};
use serde::{Deserialize, Serialize};

/// Device and network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello<'a> {
    /// [`VERSION`](super::VERSION).
    pub version: u8,
    /// Name of the board.
    pub board: &'a str,
    /// Name of the compute kernel of `dense-core`.
    pub kernel: &'a str,
    /// The network.
    #[serde(borrow)]
    pub network: Network<'a>,
    /// [Checksum](crate::checksum::of_parameters) of the network compiled into the firmware.
    pub factory_checksum: u32,
    /// Where the weights in RAM came from.
    pub origin: Origin,
    /// Whether the newest save is of a network that grew from other weights than those compiled into the firmware: it
    /// was not loaded.
    pub foreign_save: bool,
    /// Clock frequency of the processor in Hz; 0 where there is no clock.
    pub clock_hz: u32,
    /// Source of the clock.
    pub clock_source: ClockSource,
    /// RAM of the model in bytes: weights, state of the optimizer, activations and deltas, input.
    pub model_bytes: u32,
    /// RAM of all statics in bytes, the model among them.
    pub static_bytes: u32,
    /// Flash of each of the two slots in bytes.
    pub slot_bytes: u32,
    /// The memory of samples, if there is one.
    pub memory: Option<SampleMemory>,
    /// Momentum of gradient descent, 0 for none. The velocities are 0 at the start, and after every change of the weights
    /// that is not a step.
    pub momentum: f32,
    /// Boot number, counter and tag for message authentication codes, where the device has a key:
    /// [`Authentication::to_bytes`](crate::messages::Authentication::to_bytes). Where it has none, nothing, and whoever is on
    /// the line may change it.
    pub authentication: &'a [u8],
}

/// Boot number and counter, to which message authentication codes are bound so that none is valid twice, and their tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// How many times the device has started with a key. No two starts have the same number.
    pub boot: u32,
    /// Counter of the last request accepted since then, 0 at first.
    pub counter: u32,
    /// The tag of session, boot and counter, which shows the host that the device has its key:
    /// `authentication::Key::tag_of_hello`.
    pub tag: [u8; TAG],
}

impl Authentication {
    /// Boot and counter, lowest byte first, and the tag.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 8 + TAG] {
        let mut bytes = [0; 8 + TAG];
        let numbers = [self.boot, self.counter].map(u32::to_le_bytes);
        bytes.iter_mut().zip(numbers.as_flattened().iter().chain(&self.tag)).for_each(|(place, &byte)| *place = byte);
        bytes
    }

    /// From those bytes; `None` for any other number of them.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (boot, rest) = bytes.split_first_chunk()?;
        let (counter, tag) = rest.split_first_chunk()?;
        let [boot, counter] = [*boot, *counter].map(u32::from_le_bytes);
        Some(Self { boot, counter, tag: tag.try_into().ok()? })
    }
}

/// A memory of samples to practise on: lessons, and samples that are compiled into the firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleMemory {
    /// How many lessons are kept: the last ones.
    pub capacity: u32,
    /// How many lessons there were since the last reset, or why there are none.
    pub lessons: Result<u32, FlashFault>,
    /// Factory samples.
    pub factory_samples: u32,
    /// Checksum of the factory samples and of the form in which samples are kept.
    pub factory_checksum: u32,
}

/// A network, and what it takes and gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network<'a> {
    /// Its inputs, then the units of each layer, two bytes each, lowest byte first.
    pub widths: &'a [u8],
    /// The type of an input: u8 or f32.
    pub element: Element,
    /// The kind of the outputs: classes, two classes, or real values.
    pub task: Task,
    /// The number format of the weights: f32 or int8.
    pub form: Form,
    /// Parameters that can learn.
    pub parameters: u32,
    /// The window of a time series that its inputs are, if they are one.
    pub window: Option<Window>,
    /// [Checksum](crate::checksum::of_names) of the names of its inputs and outputs.
    pub names_checksum: u32,
}

impl Network<'_> {
    /// Its inputs, then the units of each layer.
    pub fn shape(&self) -> impl ExactSizeIterator<Item = u16> {
        self.widths.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes))
    }
}

/// A number of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Element {
    /// A byte, of which the network sees 1/255.
    #[default]
    U8,
    /// An f32, lowest byte first.
    F32,
}

impl Element {
    /// Its bytes in a message.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::F32 => 4,
        }
    }
}

/// The kind of a network's outputs: classes, two classes, or real values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// Probabilities of classes.
    Classes,
    /// The probability of the second of two classes.
    Binary,
    /// Numbers.
    #[default]
    Values,
}

/// The number format of a network's weights: f32 or int8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// f32 in RAM; they learn.
    #[default]
    F32,
    /// int8 in flash. What learns is a scale and a bias in f32 above each logit.
    Int8,
}

/// A window of a time series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Numbers of a sample.
    pub channels: u16,
    /// Samples of a window.
    pub length: u16,
    /// Samples from the start of one window to that of the next.
    pub stride: u16,
    /// Consecutive samples that are averaged into one row of the network's input.
    pub downsample: u16,
}

/// Where the weights in RAM came from; they may have learned since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The firmware.
    #[default]
    Factory,
    /// The firmware, since the flash could not be read.
    Unreadable,
    /// The save of this number.
    Save(u32),
    /// The host.
    Host,
}

/// Source of a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClockSource {
    /// Crystal.
    Crystal,
    /// Oscillator inside the chip, where the crystal did not start.
    Internal,
    /// Host that simulates the device.
    #[default]
    Host,
}
