//! TensorFlow Lite, also called LiteRT.

mod file;
mod graph;
mod read;
mod schema;
mod table;
mod write;

pub(crate) use self::read::from_tflite;
pub use self::write::{imported_to_tflite_int8, to_tflite, to_tflite_int8};

#[cfg(test)]
mod tests;
