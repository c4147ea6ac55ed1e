//! Affine quantisation of real numbers to bytes, and observed ranges.

use super::{LARGEST_SCALE, PIXEL_STEP, SMALLEST_SCALE};
use crate::Error;
use crate::error::check_finite;

/// An affine quantisation of real numbers to bytes: real = `scale` · (byte − `zero_point`).
///
/// ```
/// use dense_core::quant::Range;
///
/// let mut range = Range::EMPTY;
/// range.include(&[-1.0, 0.5, 4.1])?;
/// let quantization = range.quantization()?;
/// assert_eq!([-1.0, 0.0, 4.1, 9.0].map(|value| quantization.quantize(value)), [0, 50, 255, 255]);
/// # Ok::<(), dense_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantization {
    scale: f32,
    zero_point: u8,
}

impl Quantization {
    /// Pixels: 0 is 0.0 and 255 is 1.0.
    pub const PIXELS: Self = Self { scale: PIXEL_STEP, zero_point: 0 };
    /// Tanh, −1 to 1, as TensorFlow Lite fixes it.
    pub const TANH: Self = Self { scale: 1.0 / 128.0, zero_point: 128 };
    /// Probabilities, 0 to 1, as TensorFlow Lite fixes them.
    pub const SIGMOID: Self = Self { scale: 1.0 / 256.0, zero_point: 0 };

    /// A quantisation with this scale and zero point.
    ///
    /// # Errors
    /// [`Error::Setting`] where the scale is not from [`SMALLEST_SCALE`] to [`LARGEST_SCALE`].
    pub const fn new(scale: f32, zero_point: u8) -> Result<Self, Error> {
        match check_scale("scale", scale) {
            Ok(()) => Ok(Self { scale, zero_point }),
            Err(error) => Err(error),
        }
    }

    /// The same from the bits of a scale, as a generated file has them.
    ///
    /// # Panics
    /// Where [`new`](Self::new) has an error. In a `static` that is when it is compiled.
    #[must_use]
    pub const fn from_bits(scale_bits: u32, zero_point: u8) -> Self {
        match Self::new(f32::from_bits(scale_bits), zero_point) {
            Ok(quantization) => quantization,
            Err(_) => panic!("a scale is out of range"),
        }
    }

    /// That of TensorFlow Lite's int8 with this scale and zero point, for bytes to which 128 has been added.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub const fn from_int8(scale: f32, zero_point: i8) -> Result<Self, Error> {
        Self::new(scale, (zero_point as i16 + 128) as u8)
    }

    /// The scale: the step from one byte to the next.
    #[must_use]
    pub const fn scale(self) -> f32 {
        self.scale
    }

    /// The zero point: the byte of 0.0.
    #[must_use]
    pub const fn zero_point(self) -> u8 {
        self.zero_point
    }

    /// The nearest byte of a real number, ties away from 0.0; beyond the range, its end. That of a NaN is the zero
    /// point.
    #[must_use]
    pub const fn quantize(self, value: f32) -> u8 {
        let byte = round(value / self.scale).saturating_add(self.zero_point as i32);
        if byte < 0 {
            0
        } else if byte > 255 {
            255
        } else {
            byte as u8
        }
    }

    /// The bytes of real numbers.
    #[must_use]
    pub fn quantize_all<const N: usize>(self, values: &[f32; N]) -> [u8; N] {
        values.map(|value| self.quantize(value))
    }

    /// The real number of a byte.
    #[must_use]
    pub const fn dequantize(self, byte: u8) -> f32 {
        self.scale * (byte as i32 - self.zero_point as i32) as f32
    }
}

/// The smallest and the largest of the values observed (a min-max observer).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    smallest: f32,
    largest: f32,
}

impl Default for Range {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Range {
    /// The empty range.
    pub const EMPTY: Self = Self { smallest: f32::INFINITY, largest: f32::NEG_INFINITY };

    /// Widens the range to `values`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a value is NaN or infinite; the range has not changed then.
    pub fn include(&mut self, values: &[f32]) -> Result<(), Error> {
        check_finite("values", values)?;
        for &value in values {
            self.smallest = if value < self.smallest { value } else { self.smallest };
            self.largest = if value > self.largest { value } else { self.largest };
        }
        Ok(())
    }

    /// The smallest value; infinite where there was none.
    #[must_use]
    pub const fn smallest(&self) -> f32 {
        self.smallest
    }

    /// The largest value; negative infinity where there was none.
    #[must_use]
    pub const fn largest(&self) -> f32 {
        self.largest
    }

    /// The quantisation whose 256 bytes cover the range, and 0.0, which gets a byte of its own.
    ///
    /// # Errors
    /// [`Error::NotCalibrated`] of an empty range, [`Error::Setting`] where the scale is above
    /// [`LARGEST_SCALE`]. A scale below [`SMALLEST_SCALE`] becomes that.
    pub fn quantization(&self) -> Result<Quantization, Error> {
        if self.smallest > self.largest {
            return Err(Error::NotCalibrated);
        }
        let smallest = if self.smallest < 0.0 { self.smallest } else { 0.0 };
        let largest = if self.largest > 0.0 { self.largest } else { 0.0 };
        // Each by itself, so that the difference cannot overflow.
        let steps = f32::from(u8::MAX);
        let scale = largest / steps - smallest / steps;
        let scale = if scale > SMALLEST_SCALE { scale } else { SMALLEST_SCALE };
        check_scale("activation scale", scale)?;
        let zero_point = Quantization { scale, zero_point: 0 }.quantize(-smallest);
        Ok(Quantization { scale, zero_point })
    }
}

/// The nearest integer, ties away from zero, saturated to i32.
pub(super) const fn round(value: f32) -> i32 {
    // A cast truncates and saturates; the fraction is exact.
    let integer = value as i32;
    let fraction = value - integer as f32;
    integer.saturating_add((fraction >= 0.5) as i32 - (fraction <= -0.5) as i32)
}

/// Refuses a scale outside [`SMALLEST_SCALE`] to [`LARGEST_SCALE`].
pub(super) const fn check_scale(what: &'static str, found: f32) -> Result<(), Error> {
    if found >= SMALLEST_SCALE && found <= LARGEST_SCALE {
        return Ok(());
    }
    Err(Error::Setting { what, found, least: SMALLEST_SCALE, most: LARGEST_SCALE })
}
