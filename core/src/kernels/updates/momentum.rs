//! Gradient descent with momentum.

use super::Update;
use crate::kernels::vector::F32x16;
use crate::math::{SMALLEST_FIRST_MOMENT, SMALLEST_WEIGHT, canonical, flush_below, fused_multiply_add};

/// Gradient descent with momentum. With g = (learning rate · scale) · sum, below [`SMALLEST_WEIGHT`] +0.0:
/// v ← momentum · v − g, below [`SMALLEST_FIRST_MOMENT`] +0.0; w ← w + v, or, as Nesterov has it,
/// w + (momentum · v − g), below [`SMALLEST_WEIGHT`] +0.0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MomentumUpdate {
    /// The step for a gradient of 1.
    pub learning_rate: f32,
    /// The part of a velocity that is left after a step; at least 2⁻²⁰, so that no product is too small.
    pub momentum: f32,
    /// Whether the weight goes on from where the velocity is about to take it.
    pub nesterov: bool,
}

impl Update<2> for MomentumUpdate {
    #[inline(always)]
    fn scalar(&self, sum: f32, scale: f32, [weight, velocity]: [f32; 2]) -> [f32; 2] {
        let push = flush_below((self.learning_rate * scale) * sum, SMALLEST_WEIGHT);
        let moved = flush_below(fused_multiply_add(self.momentum, velocity, -push), SMALLEST_FIRST_MOMENT);
        let change = if self.nesterov { fused_multiply_add(self.momentum, moved, -push) } else { moved };
        [canonical(flush_below(weight + change, SMALLEST_WEIGHT)), canonical(moved)]
    }

    #[inline(always)]
    fn vector<V: F32x16>(&self, sum: V, scale: f32, [weight, velocity]: [V; 2]) -> [V; 2] {
        let momentum = sum.fill(self.momentum);
        // −g, and of zeros whichever sign: no NaN is negated.
        let push = sum.mul(sum.fill(-(self.learning_rate * scale))).flush_below(SMALLEST_WEIGHT);
        let moved = momentum.mul_add(velocity, push).flush_below(SMALLEST_FIRST_MOMENT);
        let change = if self.nesterov { momentum.mul_add(moved, push) } else { moved };
        [weight.add(change).flush_below(SMALLEST_WEIGHT).canonical_result(), moved.canonical_result()]
    }

    #[cfg(helium)]
    fn tile(&self, sums: &[f32], scale: f32, parameters: [&mut [f32]; 2]) {
        crate::kernels::cortex_m::helium::update::momentum(sums, scale, self, parameters);
    }
}
