//! The mark of exported files, by which this program knows its own.

use prost::Message;

use crate::{npz, onnx, rust, safetensors, tflite};

/// What formats with room for a text say.
pub(crate) const MARK: &str = "Made by host-trainer export";

/// Whether this program wrote a file: the model file, generated Rust, or an export. One that is empty counts as such.
#[must_use]
pub fn is_own(bytes: &[u8]) -> bool {
    let starts = |text: &str| bytes.starts_with(text.as_bytes());
    bytes.is_empty()
        || starts(rust::TITLE)
        || starts(&format!("/* {MARK}"))
        || safetensors::is_own(bytes)
        || npz::is_own(bytes)
        || tflite::description(bytes).is_some_and(|text| text.starts_with(MARK))
        || onnx::Model::decode(bytes).is_ok_and(|model| model.doc_string.is_some_and(|text| text.starts_with(MARK)))
}

#[cfg(test)]
mod tests;
