//! Training samples to practise. Generated: export them anew, do not edit.
//!
//! - made by: `host-trainer export --format factory-set`
//! - data set: fashion-mnist
//! - model: `Flatten(10, 2) -> Dense(9, tanh) -> Dense(5, gelu) -> Dense(3, softmax)`
//! - samples: 5, 4 bits a value

use dense_replay::{Bits, FactorySet, Quantization, SampleFormat, TargetFormat};

/// What the levels of the values mean.
#[rustfmt::skip]
static QUANTIZATIONS: [Quantization; 2] = [
    Quantization { minimum: f32::from_bits(0xbfc00000), step: f32::from_bits(0x3e4ccccd) },
    Quantization { minimum: f32::from_bits(0x00000000), step: f32::from_bits(0x388bcf65) },
];

/// How samples are written, as the first layer sees them.
#[rustfmt::skip]
pub const SAMPLE_FORMAT: SampleFormat<'static> = SampleFormat::new(20, TargetFormat::Class, Bits::Four, &QUANTIZATIONS);

/// How many lessons are kept.
pub const LESSONS: usize = 40;

/// The samples, one after another, and for each how many training samples all up to and with it stand for.
#[rustfmt::skip]
pub static FACTORY_SET: FactorySet<'static> = FactorySet::new(SAMPLE_FORMAT, &[
    1, 8, 9, 500, 70000,
], &[
    0, 29, 58, 87, 116, 145, 174, 203, 232, 5, 34, 63, 92, 121, 150, 179, 208, 237, 10, 39, 68, 97, 126, 155, 184, 213, 242, 15, 44, 73, 102, 131,
    160, 189, 218, 247, 20, 49, 78, 107, 136, 165, 194, 223, 252, 25, 54, 83, 112, 141, 170, 199, 228, 1, 30,
]);
