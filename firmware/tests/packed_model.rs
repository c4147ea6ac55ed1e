//! A packed model comes back as it was, and one with anything wrong is refused before a number of it is used.

use dense_core::QuantizedDense;
use dense_protocol::checksum::Checksum;
use firmware::packed_model::{self, PackedModelError};

type Model = QuantizedDense<5, 3>;

fn some_model() -> Model {
    let weights = [[1, -2, 3, -4, 5], [-127, 127, 0, 64, -64], [9, 8, 7, 6, 5]];
    Model::new(weights, [10, -20, 1 << 30], [1.0_f32, 0.5, 0.003].map(f32::to_bits))
}

fn bytes() -> Vec<u8> {
    let mut bytes = Vec::new();
    packed_model::write(&some_model(), |piece| bytes.extend(piece));
    bytes
}

/// With `change` made and the checksum right again.
fn changed(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = bytes();
    bytes.truncate(bytes.len() - 4);
    change(&mut bytes);
    let mut checksum = Checksum::default();
    checksum.update(&bytes);
    bytes.extend(checksum.finish().to_le_bytes());
    bytes
}

#[test]
fn a_model_comes_back_as_it_was() {
    let mut model = Model::ZERO;
    assert_eq!(bytes().len(), packed_model::size(5, 3));
    assert_eq!(packed_model::read(&bytes(), &mut model), Ok(()));
    assert_eq!(model, some_model());
}

#[test]
fn any_flipped_bit_is_refused() {
    let bytes = bytes();
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut model = Model::ZERO;
        assert!(packed_model::read(&bytes, &mut model).is_err(), "bit {bit}");
        assert_eq!(model, Model::ZERO, "bit {bit}");
    }
}

#[test]
fn the_error_says_what_is_wrong() {
    let whole = bytes();
    let length = |found| PackedModelError::Length { found, expected: whole.len() };
    let table = [
        (vec![], PackedModelError::Magic),
        (whole[..11].to_vec(), PackedModelError::Magic),
        (changed(|bytes| bytes[3] = b'2'), PackedModelError::Magic),
        (changed(|bytes| bytes[4] = 6), PackedModelError::Shape { inputs: 6, outputs: 3 }),
        (changed(|bytes| bytes[11] = 1), PackedModelError::Shape { inputs: 5, outputs: 3 + (1 << 24) }),
        (whole[..12].to_vec(), length(12)),
        (changed(|bytes| bytes.push(0)), length(whole.len() + 1)),
        ([&whole[..whole.len() - 1], &[!whole[whole.len() - 1]]].concat(), PackedModelError::Checksum),
    ];
    for (bytes, error) in table {
        let mut model = Model::ZERO;
        assert_eq!(packed_model::read(&bytes, &mut model), Err(error));
        assert_eq!(model, Model::ZERO);
    }
    // Weight −128, a bias beyond 2³⁰, and scales that are none: right checksums, but wrong numbers.
    let numbers = [(12, vec![0x80]), (27, vec![0, 0, 0, 0x80]), (39, vec![0; 4]), (39, vec![0, 0, 0xc0, 0x7f])];
    for (at, wrong) in numbers {
        let mut model = Model::ZERO;
        let bytes = changed(|bytes| bytes[at..at + wrong.len()].copy_from_slice(&wrong));
        let result = packed_model::read(&bytes, &mut model);
        assert!(matches!(result, Err(PackedModelError::Number(_))), "{at}: {result:?}");
        assert_eq!(model, Model::ZERO);
    }
}
