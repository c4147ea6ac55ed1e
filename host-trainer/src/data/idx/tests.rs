//! Tests of loading a folder of IDX files.

use std::fs;

use flate2::Compression;
use flate2::write::GzEncoder;
use formats::Output;
use tempfile::TempDir;

use super::*;
use crate::data::{self, Samples};
use std::io::Write;

fn images(count: usize, height: usize, width: usize) -> Vec<u8> {
    let header = [0x803, count as u32, height as u32, width as u32];
    let pixels = (0..count * height * width).map(|place| (place / (height * width)) as u8);
    header.iter().flat_map(|word: &u32| word.to_be_bytes()).chain(pixels).collect()
}

fn labels(labels: &[u8]) -> Vec<u8> {
    let header = [0x801, labels.len() as u32];
    header.iter().flat_map(|word: &u32| word.to_be_bytes()).chain(labels.iter().copied()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A folder with a data set of three and two images of 4 × 3 pixels, compressed.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in [
        ("train-images-idx3-ubyte.gz", images(3, 4, 3)),
        ("train-labels-idx1-ubyte.gz", labels(&[9, 0, 9])),
        ("t10k-images-idx3-ubyte.gz", images(2, 4, 3)),
        ("t10k-labels-idx1-ubyte.gz", labels(&[4, 5])),
    ] {
        fs::write(folder.path().join(name), gzip(&bytes)).unwrap();
    }
    folder
}

fn load(folder: &Path) -> Result<Dataset, DataError> {
    data::load(&DataOptions { path: folder.into(), ..DataOptions::default() }).map(|loaded| loaded.dataset)
}

/// The message of the error, with `<folder>` for the folder.
fn fault(folder: &Path) -> String {
    load(folder).unwrap_err().to_string().replace(&folder.display().to_string(), "<folder>")
}

fn numbers(samples: &Samples) -> (Vec<u8>, Vec<u8>) {
    match (&samples.inputs, &samples.targets) {
        (Inputs::Bytes { width: 12, values }, Targets::Labels(labels)) => {
            (values.iter().copied().step_by(12).collect(), labels.clone())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn images_of_any_size_and_number_of_classes_are_loaded() {
    let folder = folder();
    let mut dataset = load(folder.path()).unwrap();
    assert_eq!(dataset.input, pixels([4, 3]));
    assert_eq!(numbers(&dataset.train), (vec![0, 1, 2], vec![9, 0, 9]));
    assert_eq!(numbers(&dataset.test), (vec![0, 1], vec![4, 5]));
    assert_eq!(dataset.output.names().join(" "), "0 1 2 3 4 5 6 7 8 9");
    assert_eq!(dataset.train.label_counts(10), [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    dataset.train.truncate(4);
    assert_eq!(dataset.train.len(), 3);
    let rest = dataset.train.split_off(2);
    assert_eq!((numbers(&dataset.train), numbers(&rest)), ((vec![0, 1], vec![9, 0]), (vec![2], vec![9])));

    let names: Vec<String> = (0..256).map(|class| format!("Class {class}")).collect();
    fs::write(folder.path().join(CLASSES_FILE), names.join("\r\n")).unwrap();
    fs::write(folder.path().join("t10k-labels-idx1-ubyte"), labels(&[255, 0])).unwrap();
    assert_eq!(load(folder.path()).unwrap().output, Output::Classes { names });
}

#[test]
fn what_is_written_is_read_back() {
    let dataset = load(folder().path()).unwrap();
    let folder = TempDir::new().unwrap();
    assert_eq!(find_file(folder.path()), None);
    let files = to_files(folder.path(), &dataset).unwrap();
    for (path, bytes) in &files {
        fs::write(path, bytes).unwrap();
    }
    assert_eq!(find_file(folder.path()), Some(files[0].0.clone()));
    assert_eq!(load(folder.path()).unwrap(), Dataset { name: load(folder.path()).unwrap().name, ..dataset });
}

#[test]
fn the_plain_file_wins_and_the_content_decides_on_gzip() {
    let folder = folder();
    // Written from the last choice to the first: each new file is read in place of the others.
    let names =
        ["t10k-labels.idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "t10k-labels.idx1-ubyte", "t10k-labels-idx1-ubyte"];
    fs::remove_file(folder.path().join(names[1])).unwrap();
    for (label, name) in (0..).zip(names) {
        let bytes = labels(&[label; 2]);
        fs::write(folder.path().join(name), if label % 2 == 0 { bytes } else { gzip(&bytes) }).unwrap();
        assert_eq!(numbers(&load(folder.path()).unwrap().test).1, [label; 2], "{name}");
    }
}

#[test]
fn faults_name_the_file() {
    let garbage = [gzip(&labels(&[4, 5])), vec![0]].concat();
    let mut damaged = gzip(&labels(&[4, 5]));
    *damaged.iter_mut().nth_back(5).unwrap() ^= 1;
    for (name, bytes, message) in [
        (
            "train-labels-idx1-ubyte.gz",
            None,
            "no file train-labels-idx1-ubyte or train-labels.idx1-ubyte or train-labels-idx1-ubyte.gz or \
             train-labels.idx1-ubyte.gz in <folder>",
        ),
        (
            "t10k-images-idx3-ubyte.gz",
            Some(labels(&[1])),
            "<folder>/t10k-images-idx3-ubyte.gz: magic number 0x00000801 (labels) found, 0x00000803 (images) wanted",
        ),
        (
            "t10k-labels-idx1-ubyte.gz",
            Some(labels(&[1, 10])),
            "<folder>/t10k-labels-idx1-ubyte.gz: label 10 found at sample 1, 0 to 9 wanted",
        ),
        (
            "train-labels-idx1-ubyte",
            Some(labels(&[1, 2])),
            "<folder>/train-images-idx3-ubyte.gz has 3 images, but <folder>/train-labels-idx1-ubyte has 2 labels",
        ),
        (
            "t10k-images-idx3-ubyte.gz",
            Some(images(2, 3, 4)),
            "<folder>/t10k-images-idx3-ubyte.gz: images of 3 x 4 pixels, those to train with have 4 x 3",
        ),
        (
            "t10k-labels-idx1-ubyte.gz",
            Some(damaged),
            "<folder>/t10k-labels-idx1-ubyte.gz: cannot read: corrupt gzip: corrupt gzip stream does not have a \
             matching checksum",
        ),
        (
            "t10k-labels-idx1-ubyte.gz",
            Some(garbage),
            "<folder>/t10k-labels-idx1-ubyte.gz: cannot read: corrupt gzip: unexpected end of file",
        ),
        ("train-labels-idx1-ubyte", Some(labels(&[0, 0, 0])), "<folder>: all samples are of one class"),
        (CLASSES_FILE, Some(b"coat\n".to_vec()), "<folder>/classes.txt: 2 to 256 lines wanted, 1 found"),
        (CLASSES_FILE, Some(b"a\n \n".to_vec()), "<folder>/classes.txt: line 2 is empty, the name of a class wanted"),
        (CLASSES_FILE, Some(b"a\nb\na".to_vec()), "<folder>/classes.txt: line 3: `a` is there already"),
        (
            CLASSES_FILE,
            Some(b"a\nb\x1b[2J".to_vec()),
            "<folder>/classes.txt: line 2: a name with the control character \\u{1b}",
        ),
        (CLASSES_FILE, Some(b"a\nb\xff".to_vec()), "<folder>/classes.txt: not UTF-8"),
    ] {
        let folder = folder();
        let path = folder.path().join(name);
        match bytes {
            Some(bytes) => {
                // Without the file's other labels, so that only this fault is left.
                if name == "train-labels-idx1-ubyte" && bytes.len() == 11 {
                    fs::write(folder.path().join("t10k-labels-idx1-ubyte"), labels(&[0, 0])).unwrap();
                }
                fs::write(path, bytes).unwrap();
            }
            None => fs::remove_file(path).unwrap(),
        }
        assert_eq!(fault(folder.path()), message);
    }
}

#[cfg(unix)]
#[test]
fn pipes_are_refused_at_once() {
    let folder = folder();
    let path = folder.path().join("train-labels-idx1-ubyte");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert_eq!(fault(folder.path()), "<folder>/train-labels-idx1-ubyte: cannot read: not a regular file");
}
