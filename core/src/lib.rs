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
//! What a [`Trainer`] does in a step, layer by layer: forward, loss, backward, update.
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
//!     // Forward: the sums of each layer, and their activation.
//!     first.forward(batch, &mut hidden)?;
//!     Tanh::forward(hidden.as_flattened_mut());
//!     second.forward(Batch::new(&hidden)?, &mut outputs)?;
//!     // Loss: outputs become deltas, the derivatives of the loss by the outputs.
//!     score = BinaryCrossEntropy::loss(&mut outputs, &labels)?;
//!     // Backward: the deltas of the hidden layer, by the chain rule.
//!     second.backward(&outputs, &mut hidden_deltas)?;
//!     Tanh::backward(hidden.as_flattened(), hidden_deltas.as_flattened_mut())?;
//!     // Update: each weight goes against its gradient, the mean of delta · input.
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
//! - [`networks`]: layers in a row, and the memory that they work in.
//! - [`activations`]: functions between layers. [`losses`]: output heads, each a loss with its output activation, target and
//!   metric.
//! - [`optimizers`]: gradient descent, momentum, RMSprop, Adam; learning-rate schedules and weight decay.
//! - [`batch`]: samples, borrowed.
//! - [`quant`]: inference on int8.
//! - [`math`]: the scalar arithmetic that fixes every bit.
//! - [`kernels`]: the loops over slices, for each instruction set with the same bits.
//!
//! # Features
//!
//! - `std`: chooses the kernel at run time, from what the processor has. Without it, from the compiler's target.
//! - `micromath`: takes `exp` from micromath, smaller and faster without an FPU, and less exact ([`math::BACKEND`]).

#![no_std]
// The polynomial that micromath stands in for is compiled all the same.
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

/// A batch of samples, borrowed.
pub use batch::Batch;
/// What can be wrong with an argument.
pub use error::Error;
/// Backpropagation against differences of the loss in float64.
pub use gradient_check::{GradientError, ParameterIndex, Perturbation, gradient_check};
/// The kernel that computes, and the loss and metrics of some samples.
pub use kernels::{Kernel, KernelError, Score};
/// The dense layer.
pub use layers::Dense;
/// Losses, with their output activations.
pub use losses::{
    BinaryCrossEntropy, CategoricalCrossEntropy, GeneralizedCrossEntropy, Huber, Mae, Mse,
    SparseCategoricalCrossEntropy,
};
/// The index of the largest value.
pub use math::argmax;
/// Values that start as zeros, initialised in place.
pub use memory::Memory;
/// Networks, and the memory that they work in.
pub use networks::{Hidden, Layers, Network, Output, Workspace};
/// Optimizers and what they keep.
pub use optimizers::{Adam, AdamState, Gradients, Momentum, Rmsprop, Sgd};
/// A table that pixels are looked up in.
pub use pixels::PixelTable;
/// A dense layer on int8.
pub use quant::QuantizedDense;
/// The random generator of initial weights and shuffles.
pub use random::Random;
/// Training.
pub use trainer::Trainer;
