use super::Activation;
use crate::math::{self, SMALLEST_SIGNAL, flush_below, fused_multiply_add};

/// Hyperbolic tangent ([`math::tanh`]): f′ = 1 − f².
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tanh;

impl Activation for Tanh {
    const NAME: &str = "tanh";

    #[inline(always)]
    fn value(z: f32) -> f32 {
        math::tanh(z)
    }

    #[inline(always)]
    fn gradient(y: f32, delta: f32) -> f32 {
        flush_below(delta * fused_multiply_add(-y, y, 1.0), SMALLEST_SIGNAL)
    }

    fn exact(z: f64) -> f64 {
        libm::tanh(z)
    }
}
