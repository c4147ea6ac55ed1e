//! `factory_set.rs`: samples of the training set for a device to practise.

use dense_replay::{Bits, FactorySet, Quantization, TargetFormat};

use super::header::of_factory_set;
use super::literals::lines;
use crate::{Error, Model};

/// Writes samples for a device that has `model` as a Rust module: `SAMPLE_FORMAT`, in which it keeps `LESSONS` samples of
/// its own, and `FACTORY_SET`.
///
/// # Errors
/// [`Error::Model`] where the parts of the model do not fit together, or the samples are not for it.
pub fn to_factory_set(model: &Model, set: &FactorySet<'_>, lessons: usize) -> Result<String, Error> {
    model.check()?;
    let format = set.format();
    let inputs = model.input.width();
    if format.inputs() != inputs {
        return Err(Error::Model(format!("samples of {} values, the model has {inputs} inputs", format.inputs())));
    }
    let bits = match format.bits() {
        Bits::One => "One",
        Bits::Two => "Two",
        Bits::Four => "Four",
        Bits::Eight => "Eight",
    };
    let target = match format.target() {
        TargetFormat::Class => "Class".to_owned(),
        TargetFormat::Numbers(count) => format!("Numbers({count})"),
    };
    let number = |value: f32| format!("f32::from_bits({:#010x})", value.to_bits());
    let quantizations = format.quantizations().iter().map(|&Quantization { minimum, step }| {
        format!("Quantization {{ minimum: {}, step: {} }}", number(minimum), number(step))
    });
    Ok(format!(
        "\
{}
use dense_replay::{{Bits, FactorySet, Quantization, SampleFormat, TargetFormat}};

/// What the levels of the values mean.
#[rustfmt::skip]
static QUANTIZATIONS: [Quantization; {}] = [
{}];

/// How samples are written, as the first layer sees them.
#[rustfmt::skip]
pub const SAMPLE_FORMAT: SampleFormat<'static> = SampleFormat::new({inputs}, TargetFormat::{target}, Bits::{bits}, &QUANTIZATIONS);

/// How many lessons are kept.
pub const LESSONS: usize = {lessons};

/// The samples, one after another, and for each how many training samples all up to and with it stand for.
#[rustfmt::skip]
pub static FACTORY_SET: FactorySet<'static> = FactorySet::new(SAMPLE_FORMAT, &[
{}], &[
{}]);
",
        of_factory_set(model, set.len(), format.bits().count()),
        format.quantizations().len(),
        lines(quantizations, 1, 4),
        lines(set.cumulative_counts(), 16, 4),
        lines(set.bytes(), 32, 4),
    ))
}
