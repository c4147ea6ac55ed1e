//! Small dense networks that run **and learn** on a microcontroller: `no_std`, no heap, shapes as types.
//!
//! A signal goes forward, a loss measures the miss, the chain rule carries it backward, and gradient descent corrects
//! the weights. That circle, with one hidden layer, on the smallest problem that needs one, either-or:
//!
//! ```
//! use dense_core::activations::{Activation, Tanh};
//! use dense_core::{Batch, Dense, Kernel, Random, Sgd, losses::binary_cross_entropy};
//!
//! let (samples, labels) = ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]);
//! let (mut first, mut second) = (Dense::<2, 4>::ZERO, Dense::<4, 1>::ZERO);
//! let mut random = Random::new(1, Random::INITIAL_WEIGHTS);
//! first.glorot_uniform(&mut random);
//! second.glorot_uniform(&mut random);
//! let (kernel, batch, sgd) = (Kernel::best(), Batch::new(&samples)?, Sgd::new(0.5)?);
//!
//! let (mut hidden, mut hidden_deltas, mut outputs) = ([[0.0; 4]; 4], [[0.0; 4]; 4], [[0.0; 1]; 4]);
//! let mut score = Default::default();
//! for _ in 0..2000 {
//!     // Forward: each layer's sums, and what its activation makes of them.
//!     first.forward(kernel, batch, &mut hidden)?;
//!     Tanh::forward(kernel, hidden.as_flattened_mut());
//!     second.forward(kernel, Batch::new(&hidden)?, &mut outputs)?;
//!     // Loss: how far off, and in place of the outputs their deltas, which say in which direction.
//!     score = binary_cross_entropy(&mut outputs, &labels)?;
//!     // Backward: what the hidden outputs had to do with it, by the chain rule.
//!     second.backward(kernel, &outputs, &mut hidden_deltas)?;
//!     Tanh::backward(kernel, hidden.as_flattened(), hidden_deltas.as_flattened_mut())?;
//!     // Update: each weight goes against its gradient, delta · input.
//!     second.step_sgd(kernel, Batch::new(&hidden)?, &outputs, &sgd)?;
//!     first.step_sgd(kernel, batch, &hidden_deltas, &sgd)?;
//! }
//! assert_eq!(score.correct, 4);
//! # Ok::<(), dense_core::Error>(())
//! ```
//!
//! The same as one type, of any depth and with the shapes checked by the compiler, is a [`Network`], and a [`Trainer`]
//! goes round the circle: `Hidden<2, 4, Tanh, Output<4, 1, BinaryCrossEntropy>>`.
//!
//! The rooms: [`layers`] hold weights, [`networks`] put layers together; [`activations`] and [`losses`] are what happens
//! between and after them, and [`tasks`] pair the right ones; [`optimizers`] say how far to go, [`plans`] which weights
//! may move, and [`fit`] for how long, on [`samples`]; [`quant`] infers on whole numbers; [`math`] has the few functions
//! and constants that fix the arithmetic; [`kernels`] has the loops, once for every instruction set and with the same
//! bits from each.

#![no_std]
// The polynomial that micromath stands in for is compiled all the same.
#![cfg_attr(feature = "micromath", allow(dead_code, unused_imports))]

#[cfg(feature = "std")]
extern crate std;

pub mod activations;
pub mod batch;
mod error;
pub mod fit;
mod gradient_check;
pub mod kernels;
pub mod layers;
pub mod losses;
pub mod math;
mod memory;
pub mod networks;
pub mod optimizers;
mod pixels;
pub mod plans;
pub mod quant;
mod random;
pub mod samples;
pub mod tasks;
mod trainer;

pub use batch::Batch;
pub use error::Error;
pub use gradient_check::{GradientError, ParameterIndex, Perturbation, gradient_check};
pub use kernels::{Kernel, KernelError, Score};
pub use layers::Dense;
pub use memory::Memory;
pub use networks::{Hidden, Network, Output, Workspace};
pub use optimizers::{Adam, AdamState, Gradients, Momentum, Rmsprop, Sgd};
pub use pixels::PixelTable;
pub use quant::QuantizedDense;
pub use random::Random;
pub use tasks::{
    BinaryCrossEntropy, CategoricalCrossEntropy, GeneralizedCrossEntropy, Mae, Mse, SparseCategoricalCrossEntropy,
};
pub use trainer::Trainer;
