//! Gradients, and what is done with them as soon as they are known.

use core::arch::x86_64::*;

use super::{CHUNKS, LANES, Load, UNITS, flush_below, store};
use crate::kernels::{AdamParameters, AdamStep, Element, MomentumStep, Rows};
use crate::math::{SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT};

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

/// Gradient descent; the scale is in the rate.
#[derive(Clone, Copy)]
struct Descend {
    rate: f32,
    weights: *mut f32,
}

impl Update for Descend {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn apply(self, count: usize, at: usize, gradient: __m256) {
        let rate = _mm256_set1_ps(self.rate);
        // SAFETY: the caller's.
        unsafe {
            let weights = self.weights.add(at);
            let updated = _mm256_fnmadd_ps(rate, gradient, <f32 as Load>::load(count, weights));
            store(count, weights, flush_below(updated, SMALLEST_WEIGHT));
        }
    }
}

/// Gradient descent with momentum; the scale is in the rate.
#[derive(Clone, Copy)]
struct Accelerate {
    rate: f32,
    step: MomentumStep,
    weights: *mut f32,
    velocities: *mut f32,
}

impl Update for Accelerate {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn apply(self, count: usize, at: usize, gradient: __m256) {
        let momentum = _mm256_set1_ps(self.step.momentum);
        let push = flush_below(_mm256_mul_ps(_mm256_set1_ps(self.rate), gradient), SMALLEST_WEIGHT);
        // SAFETY: the caller's.
        unsafe {
            let (weights, velocities) = (self.weights.add(at), self.velocities.add(at));
            let moved = _mm256_fmsub_ps(momentum, <f32 as Load>::load(count, velocities), push);
            let moved = flush_below(moved, SMALLEST_FIRST_MOMENT);
            let change = if self.step.nesterov { _mm256_fmsub_ps(momentum, moved, push) } else { moved };
            let weight = _mm256_add_ps(<f32 as Load>::load(count, weights), change);
            store(count, weights, flush_below(weight, SMALLEST_WEIGHT));
            store(count, velocities, moved);
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

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn outer_product<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    gradient: &mut [f32],
) {
    // SAFETY: the gradient has a place for every unit and input.
    unsafe { gradients(rows, deltas, units, scale, Store { gradient: gradient.as_mut_ptr() }) };
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn outer_product_sgd<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    rate: f32,
    weights: &mut [f32],
) {
    // SAFETY: there is a weight for every unit and input.
    unsafe { gradients(rows, deltas, units, 1.0, Descend { rate, weights: weights.as_mut_ptr() }) };
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn outer_product_momentum<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    rate: f32,
    step: &MomentumStep,
    weights: &mut [f32],
    velocities: &mut [f32],
) {
    let update = Accelerate { rate, step: *step, weights: weights.as_mut_ptr(), velocities: velocities.as_mut_ptr() };
    // SAFETY: there is a weight, and its velocity, for every unit and input.
    unsafe { gradients(rows, deltas, units, 1.0, update) };
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx2,fma")]
pub(in crate::kernels) unsafe fn outer_product_adam<T: Element>(
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
/// There is a row for every row of deltas, and a parameter for every unit and input.
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
/// There is a row for every row of deltas, a parameter for every unit, and the rows have one input.
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
/// There is a row for every row of deltas, there are `N` units from `first` on, and `column` is below the width.
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
