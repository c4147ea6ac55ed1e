//! Softmax and its cross-entropy, with the exponential and the logarithm that they need.

use core::arch::aarch64::*;

use super::{CHUNK, LANES, flush_below, lanes};
use crate::kernels::Score;
use crate::math::{
    EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LN_POLYNOMIAL, LOG2_E, ROUND, SMALLEST_SIGNAL, SQRT_HALF_BITS,
};

#[target_feature(enable = "neon")]
pub(in crate::kernels) fn softmax(values: &mut [f32], classes: usize) {
    for rows in values.chunks_mut(LANES.saturating_mul(classes)) {
        softmax_rows(rows, classes);
    }
}

#[target_feature(enable = "neon")]
pub(in crate::kernels) fn softmax_cross_entropy(values: &mut [f32], classes: usize, labels: &[u8]) -> Score {
    let mut score = Score::default();
    for (rows, labels) in values.chunks_mut(LANES.saturating_mul(classes)).zip(labels.chunks(LANES)) {
        let mut logits = [0.0; LANES];
        for ((logit, row), &label) in logits.iter_mut().zip(rows.chunks_exact(classes)).zip(labels) {
            *logit = row.get(usize::from(label)).copied().unwrap_or(0.0);
        }
        let (largest, first_largest, sum) = softmax_rows(rows, classes);
        // SAFETY: `logits` holds 4.
        let distance = vsubq_f32(unsafe { vld1q_f32(logits.as_ptr()) }, largest);
        let losses = lanes(vsubq_f32(ln(sum), distance));
        for (((&loss, &first_largest), row), &label) in
            losses.iter().zip(&first_largest).zip(rows.chunks_exact_mut(classes)).zip(labels)
        {
            let Some(probability) = row.get_mut(usize::from(label)) else { continue };
            *probability -= 1.0;
            score.add(loss, first_largest == f32::from(label));
        }
    }
    score
}

/// Softmax of up to 4 rows, one in each lane. Returns the largest logits, the first classes that have them, and the
/// sums of the exponentials.
#[inline]
#[target_feature(enable = "neon")]
fn softmax_rows(values: &mut [f32], classes: usize) -> (float32x4_t, [f32; LANES], float32x4_t) {
    let mut largest = vdupq_n_f32(f32::NEG_INFINITY);
    let mut first_largest = vdupq_n_f32(0.0);
    for class in 0..classes {
        let logits = column(values, classes, class);
        let larger = vcgtq_f32(logits, largest);
        largest = vbslq_f32(larger, logits, largest);
        first_largest = vbslq_f32(larger, vdupq_n_f32(class as f32), first_largest);
    }
    let mut sums = [vdupq_n_f32(0.0); CHUNK];
    for class in 0..classes {
        let exponentials = exp_nonpositive(vsubq_f32(column(values, classes, class), largest));
        sums[class % CHUNK] = vaddq_f32(sums[class % CHUNK], exponentials);
        store_column(values, classes, class, exponentials);
    }
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            sums[lane] = vaddq_f32(sums[lane], sums[lane + half]);
        }
    }
    let sum = sums[0];
    for class in 0..classes {
        let exponentials = column(values, classes, class);
        store_column(values, classes, class, flush_below(vdivq_f32(exponentials, sum), SMALLEST_SIGNAL));
    }
    (largest, lanes(first_largest), sum)
}

/// Number `class` of each row, one row in each lane.
#[inline]
#[target_feature(enable = "neon")]
fn column(values: &[f32], classes: usize, class: usize) -> float32x4_t {
    let column: [f32; LANES] =
        core::array::from_fn(|row| values.get(row * classes + class).copied().unwrap_or_default());
    // SAFETY: `column` holds 4.
    unsafe { vld1q_f32(column.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn store_column(values: &mut [f32], classes: usize, class: usize, column: float32x4_t) {
    for (row, lane) in lanes(column).into_iter().enumerate() {
        if let Some(value) = values.get_mut(row * classes + class) {
            *value = lane;
        }
    }
}

/// As [`math::exp_nonpositive`](crate::math::exp_nonpositive).
#[inline]
#[target_feature(enable = "neon")]
fn exp_nonpositive(x: float32x4_t) -> float32x4_t {
    let (round, lowest) = (vdupq_n_f32(ROUND), vdupq_n_f32(EXP_LOWEST));
    let x = vbslq_f32(vcgtq_f32(x, lowest), x, lowest);
    let rounded = vfmaq_f32(round, x, vdupq_n_f32(LOG2_E));
    let n = vsubq_f32(rounded, round);
    let r = vfmsq_f32(x, n, vdupq_n_f32(LN_2_HIGH));
    let r = vfmsq_f32(r, n, vdupq_n_f32(LN_2_LOW));
    let p = polynomial(r, &EXP_POLYNOMIAL);
    let p = vfmaq_f32(r, p, vmulq_f32(r, r));
    let exponent = vshlq_n_u32::<23>(vreinterpretq_u32_f32(rounded));
    let value = vreinterpretq_u32_f32(vaddq_f32(p, vdupq_n_f32(1.0)));
    flush_below(vreinterpretq_f32_u32(vaddq_u32(value, exponent)), SMALLEST_SIGNAL)
}

/// As [`math::ln`](crate::math::ln).
#[inline]
#[target_feature(enable = "neon")]
fn ln(value: float32x4_t) -> float32x4_t {
    let sqrt_half = vdupq_n_u32(SQRT_HALF_BITS);
    let shifted = vsubq_u32(vreinterpretq_u32_f32(value), sqrt_half);
    let exponent = vcvtq_f32_s32(vshrq_n_s32::<23>(vreinterpretq_s32_u32(shifted)));
    let mantissa = vaddq_u32(vandq_u32(shifted, vdupq_n_u32(0x007f_ffff)), sqrt_half);
    let f = vsubq_f32(vreinterpretq_f32_u32(mantissa), vdupq_n_f32(1.0));
    let p = polynomial(f, &LN_POLYNOMIAL);
    let square = vmulq_f32(f, f);
    let cube_term = vmulq_f32(square, vmulq_f32(p, f));
    let low = vfmaq_f32(cube_term, exponent, vdupq_n_f32(LN_2_LOW));
    let low = vfmaq_f32(low, square, vdupq_n_f32(-0.5));
    vfmaq_f32(vaddq_f32(f, low), exponent, vdupq_n_f32(LN_2_HIGH))
}

/// The polynomial with these coefficients, of rising powers, by Horner's rule.
#[inline]
#[target_feature(enable = "neon")]
fn polynomial<const N: usize>(x: float32x4_t, coefficients: &[f32; N]) -> float32x4_t {
    let mut value = vdupq_n_f32(coefficients[N - 1]);
    for &coefficient in coefficients.iter().rev().skip(1) {
        value = vfmaq_f32(vdupq_n_f32(coefficient), value, x);
    }
    value
}
