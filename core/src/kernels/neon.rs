//! NEON: four vectors are the 16 partial sums of a dot product.

use core::arch::aarch64::*;

use super::{AdamParameters, AdamStep, Element, Rows, Score};
use crate::math::{
    self, EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LN_POLYNOMIAL, LOG2_E, NAN, ROUND, SMALLEST_FIRST_MOMENT,
    SMALLEST_SECOND_MOMENT, SMALLEST_SIGNAL, SMALLEST_WEIGHT, SQRT_HALF_BITS,
};

const LANES: usize = 4;
/// Vectors that are loaded and stored together: a dot product's partial sums.
const VECTORS: usize = 4;
/// Numbers in them.
const CHUNK: usize = VECTORS * LANES;
/// Units whose sums are kept in registers at a time: with four vectors each, 20 of the 32.
const UNITS: usize = 5;
/// Rows whose sums [`affine_transposed`] keeps in registers at a time: with four vectors each, 16 of the 32.
const ROWS_BACK: usize = 4;

/// 16 neighbouring numbers.
type Chunk = [float32x4_t; VECTORS];

/// Numbers that can be loaded as 16 lanes of f32.
pub trait Load: Copy + Default {
    /// # Safety
    /// 16 numbers can be read at `from`, and the machine has NEON.
    unsafe fn load(from: *const Self) -> Chunk;
}

impl Load for u8 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const Self) -> Chunk {
        // SAFETY: the caller's.
        let bytes = unsafe { vld1q_u8(from) };
        let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes));
        [
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))),
            vcvtq_f32_u32(vmovl_high_u16(low)),
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))),
            vcvtq_f32_u32(vmovl_high_u16(high)),
        ]
    }
}

impl Load for f32 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load(from: *const Self) -> Chunk {
        // SAFETY: the caller's.
        unsafe {
            [
                vld1q_f32(from),
                vld1q_f32(from.add(LANES)),
                vld1q_f32(from.add(2 * LANES)),
                vld1q_f32(from.add(3 * LANES)),
            ]
        }
    }
}

/// Loads the first `count` lanes, 16 at most; the others are `padding` and their memory is not touched.
///
/// # Safety
/// `count` numbers can be read at `from`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn load_padded<T: Load>(count: usize, from: *const T, padding: T) -> Chunk {
    // SAFETY: the caller's; `numbers` has room for 16.
    unsafe {
        if count >= CHUNK {
            return T::load(from);
        }
        let mut numbers = [padding; CHUNK];
        from.copy_to_nonoverlapping(numbers.as_mut_ptr(), count);
        T::load(numbers.as_ptr())
    }
}

/// Stores the first `count` lanes, 16 at most.
///
/// # Safety
/// `count` numbers can be written at `to`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn store(count: usize, to: *mut f32, values: Chunk) {
    // SAFETY: the caller's; `numbers` has room for 16.
    unsafe {
        if count >= CHUNK {
            return store_all(to, values);
        }
        let mut numbers = [0.0; CHUNK];
        store_all(numbers.as_mut_ptr(), values);
        to.copy_from_nonoverlapping(numbers.as_ptr(), count);
    }
}

/// # Safety
/// 16 numbers can be written at `to`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn store_all(to: *mut f32, values: Chunk) {
    for (vector, &values) in values.iter().enumerate() {
        // SAFETY: the caller's.
        unsafe { vst1q_f32(to.add(vector * LANES), values) };
    }
}

// The rows that come next are not fetched here: stable Rust has no prefetch for this architecture.
#[target_feature(enable = "neon")]
pub(super) fn affine<T: Element>(rows: Rows<'_, T>, weights: &[f32], bias: &[f32], scale: f32, outputs: &mut [f32]) {
    let units = bias.len();
    for (first, (weights, bias)) in
        weights.chunks(UNITS * rows.width()).zip(bias.chunks(UNITS)).enumerate().map(|(i, part)| (i * UNITS, part))
    {
        for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
            let row = rows.row(index);
            let mut sums = [0.0; UNITS];
            match bias.len() {
                1 => sums[..1].copy_from_slice(&dots::<T, 1>(row, weights)),
                2 => sums[..2].copy_from_slice(&dots::<T, 2>(row, weights)),
                3 => sums[..3].copy_from_slice(&dots::<T, 3>(row, weights)),
                4 => sums[..4].copy_from_slice(&dots::<T, 4>(row, weights)),
                _ => sums = dots::<T, UNITS>(row, weights),
            }
            for ((output, &sum), &bias) in outputs[first..].iter_mut().zip(&sums).zip(bias) {
                *output = math::canonical(math::fused_multiply_add(sum, scale, bias));
            }
        }
    }
}

/// The dot products of a row with `N` weight vectors of the same width.
#[inline]
#[target_feature(enable = "neon")]
fn dots<T: Element, const N: usize>(row: &[T], weights: &[f32]) -> [f32; N] {
    let width = weights.len() / N;
    assert!(row.len() == width);
    let left = width % CHUNK;
    let mut sums = [[vdupq_n_f32(0.0); VECTORS]; N];
    for at in (0..width - left).step_by(CHUNK) {
        // SAFETY: all is read below the width, of which the row has one and the weights N.
        unsafe {
            let inputs = T::load(row.as_ptr().add(at));
            for (unit, sums) in sums.iter_mut().enumerate() {
                let weights = f32::load(weights.as_ptr().add(unit * width + at));
                *sums = multiply_add(*sums, weights, inputs);
            }
        }
    }
    if left > 0 {
        let at = width - left;
        // SAFETY: as above.
        unsafe {
            let inputs = load_padded(left, row.as_ptr().add(at), T::default());
            for (unit, sums) in sums.iter_mut().enumerate() {
                // A sum keeps every bit when −0.0 · 0.0 is added, even where it is −0.0.
                let weights = load_padded(left, weights.as_ptr().add(unit * width + at), -0.0);
                *sums = multiply_add(*sums, weights, inputs);
            }
        }
    }
    sums.map(|[a, b, c, d]| {
        let four = vaddq_f32(vaddq_f32(a, c), vaddq_f32(b, d));
        vpadds_f32(vadd_f32(vget_low_f32(four), vget_high_f32(four)))
    })
}

/// `a` · `b` + `sums`.
#[inline]
#[target_feature(enable = "neon")]
fn multiply_add(sums: Chunk, a: Chunk, b: Chunk) -> Chunk {
    [
        vfmaq_f32(sums[0], a[0], b[0]),
        vfmaq_f32(sums[1], a[1], b[1]),
        vfmaq_f32(sums[2], a[2], b[2]),
        vfmaq_f32(sums[3], a[3], b[3]),
    ]
}

#[target_feature(enable = "neon")]
pub(super) fn affine_transposed(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    for column in (0..columns).step_by(CHUNK) {
        for (deltas, outputs) in deltas.chunks(ROWS_BACK * units).zip(outputs.chunks_mut(ROWS_BACK * columns)) {
            if deltas.len() == ROWS_BACK * units {
                block_back::<ROWS_BACK>(deltas, weights, units, column, outputs);
            } else {
                for (deltas, outputs) in deltas.chunks_exact(units).zip(outputs.chunks_exact_mut(columns)) {
                    block_back::<1>(deltas, weights, units, column, outputs);
                }
            }
        }
    }
}

/// The outputs of `N` rows from `column` on, four vectors at most.
#[inline]
#[target_feature(enable = "neon")]
fn block_back<const N: usize>(deltas: &[f32], weights: &[f32], units: usize, column: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    assert!(deltas.len() == N * units && outputs.len() == N * columns && column < columns);
    let left = columns - column;
    // SAFETY: there is a delta for every row and unit; a row of weights or outputs has `left` numbers from `column` on.
    unsafe {
        let sums = if left >= CHUNK {
            sums_back::<N, true>(deltas, weights, units, column)
        } else {
            sums_back::<N, false>(deltas, weights, units, column)
        };
        for (row, &sums) in sums.iter().enumerate() {
            let sums = sums.map(|sum| canonical(flush_below(sum, SMALLEST_SIGNAL)));
            store(left, outputs.as_mut_ptr().add(row * columns + column), sums);
        }
    }
}

/// The sums of [`block_back`]; `WHOLE` is whether there are four vectors.
///
/// # Safety
/// `deltas` is `N` × unit, `column` is below the number of columns, and `WHOLE` tells the truth.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn sums_back<const N: usize, const WHOLE: bool>(
    deltas: &[f32],
    weights: &[f32],
    units: usize,
    column: usize,
) -> [Chunk; N] {
    let columns = weights.len() / units;
    let count = if WHOLE { CHUNK } else { columns - column };
    let mut sums = [[vdupq_n_f32(0.0); VECTORS]; N];
    for unit in 0..units {
        // SAFETY: the caller's; `count` weights of this unit are left.
        unsafe {
            let weights = load_padded(count, weights.as_ptr().add(unit * columns + column), 0.0);
            for (row, sums) in sums.iter_mut().enumerate() {
                let delta = [vdupq_n_f32(*deltas.as_ptr().add(row * units + unit)); VECTORS];
                *sums = multiply_add(*sums, delta, weights);
            }
        }
    }
    sums
}

/// What is done with 16 gradients of neighbouring parameters as soon as they are known.
trait Update: Copy {
    /// # Safety
    /// The first `count` parameters from `at` on, 16 at most, are there, and the machine has NEON.
    unsafe fn apply(self, count: usize, at: usize, gradient: Chunk);
}

/// Stores them.
#[derive(Clone, Copy)]
struct Store {
    gradient: *mut f32,
}

impl Update for Store {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn apply(self, count: usize, at: usize, gradient: Chunk) {
        // SAFETY: the caller's.
        unsafe { store(count, self.gradient.add(at), gradient.map(|gradient| canonical(gradient))) };
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
    #[target_feature(enable = "neon")]
    unsafe fn apply(self, count: usize, at: usize, gradient: Chunk) {
        let learning_rate = vdupq_n_f32(self.learning_rate);
        // SAFETY: the caller's.
        unsafe {
            let to = self.weights.add(at);
            let mut weights = load_padded(count, to, 0.0);
            for (weights, &gradient) in weights.iter_mut().zip(&gradient) {
                let updated = vfmsq_f32(*weights, learning_rate, gradient);
                *weights = canonical(flush_below(updated, SMALLEST_WEIGHT));
            }
            store(count, to, weights);
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
    #[target_feature(enable = "neon")]
    unsafe fn apply(self, count: usize, at: usize, gradient: Chunk) {
        let first_share = vdupq_n_f32(self.step.first_share);
        let second_share = vdupq_n_f32(self.step.second_share);
        let step_size = vdupq_n_f32(self.step.step_size);
        let epsilon = vdupq_n_f32(self.step.epsilon);
        // SAFETY: the caller's.
        unsafe {
            let (to_values, to_first, to_second) =
                (self.values.add(at), self.first_moments.add(at), self.second_moments.add(at));
            let mut values = load_padded(count, to_values, 0.0);
            let mut first = load_padded(count, to_first, 0.0);
            let mut second = load_padded(count, to_second, 0.0);
            for vector in 0..VECTORS {
                let (gradient, mean, square) = (gradient[vector], first[vector], second[vector]);
                let mean = vfmaq_f32(mean, first_share, vsubq_f32(gradient, mean));
                let mean = flush_below(mean, SMALLEST_FIRST_MOMENT);
                let square = vfmaq_f32(square, second_share, vfmaq_f32(vnegq_f32(square), gradient, gradient));
                let square = flush_below(square, SMALLEST_SECOND_MOMENT);
                let change = vdivq_f32(vmulq_f32(step_size, mean), vaddq_f32(vsqrtq_f32(square), epsilon));
                let value = flush_below(vsubq_f32(values[vector], change), SMALLEST_WEIGHT);
                first[vector] = canonical(mean);
                second[vector] = canonical(square);
                values[vector] = canonical(value);
            }
            store(count, to_first, first);
            store(count, to_second, second);
            store(count, to_values, values);
        }
    }
}

#[target_feature(enable = "neon")]
pub(super) fn outer_product<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    gradient: &mut [f32],
) {
    // SAFETY: the gradient has a place for every unit and input.
    unsafe { gradients(rows, deltas, units, scale, Store { gradient: gradient.as_mut_ptr() }) };
}

#[target_feature(enable = "neon")]
pub(super) fn outer_product_sgd<T: Element>(
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

#[target_feature(enable = "neon")]
pub(super) fn outer_product_adam<T: Element>(
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
/// There is a row of `units` deltas for every sample, and a parameter for every unit and input.
#[target_feature(enable = "neon")]
unsafe fn gradients<T: Element>(rows: Rows<'_, T>, deltas: &[f32], units: usize, scale: f32, update: impl Update) {
    let width = rows.width();
    for first in (0..units).step_by(UNITS) {
        for column in (0..width).step_by(CHUNK) {
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

/// The gradients of `N` units from `first` on by the inputs from `column` on, four vectors at most.
///
/// # Safety
/// As for [`gradients`]; there are `N` units from `first` on, and `column` is below the width.
#[inline]
#[target_feature(enable = "neon")]
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
    // SAFETY: the caller's; `left` inputs and, in each unit, parameters are left.
    unsafe {
        let sums = if left >= CHUNK {
            sums::<T, N, true>(rows, deltas, units, first, column)
        } else {
            sums::<T, N, false>(rows, deltas, units, first, column)
        };
        let scale = vdupq_n_f32(scale);
        for (unit, &sums) in sums.iter().enumerate() {
            let gradient = sums.map(|sum| vmulq_f32(sum, scale));
            update.apply(left, (first + unit) * rows.width() + column, gradient);
        }
    }
}

/// The sums of [`block`]; `WHOLE` is whether there are four vectors.
///
/// # Safety
/// As for [`block`], and `WHOLE` tells the truth.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn sums<T: Element, const N: usize, const WHOLE: bool>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    first: usize,
    column: usize,
) -> [Chunk; N] {
    let count = if WHOLE { CHUNK } else { rows.width() - column };
    let mut sums = [[vdupq_n_f32(0.0); VECTORS]; N];
    for (index, deltas) in deltas.chunks_exact(units).enumerate() {
        // SAFETY: the caller's; `count` inputs of this row are left.
        unsafe {
            let inputs = load_padded(count, rows.row(index).as_ptr().add(column), T::default());
            for (unit, sums) in sums.iter_mut().enumerate() {
                let delta = [vdupq_n_f32(*deltas.as_ptr().add(first + unit)); VECTORS];
                *sums = multiply_add(*sums, delta, inputs);
            }
        }
    }
    sums
}

/// The lanes, or +0.0 where the magnitude is below the limit.
#[inline]
#[target_feature(enable = "neon")]
fn flush_below(values: float32x4_t, limit: f32) -> float32x4_t {
    let below = vcaltq_f32(values, vdupq_n_f32(limit));
    vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(values), below))
}

/// As [`math::canonical`].
#[inline]
#[target_feature(enable = "neon")]
fn canonical(values: float32x4_t) -> float32x4_t {
    vbslq_f32(vceqq_f32(values, values), values, vdupq_n_f32(NAN))
}

#[target_feature(enable = "neon")]
pub(super) fn softmax(values: &mut [f32], classes: usize) {
    for rows in values.chunks_mut(LANES * classes) {
        softmax_rows(rows, classes);
    }
}

#[target_feature(enable = "neon")]
pub(super) fn softmax_cross_entropy(values: &mut [f32], classes: usize, labels: &[u8]) -> Score {
    let mut score = Score::default();
    for (rows, labels) in values.chunks_mut(LANES * classes).zip(labels.chunks(LANES)) {
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

#[inline]
#[target_feature(enable = "neon")]
fn lanes(vector: float32x4_t) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    // SAFETY: `lanes` has room for 4.
    unsafe { vst1q_f32(lanes.as_mut_ptr(), vector) };
    lanes
}

/// As [`math::exp_nonpositive`].
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

/// As [`math::ln`].
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
