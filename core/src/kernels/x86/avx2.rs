//! AVX2 and FMA: two vectors are the 16 partial sums of a dot product.

use core::arch::x86_64::*;

use crate::kernels::{AdamParameters, AdamStep, Element, Rows, Score};
use crate::math::{
    EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LN_POLYNOMIAL, LOG2_E, ROUND, SMALLEST_FIRST_MOMENT,
    SMALLEST_SECOND_MOMENT, SMALLEST_SIGNAL, SMALLEST_WEIGHT, SQRT_HALF_BITS, fused_multiply_add,
};

const LANES: usize = 8;
/// Units whose sums are kept in registers at a time: with two vectors each, 10 of the 16.
const UNITS: usize = 5;
/// Vectors of inputs whose gradients are kept in registers at a time, with `UNITS` units.
const CHUNKS: usize = 2;

/// Numbers that can be loaded as 8 lanes of f32.
pub trait Load: Sized {
    /// Loads the first `count` lanes, 8 at most; the others are zero and their memory is not touched.
    ///
    /// # Safety
    /// `count` numbers can be read at `from`, and the machine has AVX2.
    unsafe fn load(count: usize, from: *const Self) -> __m256;
}

impl Load for u8 {
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn load(count: usize, from: *const Self) -> __m256 {
        let mut bytes = [0_u8; LANES];
        // SAFETY: the caller's.
        let bytes = unsafe {
            if count >= LANES {
                _mm_loadl_epi64(from.cast())
            } else {
                from.copy_to_nonoverlapping(bytes.as_mut_ptr(), count);
                _mm_loadl_epi64(bytes.as_ptr().cast())
            }
        };
        _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes))
    }
}

impl Load for f32 {
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn load(count: usize, from: *const Self) -> __m256 {
        // SAFETY: the caller's.
        unsafe { if count >= LANES { _mm256_loadu_ps(from) } else { _mm256_maskload_ps(from, mask(count)) } }
    }
}

/// The lanes of the first `count` numbers.
#[inline]
#[target_feature(enable = "avx2")]
fn mask(count: usize) -> __m256i {
    let count = _mm256_set1_epi32(count.min(LANES) as i32);
    _mm256_cmpgt_epi32(count, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
}

/// # Safety
/// `count` numbers can be written at `to`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store(count: usize, to: *mut f32, values: __m256) {
    // SAFETY: the caller's.
    unsafe { if count >= LANES { _mm256_storeu_ps(to, values) } else { _mm256_maskstore_ps(to, mask(count), values) } }
}

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn affine<T: Element>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) {
    let units = bias.len();
    for (first, (weights, bias)) in
        weights.chunks(UNITS * rows.width()).zip(bias.chunks(UNITS)).enumerate().map(|(i, part)| (i * UNITS, part))
    {
        for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
            let row = rows.row(index);
            // The rows that come next are fetched once, on the first units' way through this batch.
            let next = if first == 0 { rows.upcoming(index) } else { &[] };
            let mut sums = [0.0; UNITS];
            match bias.len() {
                1 => sums[..1].copy_from_slice(&dots::<T, 1>(row, next, weights)),
                2 => sums[..2].copy_from_slice(&dots::<T, 2>(row, next, weights)),
                3 => sums[..3].copy_from_slice(&dots::<T, 3>(row, next, weights)),
                4 => sums[..4].copy_from_slice(&dots::<T, 4>(row, next, weights)),
                _ => sums = dots::<T, UNITS>(row, next, weights),
            }
            for ((output, &sum), &bias) in outputs[first..].iter_mut().zip(&sums).zip(bias) {
                *output = fused_multiply_add(sum, scale, bias);
            }
        }
    }
}

/// The dot products of a row with `N` weight vectors of the same width.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn dots<T: Element, const N: usize>(row: &[T], next: &[T], weights: &[f32]) -> [f32; N] {
    let width = weights.len() / N;
    assert!(row.len() == width);
    let mut sums = [[_mm256_setzero_ps(); 2]; N];
    for at in (0..width).step_by(2 * LANES) {
        let count = width - at;
        if (at * size_of::<T>()).is_multiple_of(64) {
            _mm_prefetch::<_MM_HINT_T1>(next.as_ptr().wrapping_add(at).cast());
        }
        // SAFETY: all is read below the width, of which the row has one and the weights N.
        unsafe {
            let (row, weights) = (row.as_ptr().add(at), weights.as_ptr().add(at));
            if count >= 2 * LANES {
                let inputs = [<T as Load>::load(LANES, row), <T as Load>::load(LANES, row.add(LANES))];
                for (unit, sums) in sums.iter_mut().enumerate() {
                    let weights = weights.add(unit * width);
                    sums[0] = _mm256_fmadd_ps(_mm256_loadu_ps(weights), inputs[0], sums[0]);
                    sums[1] = _mm256_fmadd_ps(_mm256_loadu_ps(weights.add(LANES)), inputs[1], sums[1]);
                }
            } else {
                for half in 0..2 {
                    let count = count.saturating_sub(half * LANES);
                    if count == 0 {
                        continue;
                    }
                    let inputs = <T as Load>::load(count, row.add(half * LANES));
                    for (unit, sums) in sums.iter_mut().enumerate() {
                        let weights = <f32 as Load>::load(count, weights.add(unit * width + half * LANES));
                        let sum = _mm256_fmadd_ps(weights, inputs, sums[half]);
                        sums[half] = _mm256_blendv_ps(sums[half], sum, _mm256_castsi256_ps(mask(count)));
                    }
                }
            }
        }
    }
    add_lanes(sums)
}

/// Adds up the 16 partial sums of each pair of vectors: l + (l + 8), l + (l + 4), l + (l + 2), l + (l + 1). Four pairs
/// share the work.
#[inline]
#[target_feature(enable = "avx2")]
fn add_lanes<const N: usize>(sums: [[__m256; 2]; N]) -> [f32; N] {
    let mut totals = [0.0; N];
    for (totals, sums) in totals.chunks_mut(4).zip(sums.chunks(4)) {
        let mut quarters = [_mm_setzero_ps(); 4];
        for (quarter, sums) in quarters.iter_mut().zip(sums) {
            let eight = _mm256_add_ps(sums[0], sums[1]);
            *quarter = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
        }
        let low = fold::<0x44, 0xee>(quarters[0], quarters[1]);
        let high = fold::<0x44, 0xee>(quarters[2], quarters[3]);
        let mut folded = [0.0; 4];
        // SAFETY: `folded` has room for 4.
        unsafe { _mm_storeu_ps(folded.as_mut_ptr(), fold::<0x88, 0xdd>(low, high)) };
        totals.copy_from_slice(&folded[..totals.len()]);
    }
    totals
}

/// Adds lanes of `a` and `b` picked by `LEFT` to those picked by `RIGHT`.
#[inline]
#[target_feature(enable = "avx2")]
fn fold<const LEFT: i32, const RIGHT: i32>(a: __m128, b: __m128) -> __m128 {
    _mm_add_ps(_mm_shuffle_ps::<LEFT>(a, b), _mm_shuffle_ps::<RIGHT>(a, b))
}

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn affine_transposed(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    let rows = deltas.len() / units;
    for column in (0..columns).step_by(LANES) {
        let lanes = columns - column;
        let mut row = 0;
        while row < rows {
            let count = if rows - row < ROWS_BACK { 1 } else { ROWS_BACK };
            let mut sums = [_mm256_setzero_ps(); ROWS_BACK];
            // SAFETY: no more than `lanes` of a row of weights are read; row + count ≤ rows.
            unsafe {
                for unit in 0..units {
                    let weight = <f32 as Load>::load(lanes, weights.as_ptr().add(unit * columns + column));
                    for (step, sum) in sums.iter_mut().enumerate().take(count) {
                        let delta = _mm256_set1_ps(*deltas.as_ptr().add((row + step) * units + unit));
                        *sum = _mm256_fmadd_ps(delta, weight, *sum);
                    }
                }
                for (step, &sum) in sums.iter().enumerate().take(count) {
                    let to = outputs.as_mut_ptr().add((row + step) * columns + column);
                    store(lanes, to, flush_below(sum, SMALLEST_SIGNAL));
                }
            }
            row += count;
        }
    }
}

/// Rows whose sums [`affine_transposed`] keeps in registers at a time.
const ROWS_BACK: usize = 8;

/// What is done with 8 gradients of neighbouring parameters as soon as they are known.
trait Update: Copy {
    /// # Safety
    /// The first `count` parameters from `at` on, 8 at most, are there, and the machine has AVX2 and FMA.
    unsafe fn apply(self, count: usize, at: usize, gradient: __m256);
}

/// Stores them.
#[derive(Clone, Copy)]
struct Store {
    gradient: *mut f32,
}

impl Update for Store {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn apply(self, count: usize, at: usize, gradient: __m256) {
        // SAFETY: the caller's.
        unsafe { store(count, self.gradient.add(at), gradient) };
    }
}

/// Gradient descent.
#[derive(Clone, Copy)]
struct Descend {
    learning_rate: f32,
    weights: *mut f32,
}

impl Update for Descend {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn apply(self, count: usize, at: usize, gradient: __m256) {
        let learning_rate = _mm256_set1_ps(self.learning_rate);
        // SAFETY: the caller's.
        unsafe {
            let weights = self.weights.add(at);
            let updated = _mm256_fnmadd_ps(learning_rate, gradient, <f32 as Load>::load(count, weights));
            store(count, weights, flush_below(updated, SMALLEST_WEIGHT));
        }
    }
}

/// Adam.
#[derive(Clone, Copy)]
struct Adapt {
    step: AdamStep,
    values: *mut f32,
    first_moments: *mut f32,
    second_moments: *mut f32,
}

impl Update for Adapt {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn apply(self, count: usize, at: usize, gradient: __m256) {
        let first_share = _mm256_set1_ps(self.step.first_share);
        let second_share = _mm256_set1_ps(self.step.second_share);
        // SAFETY: the caller's.
        unsafe {
            let (values, first, second) =
                (self.values.add(at), self.first_moments.add(at), self.second_moments.add(at));
            let mean = <f32 as Load>::load(count, first);
            let mean = _mm256_fmadd_ps(first_share, _mm256_sub_ps(gradient, mean), mean);
            let mean = flush_below(mean, SMALLEST_FIRST_MOMENT);
            let square = <f32 as Load>::load(count, second);
            let square = _mm256_fmadd_ps(second_share, _mm256_fmsub_ps(gradient, gradient, square), square);
            let square = flush_below(square, SMALLEST_SECOND_MOMENT);
            let change = _mm256_div_ps(
                _mm256_mul_ps(_mm256_set1_ps(self.step.step_size), mean),
                _mm256_add_ps(_mm256_sqrt_ps(square), _mm256_set1_ps(self.step.epsilon)),
            );
            let value = flush_below(_mm256_sub_ps(<f32 as Load>::load(count, values), change), SMALLEST_WEIGHT);
            store(count, first, mean);
            store(count, second, square);
            store(count, values, value);
        }
    }
}

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn outer_product<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    gradient: &mut [f32],
) {
    // SAFETY: the gradient has a place for every unit and input.
    unsafe { gradients(rows, deltas, units, scale, Store { gradient: gradient.as_mut_ptr() }) };
}

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn outer_product_sgd<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    learning_rate: f32,
    weights: &mut [f32],
) {
    // SAFETY: there is a weight for every unit and input.
    unsafe { gradients(rows, deltas, units, scale, Descend { learning_rate, weights: weights.as_mut_ptr() }) };
}

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn outer_product_adam<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    step: &AdamStep,
    parameters: AdamParameters<'_>,
) {
    let update = Adapt {
        step: *step,
        values: parameters.values.as_mut_ptr(),
        first_moments: parameters.first_moments.as_mut_ptr(),
        second_moments: parameters.second_moments.as_mut_ptr(),
    };
    // SAFETY: there is a parameter, and both its moments, for every unit and input.
    unsafe { gradients(rows, deltas, units, scale, update) };
}

/// # Safety
/// There is a parameter for every unit and input.
#[target_feature(enable = "avx2,fma")]
unsafe fn gradients<T: Element>(rows: Rows<'_, T>, deltas: &[f32], units: usize, scale: f32, update: impl Update) {
    if rows.width() == 1 {
        // SAFETY: the caller's.
        return unsafe { column_gradients(rows, deltas, units, scale, update) };
    }
    let width = rows.width();
    for first in (0..units).step_by(UNITS) {
        for column in (0..width).step_by(CHUNKS * LANES) {
            // SAFETY: the caller's; units below `units` and columns below the width only.
            unsafe {
                match units - first {
                    1 => block::<T, 1>(rows, deltas, units, first, scale, column, update),
                    2 => block::<T, 2>(rows, deltas, units, first, scale, column, update),
                    3 => block::<T, 3>(rows, deltas, units, first, scale, column, update),
                    4 => block::<T, 4>(rows, deltas, units, first, scale, column, update),
                    _ => block::<T, UNITS>(rows, deltas, units, first, scale, column, update),
                }
            }
        }
    }
}

/// The gradients by a single input (a bias is the weight of an input that is always 1), with units as lanes.
///
/// # Safety
/// There is a parameter for every unit, and the rows have one input.
#[target_feature(enable = "avx2,fma")]
unsafe fn column_gradients<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    update: impl Update,
) {
    for first in (0..units).step_by(LANES) {
        let count = units - first;
        let mut sum = _mm256_setzero_ps();
        for (index, deltas) in deltas.chunks_exact(units).enumerate() {
            // SAFETY: no more than the deltas of this row are loaded.
            let deltas = unsafe { <f32 as Load>::load(count, deltas.as_ptr().add(first)) };
            let input: f32 = rows.row(index).first().map_or(0.0, |&input| input.into());
            sum = _mm256_fmadd_ps(deltas, _mm256_set1_ps(input), sum);
        }
        // SAFETY: the caller's.
        unsafe { update.apply(count, first, _mm256_mul_ps(sum, _mm256_set1_ps(scale))) };
    }
}

/// The gradients of `N` units from `first` on by the inputs from `column` on, two vectors at most.
///
/// # Safety
/// There are `N` units from `first` on, and `column` is below the width.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn block<T: Element, const N: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    first: usize,
    scale: f32,
    column: usize,
    update: impl Update,
) {
    let left = rows.width() - column;
    let mut sums = [[_mm256_setzero_ps(); CHUNKS]; N];
    for (index, deltas) in deltas.chunks_exact(units).enumerate() {
        let row = rows.row(index).as_ptr().wrapping_add(column);
        // SAFETY: the caller's; no more than `left` inputs are read.
        unsafe {
            let mut inputs = [_mm256_setzero_ps(); CHUNKS];
            if left >= CHUNKS * LANES {
                for (chunk, inputs) in inputs.iter_mut().enumerate() {
                    *inputs = <T as Load>::load(LANES, row.add(chunk * LANES));
                }
            } else {
                for (chunk, inputs) in inputs.iter_mut().enumerate() {
                    *inputs = <T as Load>::load(left.saturating_sub(chunk * LANES), row.wrapping_add(chunk * LANES));
                }
            }
            for (unit, sums) in sums.iter_mut().enumerate() {
                let delta = _mm256_set1_ps(*deltas.as_ptr().add(first + unit));
                for (sum, &inputs) in sums.iter_mut().zip(&inputs) {
                    *sum = _mm256_fmadd_ps(delta, inputs, *sum);
                }
            }
        }
    }
    for (unit, sums) in sums.iter().enumerate() {
        for (chunk, &sum) in sums.iter().enumerate() {
            let count = left.saturating_sub(chunk * LANES);
            if count > 0 {
                let gradient = _mm256_mul_ps(sum, _mm256_set1_ps(scale));
                let at = (first + unit) * rows.width() + column + chunk * LANES;
                // SAFETY: the caller's; `count` parameters are left in this unit.
                unsafe { update.apply(count, at, gradient) };
            }
        }
    }
}

/// The lanes, or +0.0 where the magnitude is below the limit.
#[inline]
#[target_feature(enable = "avx2")]
fn flush_below(values: __m256, limit: f32) -> __m256 {
    let magnitudes = _mm256_andnot_ps(_mm256_set1_ps(-0.0), values);
    _mm256_and_ps(values, _mm256_cmp_ps::<_CMP_NLT_UQ>(magnitudes, _mm256_set1_ps(limit)))
}

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn softmax(values: &mut [f32], classes: usize) {
    for row in values.chunks_exact_mut(classes) {
        softmax_row(row);
    }
}

#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) fn softmax_cross_entropy(values: &mut [f32], classes: usize, labels: &[u8]) -> Score {
    let mut score = Score::default();
    for (rows, labels) in values.chunks_mut(LANES * classes).zip(labels.chunks(LANES)) {
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
    let [sum] = add_lanes([sums]);
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

#[inline]
#[target_feature(enable = "avx2")]
fn lanes(vector: __m256) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    // SAFETY: `lanes` has room for 8.
    unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), vector) };
    lanes
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
