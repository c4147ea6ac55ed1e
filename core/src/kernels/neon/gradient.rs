//! Gradients, and what is done with them as soon as they are known.

use core::arch::aarch64::*;

use super::{CHUNK, Chunk, UNITS, VECTORS, canonical, flush_below, load_padded, multiply_add, store};
use crate::kernels::{AdamParameters, AdamStep, Element, MomentumStep, Rows};
use crate::math::{SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT};

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

/// Gradient descent; the scale is in the rate.
#[derive(Clone, Copy)]
struct Descend {
    rate: f32,
    weights: *mut f32,
}

impl Update for Descend {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn apply(self, count: usize, at: usize, gradient: Chunk) {
        let rate = vdupq_n_f32(self.rate);
        // SAFETY: the caller's.
        unsafe {
            let to = self.weights.add(at);
            let mut weights = load_padded(count, to, 0.0);
            for (weights, &gradient) in weights.iter_mut().zip(&gradient) {
                let updated = vfmsq_f32(*weights, rate, gradient);
                *weights = canonical(flush_below(updated, SMALLEST_WEIGHT));
            }
            store(count, to, weights);
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
    #[target_feature(enable = "neon")]
    unsafe fn apply(self, count: usize, at: usize, gradient: Chunk) {
        let (rate, momentum) = (vdupq_n_f32(self.rate), vdupq_n_f32(self.step.momentum));
        // SAFETY: the caller's.
        unsafe {
            let (to_weights, to_velocities) = (self.weights.add(at), self.velocities.add(at));
            let mut weights = load_padded(count, to_weights, 0.0);
            let mut velocities = load_padded(count, to_velocities, 0.0);
            for vector in 0..VECTORS {
                let push = vnegq_f32(flush_below(vmulq_f32(rate, gradient[vector]), SMALLEST_WEIGHT));
                let moved = flush_below(vfmaq_f32(push, momentum, velocities[vector]), SMALLEST_FIRST_MOMENT);
                let change = if self.step.nesterov { vfmaq_f32(push, momentum, moved) } else { moved };
                weights[vector] = canonical(flush_below(vaddq_f32(weights[vector], change), SMALLEST_WEIGHT));
                velocities[vector] = canonical(moved);
            }
            store(count, to_weights, weights);
            store(count, to_velocities, velocities);
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

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "neon")]
pub(in crate::kernels) unsafe fn weight_gradient<T: Element>(
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
#[target_feature(enable = "neon")]
pub(in crate::kernels) unsafe fn weight_gradient_sgd<T: Element>(
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
#[target_feature(enable = "neon")]
pub(in crate::kernels) unsafe fn weight_gradient_momentum<T: Element>(
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
#[target_feature(enable = "neon")]
pub(in crate::kernels) unsafe fn weight_gradient_adam<T: Element>(
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
