use super::Activation;
use crate::math::{SMALLEST_SIGNAL, flush_below};

/// The identity: f(z) = z, f′ = 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear;

impl Activation for Linear {
    const NAME: &str = "linear";

    #[inline(always)]
    fn value(z: f32) -> f32 {
        flush_below(z, SMALLEST_SIGNAL)
    }

    #[inline(always)]
    fn gradient(_: f32, delta: f32) -> f32 {
        delta
    }

    fn exact(z: f64) -> f64 {
        z
    }
}
