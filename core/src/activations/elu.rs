use super::Activation;
use crate::math::{SMALLEST_SIGNAL, canonical, expm1_nonpositive, flush_below};

/// Exponential linear unit with α = 1 (Clevert et al. 2015, arXiv 1511.07289): f(z) = z for z > 0, else eᶻ − 1
/// ([`math::expm1_nonpositive`](crate::math::expm1_nonpositive)); f′ = 1, or eᶻ = f + 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elu;

impl Activation for Elu {
    const NAME: &str = "elu";

    #[inline(always)]
    fn value(z: f32) -> f32 {
        let negative = expm1_nonpositive(if z < 0.0 { z } else { 0.0 });
        canonical(flush_below(if z < 0.0 { negative } else { z }, SMALLEST_SIGNAL))
    }

    #[inline(always)]
    fn gradient(y: f32, delta: f32) -> f32 {
        flush_below(delta * (if y < 0.0 { y } else { 0.0 } + 1.0), SMALLEST_SIGNAL)
    }

    fn exact(z: f64) -> f64 {
        if z > 0.0 { z } else { libm::expm1(z) }
    }
}
