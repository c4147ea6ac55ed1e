//! Tests of which files count as this program's own.

use super::*;
use crate::fixtures::{all, imported_int8};

#[test]
fn every_file_that_is_written_is_known_and_no_other() {
    for (name, model) in all() {
        let files = [
            safetensors::to_safetensors(&model).unwrap(),
            rust::to_rust(&model).unwrap().into_bytes(),
            npz::to_npz(&model).unwrap(),
            onnx::to_onnx(&model).unwrap(),
            tflite::to_tflite(&model).unwrap(),
        ];
        for (index, file) in files.iter().enumerate() {
            assert!(is_own(file), "{name}, {index}");
        }
    }
    assert!(is_own(&tflite::imported_to_tflite_int8(&imported_int8()).unwrap()));
    assert!(is_own(b""));
    let mut onnx = onnx::Model::decode(&onnx::to_onnx(&imported_int8()).unwrap()[..]).unwrap();
    onnx.doc_string = None;
    let foreign =
        [b"int main(void) { return 0; }".to_vec(), format!(" {}", rust::TITLE).into_bytes(), onnx.encode_to_vec()];
    for file in foreign {
        assert!(!is_own(&file));
    }
}
