//! Errors: wrong arguments.

use crate::kernels::Element;
use core::fmt;

/// A wrong argument. A function that returns it has changed nothing that the user can see.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A batch without samples.
    EmptyBatch,
    /// An order with an index beyond the last sample.
    SampleOutOfRange {
        /// The index.
        index: u32,
        /// How many samples there are.
        samples: usize,
    },
    /// Two slices that belong together have different lengths.
    Length {
        /// Which slice is wrong.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
    },
    /// A label beyond the last class.
    LabelOutOfRange {
        /// Which sample of the batch.
        sample: usize,
        /// Its label.
        label: u8,
        /// How many classes there are.
        classes: usize,
    },
    /// A batch with more samples than the workspace holds.
    BatchTooLarge {
        /// How many samples it has.
        found: usize,
        /// How many the workspace holds.
        most: usize,
    },
    /// A target that is no probability.
    TargetOutOfRange {
        /// Which sample of the batch.
        sample: usize,
        /// Which output of the sample.
        output: usize,
        /// The number there.
        found: f32,
    },
    /// A NaN or an infinity where a finite number must be.
    NotFinite {
        /// Which slice it is in.
        what: &'static str,
        /// Where in the slice.
        index: usize,
    },
    /// A hidden layer is to be quantised, but no sample has shown the range of its outputs.
    NotCalibrated,
    /// A setting of an optimizer, a trainer or a quantised layer, or an optimizer's state, outside its range.
    Setting {
        /// Which setting.
        what: &'static str,
        /// The value given.
        found: f32,
        /// The smallest allowed value.
        least: f32,
        /// The largest allowed value.
        most: f32,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::EmptyBatch => write!(f, "a batch needs at least one sample"),
            Self::SampleOutOfRange { index, samples } => {
                write!(f, "the order names sample {index}, but there are {samples}")
            }
            Self::Length { what, found, expected } => {
                write!(f, "{what}: length {found}, expected {expected}")
            }
            Self::LabelOutOfRange { sample, label, classes } => {
                write!(f, "sample {sample} has label {label}, but there are {classes} classes")
            }
            Self::BatchTooLarge { found, most } => {
                write!(f, "a batch of {found} samples, but there is memory for {most}")
            }
            Self::TargetOutOfRange { sample, output, found } => {
                write!(f, "sample {sample} has target {found} for output {output}, expected 0 to 1")
            }
            Self::NotFinite { what, index } => {
                write!(f, "{what}: number {index} is not finite")
            }
            Self::NotCalibrated => {
                write!(f, "no range to quantise to: calibrate with samples of the training set first")
            }
            Self::Setting { what, found, least, most } => {
                write!(f, "{what} is {}, expected {} to {}", Short(found), Short(least), Short(most))
            }
        }
    }
}

impl core::error::Error for Error {}

/// A number without dozens of zeros: `0.001`, but `3.4028235e38`.
struct Short(f32);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = self;
        if *number == 0.0 || (1e-4..1e7).contains(&number.abs()) {
            write!(f, "{number}")
        } else {
            write!(f, "{number:e}")
        }
    }
}

/// Refuses a slice with a NaN or an infinity in it.
pub(crate) fn check_finite(what: &'static str, values: &[f32]) -> Result<(), Error> {
    if f32::all_finite(values) {
        return Ok(());
    }
    let index = values.iter().position(|value| !value.is_finite()).unwrap_or(0);
    Err(Error::NotFinite { what, index })
}

/// Refuses a slice of another length than the one that fits.
pub(crate) const fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Length { what, found, expected }) }
}
