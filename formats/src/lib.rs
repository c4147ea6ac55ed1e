//! A trained network as a value, [`Model`], and the files that it is read from and written to.
//!
//! [`Model`] describes itself: layers, loss, preprocessing, names of inputs and outputs, and the [`Recipe`] that it was
//! trained by. Every format is a function to or from it.

mod activation;
mod loss;
mod model;
mod recipe;

pub use activation::Activation;
pub use loss::{Loss, Task};
pub use model::{Input, Layer, Model, Output, PixelInput, Provenance, Quantization, QuantizedLayer, Window};
pub use recipe::{Optimizer, OptimizerName, Recipe, Schedule};
