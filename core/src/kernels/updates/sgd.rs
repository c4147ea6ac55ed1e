//! The update rule of gradient descent.

use super::Update;
use crate::kernels::vector::Vector;
use crate::math::{SMALLEST_WEIGHT, canonical, flush_below, fused_multiply_add};

/// Gradient descent: w ← w − (learning rate · scale) · sum; below [`SMALLEST_WEIGHT`], +0.0.
///
/// Every weight must be +0.0 or at least that limit in magnitude before, so that one with gradient 0 does not change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdUpdate {
    /// α; at least [`SMALLEST_LEARNING_RATE`](crate::optimizers::SMALLEST_LEARNING_RATE), which the optimizers check.
    pub learning_rate: f32,
}

impl Update<1> for SgdUpdate {
    #[inline(always)]
    fn scalar(&self, sum: f32, scale: f32, [weight]: [f32; 1]) -> [f32; 1] {
        let updated = fused_multiply_add(-(self.learning_rate * scale), sum, weight);
        [canonical(flush_below(updated, SMALLEST_WEIGHT))]
    }

    #[inline(always)]
    fn finish<V: Vector>(&self, sum: V, scale: f32, [weight]: [V; 1]) -> V {
        let updated = sum.mul_add(sum.fill(-(self.learning_rate * scale)), weight);
        updated.flush_below(SMALLEST_WEIGHT).canonical_result()
    }

    #[cfg(fpv4)]
    fn descent_rate(&self, scale: f32) -> Option<f32> {
        Some(self.learning_rate * scale)
    }
}
