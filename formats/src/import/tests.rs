//! Tests of imported models: round trips through every format, and what is refused.

mod damaged;
mod folding;

use super::*;
use crate::fixtures::{self, all, imported_int8};
use crate::{Loss, Model, Provenance, npz, onnx, tflite};

/// Options with which nothing of `model` is lost in a file that does not say what inputs are.
fn options(model: &Model) -> ImportOptions {
    ImportOptions { input: Some(model.input.clone()), loss: Some(model.loss), ..ImportOptions::default() }
}

/// The model expected of an import of `model`, if only its numbers, activations and names survive.
fn wanted(model: &Model, format: &str) -> Model {
    let mut model = model.clone();
    model.test.clear();
    model.provenance = Provenance::Imported { file: "file".into(), format: format.into() };
    match &mut model.input {
        Input::Pixels(pixels) => pixels.standardized = false,
        Input::Features { standardized, .. } => *standardized = false,
    }
    model
}

#[test]
fn onnx_and_tflite_round_trip() {
    for (name, model) in all() {
        for (format, bytes) in
            [("ONNX", onnx::to_onnx(&model).unwrap()), ("TensorFlow Lite", tflite::to_tflite(&model).unwrap())]
        {
            let found = import(&bytes, "file", &options(&model)).unwrap();
            let mut wanted = wanted(&model, format);
            if let crate::Output::Binary { .. } = model.output {
                assert_eq!(found.output, model.output);
            }
            wanted.output = found.output.clone();
            assert_eq!(found.output.names(), model.output.names(), "{name}");
            assert_eq!(found, wanted, "{name} as {format}");
        }
    }
}

#[test]
fn without_options_a_file_says_what_it_can() {
    for (name, model) in all() {
        for bytes in [onnx::to_onnx(&model).unwrap(), tflite::to_tflite(&model).unwrap()] {
            let found = import(&bytes, "file", &ImportOptions::default());
            // 5 x 4 and 3 x 6 pixels are no squares.
            if let Input::Pixels(_) = model.input {
                let text = found.unwrap_err().to_string();
                assert_eq!(text, "the height and width of the picture are not in the file: give the data set");
                continue;
            }
            let found = found.unwrap();
            assert_eq!(found.loss.task(), model.loss.task(), "{name}");
            assert_eq!((found.input.width(), &found.layers), (model.input.width(), &model.layers), "{name}");
            let (Input::Features { names: found, .. }, Input::Features { names: wanted, .. }) =
                (&found.input, &model.input)
            else {
                panic!("features")
            };
            assert_eq!(found, wanted, "{name}");
        }
    }
}

/// Bare weights need the activation of hidden layers, of which a file has one.
#[test]
fn npz_round_trips_with_what_it_does_not_say() {
    for (name, mut model) in all() {
        let hidden = model.layers.len() - 1;
        model.layers[..hidden].iter_mut().for_each(|layer| layer.activation = Activation::Tanh);
        let bytes = npz::to_npz(&model).unwrap();
        let complete =
            ImportOptions { activation: Some(Activation::Tanh), output: Some(model.output.clone()), ..options(&model) };
        assert_eq!(import(&bytes, "file", &complete).unwrap(), wanted(&model, "zip"), "{name}");
        let found = import(&bytes, "file", &ImportOptions { activation: None, ..complete.clone() });
        if hidden > 0 {
            let text = found.unwrap_err().to_string();
            assert_eq!(text, "the activation of hidden layers is not in the file: give --activation");
        }
        let text = import(&bytes, "file", &ImportOptions { loss: None, output: None, ..complete }).unwrap_err();
        assert_eq!(
            text.to_string(),
            "whether the outputs are logits or values is not in the file: give --loss",
            "{name}"
        );
    }
}

#[test]
fn int8_round_trips_integer_by_integer() {
    let model = imported_int8();
    let bytes = tflite::imported_to_tflite_int8(&model).unwrap();
    let found = import(&bytes, "file", &options(&model)).unwrap();
    assert_eq!(found.quantized, model.quantized);
    for (found, wanted) in found.layers.iter().zip(&model.layers) {
        assert_eq!(found.activation, wanted.activation);
        assert!(found.weights.iter().zip(&wanted.weights).all(|(found, wanted)| (found - wanted).abs() < 1e-6));
    }
    assert_eq!(tflite::imported_to_tflite_int8(&found).unwrap(), bytes);
}

/// Bytes of another range than 0 to 1: the first layer has it folded in, and its integers stay as they are.
#[test]
fn int8_of_pixels_in_another_range_round_trips() {
    let mut model = imported_int8();
    model.input = fixtures::pixels(3, 1, None);
    let bytes = tflite::imported_to_tflite_int8(&model).unwrap();
    let found = import(&bytes, "file", &options(&model)).unwrap();
    assert_eq!(found.quantized, model.quantized);
    assert_eq!(tflite::imported_to_tflite_int8(&found).unwrap(), bytes);
    let (network, sample) = (crate::Int8Network::imported(&found).unwrap().unwrap(), [7, 200, 90]);
    let logits = fixtures::int8::fixed_logits(&network, &sample);
    for (int8, float) in logits.iter().zip(fixtures::logits(&found, &sample)) {
        assert!((*int8 as f32 / 65_536.0 - float).abs() < 0.1, "{int8} {float}");
    }
}

#[test]
fn int8_of_ours_comes_back_in_int8_where_its_activations_are_built_in() {
    for (name, model) in all() {
        let network = fixtures::int8::quantized(&model);
        let mut range = dense_core::quant::Range::EMPTY;
        range.include(&[-4.0, 4.0]).unwrap();
        let bytes = tflite::to_tflite_int8(&model, &network, &range).unwrap();
        let found = import(&bytes, "file", &options(&model)).unwrap();
        let built_in =
            model.layers.iter().all(|layer| matches!(layer.activation, Activation::Linear | Activation::Relu));
        assert_eq!(found.quantized.is_some(), built_in, "{name}");
        for (found, wanted) in found.layers.iter().zip(&model.layers) {
            assert_eq!(found.activation, wanted.activation, "{name}");
            assert!(found.weights.iter().zip(&wanted.weights).all(|(found, wanted)| (found - wanted).abs() < 0.005));
        }
    }
}

#[test]
fn options_that_contradict_a_file_are_refused() {
    let model = fixtures::windows();
    let bytes = onnx::to_onnx(&model).unwrap();
    let own = safetensors::to_safetensors(&model).unwrap();
    let none = ImportOptions::default;
    for (bytes, options, wanted) in [
        (
            &bytes,
            ImportOptions { loss: Some(Loss::Huber), ..none() },
            "the loss: the file says softmax, not huber, whose output is linear",
        ),
        (
            &bytes,
            ImportOptions { input: Some(fixtures::pixels(28, 28, None)), ..none() },
            "the input: the file says 20 inputs, not 784",
        ),
        (
            &bytes,
            ImportOptions { output: Some(crate::Output::Values { names: Vec::new() }), ..none() },
            "the loss: the file says softmax, not mean_squared_error, whose output is linear",
        ),
        (
            &own,
            ImportOptions { activation: Some(Activation::Relu), ..none() },
            "--activation: the file says tanh, not relu",
        ),
        (
            &own,
            ImportOptions { loss: Some(Loss::Huber), ..none() },
            "--loss: the file says sparse_categorical_crossentropy, not huber",
        ),
        (&own, ImportOptions { pixels: Some(PixelRange::Byte), ..none() }, "--pixels: the file says 0..1, not 0..255"),
    ] {
        assert_eq!(import(bytes, "file", &options).unwrap_err().to_string(), wanted);
    }
    assert_eq!(import(&own, "file", &none()).unwrap(), model);
}

#[test]
fn other_files_are_named() {
    let mut archive = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("model/data.pkl", ::zip::write::SimpleFileOptions::default()).unwrap();
    let pytorch = archive.finish().unwrap().into_inner();
    let wanted = "wanted .keras, .h5 or .weights.h5 of Keras, .npz, safetensors, ONNX or TensorFlow Lite";
    for (bytes, start) in [
        (&b""[..], "an unknown format"),
        (b"fn main() {}", "an unknown format"),
        (b"\x89HDF", "not a valid HDF5 file: "),
        (b"PK\x03\x04", "not a valid zip file: "),
        (b"\0\0\0\0TFL3", "not a valid TensorFlow Lite file: 0 subgraphs, wanted one"),
        (b"\x08\x08", "not a valid ONNX file: no graph"),
        (b"\x08\x08\x3a\x7f", "not a valid ONNX file: damaged, or far more than a chain of dense layers"),
        (&pytorch, "a file of PyTorch, which is a pickle of Python: save safetensors or ONNX"),
        (b"\x80\x02}q", "a pickle of Python, as PyTorch's .pt is: save safetensors or ONNX"),
    ] {
        let text = import(bytes, "file", &ImportOptions::default()).unwrap_err().to_string();
        assert!(text.starts_with(start), "{text}");
        assert!(!start.starts_with("an unknown") || text.ends_with(wanted), "{text}");
    }
}
