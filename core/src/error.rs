//! The error type.

use crate::kernels::Element;
use core::fmt;

/// An invalid argument. After an error all arguments are as they were, unless the function says otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A batch has no samples.
    EmptyBatch,
    /// An order has an index beyond the last sample.
    SampleOutOfRange {
        /// The index in the order.
        index: u32,
        /// The number of samples in the data set.
        samples: usize,
    },
    /// A slice has the wrong length.
    Length {
        /// The slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits.
        expected: usize,
    },
    /// A label is beyond the last class.
    LabelOutOfRange {
        /// The index of the sample in the batch.
        sample: usize,
        /// The label.
        label: u8,
        /// The number of classes.
        classes: usize,
    },
    /// A batch has more samples than the workspace holds.
    BatchTooLarge {
        /// The number of samples of the batch.
        found: usize,
        /// The number of samples that the workspace holds.
        most: usize,
    },
    /// A target is no probability, 0 to 1.
    TargetOutOfRange {
        /// The index of the sample in the batch.
        sample: usize,
        /// The index of the output.
        output: usize,
        /// The target.
        found: f32,
    },
    /// A value is NaN or infinite.
    NotFinite {
        /// The slice.
        what: &'static str,
        /// The index in the slice.
        index: usize,
    },
    /// A range to quantise to is empty, since no sample was given to calibration.
    NotCalibrated,
    /// A setting of an optimizer, a trainer or a quantised layer, or a value of an optimizer's state, is out of range.
    Setting {
        /// The setting.
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

/// Refuses a length that is no multiple of that of a row.
pub(crate) const fn check_rows(length: usize, outputs: usize) -> Result<(), Error> {
    if outputs == 0 {
        return Err(Error::Length { what: "outputs", found: 0, expected: 1 });
    }
    check_length("logits", length, length / outputs * outputs)
}

/// Refuses a length of `[batch][outputs]` that does not fit the labels `[batch]`, and labels that are not below
/// `classes`.
pub(crate) fn check_labels(length: usize, outputs: usize, labels: &[u8], classes: usize) -> Result<(), Error> {
    check_rows(length, outputs)?;
    check_length("labels", labels.len(), length / outputs)?;
    match labels.iter().enumerate().find(|&(_, &label)| usize::from(label) >= classes) {
        Some((sample, &label)) => Err(Error::LabelOutOfRange { sample, label, classes }),
        None => Ok(()),
    }
}
