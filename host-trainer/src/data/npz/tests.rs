//! Tests of loading arrays of NumPy.

use std::fs;
use std::io::{Cursor, Write};
use std::path::PathBuf;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::data;

/// The bytes of an array.
fn array(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), data].concat()
}

/// Writes a file of arrays into `folder`.
fn write(folder: &Path, name: &str, arrays: &[(&str, Vec<u8>)]) -> PathBuf {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        archive.start_file(format!("{name}.npy"), SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    let path = folder.join(name);
    fs::write(&path, archive.finish().unwrap().into_inner()).unwrap();
    path
}

fn load_by(arrays: &[(&str, Vec<u8>)], options: &DataOptions, default: DefaultTest) -> Result<Loaded, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "data.npz", arrays);
    data::load_by(&DataOptions { path: path.clone(), ..options.clone() }, default)
        .map_err(|error| error.to_string().replace(&format!("{}: ", path.display()), ""))
}

fn load(arrays: &[(&str, Vec<u8>)], options: &DataOptions) -> Result<Loaded, String> {
    load_by(arrays, options, DefaultTest::Share)
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn images_and_labels_of_keras_are_loaded() {
    for (shape, test_shape) in [("3, 2, 4", "2, 2, 4"), ("3, 2, 4, 1", "2, 2, 4, 1")] {
        let loaded = load(
            &[
                ("x_test", array("|u1", test_shape, &[7; 16])),
                ("x_train", array("|u1", shape, &(0..24).collect::<Vec<u8>>())),
                ("y_train", array("|u1", "3,", &[0, 2, 1])),
                ("y_test", array(">i8", "2, 1", &[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2])),
            ],
            &DataOptions { task: Some(Task::Multiclass), ..DataOptions::default() },
        );
        let dataset = loaded.unwrap().dataset;
        assert_eq!((dataset.name.as_str(), &dataset.input), ("data.npz", &pixels([2, 4])));
        assert_eq!(dataset.output.names(), ["0", "1", "2"]);
        assert_eq!(dataset.train.inputs, Inputs::Bytes { width: 8, values: (0..24).collect() });
        assert_eq!(dataset.train.targets, Targets::Labels(vec![0, 2, 1]));
        assert_eq!(dataset.test.targets, Targets::Labels(vec![1, 2]));
    }
}

#[test]
fn numbers_of_any_type_are_loaded() {
    let numbers: Vec<f64> = (0..20).map(f64::from).collect();
    let signed: Vec<f64> = numbers.iter().map(|number| number - 10.0).collect();
    let bytes =
        |numbers: &[f64], convert: fn(f64) -> Vec<u8>| numbers.iter().flat_map(|&x| convert(x)).collect::<Vec<u8>>();
    for (kind, numbers, data) in [
        ("|u1", &numbers, bytes(&numbers, |x| vec![x as u8])),
        ("<u2", &numbers, bytes(&numbers, |x| (x as u16).to_le_bytes().into())),
        (">u4", &numbers, bytes(&numbers, |x| (x as u32).to_be_bytes().into())),
        ("<u8", &numbers, bytes(&numbers, |x| (x as u64).to_le_bytes().into())),
        ("|i1", &signed, bytes(&signed, |x| vec![x as i8 as u8])),
        ("<i2", &signed, bytes(&signed, |x| (x as i16).to_le_bytes().into())),
        ("<i4", &signed, bytes(&signed, |x| (x as i32).to_le_bytes().into())),
        (">i8", &signed, bytes(&signed, |x| (x as i64).to_be_bytes().into())),
        ("<f4", &signed, bytes(&signed, |x| (x as f32).to_le_bytes().into())),
        (">f8", &signed, bytes(&signed, |x| x.to_be_bytes().into())),
    ] {
        let target = floats(&(0..10).map(|row| row as f32 / 4.0).collect::<Vec<_>>());
        for (x, y) in [("x", "y"), ("data", "target")] {
            let arrays = [(x, array(kind, "10, 2", &data)), (y, array("<f4", "10,", &target))];
            let dataset = load(&arrays, &DataOptions::default()).unwrap().dataset;
            assert_eq!((dataset.train.len(), dataset.test.len()), (8, 2));
            assert_eq!(dataset.output, Output::Values { names: vec![y.into()] });
            for samples in [dataset.train, dataset.test] {
                let (Inputs::Numbers { values: inputs, .. }, Targets::Numbers { values: targets, .. }) =
                    (&samples.inputs, &samples.targets)
                else {
                    panic!("{samples:?}")
                };
                for (input, target) in inputs.chunks_exact(2).zip(targets) {
                    let row = (target * 4.0) as usize;
                    assert_eq!([input[0], input[1]].map(f64::from), numbers[2 * row..][..2], "{kind}");
                }
            }
        }
    }
}

#[test]
fn several_numbers_are_targets_of_a_regression() {
    let x = array("<f4", "4, 1", &floats(&[1.0, 2.0, 3.0, 4.0]));
    let y = array("<f4", "4, 2", &floats(&[1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]));
    let arrays = [("x", x), ("y", y)];
    let dataset =
        load(&arrays, &DataOptions { task: Some(Task::Regression), ..DataOptions::default() }).unwrap().dataset;
    assert_eq!(dataset.output.names(), ["y_0", "y_1"]);
    assert!(matches!(dataset.train.targets, Targets::Numbers { width: 2, .. }));
    let fault = load(&arrays, &DataOptions::default()).unwrap_err();
    assert_eq!(fault, "array y: shape [4, 2]; one number for each sample wanted, or --task regression");
}

#[test]
fn faults_name_the_array() {
    let x = || array("<f4", "4, 1", &floats(&[1.0, 2.0, 3.0, 4.0]));
    let y = || array("|b1", "4,", &[0, 1, 0, 1]);
    let images = |count: usize| array("|u1", &format!("{count}, 2, 2"), &vec![5; 4 * count]);
    let labels = || array("|u1", "2,", &[0, 1]);
    let test_split = DataOptions { test_split: Some(0.5), ..DataOptions::default() };
    for (arrays, options, fault) in [
        (vec![("z", x())], DataOptions::default(), "neither an array x_train nor x nor data in it"),
        (vec![("x", x())], DataOptions::default(), "array y: not in the archive"),
        (vec![("x", x()), ("y", labels())], DataOptions::default(), "array y: shape [2], but x has 4 samples"),
        (
            vec![("x", b"text".to_vec()), ("y", y())],
            DataOptions::default(),
            "array x: does not begin as an array of NumPy",
        ),
        (
            vec![("x", array("<U1", "4, 1", &[0; 16])), ("y", y())],
            DataOptions::default(),
            "array x: type <U1; integers, float32, float64 or bool wanted",
        ),
        (
            vec![("x", array("<f4", "4, 2", &[0; 16])), ("y", y())],
            DataOptions::default(),
            "array x: 16 bytes, which do not fit its shape [4, 2]",
        ),
        (
            vec![("x", array("<f4", "4294967296, 4294967296", &[])), ("y", y())],
            DataOptions::default(),
            "array x: 0 bytes, which do not fit its shape [4294967296, 4294967296]",
        ),
        (
            vec![("x", array("<f4", "", &[0; 4])), ("y", y())],
            DataOptions::default(),
            "array x: shape []; samples of at least one number wanted",
        ),
        (
            vec![("x", array("<f4", "4, 0", &[])), ("y", y())],
            DataOptions::default(),
            "array x: shape [4, 0]; samples of at least one number wanted",
        ),
        (
            vec![("x", array("<f4", "2, 2", &floats(&[1.0, 2.0, f32::NAN, 3.0]))), ("y", labels())],
            DataOptions::default(),
            "array x: sample 1: NaN is not a finite number of 32 bits",
        ),
        (
            vec![("x", x()), ("y", array("<f4", "4,", &floats(&[1.0, f32::INFINITY, 0.0, 1.0])))],
            DataOptions::default(),
            "array y: sample 1 is inf",
        ),
        (
            vec![("x_train", images(2)), ("y_train", labels()), ("x_test", images(2)), ("y_test", labels())],
            test_split,
            "--test-split: the file has x_test and y_test to test with",
        ),
        (
            vec![
                ("x_train", images(2)),
                ("y_train", labels()),
                ("x_test", images(2)),
                ("y_test", array("|u1", "2,", &[0, 7])),
            ],
            DataOptions::default(),
            "sample 1, column `y_test`: `7` is no class of the training samples; they have 0, 1",
        ),
        (
            vec![
                ("x_train", images(2)),
                ("y_train", labels()),
                ("x_test", array("|u1", "2, 2, 1", &[1; 4])),
                ("y_test", labels()),
            ],
            DataOptions::default(),
            "x_test and y_test have another shape or type than those to train with",
        ),
    ] {
        assert_eq!(load(&arrays, &options).unwrap_err(), fault);
    }
    let fortran = "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }";
    let fortran =
        [b"\x93NUMPY\x01\x00", &(fortran.len() as u16).to_le_bytes()[..], fortran.as_bytes(), &[0; 16]].concat();
    let fault = load(&[("x", fortran), ("y", labels())], &DataOptions::default()).unwrap_err();
    assert_eq!(fault, "array x: columns come first in it; save numpy.ascontiguousarray of it");
}

#[test]
fn arrays_to_train_with_alone_need_a_split_or_a_second_file() {
    let folder = tempfile::tempdir().unwrap();
    let samples = |[x, y]: [&'static str; 2], count: u8| {
        let values: Vec<f32> = (0..count).map(f32::from).collect();
        let labels: Vec<u8> = (0..count).map(|sample| sample % 2).collect();
        let shape = format!("{count},");
        vec![(x, array("<f4", &format!("{count}, 1"), &floats(&values))), (y, array("|u1", &shape, &labels))]
    };
    let (train, test) = (["x_train", "y_train"], ["x_test", "y_test"]);
    let alone = samples(train, 8);
    let both = [samples(train, 8), samples(test, 3)].concat();
    let half = [samples(train, 8), samples(test, 3)[..1].to_vec()].concat();
    let none = DataOptions::default();
    let split = DataOptions { test_split: Some(0.25), ..none.clone() };
    let file = |name: &str, arrays: &[(&str, Vec<u8>)]| DataOptions {
        test: Some(write(folder.path(), name, arrays)),
        ..DataOptions::default()
    };
    let (share, all) = (DefaultTest::Share, DefaultTest::All);
    let wide = [("x", array("<f4", "1, 2", &floats(&[0.0, 1.0]))), ("y", array("|u1", "1,", &[0]))];
    let missing = "arrays x_test and y_test: not in the archive; --test FILE or --test-split says what to test with";
    for (arrays, options, default, wanted) in [
        (&alone, &none, share, Err(missing)),
        (&alone, &none, all, Ok((8, 8, true))),
        (&alone, &split, share, Ok((6, 2, false))),
        (&alone, &split, all, Ok((6, 2, false))),
        (&alone, &file("test.npz", &samples(test, 3)), share, Ok((8, 3, false))),
        (&alone, &file("x.npz", &samples(["x", "y"], 3)), all, Ok((8, 3, false))),
        (&samples(["x", "y"], 8), &file("data.npz", &samples(["data", "target"], 3)), share, Ok((8, 3, false))),
        (&alone, &file("z.npz", &samples(["z", "y"], 3)), share, Err("neither an array x_test nor x nor data in it")),
        (&alone, &file("half.npz", &samples(test, 3)[..1]), share, Err("array y_test: not in the archive")),
        (&alone, &file("wide.npz", &wide), share, Err("x and y have another shape or type than those to train with")),
        (&both, &none, share, Ok((8, 3, false))),
        (&both, &none, all, Ok((8, 3, false))),
        (&both, &split, share, Err("--test-split: the file has x_test and y_test to test with")),
        (
            &both,
            &file("more.npz", &samples(test, 3)),
            share,
            Err("--test: the file has x_test and y_test to test with"),
        ),
        (&half, &none, share, Err("array y_test: not in the archive")),
        (&half, &split, share, Err("--test-split: the file has x_test to test with")),
    ] {
        let found = load_by(arrays, options, default);
        let found = found.map(|loaded| (loaded.dataset.train.len(), loaded.dataset.test.len(), loaded.all_tested));
        match wanted {
            Ok(_) => assert_eq!(found, wanted.map_err(String::from), "{options:?}"),
            Err(wanted) => assert!(found.as_ref().is_err_and(|fault| fault.ends_with(wanted)), "{found:?}: {wanted}"),
        }
    }
}
