//! Tests of arrays of NumPy; whole models round-trip in the tests of `import`.

use super::*;
use crate::fixtures::{all, pixel_mlp};

const MAGIC: &[u8] = b"\x93NUMPY";

fn with_header(text: &str, data: &[u8]) -> Vec<u8> {
    [MAGIC, &[1, 0], &(text.len() as u16).to_le_bytes(), text.as_bytes(), data].concat()
}

#[test]
fn the_same_model_gives_the_same_bytes() {
    for (name, model) in all() {
        assert!(to_npz(&model).unwrap() == to_npz(&model).unwrap(), "{name}");
    }
}

#[test]
fn headers_are_those_of_numpy() {
    // What numpy.save writes for these shapes.
    for (shape, text) in [
        (&[784, 10][..], "{'descr': '<f4', 'fortran_order': False, 'shape': (784, 10), }"),
        (&[10], "{'descr': '<f4', 'fortran_order': False, 'shape': (10,), }"),
    ] {
        let bytes = header("<f4", shape);
        assert_eq!(bytes.len(), 128);
        assert_eq!(str::from_utf8(&bytes[10..]).unwrap(), format!("{text:117}\n"));
        assert_eq!(read_array(&bytes).unwrap().0.shape, shape);
    }
    for faulty in [
        "",
        "{}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (10,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ((((10,),),),), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (10,), 'more': 1}",
    ] {
        let text = read_array(&with_header(faulty, &[])).unwrap_err();
        assert!(text.contains("header"), "{faulty}: {text}");
    }
}

#[test]
fn arrays_are_decoded_or_named() {
    let plain = "'descr': '<f4', 'fortran_order': False, 'shape': (2, 2)";
    let bytes: Vec<u8> = [1.0_f32, 2.0, 3.0, 4.0].iter().flat_map(|number| number.to_le_bytes()).collect();
    let read = |text: &str, data: &[u8]| {
        let entries = vec![("a.npy".to_owned(), with_header(&format!("{{{text}}}\n"), data))];
        arrays(entries).unwrap().0.remove(0).values
    };
    assert_eq!(read(plain, &bytes).unwrap(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(read(&plain.replace("False", "True"), &bytes).unwrap(), [1.0, 3.0, 2.0, 4.0]);
    for (text, data, wanted) in [
        (plain.to_owned(), &bytes[1..], "15 bytes of numbers, wanted 16"),
        (plain.replace("<f4", "<i4"), &bytes[..], "type <i4, wanted float16, float32 or float64"),
        (plain.replace("<f4", "|O"), &bytes, "type |O, wanted float16, float32 or float64"),
        (plain.replace("2, 2", "4294967296, 4294967296"), &[], "more numbers than any network has"),
    ] {
        assert_eq!(read(&text, data).unwrap_err(), wanted);
    }
    let entry = |name: &str, bytes: &[u8]| vec![(name.to_owned(), bytes.to_vec())];
    for (entries, wanted) in [
        (entry("b.npy", b"\x93NUMPY\x02\0\xff\xff\xff\xff"), "tensor `b`: the header is cut short"),
        (entry("b.npy", b"by hand"), "tensor `b`: does not begin as an array of NumPy"),
        (entry("pixel_table.npy", &header("|u1", &[255])), "tensor `pixel_table`: not 256 bytes"),
    ] {
        let text = arrays(entries).unwrap_err().to_string();
        assert!(text.starts_with(wanted), "{text}");
    }
    let table = pixel_mlp().input.pixel_table().unwrap().clone();
    let bytes = [&header("|u1", &[256])[..], table.values()].concat();
    assert_eq!(arrays(entry("pixel_table.npy", &bytes)).unwrap().1, Some(table));
}
