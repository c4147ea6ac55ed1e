//! `export`: what it writes and what it refuses. That other programs take the files is tested in `tests/interchange`.

use std::fs;
use std::path::Path;

use super::{fail, files, model, succeed, train, write_data_set};

/// Formats, the files they have by default, and how those begin.
const FORMATS: [(&str, &str, &[u8]); 7] = [
    ("npz", "weights.npz", b"PK"),
    ("onnx", "model.onnx", b"\x08\x08\x12\x0chost-trainer"),
    ("tflite", "model.tflite", b""),
    ("tflite-int8", "model-int8.tflite", b""),
    ("c", "model.h", b"/* Made by host-trainer export: "),
    ("c-int8", "model-int8.h", b"/* Made by host-trainer export: "),
    ("factory-set", "factory_set.rs", b"//! Training samples to practise. Generated: "),
];

/// Writes a table of three features and two classes, and returns its path.
fn write_table(folder: &Path) -> std::path::PathBuf {
    let rows = (0..60).map(|row| format!("{row},{},{},{}\n", row % 7, row * row % 11, ["no", "yes"][row / 3 % 2]));
    let path = folder.join("table.csv");
    fs::write(&path, "a,b,c,target\n".to_owned() + &rows.collect::<String>()).unwrap();
    path
}

#[test]
fn every_format_is_written_twice_alike() {
    for (options, pixels) in [("", true), ("--hidden 9,5 --activation tanh", true), ("--hidden 4", false)] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let data = if pixels { write_data_set(folder, 50, 20) } else { write_table(folder) };
        train(folder, &data, &format!("--epochs 1 {options}"));
        for (format, file, start) in FORMATS {
            let printed = succeed(folder, &data, &format!("export --format {format}"));
            assert!(printed.starts_with(&format!("wrote out/{file} (")), "{printed}");
            let contents = fs::read(folder.join("out").join(file)).unwrap();
            assert!(contents.starts_with(start), "{format}");
            assert_eq!(succeed(folder, &data, &format!("export --format {format}")), printed, "it is replaced");
            let other = format!("export --format {format} --weights out/model.safetensors --output other --verbose 0");
            assert_eq!(succeed(folder, &data, &other), "");
            assert!(fs::read(folder.join("other")).unwrap() == contents, "{format}");
            fs::remove_file(folder.join("other")).unwrap();
        }
    }
}

#[test]
fn headers_have_a_prefix_and_can_learn() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_table(folder);
    train(folder, &data, "--epochs 1 --hidden 4");
    succeed(folder, &data, "export --format c --prefix gate --learn");
    let header = fs::read_to_string(folder.join("out/model.h")).unwrap();
    assert!(header.contains("static inline int gate_learn(gate_network *network, "), "{header}");
    assert!(header.contains("GATE_CLASS_NAMES[2] = {\n    \"no\",\n    \"yes\",\n}"), "{header}");
}

#[test]
fn a_factory_set_has_the_room_and_the_bits_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    train(folder, &data, "--epochs 1");
    for (options, samples) in [
        ("", "50, 2 bits a value"),
        ("--room 4K", "20, 2 bits a value"),
        // There is room for 39, and two classes have fewer than their share.
        ("--room 4K --bits 1", "37, 1 bits a value"),
        ("--room 9000 --bits 8", "11, 8 bits a value"),
    ] {
        succeed(folder, &data, &format!("export --format factory-set {options}"));
        let text = fs::read_to_string(folder.join("out/factory_set.rs")).unwrap();
        assert!(text.contains(&format!("\n//! - samples: {samples}\n")), "{options}: {text:.400}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let data = write_data_set(folder, 50, 20);
    train(folder, &data, "--epochs 1");
    fs::write(folder.join("main.c"), "int main(void) { return 0; }\n").unwrap();
    let before = (fs::read(folder.join("main.c")).unwrap(), files(folder), files(&folder.join("out")), model(folder));
    for (line, wanted) in [
        ("--format pickle", "'--format <FORMAT>'"),
        ("--output new", "--format <FORMAT>"),
        ("--format c --weights none --output new", "error: none: no such file; run `"),
        ("--format c --weights main.c --output new", "error: main.c: not a valid safetensors file: "),
        (
            "--format c --output main.c",
            "error: main.c is there already and is not, or no longer, as host-trainer wrote it",
        ),
        ("--format onnx --output out/model.safetensors", "out/model.safetensors: it is the input"),
        ("--format onnx --output data", "error: cannot write data: "),
        ("--format onnx --output main.c/new", "error: cannot use the folder main.c: "),
        ("--format c --prefix 2b --output new", "prefix `2b`: must be a letter, then letters, digits and underscores"),
        ("--format onnx --learn --output new", "--learn: only with --format c"),
        ("--format onnx --room 8K --output new", "--room: only with --format factory-set"),
        ("--format npz --bits 2 --output new", "--bits: only with --format factory-set"),
        ("--format c --lessons 9 --output new", "--lessons: only with --format factory-set"),
        ("--format factory-set --bits 3 --output new", "possible values: 1, 2, 4, 8"),
        ("--format factory-set --room 8M --output new", "must be a number of bytes from 0 to 16384K, such as 24K"),
        (
            "--format factory-set --room 100 --output new",
            "--room: 100 bytes: 1809 at least, for one sample of each class",
        ),
    ] {
        fail(folder, &data, &format!("export {line}"), 2, &[wanted]);
        let after =
            (fs::read(folder.join("main.c")).unwrap(), files(folder), files(&folder.join("out")), model(folder));
        assert!(before == after, "{line}");
    }
    succeed(folder, &data, "export --format c --output main.c --force");
    // Whole files alone; int8 needs samples of the right kind.
    fail(folder, &write_table(folder), "export --format c-int8", 2, &["--data: "]);
}
