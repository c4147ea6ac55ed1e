//! The update rule of gradient descent with momentum.

use super::Update;
use crate::kernels::vector::Vector;
use crate::math::{SMALLEST_FIRST_MOMENT, SMALLEST_WEIGHT, canonical, flush_below, fused_multiply_add};

/// Gradient descent with momentum. With g = (learning rate · scale) · sum, below [`SMALLEST_WEIGHT`] +0.0:
/// v ← momentum · v − g, below [`SMALLEST_FIRST_MOMENT`] +0.0; w ← w + v, or in Nesterov's form
/// w + (momentum · v − g), below [`SMALLEST_WEIGHT`] +0.0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MomentumUpdate {
    /// α; at least [`SMALLEST_LEARNING_RATE`](crate::optimizers::SMALLEST_LEARNING_RATE), which the optimizers check.
    pub learning_rate: f32,
    /// The momentum; at least 2⁻²⁰, so that its product with a velocity is not subnormal.
    pub momentum: f32,
    /// Whether the update is Nesterov's.
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
    fn begin<V: Vector>(&self, sum: V, scale: f32, [_, velocity]: [V; 2]) -> [V; 2] {
        let momentum = sum.fill(self.momentum);
        // −g, and of zeros whichever sign: no NaN is negated.
        let push = sum.mul(sum.fill(-(self.learning_rate * scale))).flush_below(SMALLEST_WEIGHT);
        let moved = momentum.mul_add(velocity, push).flush_below(SMALLEST_FIRST_MOMENT);
        let change = if self.nesterov { momentum.mul_add(moved, push) } else { moved };
        [change, moved.canonical_result()]
    }

    #[inline(always)]
    fn finish<V: Vector>(&self, change: V, _: f32, [weight, _]: [V; 2]) -> V {
        weight.add(change).flush_below(SMALLEST_WEIGHT).canonical_result()
    }

    #[cfg(helium)]
    fn tile(&self, sums: &[f32], scale: f32, parameters: [&mut [f32]; 2]) {
        crate::kernels::cortex_m::helium::update::momentum(sums, scale, self, parameters);
    }

    #[cfg(all(fpv4, not(helium)))]
    fn tile(&self, sums: &[f32], scale: f32, parameters: [&mut [f32]; 2]) {
        crate::kernels::cortex_m::fpv4::update::momentum(sums, scale, self, parameters);
    }
}
