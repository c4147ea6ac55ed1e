//! Arrays of numbers, as other programs keep the weights of a model in files.

use dense_core::math::{SMALLEST_WEIGHT, flush_below};

use crate::{Error, MAX_PARAMETERS};

/// More arrays than any model here has, optimizer and all.
pub(crate) const MAX_ARRAYS: usize = 1024;

/// A named array of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array {
    /// Its name, with those of the groups that it is in.
    pub(crate) name: String,
    /// The slowest dimension first.
    pub(crate) shape: Vec<usize>,
    /// Its numbers in that order; or why they are none of a network.
    pub(crate) values: Result<Vec<f64>, String>,
}

impl Array {
    /// How many numbers a shape has, where a network can have as many.
    pub(crate) fn count(shape: &[usize]) -> Result<usize, String> {
        let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
        count.filter(|&count| count <= MAX_PARAMETERS).ok_or_else(|| "more numbers than any network has".into())
    }

    /// The name, escaped, and the shape.
    pub(crate) fn describe(&self) -> String {
        format!("{} {:?}", self.name.escape_debug(), self.shape)
    }

    /// The numbers as a network takes them; those below the smallest weight become +0.0.
    pub(crate) fn numbers(&self) -> Result<Vec<f32>, Error> {
        let values = self.exact()?;
        let number = |(index, &value): (usize, &f64)| match value as f32 {
            number if number.is_finite() => Ok(flush_below(number, SMALLEST_WEIGHT)),
            _ if value.is_finite() => {
                Err(Error::tensor(&self.name, format!("value {index} is {value:e}, too large for an f32")))
            }
            _ => Err(Error::tensor(&self.name, format!("value {index} is {value}"))),
        };
        values.iter().enumerate().map(number).collect()
    }

    /// The numbers as they are in the file.
    pub(crate) fn exact(&self) -> Result<&[f64], Error> {
        self.values.as_deref().map_err(|reason| Error::tensor(&self.name, reason.clone()))
    }
}

/// The numbers that may still be read of a file, which can name the same ones many times.
#[derive(Clone, Debug)]
pub(crate) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_PARAMETERS)
    }
}

impl Budget {
    /// Takes `count` numbers, where as many are left.
    pub(crate) fn take(&mut self, count: usize) -> Result<(), String> {
        let left = self.0.checked_sub(count);
        self.0 = left.ok_or_else(|| format!("more than {MAX_PARAMETERS} numbers in all, which is the limit"))?;
        Ok(())
    }
}

/// A kind of floating-point number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Float {
    /// IEEE binary16.
    F16,
    /// The upper half of an f32.
    Bf16,
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
}

impl Float {
    /// Bytes of a number.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The numbers of an array of this shape, taken from the budget.
    pub(crate) fn decode(
        self,
        shape: &[usize],
        bytes: &[u8],
        big_endian: bool,
        budget: &mut Budget,
    ) -> Result<Vec<f64>, String> {
        let count = Array::count(shape)?;
        let wanted = count.saturating_mul(self.size());
        if bytes.len() != wanted {
            return Err(format!("{} bytes of numbers, wanted {wanted}", bytes.len()));
        }
        budget.take(count)?;
        let number = |bytes: &[u8]| {
            let shift = |bits: u64, &byte: &u8| bits << 8 | u64::from(byte);
            let bits = if big_endian { bytes.iter().fold(0, shift) } else { bytes.iter().rev().fold(0, shift) };
            match self {
                Self::F16 => half(bits as u16),
                Self::Bf16 => f64::from(f32::from_bits((bits as u32) << 16)),
                Self::F32 => f64::from(f32::from_bits(bits as u32)),
                Self::F64 => f64::from_bits(bits),
            }
        };
        Ok(bytes.chunks_exact(self.size()).map(number).collect())
    }
}

/// The number of an IEEE binary16.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2.0_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2.0_f64.powi(exponent - 25),
    };
    if bits >> 15 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests;
