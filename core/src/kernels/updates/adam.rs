//! Adam's update rule.

use super::Update;
use crate::kernels::vector::Vector;
use crate::math::{
    LARGEST_GRADIENT, SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT, canonical, flush_below,
    fused_multiply_add, sqrt,
};

/// Adam. With g = scale · sum, at most [`LARGEST_GRADIENT`] in magnitude: m ← m + (1 − β₁) · (g − m), below
/// [`SMALLEST_FIRST_MOMENT`] +0.0; v ← v + (1 − β₂) · (g² − v), below [`SMALLEST_SECOND_MOMENT`] +0.0;
/// w ← w − step size · m / (√v + ε), below [`SMALLEST_WEIGHT`] +0.0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamUpdate {
    /// The learning rate with the bias corrections in it.
    pub step_size: f32,
    /// 1 − β₁.
    pub first_share: f32,
    /// 1 − β₂.
    pub second_share: f32,
    /// ε, added to the root.
    pub epsilon: f32,
}

impl Update<3> for AdamUpdate {
    #[inline(always)]
    fn scalar(&self, sum: f32, scale: f32, [weight, mean, square]: [f32; 3]) -> [f32; 3] {
        let gradient = (sum * scale).clamp(-LARGEST_GRADIENT, LARGEST_GRADIENT);
        let mean = fused_multiply_add(self.first_share, gradient - mean, mean);
        let mean = flush_below(mean, SMALLEST_FIRST_MOMENT);
        let square = fused_multiply_add(self.second_share, fused_multiply_add(gradient, gradient, -square), square);
        let square = flush_below(square, SMALLEST_SECOND_MOMENT);
        let updated = weight - (self.step_size * mean) / (sqrt(square) + self.epsilon);
        [canonical(flush_below(updated, SMALLEST_WEIGHT)), canonical(mean), canonical(square)]
    }

    #[inline(always)]
    fn begin<V: Vector>(&self, sum: V, scale: f32, [_, mean, square]: [V; 3]) -> [V; 3] {
        let gradient = sum.mul(sum.fill(scale)).clamp_magnitude(LARGEST_GRADIENT);
        let mean = gradient.sub(mean).mul_add(sum.fill(self.first_share), mean);
        let mean = mean.flush_below(SMALLEST_FIRST_MOMENT);
        let square = gradient.mul_sub(gradient, square).mul_add(sum.fill(self.second_share), square);
        let square = square.flush_below(SMALLEST_SECOND_MOMENT);
        // −square was a summand, so that the sign of a NaN is any.
        [square.sqrt(), mean.canonical_result(), square.canonical()]
    }

    #[inline(always)]
    fn finish<V: Vector>(&self, root: V, _: f32, [weight, mean, _]: [V; 3]) -> V {
        let change = mean.mul(root.fill(self.step_size)).div(root.add(root.fill(self.epsilon)));
        weight.sub(change).flush_below(SMALLEST_WEIGHT).canonical_result()
    }

    #[cfg(helium)]
    fn tile(&self, sums: &[f32], scale: f32, parameters: [&mut [f32]; 3]) {
        crate::kernels::cortex_m::helium::update::adam(sums, scale, self, parameters);
    }

    #[cfg(all(fpv4, not(helium)))]
    fn tile(&self, sums: &[f32], scale: f32, parameters: [&mut [f32]; 3]) {
        crate::kernels::cortex_m::fpv4::update::adam(sums, scale, self, parameters);
    }
}
