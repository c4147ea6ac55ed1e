use super::Activation;
use crate::math::{SMALLEST_SIGNAL, canonical, flush_below, fused_multiply_add, normal};

/// Gaussian error linear unit (Hendrycks and Gimpel 2016, arXiv 1606.08415): f(z) = z · Φ(z), f′ = Φ(z) + z · φ(z), with
/// the distribution Φ and the density φ of the standard normal distribution ([`math::normal`](crate::math::normal)). Not
/// the approximation by tanh.
///
/// f falls and then rises, so f′ is no function of f ([`DERIVATIVE_FROM_INPUT`](Activation::DERIVATIVE_FROM_INPUT)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gelu;

/// Below its negative, Φ and φ are zero.
const LARGEST: f32 = 7.0;

impl Activation for Gelu {
    const NAME: &str = "gelu";
    const DERIVATIVE_FROM_INPUT: bool = true;

    #[inline(always)]
    fn value(z: f32) -> f32 {
        // Infinity times zero would be NaN.
        let factor = if z < -LARGEST { -LARGEST } else { z };
        canonical(flush_below(factor * normal(z).0, SMALLEST_SIGNAL))
    }

    #[inline(always)]
    fn gradient(z: f32, delta: f32) -> f32 {
        let (distribution, density) = normal(z);
        let slope = fused_multiply_add(z.clamp(-LARGEST, LARGEST), density, distribution);
        canonical(flush_below(delta * slope, SMALLEST_SIGNAL))
    }

    fn exact(z: f64) -> f64 {
        0.5 * z * libm::erfc(-z * core::f64::consts::FRAC_1_SQRT_2)
    }
}
