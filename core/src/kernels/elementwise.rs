//! Loops that work on each number by itself: activations, their derivatives, and weight decay.
//!
//! Plain Rust for every machine. No sum has an order here, so the compiler's vectors return the same bits.

use crate::Error;
use crate::math::{SMALLEST_SIGNAL, SMALLEST_WEIGHT, canonical, flush_below, fused_multiply_add, sigmoid, tanh};

/// Each value, or +0.0 where it is below [`SMALLEST_SIGNAL`].
pub fn flush(values: &mut [f32]) {
    for value in values {
        *value = flush_below(*value, SMALLEST_SIGNAL);
    }
}

/// Each value, or +0.0 where it is below [`SMALLEST_SIGNAL`]; so every negative one.
pub fn relu(values: &mut [f32]) {
    for value in values {
        *value = if *value < SMALLEST_SIGNAL { 0.0 } else { *value };
    }
}

/// [`sigmoid`] of each value.
pub fn sigmoids(values: &mut [f32]) {
    for value in values {
        *value = sigmoid(*value);
    }
}

/// [`tanh`] of each value.
pub fn tanhs(values: &mut [f32]) {
    for value in values {
        *value = tanh(*value);
    }
}

/// Each delta where its output is positive, else +0.0: the derivative of ReLU is 1 or 0.
///
/// # Errors
/// [`Error::Length`] where the outputs are not as many as the deltas, here and below.
pub fn relu_backward(outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
    backward(outputs, deltas, |output, delta| if output > 0.0 { delta } else { 0.0 })
}

/// Each delta times y · (1 − y) of its output y, the derivative of the sigmoid; below [`SMALLEST_SIGNAL`], +0.0.
///
/// # Errors
/// As [`relu_backward`].
pub fn sigmoid_backward(outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
    backward(outputs, deltas, |output, delta| {
        flush_below(delta * fused_multiply_add(-output, output, output), SMALLEST_SIGNAL)
    })
}

/// Each delta times 1 − y² of its output y, the derivative of the hyperbolic tangent; below [`SMALLEST_SIGNAL`], +0.0.
///
/// # Errors
/// As [`relu_backward`].
pub fn tanh_backward(outputs: &[f32], deltas: &mut [f32]) -> Result<(), Error> {
    backward(outputs, deltas, |output, delta| {
        flush_below(delta * fused_multiply_add(-output, output, 1.0), SMALLEST_SIGNAL)
    })
}

#[inline(always)]
fn backward(outputs: &[f32], deltas: &mut [f32], derivative: impl Fn(f32, f32) -> f32) -> Result<(), Error> {
    if outputs.len() != deltas.len() {
        return Err(Error::Length { what: "outputs", found: outputs.len(), expected: deltas.len() });
    }
    for (&output, delta) in outputs.iter().zip(deltas) {
        *delta = derivative(output, *delta);
    }
    Ok(())
}

/// Each parameter loses a `share` of itself: w ← w − share · w; below [`SMALLEST_WEIGHT`], +0.0.
pub fn decay(parameters: &mut [f32], share: f32) {
    for parameter in parameters {
        let kept = fused_multiply_add(-share, *parameter, *parameter);
        *parameter = canonical(flush_below(kept, SMALLEST_WEIGHT));
    }
}
