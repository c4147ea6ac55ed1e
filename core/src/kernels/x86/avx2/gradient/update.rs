//! What is done with gradients as soon as they are known.

use core::arch::x86_64::*;

use super::super::{Load, flush_below, store};
use crate::kernels::{AdamStep, MomentumStep};
use crate::math::{SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT};

/// What is done with 8 gradients of neighbouring parameters as soon as they are known, in two parts, so that the second need
/// not wait for what is slow in the first.
pub(super) trait Update {
    /// What the first part leaves for the second.
    type Rest: Copy;

    /// # Safety
    /// The first `count` parameters from `at` on, 8 at most, are there, and the machine has AVX2 and FMA.
    unsafe fn begin(&self, count: usize, at: usize, gradient: __m256) -> Self::Rest;

    /// # Safety
    /// As for the first part, which was given the same `count` and `at` and returned `rest`.
    unsafe fn end(&self, count: usize, at: usize, rest: Self::Rest);

    /// Asks for the parameter `at` and what belongs to it to be on their way from memory.
    fn prefetch(&self, at: usize);
}

/// Brings a number near the processor; where there is none, that does no harm.
#[inline]
fn prefetch(from: *mut f32) {
    // SAFETY: a prefetch reads nothing that could be seen.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) };
}

/// Stores them.
#[derive(Clone, Copy)]
pub(super) struct Store {
    pub(super) gradient: *mut f32,
}

impl Update for Store {
    type Rest = ();

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn begin(&self, count: usize, at: usize, gradient: __m256) {
        // SAFETY: the caller's.
        unsafe { store(count, self.gradient.add(at), gradient) };
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn end(&self, _: usize, _: usize, (): ()) {}

    #[inline]
    fn prefetch(&self, _: usize) {}
}

/// Gradient descent; the scale is in the rate.
#[derive(Clone, Copy)]
pub(super) struct Descend {
    pub(super) rate: f32,
    pub(super) weights: *mut f32,
}

impl Update for Descend {
    type Rest = ();

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn begin(&self, count: usize, at: usize, gradient: __m256) {
        let rate = _mm256_set1_ps(self.rate);
        // SAFETY: the caller's.
        unsafe {
            let weights = self.weights.add(at);
            let updated = _mm256_fnmadd_ps(rate, gradient, <f32 as Load>::load(count, weights));
            store(count, weights, flush_below(updated, SMALLEST_WEIGHT));
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn end(&self, _: usize, _: usize, (): ()) {}

    #[inline]
    fn prefetch(&self, at: usize) {
        prefetch(self.weights.wrapping_add(at));
    }
}

/// Gradient descent with momentum; the scale is in the rate.
#[derive(Clone, Copy)]
pub(super) struct Accelerate {
    pub(super) rate: f32,
    pub(super) step: MomentumStep,
    pub(super) weights: *mut f32,
    pub(super) velocities: *mut f32,
}

impl Update for Accelerate {
    type Rest = ();

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn begin(&self, count: usize, at: usize, gradient: __m256) {
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

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn end(&self, _: usize, _: usize, (): ()) {}

    #[inline]
    fn prefetch(&self, at: usize) {
        prefetch(self.weights.wrapping_add(at));
        prefetch(self.velocities.wrapping_add(at));
    }
}

/// Adam.
#[derive(Clone, Copy)]
pub(super) struct Adapt {
    pub(super) step: AdamStep,
    pub(super) values: *mut f32,
    pub(super) first_moments: *mut f32,
    pub(super) second_moments: *mut f32,
}

impl Update for Adapt {
    /// The dividend, and the root that the divisor comes from.
    type Rest = (__m256, __m256);

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn begin(&self, count: usize, at: usize, gradient: __m256) -> Self::Rest {
        let first_share = _mm256_set1_ps(self.step.first_share);
        let second_share = _mm256_set1_ps(self.step.second_share);
        // SAFETY: the caller's.
        unsafe {
            let (first, second) = (self.first_moments.add(at), self.second_moments.add(at));
            let mean = <f32 as Load>::load(count, first);
            let mean = _mm256_fmadd_ps(first_share, _mm256_sub_ps(gradient, mean), mean);
            let mean = flush_below(mean, SMALLEST_FIRST_MOMENT);
            let square = <f32 as Load>::load(count, second);
            let square = _mm256_fmadd_ps(second_share, _mm256_fmsub_ps(gradient, gradient, square), square);
            let square = flush_below(square, SMALLEST_SECOND_MOMENT);
            store(count, first, mean);
            store(count, second, square);
            (_mm256_mul_ps(_mm256_set1_ps(self.step.step_size), mean), _mm256_sqrt_ps(square))
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn end(&self, count: usize, at: usize, (dividend, root): Self::Rest) {
        let change = _mm256_div_ps(dividend, _mm256_add_ps(root, _mm256_set1_ps(self.step.epsilon)));
        // SAFETY: the caller's.
        unsafe {
            let values = self.values.add(at);
            let value = _mm256_sub_ps(<f32 as Load>::load(count, values), change);
            store(count, values, flush_below(value, SMALLEST_WEIGHT));
        }
    }

    #[inline]
    fn prefetch(&self, at: usize) {
        prefetch(self.values.wrapping_add(at));
        prefetch(self.first_moments.wrapping_add(at));
        prefetch(self.second_moments.wrapping_add(at));
    }
}
