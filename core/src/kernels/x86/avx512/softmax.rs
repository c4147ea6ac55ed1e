//! Softmax and its cross-entropy, with the exponential and the logarithm that they need.

use core::arch::x86_64::*;

use super::{LANES, Maximum, Sum, flush_below, lanes, mask, reduce_lanes};
use crate::kernels::Score;
use crate::math::{
    EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LN_POLYNOMIAL, LOG2_E, ROUND, SMALLEST_SIGNAL, SQRT_HALF_BITS,
};

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn softmax(values: &mut [f32], classes: usize) {
    for rows in values.chunks_mut(LANES.saturating_mul(classes)) {
        softmax_rows(rows, classes);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn softmax_cross_entropy(values: &mut [f32], classes: usize, labels: &[u8]) -> Score {
    let mut score = Score::default();
    for (rows, labels) in values.chunks_mut(LANES.saturating_mul(classes)).zip(labels.chunks(LANES)) {
        let mut logits = [0.0; LANES];
        for ((logit, row), &label) in logits.iter_mut().zip(rows.chunks_exact(classes)).zip(labels) {
            *logit = row.get(usize::from(label)).copied().unwrap_or(0.0);
        }
        let Extremes { largest, first_largest, sums } = softmax_rows(rows, classes);
        let losses = _mm512_sub_ps(ln(vector(&sums)), _mm512_sub_ps(vector(&logits), vector(&largest)));
        for (((loss, &first_largest), row), &label) in
            lanes(losses).into_iter().zip(&first_largest).zip(rows.chunks_exact_mut(classes)).zip(labels)
        {
            let label = usize::from(label);
            let Some(probability) = row.get_mut(label) else { continue };
            *probability -= 1.0;
            score.add(loss, first_largest == label);
        }
    }
    score
}

/// What softmax finds out about up to 16 rows on its way.
struct Extremes {
    largest: [f32; LANES],
    /// The first class that has the largest logit.
    first_largest: [usize; LANES],
    /// The sums of the exponentials; 1 where there is no row.
    sums: [f32; LANES],
}

/// Softmax of up to 16 rows, in place.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn softmax_rows(values: &mut [f32], classes: usize) -> Extremes {
    if classes <= LANES {
        return softmax_narrow_rows(values, classes);
    }
    let mut extremes = Extremes { largest: [0.0; LANES], first_largest: [0; LANES], sums: [1.0; LANES] };
    for (index, row) in values.chunks_exact_mut(classes).enumerate().take(LANES) {
        (extremes.largest[index], extremes.first_largest[index], extremes.sums[index]) = softmax_wide_row(row);
    }
    extremes
}

/// Softmax of up to 16 rows that fit into a vector each. All of them are loaded before the first is stored, since a
/// masked load close behind a masked store would wait for it.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn softmax_narrow_rows(values: &mut [f32], classes: usize) -> Extremes {
    let rows = values.len() / classes;
    let masks: [__mmask16; LANES] = core::array::from_fn(|index| if index < rows { mask(classes) } else { 0 });
    let lowest = _mm512_set1_ps(f32::NEG_INFINITY);
    let mut vectors = [lowest; LANES];
    for (index, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: the mask ends with the row and is empty where there is none.
        *vector = unsafe { _mm512_mask_loadu_ps(lowest, masks[index], values.as_ptr().wrapping_add(index * classes)) };
    }
    let [largest] = reduce_lanes::<Maximum, 1, LANES>([vectors]);
    let mut first_largest = [0; LANES];
    for (index, vector) in vectors.iter_mut().enumerate() {
        let largest = _mm512_set1_ps(largest[index]);
        let at_largest = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(*vector, largest);
        first_largest[index] = at_largest.trailing_zeros() as usize;
        *vector = _mm512_maskz_mov_ps(masks[index], exp_nonpositive(_mm512_sub_ps(*vector, largest)));
    }
    let [mut sums] = reduce_lanes::<Sum, 1, LANES>([vectors]);
    sums[rows..].fill(1.0);
    for (index, &vector) in vectors.iter().enumerate() {
        let probabilities = flush_below(_mm512_div_ps(vector, _mm512_set1_ps(sums[index])), SMALLEST_SIGNAL);
        // SAFETY: as for the load.
        unsafe {
            _mm512_mask_storeu_ps(values.as_mut_ptr().wrapping_add(index * classes), masks[index], probabilities);
        }
    }
    Extremes { largest, first_largest, sums }
}

/// Softmax of one row of any length. Returns its largest logit, where that is first, and the sum of the exponentials.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn softmax_wide_row(row: &mut [f32]) -> (f32, usize, f32) {
    let lowest = _mm512_set1_ps(f32::NEG_INFINITY);
    let mut largest = lowest;
    for logits in row.chunks(LANES) {
        // SAFETY: the mask ends with the row.
        largest = _mm512_max_ps(largest, unsafe { _mm512_mask_loadu_ps(lowest, mask(logits.len()), logits.as_ptr()) });
    }
    let [[largest]] = reduce_lanes::<Maximum, 1, 1>([[largest]]);
    let first_largest = row.iter().position(|&logit| logit == largest).unwrap_or(0);
    let mut sum = _mm512_setzero_ps();
    for values in row.chunks_mut(LANES) {
        let mask = mask(values.len());
        // SAFETY: the mask ends with the row.
        unsafe {
            let logits = _mm512_maskz_loadu_ps(mask, values.as_ptr());
            let exponentials = exp_nonpositive(_mm512_sub_ps(logits, _mm512_set1_ps(largest)));
            sum = _mm512_mask_add_ps(sum, mask, sum, exponentials);
            _mm512_mask_storeu_ps(values.as_mut_ptr(), mask, exponentials);
        }
    }
    let [[sum]] = reduce_lanes::<Sum, 1, 1>([[sum]]);
    for values in row.chunks_mut(LANES) {
        let mask = mask(values.len());
        // SAFETY: the mask ends with the row.
        unsafe {
            let exponentials = _mm512_maskz_loadu_ps(mask, values.as_ptr());
            let probabilities = _mm512_div_ps(exponentials, _mm512_set1_ps(sum));
            let probabilities = flush_below(probabilities, SMALLEST_SIGNAL);
            _mm512_mask_storeu_ps(values.as_mut_ptr(), mask, probabilities);
        }
    }
    (largest, first_largest, sum)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn vector(lanes: &[f32; LANES]) -> __m512 {
    // SAFETY: `lanes` holds 16.
    unsafe { _mm512_loadu_ps(lanes.as_ptr()) }
}

/// As [`math::exp_nonpositive`](crate::math::exp_nonpositive).
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn exp_nonpositive(x: __m512) -> __m512 {
    let round = _mm512_set1_ps(ROUND);
    let x = _mm512_max_ps(x, _mm512_set1_ps(EXP_LOWEST));
    let rounded = _mm512_fmadd_ps(x, _mm512_set1_ps(LOG2_E), round);
    let n = _mm512_sub_ps(rounded, round);
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(LN_2_HIGH), x);
    let r = _mm512_fnmadd_ps(n, _mm512_set1_ps(LN_2_LOW), r);
    let p = polynomial(r, &EXP_POLYNOMIAL);
    let p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), r);
    let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(rounded));
    let value = _mm512_castps_si512(_mm512_add_ps(p, _mm512_set1_ps(1.0)));
    flush_below(_mm512_castsi512_ps(_mm512_add_epi32(value, exponent)), SMALLEST_SIGNAL)
}

/// As [`math::ln`](crate::math::ln).
#[inline]
#[target_feature(enable = "avx512f")]
fn ln(value: __m512) -> __m512 {
    let sqrt_half = _mm512_set1_epi32(SQRT_HALF_BITS.cast_signed());
    let shifted = _mm512_sub_epi32(_mm512_castps_si512(value), sqrt_half);
    let exponent = _mm512_cvtepi32_ps(_mm512_srai_epi32::<23>(shifted));
    let mantissa = _mm512_add_epi32(_mm512_and_si512(shifted, _mm512_set1_epi32(0x007f_ffff)), sqrt_half);
    let f = _mm512_sub_ps(_mm512_castsi512_ps(mantissa), _mm512_set1_ps(1.0));
    let p = polynomial(f, &LN_POLYNOMIAL);
    let square = _mm512_mul_ps(f, f);
    let cube_term = _mm512_mul_ps(square, _mm512_mul_ps(p, f));
    let low = _mm512_fmadd_ps(exponent, _mm512_set1_ps(LN_2_LOW), cube_term);
    let low = _mm512_fmadd_ps(square, _mm512_set1_ps(-0.5), low);
    _mm512_fmadd_ps(exponent, _mm512_set1_ps(LN_2_HIGH), _mm512_add_ps(f, low))
}

/// The polynomial with these coefficients, of rising powers, by Horner's rule.
#[inline]
#[target_feature(enable = "avx512f")]
fn polynomial<const N: usize>(x: __m512, coefficients: &[f32; N]) -> __m512 {
    let mut value = _mm512_set1_ps(coefficients[N - 1]);
    for &coefficient in coefficients.iter().rev().skip(1) {
        value = _mm512_fmadd_ps(value, x, _mm512_set1_ps(coefficient));
    }
    value
}
