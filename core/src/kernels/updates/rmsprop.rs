//! RMSprop's update rule.

use super::Update;
use crate::kernels::vector::Vector;
use crate::math::{
    LARGEST_GRADIENT, SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT, canonical, flush_below,
    fused_multiply_add, sqrt,
};

/// RMSprop. With g = scale · sum, at most [`LARGEST_GRADIENT`] in magnitude, below [`SMALLEST_FIRST_MOMENT`] +0.0:
/// v ← v + (1 − ρ) · (g² − v), below [`SMALLEST_SECOND_MOMENT`] +0.0; w ← w − learning rate · g / √(v + ε), below
/// [`SMALLEST_WEIGHT`] +0.0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmspropUpdate {
    /// α; at least [`SMALLEST_LEARNING_RATE`](crate::optimizers::SMALLEST_LEARNING_RATE), which the optimizers check.
    pub learning_rate: f32,
    /// 1 − ρ.
    pub share: f32,
    /// ε, added under the root.
    pub epsilon: f32,
}

impl Update<2> for RmspropUpdate {
    #[inline(always)]
    fn scalar(&self, sum: f32, scale: f32, [weight, square]: [f32; 2]) -> [f32; 2] {
        let gradient = (sum * scale).clamp(-LARGEST_GRADIENT, LARGEST_GRADIENT);
        let gradient = flush_below(gradient, SMALLEST_FIRST_MOMENT);
        let square = fused_multiply_add(self.share, fused_multiply_add(gradient, gradient, -square), square);
        let square = flush_below(square, SMALLEST_SECOND_MOMENT);
        let updated = weight - (self.learning_rate * gradient) / sqrt(square + self.epsilon);
        [canonical(flush_below(updated, SMALLEST_WEIGHT)), canonical(square)]
    }

    #[inline(always)]
    fn begin<V: Vector>(&self, sum: V, scale: f32, [_, square]: [V; 2]) -> [V; 2] {
        let gradient = sum.mul(sum.fill(scale)).clamp_magnitude(LARGEST_GRADIENT);
        let gradient = gradient.flush_below(SMALLEST_FIRST_MOMENT);
        let square = gradient.mul_sub(gradient, square).mul_add(sum.fill(self.share), square);
        let square = square.flush_below(SMALLEST_SECOND_MOMENT);
        let change = gradient.mul(sum.fill(self.learning_rate)).div(square.add(sum.fill(self.epsilon)).sqrt());
        // −square was a summand, so that the sign of a NaN is any.
        [change, square.canonical()]
    }

    #[inline(always)]
    fn finish<V: Vector>(&self, change: V, _: f32, [weight, _]: [V; 2]) -> V {
        weight.sub(change).flush_below(SMALLEST_WEIGHT).canonical_result()
    }

    #[cfg(all(fpv4, not(helium)))]
    fn tile(&self, sums: &[f32], scale: f32, parameters: [&mut [f32]; 2]) {
        crate::kernels::cortex_m::fpv4::update::rmsprop(sums, scale, self, parameters);
    }
}
