//! `export`: what it writes and what it refuses. That other programs take the files is tested in `tests/interchange`.

use std::fs;
use std::path::Path;

use host_trainer::model_files::{self, from_npz};
use safetensors::SafeTensors;
use serde_json::Value;

use super::{run, succeed, train, write_data_set};

/// Formats, the files they have by default, and how those begin.
const FORMATS: [(&str, &str, &[u8]); 7] = [
    ("npz", "weights.npz", b"PK"),
    ("safetensors", "weights.safetensors", b""),
    ("onnx", "model.onnx", b"\x08\x08\x12\x0chost-trainer"),
    ("tflite", "model.tflite", b""),
    ("tflite-int8", "model-int8.tflite", b""),
    ("c", "model.h", b"/* Made by host-trainer export: Flatten(28, 28) -> "),
    ("c-int8", "model-int8.h", b"/* Made by host-trainer export: Flatten(28, 28) -> "),
];

#[test]
fn every_format_of_every_model_is_written_twice_alike() {
    for model in ["linear", "mlp32", "mlp128-64"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let data = write_data_set(folder, 50, 20);
        train(folder, &data, &format!("--model {model} --epochs 1"));
        for (format, file, start) in FORMATS {
            let line = format!("export --format {format} --weights weights.rs");
            let printed = succeed(folder, &data, &line);
            assert!(printed.starts_with(&format!("wrote out/{file} (")), "{printed}");
            let contents = fs::read(folder.join("out").join(file)).unwrap();
            assert!(contents.starts_with(start), "{format}");
            assert_eq!(succeed(folder, &data, &line), printed, "an exported file is replaced");
            let other = format!("export --format {format} --weights out/model.safetensors --output other --verbose 0");
            assert_eq!(succeed(folder, &data, &other), "");
            if format != "safetensors" {
                assert!(fs::read(folder.join("other")).unwrap() == contents, "{format}: from the other file");
            }
            fs::remove_file(folder.join("other")).unwrap();
        }
        let weights = model_files::load(&folder.join("weights.rs")).unwrap();
        let exported = folder.join("out/weights.safetensors");
        assert!(model_files::load(&exported).unwrap() == weights);
        assert!(from_npz(&fs::read(folder.join("out/weights.npz")).unwrap()).unwrap() == weights);
        check_metadata(&exported);
    }
}

/// The metadata say where the weights are from and how good they are.
fn check_metadata(path: &Path) {
    let bytes = fs::read(path).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let recipe: Value = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["recipe"]).unwrap();
    assert_eq!((&recipe["data_set"], &recipe["exported_from"]), (&"data".into(), &"weights.rs".into()));
    assert!(recipe["test_accuracy"].as_f64().is_some_and(|accuracy| (0.0..=1.0).contains(&accuracy)), "{recipe}");
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    train(folder, &data, "--epochs 1");
    fs::write(folder.join("main.c"), "int main(void) { return 0; }\n").unwrap();
    for (line, wanted) in [
        ("--format pickle", "'--format <FORMAT>'"),
        ("--weights weights.rs", "--format <FORMAT>"),
        ("--format c --weights none.rs --output new", "error: none.rs: no such file"),
        ("--format c --weights main.c --output new", "error: main.c: line 1: "),
        ("--format c --weights weights.rs --output main.c", "error: main.c: not made by `host-trainer export`; "),
        ("--format onnx --weights weights.rs --output weights.rs", "error: weights.rs: not made by "),
        (
            "--format safetensors --weights weights.rs --output out/model.safetensors",
            "out/model.safetensors: not made by ",
        ),
        ("--format onnx --weights weights.rs --output data", "error: cannot write data: "),
        ("--format onnx --weights weights.rs --output main.c/new", "error: cannot use the folder main.c: "),
    ] {
        let names = |folder: &Path| fs::read_dir(folder).unwrap().count();
        let before = (fs::read(folder.join("main.c")).unwrap(), names(folder), names(&folder.join("out")));
        let output = run(folder, &data, &format!("export {line}"));
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}\n{complaint}");
        assert!(complaint.contains(wanted), "{line} does not say {wanted:?} but\n{complaint}");
        let after = (fs::read(folder.join("main.c")).unwrap(), names(folder), names(&folder.join("out")));
        assert!(before == after, "{line}");
    }
}
