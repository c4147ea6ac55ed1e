//! Small dense neural networks that run **and learn** on a microcontroller: `no_std`, no heap, shapes as types, and the
//! same bits on every machine.
//!
//! A network is a type: here 2 inputs, a hidden layer of 4 units with tanh, and one output with sigmoid and binary
//! cross-entropy. It learns exclusive-or:
//!
//! ```
//! use dense_core::{Adam, BinaryCrossEntropy, Hidden, Layers, Network, Output, Random, Trainer, activations::Tanh};
//!
//! let (samples, labels) = ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]);
//! let mut network = Hidden::<2, 4, Tanh, Output<4, 1, BinaryCrossEntropy>>::ZERO;
//! network.glorot_uniform(&mut Random::new(1, Random::INITIAL_WEIGHTS));
//! let mut trainer = Trainer::<_, _, 4>::new(Adam::new(0.05)?);
//! for _ in 0..500 {
//!     trainer.step(&mut network, &samples, &labels)?;
//! }
//! let [probability] = network.predict(&[1.0, 0.0])?;
//! assert!(probability > 0.9);
//! # Ok::<(), dense_core::Error>(())
//! ```
//!
//! # By hand
//!
//! The same training step without a [`Trainer`], layer by layer: forward, loss, backward, update.
//!
//! ```
//! use dense_core::activations::{Activation, Tanh};
//! use dense_core::optimizers::Optimizer;
//! use dense_core::losses::{BinaryCrossEntropy, Loss};
//! use dense_core::{Batch, Dense, Random, Sgd};
//!
//! let (samples, labels) = ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]);
//! let (mut first, mut second) = (Dense::<2, 4>::ZERO, Dense::<4, 1>::ZERO);
//! let mut random = Random::new(1, Random::INITIAL_WEIGHTS);
//! first.glorot_uniform(&mut random);
//! second.glorot_uniform(&mut random);
//! let (batch, sgd) = (Batch::new(&samples)?, Sgd::new(0.5)?);
//!
//! let (mut hidden, mut hidden_deltas, mut outputs) = ([[0.0; 4]; 4], [[0.0; 4]; 4], [[0.0; 1]; 4]);
//! let mut score = Default::default();
//! for _ in 0..2000 {
//!     // Forward: weighted sums of each layer, then its activation.
//!     first.forward(batch, &mut hidden)?;
//!     Tanh::forward(hidden.as_flattened_mut());
//!     second.forward(Batch::new(&hidden)?, &mut outputs)?;
//!     // Loss: outputs become deltas, ∂L/∂z of each sample.
//!     score = BinaryCrossEntropy::loss(&mut outputs, &labels)?;
//!     // Backward: deltas of the hidden layer, by the chain rule.
//!     second.backward(&outputs, &mut hidden_deltas)?;
//!     Tanh::backward(hidden.as_flattened(), hidden_deltas.as_flattened_mut())?;
//!     // Update: w ← w − learning rate · gradient, the mean of delta · input.
//!     sgd.step(&mut second, Batch::new(&hidden)?, &outputs, &mut ())?;
//!     sgd.step(&mut first, batch, &hidden_deltas, &mut ())?;
//! }
//! assert_eq!(score.correct, 4);
//! # Ok::<(), dense_core::Error>(())
//! ```
//!
//! # Modules
//!
//! - [`layers`]: the dense layer.
//! - [`networks`]: sequential networks of dense layers, and their workspace.
//! - [`activations`]: ReLU, leaky ReLU, ELU, GELU, sigmoid, tanh, linear; softmax.
//! - [`losses`]: output heads, each a loss with its output activation, target and metric.
//! - [`optimizers`]: gradient descent, momentum, RMSprop, Adam; learning-rate schedules and weight decay.
//! - [`batch`]: batches of samples, borrowed.
//! - [`quant`]: post-training quantisation and int8 inference.
//! - [`math`]: the scalar arithmetic that fixes every bit.
//! - [`kernels`]: compute kernels over slices, one for each instruction set, all with the same bits.
//!
//! # Features
//!
//! - `std`: fused multiply-add and square root of the standard library in place of libm's, and on aarch64 the
//!   dot-product instructions found at run time. On x86-64 the kernel is chosen at run time with or without it. On a
//!   host without it, matrix products are as fast, but activations such as tanh take up to 60 times as long.
//! - `micromath`: takes `exp` from micromath, smaller and faster without an FPU, and less exact ([`math::BACKEND`]).

#![no_std]
// The polynomial that micromath replaces is compiled all the same.
#![cfg_attr(feature = "micromath", allow(dead_code, unused_imports))]

#[cfg(feature = "std")]
extern crate std;

pub mod activations;
pub mod batch;
mod error;
mod gradient_check;
pub mod kernels;
pub mod layers;
pub mod losses;
pub mod math;
mod memory;
pub mod networks;
pub mod optimizers;
mod pixels;
pub mod quant;
mod random;
mod trainer;

/// A borrowed batch of samples.
pub use batch::Batch;
// The error of every fallible function.
pub use error::Error;
// The gradient check: backpropagation against central differences in float64.
pub use gradient_check::{GradientError, ParameterIndex, Perturbation, gradient_check};
/// The choice of a compute kernel, and the loss and metrics over samples.
pub use kernels::{Kernel, KernelError, Score};
/// The dense layer.
pub use layers::Dense;
/// Losses, each with its output activation.
pub use losses::{
    BinaryCrossEntropy, CategoricalCrossEntropy, GeneralizedCrossEntropy, Huber, Mae, Mse,
    SparseCategoricalCrossEntropy,
};
/// The index of the largest value, such as the predicted class.
pub use math::argmax;
// Zero-initialised memory, in place.
pub use memory::Memory;
/// Networks and their workspace.
pub use networks::{Hidden, Layers, Network, Output, Workspace};
/// Optimizers and their state.
pub use optimizers::{Adam, AdamState, Gradients, Momentum, Rmsprop, Sgd};
// A look-up table for pixels, such as a gamma curve.
pub use pixels::PixelTable;
/// The int8 dense layer.
pub use quant::QuantizedDense;
// The pseudorandom number generator of initial weights and shuffles.
pub use random::Random;
// The training loop's step, with optimizer state and workspace.
pub use trainer::Trainer;

/// The example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
