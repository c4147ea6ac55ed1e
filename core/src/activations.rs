//! What turns sums into signals: the functions between layers, each with its derivative, and softmax after the last one.

use crate::kernels::{self, Kernel, elementwise};
use crate::{Error, error};

/// A function of each output by itself, between one layer and the next.
///
/// It works in place. What it returns is +0.0, or of a magnitude of at
/// least [`SMALLEST_SIGNAL`](crate::math::SMALLEST_SIGNAL).
pub trait Activation {
    /// Its name, as Keras has it.
    const NAME: &str;

    /// Whether [`backward`](Self::backward) wants z itself, not f(z), since the derivative does not follow from f(z).
    const DERIVATIVE_FROM_INPUT: bool = false;

    /// Forward: each value z becomes f(z).
    fn forward(kernel: Kernel, values: &mut [f32]);

    /// Backward: each delta is multiplied by the derivative f′ at the place where f returned the `outputs` value, or,
    /// with [`DERIVATIVE_FROM_INPUT`](Self::DERIVATIVE_FROM_INPUT), at `outputs` themselves, which are then z.
    ///
    /// # Errors
    /// [`Error::Length`] where the outputs are not as many as the deltas.
    fn backward(kernel: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error>;

    /// f in float64, for [`gradient_check`](crate::gradient_check).
    fn exact(value: f64) -> f64;
}

/// f(z) = z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity;

impl Activation for Identity {
    const NAME: &str = "linear";

    fn forward(kernel: Kernel, values: &mut [f32]) {
        elementwise::flush(kernel, values);
    }

    fn backward(_: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
        error::check_length("outputs", outputs.len(), deltas.len())
    }

    fn exact(value: f64) -> f64 {
        value
    }
}

/// f(z) = max(z, 0), the rectifier; f′ is 1 above zero, else 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relu;

impl Activation for Relu {
    const NAME: &str = "relu";

    fn forward(kernel: Kernel, values: &mut [f32]) {
        elementwise::relu(kernel, values);
    }

    fn backward(kernel: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
        elementwise::relu_backward(kernel, outputs, deltas)
    }

    fn exact(value: f64) -> f64 {
        value.max(0.0)
    }
}

/// f(z) = 1 / (1 + e⁻ᶻ), from 0 to 1 ([`math::sigmoid`](crate::math::sigmoid)); f′ = f · (1 − f).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sigmoid;

impl Activation for Sigmoid {
    const NAME: &str = "sigmoid";

    fn forward(kernel: Kernel, values: &mut [f32]) {
        elementwise::sigmoid(kernel, values);
    }

    fn backward(kernel: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
        elementwise::sigmoid_backward(kernel, outputs, deltas)
    }

    fn exact(value: f64) -> f64 {
        1.0 / (1.0 + libm::exp(-value))
    }
}

/// The hyperbolic tangent, from −1 to 1 ([`math::tanh`](crate::math::tanh)); f′ = 1 − f².
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tanh;

impl Activation for Tanh {
    const NAME: &str = "tanh";

    fn forward(kernel: Kernel, values: &mut [f32]) {
        elementwise::tanh(kernel, values);
    }

    fn backward(kernel: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
        elementwise::tanh_backward(kernel, outputs, deltas)
    }

    fn exact(value: f64) -> f64 {
        libm::tanh(value)
    }
}

/// Softmax, in place: each row of logits becomes probabilities, pₖ = exp(zₖ − max z) / Σⱼ exp(zⱼ − max z).
///
/// `logits` is batch × `OUT`. Subtracting the largest logit changes nothing and keeps every finite logit in range.
/// Probabilities below 2⁻³⁰ are +0.0 ([`math`](crate::math)).
///
/// # Errors
/// [`Error::NotFinite`] where a logit is NaN or infinite; the logits are then as they were.
pub fn softmax<const OUT: usize>(logits: &mut [[f32; OUT]]) -> Result<(), Error> {
    softmax_with(Kernel::best(), logits)
}

pub(crate) fn softmax_with<const OUT: usize>(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error> {
    let logits = logits.as_flattened_mut();
    error::check_finite("logits", logits)?;
    kernels::softmax(kernel, logits, OUT)
}

/// The sigmoid of each logit, in place: the probability of yes where there are two classes.
///
/// # Errors
/// [`Error::NotFinite`] where a logit is NaN or infinite; the logits are then as they were.
pub fn sigmoid<const OUT: usize>(logits: &mut [[f32; OUT]]) -> Result<(), Error> {
    sigmoid_with(Kernel::best(), logits)
}

pub(crate) fn sigmoid_with<const OUT: usize>(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error> {
    let logits = logits.as_flattened_mut();
    error::check_finite("logits", logits)?;
    elementwise::sigmoid(kernel, logits);
    Ok(())
}
