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
//! Two layers, quantised from floats. The hidden one's range comes from samples that the trainer has seen:
//!
//! ```
//! use dense_core::{Batch, Dense, Kernel, QuantizedDense, quant};
//!
//! let hidden = Dense::new([[0.5, -1.0, 0.25], [1.0, 0.0, 1.0]], [0.1, -0.2]);
//! let output = Dense::new([[1.0, -0.5], [-1.0, 2.0]], [0.0, 0.1]);
//! let step = quant::activation_step(&[0.6, 1.8])?;
//!
//! let mut int8_hidden = QuantizedDense::<3, 2>::ZERO;
//! int8_hidden.quantize(&hidden, quant::PIXEL_STEP, step)?;
//! let mut int8_output = QuantizedDense::<2, 2>::ZERO;
//! int8_output.quantize(&output, step, 1.0)?;
//!
//! let mut sums = [[0; 2]];
//! int8_hidden.forward(Kernel::best(), Batch::new(&[[255, 0, 255]])?, &mut sums)?;
//! let activations = sums.map(|sums| int8_hidden.activations(&sums));
//! int8_output.forward(Kernel::best(), Batch::new(&activations)?, &mut sums)?;
//! let logits = int8_output.fixed_logits(&sums[0]);
//! assert_eq!(quant::class(&logits), 1);
//! # Ok::<(), dense_core::Error>(())
//! ```

mod adjustment;
mod dense;
mod fixed;
mod quantize;

pub use adjustment::Adjustment;
pub use dense::QuantizedDense;
pub use fixed::{ONE_LOGIT, ONE_PROBABILITY, class, requantize, softmax};
pub use quantize::activation_step;

/// What one step of a pixel stands for.
pub const PIXEL_STEP: f32 = 1.0 / 255.0;
/// The largest magnitude of a bias, 2³⁰.
pub const LARGEST_BIAS: i32 = 1 << 30;
/// The smallest scale and step, 2⁻⁴⁰.
pub const SMALLEST_SCALE: f32 = 1.0 / (1_u64 << 40) as f32;
/// The largest scale and step, 2⁷.
pub const LARGEST_SCALE: f32 = 128.0;
