//! Tests of loading folders of pictures.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use formats::{DataOptions, Output};
use image::{GrayImage, ImageFormat, Luma};

use super::*;
use crate::data::{self, Inputs, Targets, to_files};

fn of(path: &Path) -> DataOptions {
    DataOptions { path: path.into(), ..DataOptions::default() }
}

/// A folder with a picture of a bright square on black, and as bright as said, for each of these files.
fn folder(files: &[(&str, u8)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, grey) in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let inside = |x, y| (5..15).contains(&x) && (5..15).contains(&y);
        let image = GrayImage::from_fn(40, 30, |x, y| Luma([if inside(x, y) { *grey } else { 0 }]));
        let mut bytes = Vec::new();
        image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

const FILES: [(&str, u8); 7] =
    [("a/1", 100), ("a/2", 110), ("b/1", 120), ("b/2", 130), ("c/1", 140), ("c/2", 150), ("c/3", 160)];

#[test]
fn pictures_become_images_of_the_size_that_is_asked_for() {
    let folder = folder(&FILES);
    for (size, task, binary) in [(None, None, false), (Some([6, 9]), Some(formats::Task::Multiclass), false)] {
        let options = DataOptions { size, task, ..of(folder.path()) };
        let dataset = data::load(&options).unwrap().dataset;
        let [height, width] = size.unwrap_or(DEFAULT_SIZE);
        assert_eq!(dataset.input, pixels([height, width]));
        assert_eq!(matches!(dataset.output, Output::Binary { .. }), binary);
        assert_eq!((dataset.train.label_counts(3), dataset.test.label_counts(3)), (vec![1, 1, 2], vec![1, 1, 1]));
        let mut greys = Vec::new();
        for samples in [&dataset.train, &dataset.test] {
            let (Inputs::Bytes { values, .. }, Targets::Labels(labels)) = (&samples.inputs, &samples.targets) else {
                panic!("{samples:?}")
            };
            for (image, label) in values.chunks_exact(height * width).zip(labels) {
                greys.push(image[height / 2 * width + width / 2]);
                assert_eq!(greys.last().unwrap().saturating_sub(100).min(59) / 20, *label);
            }
        }
        greys.sort();
        assert_eq!(greys, FILES.map(|(_, grey)| grey));

        // What is packed is what is loaded.
        let packed = tempfile::tempdir().unwrap();
        for (path, bytes) in to_files(packed.path(), &dataset).unwrap() {
            fs::write(path, bytes).unwrap();
        }
        let again = data::load(&DataOptions { task, ..of(packed.path()) }).unwrap().dataset;
        assert_eq!(Dataset { name: dataset.name.clone(), ..again }, dataset);
    }
}

#[test]
fn all_pictures_can_be_tested_where_nothing_says_which() {
    let folder = folder(&FILES);
    let split = DataOptions { test_split: Some(0.5), ..of(folder.path()) };
    for (options, tested, all_tested) in [(of(folder.path()), [2, 2, 3], true), (split, [1, 1, 2], false)] {
        let loaded = data::load_by(&options, DefaultTest::All).unwrap();
        assert_eq!((loaded.dataset.test.label_counts(3), loaded.all_tested), (tested.into(), all_tested));
    }
}

#[test]
fn two_folders_are_two_classes() {
    let folder = folder(&FILES[..4]);
    let names = ["a", "b"].map(String::from);
    let load = |task| data::load(&DataOptions { task, ..of(folder.path()) }).map(|loaded| loaded.dataset.output);
    assert_eq!(load(None).unwrap(), Output::Binary { names: names.clone() });
    assert_eq!(load(Some(formats::Task::Multiclass)).unwrap(), Output::Classes { names: names.into() });
    assert!(load(Some(formats::Task::Regression)).unwrap_err().to_string().starts_with("--task regression: "));
}

#[test]
fn files_that_are_no_pictures_are_named() {
    let folder = folder(&FILES);
    let load = |options: &DataOptions| data::load(options).unwrap_err().to_string();
    let bad = |name: &str| {
        let path = folder.path().join(name);
        fs::write(&path, "text").unwrap();
        path
    };
    let path = bad("c/4");
    let fault = format!(
        "{}: neither PNG nor JPEG, and not 784 raw pixels either: 4 bytes; `pack --skip-bad` makes a data set without them",
        path.display()
    );
    assert_eq!(load(&of(folder.path())), fault);
    bad("c/5");
    assert!(
        load(&of(folder.path()))
            .ends_with("4 bytes; and 1 more files are no pictures; `pack --skip-bad` makes a data set without them")
    );

    let pictures = load_pictures(&of(folder.path()), &Preparation::default(), |_| ()).unwrap();
    assert_eq!((pictures.bad.len(), pictures.steps.len()), (2, 7));
    pictures.refuse_empty().unwrap();
    bad("a/1");
    bad("a/2");
    let pictures = load_pictures(&of(folder.path()), &Preparation::default(), |_| ()).unwrap();
    assert_eq!(pictures.refuse_empty().unwrap_err().to_string(), "no picture is left of class a to learn from");
}

#[test]
fn other_options_and_folders_are_refused() {
    let folder = folder(&FILES);
    let options = of(folder.path());
    let empty = folder.path().join("a");
    for (options, fault) in [
        (DataOptions { size: Some([0, 8]), ..options.clone() }, "--size: each side must be from 1 to 1024"),
        (DataOptions { size: Some([8, 1025]), ..options.clone() }, "--size: each side must be from 1 to 1024"),
        (DataOptions { target: Some("y".into()), ..options.clone() }, "--target does not apply to"),
        (DataOptions { window: Some(2), ..options }, "--window does not apply to"),
        (of(&empty), "no data set in it: neither IDX files such as train-images-idx3-ubyte.gz, nor a folder"),
        (of(Path::new("nowhere")), "nowhere: cannot open: No such file"),
    ] {
        let message = data::load(&options).unwrap_err().to_string();
        assert!(message.contains(fault), "{message}");
    }
}
