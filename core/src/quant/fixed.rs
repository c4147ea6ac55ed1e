//! Logits, softmax, sigmoid and argmax in fixed point.

use super::{LARGEST_SCALE, SMALLEST_SCALE};

/// 1.0 as a logit in fixed point: 16 fraction bits. Below −32,768 and from 32,768 on, a logit saturates.
pub const ONE_LOGIT: i32 = 1 << LOGIT_BITS;
/// 1.0 as a probability in fixed point: 15 fraction bits.
pub const ONE_PROBABILITY: u16 = 1 << PROBABILITY_BITS;

pub(super) const LOGIT_BITS: u32 = 16;
const PROBABILITY_BITS: u32 = 15;

/// `sum` · `scale` in fixed point with `fraction_bits` fraction bits, rounded once to the nearest, ties upwards, and kept
/// within i32.
///
/// `scale` is clamped to [`SMALLEST_SCALE`] and [`LARGEST_SCALE`], `fraction_bits` to 16.
#[inline]
#[must_use]
pub const fn requantize(sum: i32, scale: f32, fraction_bits: u32) -> i32 {
    // Positive floats are in the order of their bits, so that this compares without floating point.
    let bits = scale.to_bits();
    let bits = if bits > LARGEST_SCALE.to_bits() { LARGEST_SCALE.to_bits() } else { bits };
    let bits = if bits < SMALLEST_SCALE.to_bits() { SMALLEST_SCALE.to_bits() } else { bits };
    let fraction_bits = if fraction_bits < LOGIT_BITS { fraction_bits } else { LOGIT_BITS };
    // The scale is mantissa · 2^(exponent − 150), and the exponent is from 87 to 134.
    let (exponent, mantissa) = (bits >> 23, bits & 0x007f_ffff | 0x0080_0000);
    let shift = 150 - exponent - fraction_bits;
    let half = ((1_u64 << shift) >> 1).cast_signed();
    let rounded = (sum as i64 * mantissa as i64 + half) >> shift;
    saturate(rounded)
}

/// `value` clamped to the range of i32.
#[inline]
pub(super) const fn saturate(value: i64) -> i32 {
    if value > i32::MAX as i64 {
        i32::MAX
    } else if value < i32::MIN as i64 {
        i32::MIN
    } else {
        value as i32
    }
}

/// The index of the largest logit; of equal ones, the first.
#[must_use]
pub fn argmax(logits: &[i32]) -> usize {
    let mut best = (0, i32::MIN);
    for (class, &logit) in logits.iter().enumerate() {
        if logit > best.1 {
            best = (class, logit);
        }
    }
    best.0
}

/// Softmax of logits in fixed point. Each probability is within 2⁻¹⁶ + 10⁻⁶ of the exact value.
#[must_use]
pub fn softmax<const N: usize>(logits: &[i32; N]) -> [u16; N] {
    let largest = logits.iter().fold(i32::MIN, |largest, &logit| if logit > largest { logit } else { largest });
    let exponentials = logits.map(|logit| exp_negative(largest.abs_diff(logit)));
    let sum = exponentials.iter().fold(0, |sum, &exponential| sum + u64::from(exponential));
    // The largest logit's exponential is 1, so the sum is not zero.
    exponentials.map(|exponential| (((u64::from(exponential) << PROBABILITY_BITS) + sum / 2) / sum) as u16)
}

/// Sigmoid of a logit in fixed point: the probability of the positive class. It is within 2⁻¹⁶ + 10⁻⁶ of the exact
/// value.
#[must_use]
pub fn sigmoid(logit: i32) -> u16 {
    let [_, probability] = softmax(&[0, logit]);
    probability
}

/// Fraction bits of an exponential.
const EXP_BITS: u32 = 30;
/// log₂ e, with as many fraction bits.
const LOG2_E: u64 = 1_549_082_005;
/// 2⁻ᶠ for f from 0 to 1, as Σ ± cₖ · fᵏ with signs in turn, by interpolation at the Chebyshev nodes; error 6e-8.
const POWER_OF_TWO: [u32; 6] = [1_073_741_764, 744_256_774, 257_890_191, 59_375_904, 9_888_282, 1_016_701];

/// e to the power of −`distance` / 65,536, with 30 fraction bits.
fn exp_negative(distance: u32) -> u32 {
    if distance == 0 {
        return 1 << EXP_BITS;
    }
    // e^−22 is less than 2^−31.
    if distance >= 22 << LOGIT_BITS {
        return 0;
    }
    let power = (u64::from(distance) * LOG2_E) >> LOGIT_BITS;
    let (whole, fraction) = (power >> EXP_BITS, power & ((1 << EXP_BITS) - 1));
    let [first, others @ ..] = POWER_OF_TWO;
    // Horner's rule for alternating signs: c0 − f · (c1 − f · (c2 − …)); every bracket is positive.
    let brackets = others
        .iter()
        .rev()
        .fold(0, |bracket, &coefficient| u64::from(coefficient) - ((bracket * fraction) >> EXP_BITS));
    let value = u64::from(first) - ((brackets * fraction) >> EXP_BITS);
    (value >> whole) as u32
}
