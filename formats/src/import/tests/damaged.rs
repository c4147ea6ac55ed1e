//! Damaged files: neither a panic nor gigabytes, and no work that the file's size does not bound.

use std::io::Read;
use std::time::{Duration, Instant};

use dense_core::Random;
use flate2::read::GzDecoder;

use crate::import::{ImportOptions, import};
use crate::{Activation, Loss, fixtures, npz, onnx, tflite};

const FLAWS: u32 = 2000;

fn options() -> ImportOptions {
    ImportOptions {
        activation: Some(Activation::Relu),
        loss: Some(Loss::SparseCategoricalCrossentropy),
        ..ImportOptions::default()
    }
}

/// A file of 784 · 10 weights of 1 and biases of ½, as Keras has written it, with dropout and the state of Adam.
fn hdf5() -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(&include_bytes!("keras.weights.h5.gz")[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn keras_weights_are_read() {
    let model = import(&hdf5(), "file", &options()).unwrap();
    assert_eq!(model.layers.len(), 1);
    assert!(model.layers[0].weights.iter().all(|&weight| weight == 1.0));
    assert_eq!(model.layers[0].bias, [0.5; 10]);
}

#[test]
fn damaged_files_are_survived() {
    let mut random = Random::new(2026, 6);
    let model = fixtures::pixel_mlp();
    let int8 = tflite::imported_to_tflite_int8(&fixtures::imported_int8()).unwrap();
    let files = [
        hdf5(),
        npz::to_npz(&model).unwrap(),
        onnx::to_onnx(&model).unwrap(),
        tflite::to_tflite(&model).unwrap(),
        int8,
    ];
    for file in files {
        let start = Instant::now();
        for length in (0..file.len()).filter(|length| length % 97 == 0 || *length < 512) {
            let _ = import(&file[..length], "file", &options());
        }
        let places: Vec<usize> = (0..file.len()).filter(|&place| !matches!(file[place], 0 | 0x80 | 0x3f)).collect();
        for _ in 0..FLAWS {
            let mut bytes = file.clone();
            for _ in 0..=random.below(3) {
                let place = places[random.below(places.len() as u32) as usize];
                let near = (place + random.below(8) as usize).min(bytes.len() - 1);
                bytes[near] = if random.below(2) == 0 { 0xff } else { bytes[near] ^ 1 << random.below(8) };
            }
            let _ = import(&bytes, "file", &options());
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
    }
}

/// A bit of a layout, or five bytes, make chunks of millions of rows, over which the decoder would loop.
#[test]
fn a_file_does_not_say_how_long_it_takes() {
    let (mut one_bit, start) = (Vec::new(), Instant::now());
    GzDecoder::new(&include_bytes!("chunks.weights.h5.gz")[..]).read_to_end(&mut one_bit).unwrap();
    let mut five_bytes = one_bit.clone();
    five_bytes[4027..4032].copy_from_slice(&[0xff, 0xff, 0xff, 0x3f, 1]);
    for (bytes, chunks) in [(one_bit, "[134217826, 5]"), (five_bytes, "[1073741823, 1]")] {
        let text = import(&bytes, "file", &options()).unwrap_err().to_string();
        assert_eq!(text, format!("tensor `layers/dense/vars/0`: chunks of {chunks}, which do not fit the file"));
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}
