//! Fixed-point multiplication by a positive real number, as in TensorFlow Lite.

use super::fixed::saturate;
use crate::kernels::int8::Requantization;
use crate::kernels::{self, Kernel};

/// A shift of a zero point to the left that leaves room for a product.
const LONGEST_SHIFT: i32 = 20;

/// A factor `significand` · 2^(`shift` − 31), with a significand from 2³⁰ to 2³¹ − 1, or 0.
///
/// TensorFlow Lite's quantized multiplier: `QuantizeMultiplier` and the single-rounding
/// `MultiplyByQuantizedMultiplier` of `tensorflow/lite/kernels/internal` (2.21) give the same integers.
///
/// ```
/// use dense_core::quant::Multiplier;
///
/// let half = Multiplier::new(0.5);
/// assert_eq!([5, -5, 6].map(|sum| half.multiply(sum)), [3, -2, 3]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplier {
    significand: i32,
    shift: i32,
}

impl Multiplier {
    /// The factor 0.
    pub const ZERO: Self = Self { significand: 0, shift: 0 };

    /// The nearest multiplier of a factor. One below 2⁻³² becomes 0, one of 2³⁰ or more the largest. A factor that is
    /// zero, negative or NaN becomes 0.
    #[must_use]
    pub const fn new(factor: f64) -> Self {
        // Subnormal factors are far below the smallest; so the bits are those of a normal number.
        if factor.is_nan() || factor < 1e-30 {
            return Self::ZERO;
        }
        let bits = factor.to_bits();
        // factor = mantissa · 2^(exponent − 53), with a mantissa of 53 bits.
        let exponent = (bits >> 52) as i32 - 1022;
        let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
        // The nearest of 31 bits, ties away from zero.
        let mut significand = (mantissa + (1 << 21)) >> 22;
        let mut shift = exponent;
        if significand == 1 << 31 {
            significand /= 2;
            shift += 1;
        }
        if shift < -31 {
            return Self::ZERO;
        }
        if shift > 30 {
            return Self { significand: i32::MAX, shift: 30 };
        }
        Self { significand: significand as i32, shift }
    }

    /// The integer factor, 2³⁰ to 2³¹ − 1; 0 for [`ZERO`](Self::ZERO).
    #[must_use]
    pub const fn significand(self) -> i32 {
        self.significand
    }

    /// The exponent of the factor, −31 to 30: positive to the left.
    #[must_use]
    pub const fn shift(self) -> i32 {
        self.shift
    }

    /// The product with `value`, rounded once to the nearest integer, ties upwards, and kept within i32.
    #[inline]
    #[must_use]
    pub const fn multiply(self, value: i32) -> i32 {
        if self.shift < -1 {
            // The lower half of the product decides nothing, and the result is less than 2³⁰.
            let right = -1 - self.shift;
            return (self.upper_half(value) + (1 << (right - 1))) >> right;
        }
        let shift = 31 - self.shift;
        let product = value as i64 * self.significand as i64;
        let rounded = (product + (1 << (shift - 1))) >> shift;
        saturate(rounded)
    }

    /// The upper half of the product with `value`, from −2³⁰ to 2³⁰.
    #[inline]
    const fn upper_half(self, value: i32) -> i32 {
        ((value as i64 * self.significand as i64) >> 32) as i32
    }

    /// Writes to `bytes` the [products](Self::multiply) with `values`, plus the zero point, as bytes from `smallest` to
    /// `largest`.
    // Not generic, so that it is compiled for speed with this crate.
    pub(super) fn requantize(
        self,
        kernel: Kernel,
        values: &[i32],
        zero_point: u8,
        [smallest, largest]: [u8; 2],
        bytes: &mut [u8],
    ) {
        let right = -1 - self.shift;
        if !(1..=LONGEST_SHIFT).contains(&right) {
            for (byte, &value) in bytes.iter_mut().zip(values) {
                let value = self.multiply(value).saturating_add(zero_point.into());
                *byte = value.clamp(smallest.into(), largest.into()) as u8;
            }
            return;
        }
        // Half a step, for rounding, and the zero point.
        let offset = (1 << (right - 1)) + (i32::from(zero_point) << right);
        let requantization = Requantization { significand: self.significand, offset, right };
        kernels::requantize(kernel, requantization, values, bytes);
        if (smallest, largest) != (0, u8::MAX) {
            bytes.iter_mut().for_each(|byte| *byte = (*byte).clamp(smallest, largest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Multiplier;
    use crate::{Kernel, Random};

    const SUMS: [i32; 10] = [i32::MIN, i32::MIN + 1, -1 << 30, -129, -1, 0, 1, 128, 1 << 30, i32::MAX];

    /// The product, rounded once to the nearest, ties upwards.
    fn exact(multiplier: Multiplier, sum: i32) -> i32 {
        let shift = 31 - multiplier.shift;
        let rounded = (i128::from(sum) * i128::from(multiplier.significand) * 2 + (1 << shift)) >> (shift + 1);
        rounded.clamp(i32::MIN.into(), i32::MAX.into()) as i32
    }

    #[test]
    fn products_are_exact_and_so_are_bytes_by_every_kernel() {
        let mut random = Random::new(2026, 31);
        for shift in -31..=30 {
            for significand in [1 << 30, i32::MAX, (1 << 30) | (random.next_u32() >> 2).cast_signed()] {
                let multiplier = Multiplier { significand, shift };
                let mut sums: [i32; 37] = core::array::from_fn(|_| random.next_u32().cast_signed() >> random.below(32));
                sums[..SUMS.len()].copy_from_slice(&SUMS);
                for sum in sums {
                    assert_eq!(multiplier.multiply(sum), exact(multiplier, sum), "{multiplier:?}, {sum}");
                }
                for (zero_point, limits) in [(0, [0, 255]), (224, [0, 255]), (255, [255, 255]), (7, [7, 99])] {
                    let bytes = sums.map(|sum| {
                        let value = exact(multiplier, sum).saturating_add(i32::from(zero_point));
                        value.clamp(limits[0].into(), limits[1].into()) as u8
                    });
                    for kernel in Kernel::available() {
                        let mut found = [0; 37];
                        multiplier.requantize(kernel, &sums, zero_point, limits, &mut found);
                        assert_eq!(found, bytes, "{kernel:?}, {multiplier:?}, zero point {zero_point}");
                    }
                }
            }
        }
    }
}
