use super::Activation;
use crate::math::{self, SMALLEST_SIGNAL, flush_below, fused_multiply_add};

/// Logistic sigmoid: f(z) = 1 / (1 + e⁻ᶻ) ([`math::sigmoid`]), f′ = f · (1 − f).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sigmoid;

impl Activation for Sigmoid {
    const NAME: &str = "sigmoid";

    #[inline(always)]
    fn value(z: f32) -> f32 {
        math::sigmoid(z)
    }

    #[inline(always)]
    fn gradient(y: f32, delta: f32) -> f32 {
        flush_below(delta * fused_multiply_add(-y, y, y), SMALLEST_SIGNAL)
    }

    fn exact(z: f64) -> f64 {
        1.0 / (1.0 + libm::exp(-z))
    }
}
