//! Tests of loading a dataset from a folder.

use super::*;
use crate::idx::tests::{gzip, image_file, label_file};
use tempfile::TempDir;

const TRAIN_LABELS: [u8; 3] = [9, 0, 9];
const TEST_LABELS: [u8; 2] = [4, 5];

fn images<const COUNT: usize>() -> [[u8; PIXELS]; COUNT] {
    array::from_fn(|image| [image as u8; PIXELS])
}

/// A folder with a dataset of three and two samples, compressed.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, bytes) in [
        ("train-images-idx3-ubyte.gz", image_file(&images::<3>())),
        ("train-labels-idx1-ubyte.gz", label_file(&TRAIN_LABELS)),
        ("t10k-images-idx3-ubyte.gz", image_file(&images::<2>())),
        ("t10k-labels-idx1-ubyte.gz", label_file(&TEST_LABELS)),
    ] {
        fs::write(folder.path().join(name), gzip(&bytes)).unwrap();
    }
    folder
}

/// The message of the error, with `<folder>` for the folder.
fn fault(folder: &Path) -> String {
    let message = Dataset::load(folder).unwrap_err().to_string();
    message.replace(&folder.display().to_string(), "<folder>")
}

#[test]
fn loads_what_was_written() {
    let folder = folder();
    let mut dataset = Dataset::load(folder.path()).unwrap();
    assert_eq!(dataset.train.images, images::<3>());
    assert_eq!(dataset.train.labels, TRAIN_LABELS);
    assert_eq!(dataset.test.images, images::<2>());
    assert_eq!(dataset.test.labels, TEST_LABELS);
    assert_eq!(dataset.class_names.join(" "), "0 1 2 3 4 5 6 7 8 9");

    assert_eq!(dataset.train.label_counts(), [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    dataset.train.truncate(4);
    assert_eq!(dataset.train.len(), 3);
    dataset.train.truncate(2);
    assert_eq!(dataset.train.images, images::<2>());
    assert_eq!(dataset.train.labels, TRAIN_LABELS[..2]);
    dataset.train.truncate(0);
    assert!(dataset.train.is_empty());
}

#[test]
fn the_plain_file_wins_and_the_content_decides_on_gzip() {
    let folder = folder();
    // Written from the last choice to the first: each new file is read in place of the others.
    let names =
        ["t10k-labels.idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "t10k-labels.idx1-ubyte", "t10k-labels-idx1-ubyte"];
    fs::remove_file(folder.path().join(names[1])).unwrap();
    for (label, name) in (0..).zip(names) {
        let bytes = label_file(&[label; 2]);
        let bytes = if label % 2 == 0 { bytes } else { gzip(&bytes) };
        fs::write(folder.path().join(name), bytes).unwrap();
        let dataset = Dataset::load(folder.path()).unwrap();
        assert_eq!(dataset.test.labels, [label; 2], "{name}");
    }
}

#[test]
fn faults_name_the_file() {
    let cases: [(&str, Option<Vec<u8>>, &str); 5] = [
        (
            "train-labels-idx1-ubyte.gz",
            None,
            "no file train-labels-idx1-ubyte or train-labels.idx1-ubyte or \
             train-labels-idx1-ubyte.gz or train-labels.idx1-ubyte.gz in <folder>",
        ),
        (
            "t10k-images-idx3-ubyte.gz",
            Some(label_file(&[1])),
            "<folder>/t10k-images-idx3-ubyte.gz: magic number 0x00000801 (labels) found, \
             0x00000803 (images) wanted",
        ),
        (
            "train-labels-idx1-ubyte.gz",
            Some(label_file(&[1, 10])),
            "<folder>/train-labels-idx1-ubyte.gz: label 10 found at sample 1, 0 to 9 wanted",
        ),
        (
            "train-labels-idx1-ubyte",
            Some(label_file(&[1, 2])),
            "<folder>/train-images-idx3-ubyte.gz has 3 images, \
             but <folder>/train-labels-idx1-ubyte has 2 labels",
        ),
        (CLASSES_FILE, Some(b"coat\n".to_vec()), "<folder>/classes.txt: 10 lines wanted, 1 found"),
    ];
    for (name, bytes, message) in cases {
        let folder = folder();
        let path = folder.path().join(name);
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        assert_eq!(fault(folder.path()), message);
    }
}

#[test]
fn a_missing_folder_is_named() {
    let folder = folder();
    for name in ["nowhere", "train-labels-idx1-ubyte.gz"] {
        let message = fault(&folder.path().join(name));
        assert!(message.starts_with("cannot open the dataset folder <folder>: "), "{message}");
    }
}

#[test]
fn class_names_are_ten_clean_lines() {
    let lines = "T-shirt/top\nTrouser\nPullover\nDress\nCoat\nSandal\nShirt\nSneaker\nBag\nAnkle boot";
    let dos = lines.replace('\n', "\r\n") + "\r\n";
    for text in [lines, &format!("{lines}\n"), &dos] {
        let names = parse_class_names(text).unwrap();
        assert_eq!((&*names[0], &*names[9]), ("T-shirt/top", "Ankle boot"));
    }
    let cases = [
        (String::new(), "10 lines wanted, 0 found"),
        (format!("{lines}\nHat"), "10 lines wanted, 11 found"),
        (lines.replace("Coat", " "), "line 5 is empty, the name of a class wanted"),
        (lines.replace("Bag", "\u{1b}[2J"), "line 9 holds the control character \\u{1b}"),
        (lines.replace("Bag", "a\u{202e}b"), "line 9 holds the control character \\u{202e}"),
    ];
    for (text, fault) in cases {
        assert_eq!(parse_class_names(&text).unwrap_err(), fault);
    }
}
