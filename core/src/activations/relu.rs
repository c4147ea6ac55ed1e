use super::Activation;
#[cfg(fpv4)]
use crate::Error;
#[cfg(fpv4)]
use crate::kernels::{Kernel, elementwise};
use crate::math::SMALLEST_SIGNAL;

/// Rectified linear unit: f(z) = max(z, 0), f′ = 1 for z > 0, else 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relu;

impl Activation for Relu {
    const NAME: &str = "relu";

    #[inline(always)]
    fn value(z: f32) -> f32 {
        if z < SMALLEST_SIGNAL { 0.0 } else { z }
    }

    #[inline(always)]
    fn gradient(y: f32, delta: f32) -> f32 {
        if y > 0.0 { delta } else { 0.0 }
    }

    fn exact(z: f64) -> f64 {
        z.max(0.0)
    }

    #[cfg(fpv4)]
    fn forward_with(kernel: Kernel, values: &mut [f32]) {
        elementwise::relu(kernel, values);
    }

    #[cfg(fpv4)]
    fn backward_with(kernel: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
        elementwise::relu_backward(kernel, outputs, deltas)
    }
}
