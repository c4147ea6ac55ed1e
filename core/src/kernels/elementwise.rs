//! What works on each number by itself: activations, their derivatives, and weight decay.
//!
//! No sum has an order here, so one version of the loops is enough. It is compiled for the instructions of each kernel,
//! and the compiler's vectors return the same bits.

pub(super) mod loops;

use super::Kernel;
use super::dispatch::{self, check};
use crate::Error;

/// Each value, or +0.0 where it is below [`SMALLEST_SIGNAL`](crate::math::SMALLEST_SIGNAL).
pub fn flush(kernel: Kernel, values: &mut [f32]) {
    dispatch::flush(kernel, values);
}

/// Each value, or +0.0 where it is below [`SMALLEST_SIGNAL`](crate::math::SMALLEST_SIGNAL); so every negative one.
pub fn relu(kernel: Kernel, values: &mut [f32]) {
    dispatch::relu(kernel, values);
}

/// [`math::sigmoid`](crate::math::sigmoid) of each value.
pub fn sigmoid(kernel: Kernel, values: &mut [f32]) {
    dispatch::sigmoid(kernel, values);
}

/// [`math::tanh`](crate::math::tanh) of each value.
pub fn tanh(kernel: Kernel, values: &mut [f32]) {
    dispatch::tanh(kernel, values);
}

/// Each delta where its output is positive, else +0.0: the derivative of ReLU is 1 or 0.
///
/// # Errors
/// [`Error::Length`] where the outputs are not as many as the deltas, here and below.
pub fn relu_backward(kernel: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
    check("outputs", outputs.len(), deltas.len())?;
    dispatch::relu_backward(kernel, outputs, deltas);
    Ok(())
}

/// Each delta times y · (1 − y) of its output y, the derivative of the sigmoid; below
/// [`SMALLEST_SIGNAL`](crate::math::SMALLEST_SIGNAL), +0.0.
///
/// # Errors
/// As [`relu_backward`].
pub fn sigmoid_backward(kernel: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
    check("outputs", outputs.len(), deltas.len())?;
    dispatch::sigmoid_backward(kernel, outputs, deltas);
    Ok(())
}

/// Each delta times 1 − y² of its output y, the derivative of the hyperbolic tangent; below
/// [`SMALLEST_SIGNAL`](crate::math::SMALLEST_SIGNAL), +0.0.
///
/// # Errors
/// As [`relu_backward`].
pub fn tanh_backward(kernel: Kernel, outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
    check("outputs", outputs.len(), deltas.len())?;
    dispatch::tanh_backward(kernel, outputs, deltas);
    Ok(())
}

/// Each parameter loses a `share` of itself: w ← w − share · w; below
/// [`SMALLEST_WEIGHT`](crate::math::SMALLEST_WEIGHT), +0.0.
pub fn decay(kernel: Kernel, parameters: &mut [f32], share: f32) {
    dispatch::decay(kernel, parameters, share);
}
