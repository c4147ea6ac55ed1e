//! A trained network as a value, [`Model`], and the files that it is read from and written to.
//!
//! [`Model`] describes itself: layers, loss, preprocessing, names of inputs and outputs, and the [`Recipe`] that it was
//! trained by. Every format is a function to or from it:
//!
//! | file | written by | read by |
//! |---|---|---|
//! | the model file | [`safetensors::to_safetensors`] | [`safetensors::from_safetensors`] |
//! | Rust for firmware | [`rust::to_rust`], [`rust::to_quantized_rust`] | the compiler |
//! | `.npz` of NumPy | [`npz::to_npz`] | [`import`] |
//! | ONNX | [`onnx::to_onnx`] | [`import`] |
//! | TensorFlow Lite | [`tflite::to_tflite`], [`tflite::to_tflite_int8`] | [`import`] |
//! | C99 | [`c::to_c`], [`c::to_c_int8`] | a compiler |
//! | Keras, safetensors of other programs | | [`import`] |

mod activation;
#[cfg(feature = "foreign")]
mod arrays;
pub mod bounded;
#[cfg(feature = "foreign")]
pub mod c;
#[cfg(feature = "foreign")]
mod chain;
mod check;
mod data_options;
mod error;
#[cfg(test)]
mod fixtures;
#[cfg(feature = "foreign")]
mod import;
mod int8;
pub mod isolation;
mod loss;
mod model;
#[cfg(feature = "foreign")]
pub mod npz;
#[cfg(feature = "foreign")]
pub mod onnx;
mod recipe;
pub mod rust;
pub mod safetensors;
mod text;
#[cfg(feature = "foreign")]
pub mod tflite;

pub use activation::Activation;
pub use check::{MAX_LAYERS, MAX_PARAMETERS, MAX_WIDTH};
pub use data_options::DataOptions;
pub use error::Error;
#[cfg(feature = "foreign")]
pub use import::{ImportOptions, PixelRange, import};
pub use int8::{InputScaling, Int8Layer, Int8Network, Int8Output};
pub use loss::{Loss, Task};
pub use model::{
    Input, Layer, Model, Output, PixelInput, Provenance, Quantization, QuantizedLayer, Window, layer_name,
};
pub use recipe::{Optimizer, OptimizerName, Recipe, Schedule};
pub use text::{four_digits, is_unprintable};
