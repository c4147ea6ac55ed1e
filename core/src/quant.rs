//! Inference on integers: 8-bit weights, sums that are exact in 32 bits, and the same class on every machine.
//!
//! A [`QuantizedDense`] layer takes bytes and computes, for each output, the sum of input · weight and a bias, all whole
//! numbers. One step of the sum stands for `scale` of the output, and each output has a scale of its own. From the sums
//! come
//!
//! - [`logits`](QuantizedDense::logits) in f32: sum · scale, rounded twice, like floats;
//! - [`fixed_logits`](QuantizedDense::fixed_logits) in 65,536ths, whose largest is the [`class`], and whose
//!   [`softmax`] needs no floating point either;
//! - [`activations`](QuantizedDense::activations), the bytes that the next layer takes.
//!
//! **Rounding** of a sum, here and everywhere: to the nearest, halves up, once. A scale is a float, so it is a whole number
//! times a power of two, and the product with a sum is exact in 64 bits before it is rounded. Weights and biases are
//! rounded to the nearest, halves away from zero, when a layer is quantised.
//!
//! **Overflow**: a sum is at most `IN` · 255 · 127 + [`LARGEST_BIAS`], and a layer for which that is beyond 32 bits does
//! not compile:
//!
//! ```compile_fail
//! let layer = dense_core::QuantizedDense::<40_000, 1>::ZERO;
//! ```
//!
//! Hidden layers, too: a [`QuantizedHidden`] layer and what follows it are one [`QuantizedNetwork`].

mod adjustment;
mod dense;
mod fixed;
mod network;
mod quantize;

pub use adjustment::Adjustment;
pub use dense::QuantizedDense;
pub use fixed::{ONE_LOGIT, ONE_PROBABILITY, class, requantize, softmax};
pub use network::{QuantizedHidden, QuantizedNetwork};
pub use quantize::activation_step;

/// What one step of a pixel stands for.
pub const PIXEL_STEP: f32 = 1.0 / 255.0;
/// The largest magnitude of a bias, 2³⁰.
pub const LARGEST_BIAS: i32 = 1 << 30;
/// The smallest scale and step, 2⁻⁴⁰.
pub const SMALLEST_SCALE: f32 = 1.0 / (1_u64 << 40) as f32;
/// The largest scale and step, 2⁷.
pub const LARGEST_SCALE: f32 = 128.0;
