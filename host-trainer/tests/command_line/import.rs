//! Tests of import: a model of another program is tested and written like one trained here, or refused without a trace.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use formats::{Input, Model, Provenance, safetensors};

use super::{fail, files, model, succeed, train, write_data_set};

/// Writes what Keras has saved of softmax regression with weights of 1 and biases of 0.5.
fn write_keras_file(path: &Path) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/src/import/tests/keras.weights.h5.gz");
    io::copy(&mut GzDecoder::new(File::open(fixture).unwrap()), &mut File::create(path).unwrap()).unwrap();
}

fn imported(folder: &Path) -> Model {
    safetensors::from_safetensors(&fs::read(folder.join("again/model.safetensors")).unwrap()).unwrap()
}

#[test]
fn bare_weights_of_keras_become_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    write_keras_file(&folder.join("mnist.weights.h5"));
    let printed = succeed(folder, &data, "import mnist.weights.h5 --out again");
    assert!(printed.starts_with("mnist.weights.h5: Flatten(28, 28) -> Dense(10, softmax)\n"), "{printed}");
    assert_eq!(files(&folder.join("again")), ["model.safetensors", "quantized.rs", "weights.rs"]);
    for file in ["weights.rs", "quantized.rs"] {
        let source = fs::read_to_string(folder.join("again").join(file)).unwrap();
        for line in ["made by: `host-trainer import`", "imported from: mnist.weights.h5 (HDF5)"] {
            assert!(source.contains(&format!("\n//! - {line}\n")), "{file}: {line}");
        }
    }
    let found = imported(folder);
    let provenance = Provenance::Imported { file: "mnist.weights.h5".into(), format: "HDF5".into() };
    assert_eq!((found.provenance, found.output.names().len()), (provenance, 10));
    assert!(matches!(found.input, Input::Pixels(_)) && found.test.contains_key("accuracy"));
    assert!(found.layers[0].weights.iter().all(|&weight| weight == 1.0) && found.layers[0].bias == [0.5; 10]);

    succeed(folder, &data, "import mnist.weights.h5 --out again --pixels -1..1");
    let layer = &imported(folder).layers[0];
    assert!(layer.weights.iter().all(|&weight| weight == 2.0) && layer.bias == [-783.5; 10]);
}

#[test]
fn what_was_exported_comes_back() {
    for options in ["--model linear", "--hidden 9,5 --activation elu"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let data = write_data_set(folder, 50, 20);
        train(folder, &data, &format!("--epochs 1 {options}"));
        let trained = model(folder);
        for (format, file, options) in
            [("onnx", "model.onnx", ""), ("tflite", "model.tflite", ""), ("npz", "weights.npz", "--activation elu")]
        {
            succeed(folder, &data, &format!("export --format {format}"));
            succeed(folder, &data, &format!("import out/{file} --out again {options}"));
            let found = imported(folder);
            assert_eq!((found.layers, found.output), (trained.layers.clone(), trained.output.clone()), "{format}");
            assert_eq!(found.test["accuracy"], trained.test["accuracy"], "{format}");
        }
        succeed(folder, &data, "import out/model.safetensors --out again");
        assert_eq!(imported(folder).layers, trained.layers);
        for (options, wanted) in [
            ("--out out", "out/model.safetensors: it is the input"),
            ("--out again --pixels 0..255", "--pixels: the file says 0..1, not 0..255"),
        ] {
            fail(folder, &data, &format!("import out/model.safetensors {options}"), 2, &[wanted]);
        }
        assert_eq!(model(folder), trained);
    }
}

#[test]
fn what_cannot_be_used_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    train(folder, &data, "--epochs 1 --model mlp32");
    succeed(folder, &data, "export --format npz --output mlp32.npz");
    write_keras_file(&folder.join("mnist.weights.h5"));
    File::create(folder.join("text")).unwrap().write_all(b"by hand, and longer than a magic number").unwrap();
    let mut cut = fs::read(folder.join("mnist.weights.h5")).unwrap();
    cut.truncate(1000);
    fs::write(folder.join("cut"), cut).unwrap();
    fs::create_dir(folder.join("foreign")).unwrap();
    fs::write(folder.join("foreign/weights.rs"), "fn main() {}\n").unwrap();
    let before = files(folder);
    for (line, wanted) in [
        ("import --out again", "<FILE>"),
        ("import mnist.weights.h5", "--out <DIR>"),
        ("import missing --out again", "missing: "),
        ("import text --out again", "text: an unknown format; wanted .keras, .h5 or .weights.h5 of Keras, .npz, "),
        ("import cut --out again", "cut: not a valid HDF5 file: "),
        ("import mnist.weights.h5 --out again --pixels 0..2", "must be one of 0..1, 0..255, -1..1"),
        (
            "import mlp32.npz --out again",
            "mlp32.npz: the activation of hidden layers is not in the file: give --activation",
        ),
        ("import mnist.weights.h5 --out foreign", "foreign/weights.rs is there already"),
    ] {
        fail(folder, &data, line, 2, &[wanted]);
        assert_eq!(files(folder), before, "{line}");
    }
    assert_eq!(files(&folder.join("foreign")), ["weights.rs"]);
}
