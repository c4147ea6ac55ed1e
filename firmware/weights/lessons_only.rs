//! Samples to practise on: none but lessons. The variable `FACTORY_SET` names this file.
use dense_replay::{Bits, FactorySet, Quantization, SampleFormat, TargetFormat};
static QUANTIZATIONS: [Quantization; 1] = [Quantization::new(0.0, 255.0, Bits::Two)];
/// How samples are written.
pub const SAMPLE_FORMAT: SampleFormat<'static> =
    SampleFormat::new(784, TargetFormat::Class, Bits::Two, &QUANTIZATIONS);
/// How many lessons are kept.
pub const LESSONS: usize = 39;
/// None.
pub static FACTORY_SET: FactorySet<'static> = FactorySet::new(SAMPLE_FORMAT, &[], &[]);
