//! Tests of refusals: the program names the fault, ends with the right code and leaves every file as it was.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{PIXELS, idx, run, train, write_data_set};

/// A folder with a data set, an earlier training, and a few files that are no model.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = write_data_set(folder.path(), 50, 20);
    train(folder.path(), &data, "--epochs 1");
    for (file, contents) in
        [("empty", &b""[..]), ("text", b"fn main() {}\n"), ("cut", b"\x20\0\0\0\0\0\0\0{\"dense.kernel\":")]
    {
        fs::write(folder.path().join(file), contents).unwrap();
    }
    folder
}

/// All files below `folder` with their contents; folders have none.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut contents = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            contents.extend(self::contents(&path));
            contents.insert(path, None);
        } else {
            contents.insert(path.clone(), Some(fs::read(path).unwrap()));
        }
    }
    contents
}

/// Runs a line that must fail with `code` and name all of `wanted`, and change nothing.
fn assert_refused(folder: &Path, line: &str, code: i32, wanted: &[&str]) {
    let before = contents(folder);
    let output = run(folder, &folder.join("data"), line);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{line}\n{complaint}");
    assert!(complaint.starts_with("error: "), "{line}\n{complaint}");
    for wanted in wanted {
        assert!(complaint.contains(wanted), "{line} does not name {wanted:?} but says\n{complaint}");
    }
    let after = contents(folder);
    let changed: Vec<_> =
        before.keys().chain(after.keys()).filter(|&path| before.get(path) != after.get(path)).collect();
    assert!(changed.is_empty(), "{line} has changed {changed:?}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// Rewrites a file of the data set.
fn edit(data: &Path, file: &str, edit: impl Fn(&mut Vec<u8>)) {
    let path = data.join(file);
    let mut bytes = fs::read(&path).unwrap();
    edit(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Damages the data set in a folder.
type Damage = fn(&Path);

#[test]
fn a_damaged_data_set_is_refused() {
    let cases: [(Damage, &[&str]); 16] = [
        (|data| fs::remove_dir_all(data).unwrap(), &["data: cannot open: "]),
        (|data| fs::remove_file(data.join(TEST_LABELS)).unwrap(), &["no file t10k-labels-idx1-ubyte or ", "data"]),
        (
            |data| edit(data, TRAIN_IMAGES, |bytes| bytes.truncate(16 + 50 * PIXELS - 1)),
            &[TRAIN_IMAGES, "the header says 50 samples, the file ends after 49"],
        ),
        (|data| edit(data, TEST_LABELS, |bytes| bytes.truncate(7)), &[TEST_LABELS, "after 7 of the 8 bytes"]),
        (|data| edit(data, TEST_IMAGES, |bytes| bytes.clear()), &[TEST_IMAGES, "after 0 of the 16 bytes"]),
        (
            |data| edit(data, TRAIN_LABELS, |bytes| bytes.push(0)),
            &[TRAIN_LABELS, "the header says 50 samples, the file goes on after them"],
        ),
        (
            |data| edit(data, TEST_IMAGES, |bytes| bytes[2] = 0x0d),
            &[TEST_IMAGES, "magic number 0x00000d03 found, 0x00000803 (images) wanted"],
        ),
        (
            |data| {
                fs::rename(data.join(TRAIN_IMAGES), data.join("swap")).unwrap();
                fs::rename(data.join(TRAIN_LABELS), data.join(TRAIN_IMAGES)).unwrap();
                fs::rename(data.join("swap"), data.join(TRAIN_LABELS)).unwrap();
            },
            &[TRAIN_LABELS, "magic number 0x00000803 (images) found, 0x00000801 (labels) wanted"],
        ),
        (
            |data| fs::write(data.join(TEST_LABELS), idx(&[0x801, 19], &[3; 19])).unwrap(),
            &["t10k-images-idx3-ubyte has 20 images", "t10k-labels-idx1-ubyte has 19 labels"],
        ),
        (
            |data| edit(data, TEST_LABELS, |bytes| bytes[8 + 19] = 10),
            &[TEST_LABELS, "label 10 found at sample 19, 0 to 9 wanted"],
        ),
        (
            |data| fs::write(data.join(TEST_IMAGES), idx(&[0x803, 20, 27, 28], &[0; 20 * 27 * 28])).unwrap(),
            &[TEST_IMAGES, "images of 27 x 28 pixels, those to train with have 28 x 28"],
        ),
        (
            |data| {
                edit(data, TRAIN_IMAGES, |bytes| {
                    *bytes = gzip(bytes);
                    // The checksum comes before the length, in the last 8 bytes.
                    let checksum = bytes.len() - 8;
                    bytes[checksum] ^= 1;
                });
            },
            &[TRAIN_IMAGES, "corrupt gzip"],
        ),
        (
            |data| {
                edit(data, TEST_LABELS, |bytes| {
                    *bytes = gzip(bytes);
                    bytes.truncate(bytes.len() - 9);
                });
            },
            &[TEST_LABELS, "corrupt gzip"],
        ),
        (
            |data| fs::write(data.join("classes.txt"), "Bag\n".repeat(10)).unwrap(),
            &["classes.txt", "line 2: `Bag` is there already"],
        ),
        (
            |data| fs::write(data.join("classes.txt"), "a\nb\nc\n").unwrap(),
            &["-labels-idx1-ubyte", "found at sample", ", 0 to 2 wanted"],
        ),
        (
            |data| fs::write(data.join("classes.txt"), "Bag\x1b[31m\nShoe\n").unwrap(),
            &["classes.txt", "line 1: a name with the control character \\u{1b}"],
        ),
    ];
    for (damage, wanted) in cases {
        let folder = workplace();
        damage(&folder.path().join("data"));
        for line in ["train --out out", "evaluate"] {
            assert_refused(folder.path(), line, 2, wanted);
        }
    }
}

#[test]
fn wrong_options_are_refused() {
    let folder = workplace();
    let batch_size = "must be a whole number from 1 to 65536";
    let learning_rate = "must be a number from 9.094947e-13 to 3.4028235e38";
    for (options, wanted) in [
        ("--batch-size 0", ["--batch-size", batch_size]),
        ("--batch-size 99999999", ["--batch-size", batch_size]),
        ("--batch-size -1", ["--batch-size", batch_size]),
        ("--limit 0", ["--limit", "must be a whole number from 1"]),
        ("--epochs 0", ["--epochs", "must be a whole number from 1 to 100000"]),
        ("--threads 0", ["--threads", "must be a whole number from 1 to 256"]),
        ("--seed -1", ["--seed", "must be a whole number from 0 to 18446744073709551615"]),
        ("--validation-split 0.999", ["--validation-split 0.999", "of 50 samples it leaves none to train on"]),
        ("--validation-split 1e-17", ["--validation-split", "of 50 samples it leaves none to validate on"]),
        ("--validation-split 0.999", ["--validation-split 0.999", "of 50 samples it leaves none to train on"]),
        ("--early-stopping 3", ["required", "--validation-split"]),
        ("--resume missing", ["--resume: missing: no such file", "missing"]),
        ("--learning-rate NaN", ["--learning-rate", learning_rate]),
        ("--learning-rate inf", ["--learning-rate", learning_rate]),
        ("--learning-rate 0", ["--learning-rate", learning_rate]),
        ("--learning-rate -1", ["--learning-rate", learning_rate]),
        ("--learning-rate 1e-50", ["--learning-rate", learning_rate]),
        ("--learning-rate 1e-20", ["--learning-rate", learning_rate]),
        ("--optimizer sgd --learning-rate 1e39", ["--learning-rate", learning_rate]),
        ("--verbose 3", ["--verbose", "must be 0, 1 or 2"]),
        ("--optimizer newton", ["'newton' for '--optimizer <NAME>'", "must be one of adam, sgd, rmsprop"]),
        ("--activation swish", ["'swish' for '--activation <NAME>'", "must be one of linear, relu, "]),
        ("--loss hinge", ["'hinge' for '--loss <NAME>'", "must be one of sparse_categorical_crossentropy, "]),
        ("--task ranking", ["'ranking' for '--task <TASK>'", "must be one of multiclass, binary, regression"]),
        ("--kernel sse2", ["--kernel", "portable"]),
        ("--momentum 0.9", ["--momentum 0.9", "is for --optimizer sgd, not adam"]),
    ] {
        assert_refused(folder.path(), &format!("train --out out {options}"), 2, &wanted);
    }
}

#[test]
fn unusable_outputs_are_refused() {
    let folder = workplace();
    for (line, wanted) in [
        ("--out empty", "cannot use the folder empty: "),
        ("--out empty/out", "cannot use the folder empty/out: "),
        ("--out out --weights empty/weights.rs", "cannot use the folder empty: "),
        ("--out out --weights data", "which ends in .rs"),
        ("--out out --weights out/quantized.rs", "another output goes to the same file"),
        ("--out out --weights out/model.safetensors", "which ends in .rs"),
    ] {
        assert_refused(folder.path(), &format!("train {line} --epochs 1"), 2, &[wanted]);
    }
}

#[test]
fn a_training_that_diverges_says_where_and_writes_nothing() {
    let folder = workplace();
    let wanted = ["training diverged at epoch 1, step", "smaller learning rate"];
    assert_refused(folder.path(), "train --out out --optimizer sgd --learning-rate 3e38", 1, &wanted);
}

#[test]
fn a_foreign_file_is_not_replaced_without_force() {
    let folder = workplace();
    let foreign = |name: &str| format!("{name} is there already and is not, or no longer, as host-trainer wrote it");
    fs::copy(folder.path().join("text"), folder.path().join("text.rs")).unwrap();
    assert_refused(
        folder.path(),
        "train --out out --weights text.rs",
        2,
        &[&foreign("text.rs"), "--force replaces it"],
    );
    for name in ["quantized.rs", "model.safetensors", "report.html", "history.json", "images.png", "weights.rs"] {
        let path = folder.path().join("out").join(name);
        let own = fs::read(&path).unwrap();
        fs::copy(folder.path().join("text"), &path).unwrap();
        assert_refused(folder.path(), "train --out out", 2, &[&foreign(&format!("out/{name}"))]);
        fs::write(path, own).unwrap();
    }
    // Files of other names are nobody's business.
    fs::write(folder.path().join("out/notes"), "mine").unwrap();
    fs::copy(folder.path().join("text"), folder.path().join("out/report.html")).unwrap();
    train(folder.path(), &folder.path().join("data"), "--epochs 1 --force");
    assert!(fs::read_to_string(folder.path().join("out/report.html")).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(fs::read(folder.path().join("out/notes")).unwrap(), b"mine");
}

#[test]
fn a_kernel_of_another_machine_is_refused() {
    let folder = workplace();
    let foreign = if cfg!(target_arch = "x86_64") { "neon" } else { "avx2" };
    for line in ["train --out out", "evaluate"] {
        assert_refused(folder.path(), &format!("{line} --kernel {foreign}"), 2, &["--kernel: ", foreign]);
    }
}

#[test]
fn evaluate_refuses_what_is_no_model() {
    let folder = workplace();
    for (file, wanted) in [
        ("missing.safetensors", "no such file; run `"),
        ("empty", "not a valid safetensors file: "),
        ("text", "not a valid safetensors file: "),
        ("cut", "not a valid safetensors file: "),
        ("data/train-images-idx3-ubyte", "not a valid safetensors file: "),
        ("out", "a folder, where a file is wanted"),
    ] {
        assert_refused(folder.path(), &format!("evaluate --weights {file}"), 2, &[file, wanted]);
    }
}

#[test]
fn pictures_of_another_size_than_the_model_s_are_refused() {
    let folder = workplace();
    for (images, count) in [(TRAIN_IMAGES, 50), (TEST_IMAGES, 20)] {
        let pixels = vec![7; count * 9 * 9];
        fs::write(folder.path().join("data").join(images), idx(&[0x803, count as u32, 9, 9], &pixels)).unwrap();
    }
    let wanted = "--data: data: pictures of 9 x 9 pixels, but the model takes 28 x 28 pixels";
    assert_refused(folder.path(), "evaluate", 2, &[wanted]);
    train(folder.path(), &folder.path().join("data"), "--epochs 1");
}
