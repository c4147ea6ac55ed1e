//! What the program refuses: it names the fault, ends with the right code and leaves every file as it was.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{PIXELS, idx, run, write_data_set};

/// A folder with a data set, a model of an earlier training, and a few things that are no model.
fn workplace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_data_set(folder.path(), 50, 20);
    fs::create_dir(folder.path().join("out")).unwrap();
    for (file, contents) in [
        ("weights.rs", &b"// before\n"[..]),
        ("out/history.json", b"{}\n"),
        ("file", b""),
        ("garbage.safetensors", b"\x10\0\0\0\0\0\0\0{\"dense.kernel\":"),
    ] {
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
    let changed: Vec<_> = before
        .keys()
        .chain(after.keys())
        .filter(|&path| before.get(path) != after.get(path))
        .collect();
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
fn edit(file: &str, edit: impl Fn(&mut Vec<u8>)) {
    let mut bytes = fs::read(file).unwrap();
    edit(&mut bytes);
    fs::write(file, bytes).unwrap();
}

/// A way to damage the data set in the folder given.
type Damage = fn(&Path);

#[test]
fn a_damaged_data_set_is_refused() {
    let cases: [(Damage, &[&str]); 17] = [];
}
