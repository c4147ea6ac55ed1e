//! ONNX, which onnxruntime and many other programs run.

mod messages;
mod read;
mod write;

pub(crate) use self::read::from_onnx;
pub use self::write::to_onnx;

#[cfg(test)]
mod tests;
