//! What another tool has trained is tested and written as what was trained here, or refused without a trace.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use host_trainer::model::ModelName;
use host_trainer::model_files::{self, Weights, to_npz};

use super::{run, succeed, train, write_data_set};

/// Writes what Keras has saved of softmax regression with weights of 1 and biases of 0.5.
fn write_keras_file(path: &Path) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keras.weights.h5.gz");
    io::copy(&mut GzDecoder::new(File::open(fixture).unwrap()), &mut File::create(path).unwrap()).unwrap();
}

#[test]
fn a_keras_file_becomes_weights() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    write_keras_file(&folder.join("mnist.weights.h5"));
    let printed = succeed(folder, &data, "import mnist.weights.h5 --out out");
    assert!(printed.starts_with("mnist.weights.h5: HDF5, linear, kernels inputs first, as in Keras\n"), "{printed}");
    assert!(printed.contains("accuracy in floats 0."), "{printed}");

    let source = fs::read_to_string(folder.join("firmware/src/weights.rs")).unwrap();
    for line in
        ["made by: `host-trainer import`", "data set: data", "imported from: mnist.weights.h5 (HDF5)", "pixels: 0..1"]
    {
        assert!(source.contains(&format!("\n//! - {line}\n")), "{line}");
    }
    let quantized = fs::read_to_string(folder.join("out/quantized.rs")).unwrap();
    assert!(quantized.contains("\n//! - imported from: mnist.weights.h5 (HDF5)\n"));
    for file in ["firmware/src/weights.rs", "out/model.safetensors"] {
        let weights = model_files::load(&folder.join(file)).unwrap();
        let layer = &weights.layers[0];
        assert!(layer.weights.iter().all(|&weight| weight == 1.0) && layer.bias == [0.5; 10], "{file}");
    }

    succeed(folder, &data, "import mnist.weights.h5 --out out --pixels -1..1");
    let weights = model_files::load(&folder.join("out/model.safetensors")).unwrap();
    assert!(weights.layers[0].weights.iter().all(|&weight| weight == 2.0) && weights.layers[0].bias == [-783.5; 10]);
}

#[test]
fn what_was_exported_comes_back() {
    for model in [ModelName::Linear, ModelName::Mlp32, ModelName::Mlp128x64] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let data = write_data_set(folder, 50, 20);
        train(folder, &data, &format!("--model {} --epochs 1", model.name()));
        let trained = model_files::load(&folder.join("weights.rs")).unwrap();
        fs::write(folder.join("model.npz"), to_npz(&trained).unwrap()).unwrap();
        for file in ["model.npz", "out/model.safetensors"] {
            let printed = succeed(folder, &data, &format!("import {file} --out again --weights again/weights.rs"));
            assert!(printed.contains(&format!(", {}, kernels ", model.name())), "{printed}");
            assert!(model_files::load(&folder.join("again/weights.rs")).unwrap() == trained, "{file}");
            assert!(model_files::load(&folder.join("again/model.safetensors")).unwrap() == trained, "{file}");
        }
        for (options, wanted) in [
            ("--out out --weights again/weights.rs", "out/model.safetensors: it is the input"),
            ("--out again --weights again/weights.rs --pixels 0..255", "leave --pixels out"),
        ] {
            let output = run(folder, &data, &format!("import out/model.safetensors {options}"));
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{options}\n{complaint}");
            assert!(complaint.contains(wanted), "{options} does not say {wanted:?} but\n{complaint}");
        }
        assert!(model_files::load(&folder.join("out/model.safetensors")).unwrap() == trained);
    }
}

#[test]
fn what_cannot_be_used_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    write_keras_file(&folder.join("mnist.weights.h5"));
    File::create(folder.join("text")).unwrap().write_all(b"by hand, and longer than a magic number").unwrap();
    let mut cut = fs::read(folder.join("mnist.weights.h5")).unwrap();
    cut.truncate(1000);
    fs::write(folder.join("cut"), cut).unwrap();
    fs::write(folder.join("mlp32.npz"), to_npz(&Weights::zero(ModelName::Mlp32)).unwrap()).unwrap();
    for (line, wanted) in [
        ("import", "<FILE>"),
        ("import missing", "missing: "),
        ("import text", "text: neither HDF5 (.weights.h5 or .h5 of Keras) nor .keras, .npz or safetensors"),
        ("import text --weights text", "text: neither HDF5"),
        ("import cut", "cut: not a valid HDF5 file: "),
        ("import mnist.weights.h5 --pixels 0..2", "--pixels"),
        ("import mnist.weights.h5 --weights text", "text: not made by `host-trainer train`"),
        ("import mlp32.npz --weights firmware/src/weights.rs", "the firmware runs linear, not mlp32"),
    ] {
        let output = run(folder, &data, line);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}\n{complaint}");
        assert!(complaint.contains(wanted), "{line} does not say {wanted:?} but\n{complaint}");
        assert!(!folder.join("firmware").exists() && !folder.join("out/model.safetensors").exists(), "{line}");
    }
}
