//! Storing of the gradient, without an update.

use super::Update;
use crate::kernels::vector::Vector;
use crate::math::canonical;

/// Stores the gradient in the place of the parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoreGradient;

impl Update<1> for StoreGradient {
    #[inline(always)]
    fn scalar(&self, sum: f32, scale: f32, _: [f32; 1]) -> [f32; 1] {
        [canonical(sum * scale)]
    }

    #[inline(always)]
    fn finish<V: Vector>(&self, sum: V, scale: f32, _: [V; 1]) -> V {
        sum.mul(sum.fill(scale)).canonical_result()
    }

    #[cfg(helium)]
    fn tile(&self, sums: &[f32], scale: f32, parameters: [&mut [f32]; 1]) {
        crate::kernels::cortex_m::helium::update::gradient(sums, scale, parameters);
    }
}
