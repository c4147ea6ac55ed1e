//! Tests of files of other tools, whole and damaged.

use dense_core::Random;
use flate2::read::GzDecoder;
use hdf5_pure::FileBuilder;

use super::super::npz::to_npz;
use super::*;
use crate::model::ModelName;

const FLAWS: u32 = 2000;

fn ones() -> Weights {
    let mut weights = Weights::zero(ModelName::Linear);
    weights.layers[0].weights.fill(1.0);
    weights.layers[0].bias.fill(0.5);
    weights
}

/// The same as Keras itself has written it, with dropout and the state of Adam.
fn hdf5() -> Vec<u8> {
    let compressed = &include_bytes!("../../../tests/keras.weights.h5.gz")[..];
    let mut bytes = Vec::new();
    GzDecoder::new(compressed).read_to_end(&mut bytes).unwrap();
    bytes
}

fn safetensors() -> Vec<u8> {
    let (kernel, bias) = (vec![0x3f80_0000_u32; 7840], vec![0x3f00_0000_u32; 10]);
    let bytes = |bits: &[u32]| bits.iter().flat_map(|bits| bits.to_le_bytes()).collect::<Vec<u8>>();
    let header = r#"{"1.weight":{"dtype":"F32","shape":[10,784],"data_offsets":[0,31360]},"1.bias":{"dtype":"F32","shape":[10],"data_offsets":[31360,31400]}}"#;
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes(&kernel), &bytes(&bias)].concat()
}

fn files() -> [(Vec<u8>, Format, KernelOrder); 3] {
    [
        (hdf5(), Format::Hdf5, KernelOrder::InputsFirst),
        (to_npz(&ones()).unwrap(), Format::Zip, KernelOrder::InputsFirst),
        (safetensors(), Format::Safetensors, KernelOrder::OutputsFirst),
    ]
}

#[test]
fn contents_tell_the_format() {
    for (bytes, format, order) in files() {
        let found = parse(bytes, PixelRange::Unit).unwrap();
        assert!(found.weights == ones() && found.format == format && found.order == order, "{format:?}");
    }
    for bytes in [&b""[..], b"fn main() {}", b"\x89HDF", b"PK"] {
        let text = parse(bytes.to_vec(), PixelRange::Unit).unwrap_err().to_string();
        assert_eq!(text, "neither HDF5 (.weights.h5 or .h5 of Keras) nor .keras, .npz or safetensors");
    }
}

#[test]
fn weights_for_other_pixels_are_rescaled() {
    for (pixels, weight, bias) in
        [(PixelRange::Unit, 1.0, 0.5), (PixelRange::Byte, 255.0, 0.5), (PixelRange::Symmetric, 2.0, 0.5 - 784.0)]
    {
        let layer = parse(hdf5(), pixels).unwrap().weights.layers.swap_remove(0);
        assert!(layer.weights.iter().all(|&found| found == weight), "{pixels:?}");
        assert!(layer.bias.iter().all(|&found| found == bias), "{pixels:?}: {:?}", layer.bias);
    }
    let mut large = ones();
    large.layers[0].weights[5] = 1e38;
    let text = parse(to_npz(&large).unwrap(), PixelRange::Byte).unwrap_err().to_string();
    assert_eq!(text, "tensor `first layer`: too large to be rescaled from pixels in 0..255");
}

/// Neither a panic nor gigabytes: whatever such a file is taken for, it is no model, or one with other numbers.
#[test]
fn damaged_files_are_survived() {
    let mut random = Random::new(2026, 6);
    for (bytes, format, _) in files() {
        // Every beginning, but of the numbers, which are all alike, only some.
        let lengths =
            (0..bytes.len()).filter(|length| length % 97 == 0 || *length < 4096 || bytes.len() - length < 600);
        for length in lengths {
            let found = parse(bytes[..length].to_vec(), PixelRange::Unit);
            assert!(
                found.is_err() || format == Format::Hdf5 && found.unwrap().weights == ones(),
                "{format:?}, {length}"
            );
        }
        // What is not numbers lies at the beginning and at the end.
        let places: Vec<usize> = (0..bytes.len())
            .filter(|&place| bytes[place] != 0 && bytes[place] != 0x80 && bytes[place] != 0x3f)
            .collect();
        for _ in 0..FLAWS {
            let mut bytes = bytes.clone();
            for _ in 0..=random.below(3) {
                let place = places[random.below(places.len() as u32) as usize];
                let near = (place + random.below(8) as usize).min(bytes.len() - 1);
                bytes[near] = if random.below(2) == 0 { 0xff } else { bytes[near] ^ 1 << random.below(8) };
            }
            let _ = parse(bytes, PixelRange::Unit);
        }
    }
}

#[test]
fn an_array_of_another_type_is_named() {
    let mut file = FileBuilder::new();
    file.create_dataset("kernel").with_i32_data(&[0; 7840]).with_shape(&[784, 10]);
    file.create_dataset("bias").with_f32_data(&[0.0; 10]).with_shape(&[10]);
    let bytes = file.finish().unwrap();
    let text = parse(bytes, PixelRange::Unit).unwrap_err().to_string();
    assert_eq!(text, "tensor `kernel`: type i32, wanted f16, bf16, f32 or f64");
}
