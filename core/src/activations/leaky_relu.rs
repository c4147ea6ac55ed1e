use super::Activation;
use crate::math::{SMALLEST_SIGNAL, canonical, flush_below};

/// Leaky rectified linear unit: f(z) = z for z ≥ 0, else 0.3 · z; f′ = 1 or 0.3.
///
/// The slope is that of Keras's layer `LeakyReLU()`. Keras's function `leaky_relu`, also by name in a layer's
/// `activation`, has 0.2 by default, so a Keras model takes the layer, or the function with `negative_slope=0.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeakyRelu;

impl LeakyRelu {
    /// The slope for z < 0.
    pub const NEGATIVE_SLOPE: f32 = 0.3;
}

impl Activation for LeakyRelu {
    const NAME: &str = "leaky_relu";

    #[inline(always)]
    fn value(z: f32) -> f32 {
        canonical(flush_below(if z < 0.0 { Self::NEGATIVE_SLOPE * z } else { z }, SMALLEST_SIGNAL))
    }

    #[inline(always)]
    fn gradient(y: f32, delta: f32) -> f32 {
        flush_below(if y < 0.0 { Self::NEGATIVE_SLOPE * delta } else { delta }, SMALLEST_SIGNAL)
    }

    fn exact(z: f64) -> f64 {
        if z < 0.0 { f64::from(Self::NEGATIVE_SLOPE) * z } else { z }
    }
}
