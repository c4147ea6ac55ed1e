//! A trained network as a value, [`Model`], and the files that it is read from and written to.
//!
//! [`Model`] describes itself: layers, loss, preprocessing, names of inputs and outputs, and the [`Recipe`] that it was
//! trained by. Every format is a function to or from it.

mod activation;
mod check;
mod data_options;
mod error;
#[cfg(test)]
mod fixtures;
mod int8;
mod loss;
mod model;
mod recipe;
pub mod rust;
pub mod safetensors;

pub use activation::Activation;
pub use check::{MAX_FILE, MAX_LAYERS, MAX_PARAMETERS, MAX_WIDTH};
pub use data_options::DataOptions;
pub use error::Error;
pub use int8::{Int8Layer, Int8Network, Int8Output};
pub use loss::{Loss, Task};
pub use model::{Input, Layer, Model, Output, PixelInput, Provenance, Quantization, QuantizedLayer, Window};
pub use recipe::{Optimizer, OptimizerName, Recipe, Schedule};
