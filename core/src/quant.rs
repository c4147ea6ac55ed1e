//! Int8 inference: 8-bit weights and activations, exact 32-bit sums, no floating point.
//!
//! Inputs and activations are bytes with a [`Quantization`]: real = scale · (byte − zero point). That is TensorFlow
//! Lite's int8 with 128 added to every byte and zero point. Weights are symmetric int8, −127 to 127, with a scale for
//! each output.
//!
//! | type | computes, for each output | result |
//! |---|---|---|
//! | [`QuantizedDense`] | Σ weight · byte + bias | exact i32 sums, logits |
//! | [`RequantizedDense`] | the same, scaled to the next layer's bytes | u8 |
//! | [`QuantizedHidden`] | the same, through an activation, then the layers after it | |
//!
//! A trained [`Network`](crate::Network) becomes a [`QuantizedNetwork`] by [`Quantize`]: `calibrate` observes the
//! [`Range`] of each hidden layer, `quantize` rounds the weights. Any output head will do. The result of inference is
//! its logits in [fixed point](ONE_LOGIT), of which [`argmax`] is the class, [`softmax`] the probabilities, and
//! [`sigmoid`] that of a binary classifier. A regression's outputs are the logits themselves.
//!
//! # Zero points
//! A layer's kernel multiplies plain bytes. The input's zero point is part of the bias:
//! Σ w · (x − z) + b = Σ w · x + (b − z · Σ w).
//!
//! # Rounding
//! A sum is scaled by one integer multiplication and rounded once, to the nearest, ties upwards. The [`Multiplier`]s
//! of hidden layers are those of TensorFlow Lite (31 bits and a power of two), and so are all bytes
//! (`tests/requantization.rs` compares them with its reference kernels). Weights and biases are rounded to the
//! nearest, ties away from zero; [`Rounding`] can diffuse the rounding error of a weight to the next ones.
//!
//! # Overflow
//! A sum is at most `IN` · 255 · 127 + [`LARGEST_BIAS`]. A layer for which that is beyond 32 bits does not compile:
//!
//! ```compile_fail
//! let layer = dense_core::QuantizedDense::<40_000, 1>::ZERO;
//! ```

mod activation;
mod calibration;
mod dense;
mod fixed;
mod multiplier;
mod network;
mod quantization;
mod quantize;
mod requantize;

pub use activation::{Clamp, QuantizedActivation, lookup_table};
pub use calibration::{HiddenRanges, Quantize};
pub use dense::QuantizedDense;
pub use fixed::{ONE_LOGIT, ONE_PROBABILITY, argmax, requantize, sigmoid, softmax};
pub use multiplier::Multiplier;
pub use network::{QuantizedHidden, QuantizedNetwork};
pub use quantization::{Quantization, Range};
pub use quantize::{Rounding, choose_scales, round_within};
pub use requantize::RequantizedDense;

/// The scale of a pixel, 1/255.
pub const PIXEL_STEP: f32 = 1.0 / 255.0;
/// The largest magnitude of a bias, 2³⁰.
pub const LARGEST_BIAS: i32 = 1 << 30;
/// Lower limit of a [`Quantization`]'s scale, 2⁻⁴⁰.
pub const SMALLEST_SCALE: f32 = 1.0 / (1_u64 << 40) as f32;
/// Upper limit of a [`Quantization`]'s scale, 2⁷.
pub const LARGEST_SCALE: f32 = 128.0;
