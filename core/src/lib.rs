//! Small dense networks that run **and learn** on a microcontroller: `no_std`, no heap, shapes as types.
//!
//! A signal goes forward, a loss measures the miss, back-propagation finds out what each weight had to do with
//! it, and gradient descent corrects the weights. That circle, once, on two tiny images of three pixels:
//!
//! ```
//! use dense_core::{losses::sparse_categorical_cross_entropy, Batch, Dense, Kernel, Sgd};
//!
//! let images = [[255_u8, 0, 0], [0, 0, 255]];
//! let labels = [0, 1];
//! let mut layer = Dense::<3, 2>::ZERO;
//! let kernel = Kernel::best();
//! let batch = Batch::new(&images)?;
//! let sgd = Sgd::new(0.5)?;
//!
//! let mut before = None;
//! for _ in 0..10 {
//!     let mut logits = [[0.0; 2]; 2];
//!     layer.forward(kernel, batch, &mut logits)?; // forward
//!     let score = sparse_categorical_cross_entropy(kernel, &mut logits, &labels)?; // loss
//!     let deltas = logits; // what the loss left in place: how far each output is off
//!     layer.step_sgd(kernel, batch, &deltas, &sgd)?; // backward and update, fused
//!     assert!(before.is_none_or(|loss| score.loss < loss));
//!     before = Some(score.loss);
//! }
//! # Ok::<(), dense_core::Error>(())
//! ```
//!
//! The rooms: [`layers`] hold weights; [`activations`] and [`losses`] turn logits into probabilities and deltas;
//! [`optimizers`] say how far to go; [`quant`] infers on whole numbers; [`math`] has the few functions and constants that fix the arithmetic;
//! [`kernels`] has the loops, once for every instruction set and with the same bits from each.

#![no_std]

#[cfg(feature = "std")]
extern crate std;

pub mod activations;
pub mod batch;
mod error;
pub mod kernels;
pub mod layers;
pub mod losses;
pub mod math;
pub mod optimizers;
pub mod quant;
mod random;

pub use batch::Batch;
pub use error::Error;
pub use kernels::{Kernel, KernelError, Score};
pub use layers::Dense;
pub use optimizers::{Adam, AdamState, Sgd};
pub use quant::QuantizedDense;
pub use random::Random;
