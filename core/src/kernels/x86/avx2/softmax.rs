//! Softmax and its cross-entropy, with the exponential and the logarithm that they need.

use core::arch::x86_64::*;

use super::{LANES, Load, add_lanes, flush_below, lanes, mask, store};
use crate::kernels::Score;
use crate::math::{
    EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LN_POLYNOMIAL, LOG2_E, ROUND, SMALLEST_SIGNAL, SQRT_HALF_BITS,
};

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn softmax(values: &mut [f32], classes: usize) {
    for row in values.chunks_exact_mut(classes) {
        softmax_row(row);
    }
}

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn softmax_cross_entropy(values: &mut [f32], classes: usize, labels: &[u8]) -> Score {
    let mut score = Score::default();
    for (rows, labels) in values.chunks_mut(LANES.saturating_mul(classes)).zip(labels.chunks(LANES)) {
        let (mut distances, mut sums, mut correct) = ([0.0; LANES], [1.0; LANES], [false; LANES]);
        for (index, (row, &label)) in rows.chunks_exact_mut(classes).zip(labels).enumerate() {
            let label = usize::from(label);
            let Some(&logit) = row.get(label) else { continue };
            let (largest, first_largest, sum) = softmax_row(row);
            row[label] -= 1.0;
            (distances[index], sums[index], correct[index]) = (logit - largest, sum, first_largest == label);
        }
        // SAFETY: both hold 8.
        let losses =
            unsafe { lanes(_mm256_sub_ps(ln(_mm256_loadu_ps(sums.as_ptr())), _mm256_loadu_ps(distances.as_ptr()))) };
        for (&loss, &correct) in losses.iter().zip(&correct).take(labels.len()) {
            score.add(loss, correct);
        }
    }
    score
}

/// Softmax of a row, in place. Returns its largest logit, where that is first, and the sum of the exponentials.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn softmax_row(row: &mut [f32]) -> (f32, usize, f32) {
    let largest = row.iter().fold(f32::NEG_INFINITY, |largest, &logit| if logit > largest { logit } else { largest });
    let first_largest = row.iter().position(|&logit| logit == largest).unwrap_or(0);
    let mut sums = [_mm256_setzero_ps(); 2];
    for values in row.chunks_mut(2 * LANES) {
        for (values, sum) in values.chunks_mut(LANES).zip(&mut sums) {
            let count = values.len();
            // SAFETY: `count` numbers are loaded and stored.
            unsafe {
                let logits = <f32 as Load>::load(count, values.as_ptr());
                let exponentials = exp_nonpositive(_mm256_sub_ps(logits, _mm256_set1_ps(largest)));
                // The other lanes keep their sums, since −0.0 adds nothing to anything.
                let there = _mm256_castsi256_ps(mask(count));
                let summand = _mm256_blendv_ps(_mm256_set1_ps(-0.0), exponentials, there);
                *sum = _mm256_add_ps(*sum, summand);
                store(count, values.as_mut_ptr(), exponentials);
            }
        }
    }
    let [[sum]] = add_lanes([[sums]]);
    for values in row.chunks_mut(LANES) {
        let count = values.len();
        // SAFETY: `count` numbers are loaded and stored.
        unsafe {
            let exponentials = <f32 as Load>::load(count, values.as_ptr());
            let probabilities = _mm256_div_ps(exponentials, _mm256_set1_ps(sum));
            store(count, values.as_mut_ptr(), flush_below(probabilities, SMALLEST_SIGNAL));
        }
    }
    (largest, first_largest, sum)
}

/// As [`math::exp_nonpositive`](crate::math::exp_nonpositive).
#[inline]
#[target_feature(enable = "avx2,fma")]
fn exp_nonpositive(x: __m256) -> __m256 {
    let round = _mm256_set1_ps(ROUND);
    let x = _mm256_max_ps(x, _mm256_set1_ps(EXP_LOWEST));
    let rounded = _mm256_fmadd_ps(x, _mm256_set1_ps(LOG2_E), round);
    let n = _mm256_sub_ps(rounded, round);
    let r = _mm256_fnmadd_ps(n, _mm256_set1_ps(LN_2_HIGH), x);
    let r = _mm256_fnmadd_ps(n, _mm256_set1_ps(LN_2_LOW), r);
    let p = polynomial(r, &EXP_POLYNOMIAL);
    let p = _mm256_fmadd_ps(p, _mm256_mul_ps(r, r), r);
    let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(rounded));
    let value = _mm256_castps_si256(_mm256_add_ps(p, _mm256_set1_ps(1.0)));
    flush_below(_mm256_castsi256_ps(_mm256_add_epi32(value, exponent)), SMALLEST_SIGNAL)
}

/// As [`math::ln`](crate::math::ln).
#[inline]
#[target_feature(enable = "avx2,fma")]
fn ln(value: __m256) -> __m256 {
    let sqrt_half = _mm256_set1_epi32(SQRT_HALF_BITS.cast_signed());
    let shifted = _mm256_sub_epi32(_mm256_castps_si256(value), sqrt_half);
    let exponent = _mm256_cvtepi32_ps(_mm256_srai_epi32::<23>(shifted));
    let mantissa = _mm256_add_epi32(_mm256_and_si256(shifted, _mm256_set1_epi32(0x007f_ffff)), sqrt_half);
    let f = _mm256_sub_ps(_mm256_castsi256_ps(mantissa), _mm256_set1_ps(1.0));
    let p = polynomial(f, &LN_POLYNOMIAL);
    let square = _mm256_mul_ps(f, f);
    let cube_term = _mm256_mul_ps(square, _mm256_mul_ps(p, f));
    let low = _mm256_fmadd_ps(exponent, _mm256_set1_ps(LN_2_LOW), cube_term);
    let low = _mm256_fmadd_ps(square, _mm256_set1_ps(-0.5), low);
    _mm256_fmadd_ps(exponent, _mm256_set1_ps(LN_2_HIGH), _mm256_add_ps(f, low))
}

/// The polynomial with these coefficients, of rising powers, by Horner's rule.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn polynomial<const N: usize>(x: __m256, coefficients: &[f32; N]) -> __m256 {
    let mut value = _mm256_set1_ps(coefficients[N - 1]);
    for &coefficient in coefficients.iter().rev().skip(1) {
        value = _mm256_fmadd_ps(value, x, _mm256_set1_ps(coefficient));
    }
    value
}
