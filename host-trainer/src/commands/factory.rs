//! Options of the samples that a device practises on.

use clap::{Args, ValueEnum};
use dense_core::Kernel;
use dense_replay::{Bits, SampleFormat, record_bytes};
use formats::{Input, Model};

use crate::data::Samples;
use crate::factory_samples::FactorySamples;
use crate::failure::Failure;
use crate::options::room;

/// Bytes of the factory samples, unless options say otherwise.
const ROOM: usize = 32 * 1024;
/// Bytes of flash for lessons, unless options say otherwise, half of which hold twice as many as are kept.
const LESSON_BYTES: usize = 32 * 1024;

/// Which training samples a device practises on, and how they are kept.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct FactoryArgs {
    /// Most bytes of the factory samples, which a device practises on; 24K is 24,576, and 0 is for none [default: 32K]
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true, value_parser = room)]
    pub(super) room: Option<usize>,

    /// Bits of a value of a sample to practise on [default: 2 for pictures, 8 for features]
    #[arg(long, value_enum)]
    pub(super) bits: Option<BitsChoice>,
}

/// How many bits a value takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum BitsChoice {
    /// 2 levels
    #[value(name = "1")]
    One,
    /// 4 levels
    #[value(name = "2")]
    Two,
    /// 16 levels
    #[value(name = "4")]
    Four,
    /// 256 levels
    #[value(name = "8")]
    Eight,
}

impl FactoryArgs {
    /// Chooses samples of `train`.
    ///
    /// # Errors
    /// The flash set aside is too small for one sample of each class.
    pub(super) fn choose(self, model: &Model, train: &Samples, kernel: Kernel) -> Result<FactorySamples, Failure> {
        let train = train.clone();
        let train = Samples { inputs: train.inputs.through(model.input.pixel_table()), ..train };
        let bits = match (self.bits, &model.input) {
            (Some(BitsChoice::One), _) => Bits::One,
            (Some(BitsChoice::Two), _) | (None, Input::Pixels(_)) => Bits::Two,
            (Some(BitsChoice::Four), _) => Bits::Four,
            (Some(BitsChoice::Eight), _) | (None, Input::Features { .. }) => Bits::Eight,
        };
        let chosen = FactorySamples::choose(&train, &model.input, bits, self.room.unwrap_or(ROOM), kernel);
        chosen.map_err(|error| Failure::about("--room", error))
    }
}

/// How many lessons a device keeps, unless an option says otherwise.
pub(super) fn default_lessons(format: &SampleFormat<'_>) -> usize {
    (LESSON_BYTES / 2 / record_bytes(format) / 2).max(1)
}
