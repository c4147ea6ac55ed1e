//! What is done with gradients as soon as they are known.

use core::arch::x86_64::*;

use super::super::flush_below;
use crate::kernels::{AdamStep, MomentumStep};
use crate::math::{NAN, SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT};

/// What is done with 16 gradients of neighbouring parameters as soon as they are known, in two parts, so that the second
/// need not wait for what is slow in the first.
pub(super) trait Update: Copy {
    /// What the first part leaves for the second.
    type Rest: Copy;

    /// Asks for the parameter `at` and what belongs to it to be on their way from memory.
    fn prefetch(self, at: usize);

    /// # Safety
    /// The parameters `at` to `at` + 15, as far as they are in `mask`, are there, and the machine has AVX-512F and DQ.
    unsafe fn begin(self, mask: __mmask16, at: usize, gradient: __m512) -> Self::Rest;

    /// # Safety
    /// As for the first part, which was given the same `mask` and `at` and returned `rest`.
    unsafe fn end(self, mask: __mmask16, at: usize, rest: Self::Rest);
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
    fn prefetch(self, _: usize) {}

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn begin(self, mask: __mmask16, at: usize, gradient: __m512) {
        // SAFETY: the caller's.
        unsafe { _mm512_mask_storeu_ps(self.gradient.add(at), mask, gradient) };
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn end(self, _: __mmask16, _: usize, (): ()) {}
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
    fn prefetch(self, at: usize) {
        prefetch(self.weights.wrapping_add(at));
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn begin(self, mask: __mmask16, at: usize, gradient: __m512) {
        let rate = _mm512_set1_ps(self.rate);
        // SAFETY: the caller's.
        unsafe {
            let weights = self.weights.add(at);
            let updated = _mm512_fnmadd_ps(rate, gradient, _mm512_maskz_loadu_ps(mask, weights));
            let updated = flush_below(updated, SMALLEST_WEIGHT);
            _mm512_mask_storeu_ps(weights, mask, updated);
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn end(self, _: __mmask16, _: usize, (): ()) {}
}

/// Each number, or [`NAN`] for any other NaN.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn canonical(values: __m512) -> __m512 {
    let is_nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(values, values);
    _mm512_mask_blend_ps(is_nan, values, _mm512_set1_ps(NAN))
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
    fn prefetch(self, at: usize) {
        prefetch(self.weights.wrapping_add(at));
        prefetch(self.velocities.wrapping_add(at));
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn begin(self, mask: __mmask16, at: usize, gradient: __m512) {
        let momentum = _mm512_set1_ps(self.step.momentum);
        let push = flush_below(_mm512_mul_ps(_mm512_set1_ps(self.rate), gradient), SMALLEST_WEIGHT);
        // SAFETY: the caller's.
        unsafe {
            let (weights, velocities) = (self.weights.add(at), self.velocities.add(at));
            let moved = _mm512_fmsub_ps(momentum, _mm512_maskz_loadu_ps(mask, velocities), push);
            let moved = flush_below(moved, SMALLEST_FIRST_MOMENT);
            let change = if self.step.nesterov { _mm512_fmsub_ps(momentum, moved, push) } else { moved };
            let weight = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, weights), change);
            _mm512_mask_storeu_ps(weights, mask, canonical(flush_below(weight, SMALLEST_WEIGHT)));
            _mm512_mask_storeu_ps(velocities, mask, canonical(moved));
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn end(self, _: __mmask16, _: usize, (): ()) {}
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
    type Rest = (__m512, __m512);

    #[inline]
    fn prefetch(self, at: usize) {
        prefetch(self.values.wrapping_add(at));
        prefetch(self.first_moments.wrapping_add(at));
        prefetch(self.second_moments.wrapping_add(at));
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn begin(self, mask: __mmask16, at: usize, gradient: __m512) -> Self::Rest {
        let first_share = _mm512_set1_ps(self.step.first_share);
        let second_share = _mm512_set1_ps(self.step.second_share);
        // SAFETY: the caller's.
        unsafe {
            let (first, second) = (self.first_moments.add(at), self.second_moments.add(at));
            let mean = _mm512_maskz_loadu_ps(mask, first);
            let mean = _mm512_fmadd_ps(first_share, _mm512_sub_ps(gradient, mean), mean);
            let mean = flush_below(mean, SMALLEST_FIRST_MOMENT);
            let square = _mm512_maskz_loadu_ps(mask, second);
            let square = _mm512_fmadd_ps(second_share, _mm512_fmsub_ps(gradient, gradient, square), square);
            let square = flush_below(square, SMALLEST_SECOND_MOMENT);
            _mm512_mask_storeu_ps(first, mask, mean);
            _mm512_mask_storeu_ps(second, mask, square);
            (_mm512_mul_ps(_mm512_set1_ps(self.step.step_size), mean), _mm512_sqrt_ps(square))
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512dq")]
    unsafe fn end(self, mask: __mmask16, at: usize, (dividend, root): Self::Rest) {
        let change = _mm512_div_ps(dividend, _mm512_add_ps(root, _mm512_set1_ps(self.step.epsilon)));
        // SAFETY: the caller's.
        unsafe {
            let values = self.values.add(at);
            let value = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, values), change);
            _mm512_mask_storeu_ps(values, mask, flush_below(value, SMALLEST_WEIGHT));
        }
    }
}
