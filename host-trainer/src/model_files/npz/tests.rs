//! Tests of the model as .npz.

use clap::ValueEnum;
use zip::write::SimpleFileOptions;

use super::super::tests::weights;
use super::*;
use crate::model::ModelName;

/// A zip file of these entries.
fn archive(entries: &[(&str, Vec<u8>)], compression: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, SimpleFileOptions::default().compression_method(compression)).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn with_header(text: &str, data: &[u8]) -> Vec<u8> {
    [ARRAY_MAGIC, &[1, 0], &(text.len() as u16).to_le_bytes(), text.as_bytes(), data].concat()
}

/// Numbers that are not too small to matter.
fn large(model: ModelName) -> Weights {
    let mut weights = weights(model);
    for layer in &mut weights.layers {
        layer.weights.iter_mut().chain(&mut layer.bias).for_each(|number| *number = number.abs().max(1e-10));
    }
    weights
}

#[test]
fn every_bit_survives() {
    for &model in ModelName::value_variants() {
        for pixel_table in [PixelTable::IDENTITY, PixelTable::power(0.5)] {
            let weights = Weights { pixel_table, ..large(model) };
            let bytes = to_npz(&weights).unwrap();
            assert!(bytes == to_npz(&weights).unwrap() && from_npz(&bytes).unwrap() == weights, "{model:?}");
        }
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
        let text = read_array(&with_header(faulty, &[])).err().unwrap();
        assert!(text.contains("header"), "{faulty}: {text}");
    }
}

#[test]
fn faulty_arrays_are_named() {
    let bias = |text: &str, data: &[u8]| with_header(&format!("{{{text}}}\n"), data);
    let plain = "'descr': '<f4', 'fortran_order': False, 'shape': (10,)";
    let kernel = [header("<f4", &[784, 10]), vec![0; 31_360]].concat();
    for (bytes, wanted) in [
        (bias(plain, &[0; 39]), "tensor `b`: 39 bytes of numbers, wanted 40"),
        (bias(plain, &[0xff; 40]), "tensor `b`: value 0 is NaN"),
        (bias(&plain.replace("<f4", "<i4"), &[0; 40]), "tensor `b`: type <i4, wanted float16, float32 or float64"),
        (bias(&plain.replace("<f4", "|O"), &[0; 40]), "tensor `b`: type |O, wanted"),
        (bias(&plain.replace("10,", "4294967296, 4294967296"), &[]), "b [4294967296, 4294967296]"),
        (b"\x93NUMPY\x02\0\xff\xff\xff\xff".to_vec(), "tensor `b`: the header is cut short"),
        (b"by hand".to_vec(), "tensor `b`: does not begin as an array of NumPy"),
        (vec![0; MOST_BYTES + 1], "not a valid zip file: an array larger than any of a model"),
    ] {
        for compression in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let file = archive(&[("k.npy", kernel.clone()), ("b.npy", bytes.clone())], compression);
            let text = from_npz(&file).unwrap_err().to_string();
            assert!(text.contains(wanted), "{text}");
        }
    }
    let file = archive(&[("pixel_table.npy", kernel)], CompressionMethod::Stored);
    assert_eq!(from_npz(&file).unwrap_err().to_string(), "tensor `pixel_table`: not 256 bytes");
}
