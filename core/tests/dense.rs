//! Weights come out as they went in, in whichever order they lie.

use dense_core::math::SMALLEST_WEIGHT;
use dense_core::{Adam, AdamState, Batch, Dense, Error, Kernel, Random, Sgd};

const WEIGHTS: [[f32; 3]; 2] = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];

#[test]
fn weights_keep_their_places() {
    let mut layer = Dense::new(WEIGHTS, [7.0, 8.0]);
    assert_eq!(layer, Dense::from_bits(WEIGHTS.map(|row| row.map(f32::to_bits)), [7.0, 8.0].map(f32::to_bits)));
    assert!(layer.weights().eq([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    for (output, row) in WEIGHTS.iter().enumerate() {
        for (input, &weight) in row.iter().enumerate() {
            assert_eq!(layer.weight(output, input), weight);
        }
    }
    layer.set_weight(1, 0, -4.0);
    assert!(layer.weights().eq([1.0, 2.0, 3.0, -4.0, 5.0, 6.0]));
    layer.set_weights([9.0, 10.0, 11.0, 12.0]);
    assert!(layer.weights().eq([9.0, 10.0, 11.0, 12.0, 5.0, 6.0]));

    let mut copy = Dense::ZERO;
    copy.copy_from(&layer);
    assert_eq!(copy, layer);
}

#[test]
fn a_weight_that_is_too_small_is_zero_from_the_start() {
    let small = -SMALLEST_WEIGHT.next_down();
    let mut layer = Dense::new([[small, -0.0, SMALLEST_WEIGHT]], [0.0]);
    let expected = [0.0, 0.0, SMALLEST_WEIGHT].map(f32::to_bits);
    assert!(layer.weights().map(f32::to_bits).eq(expected));
    layer.set_weights([-0.0, small]);
    layer.set_weight(0, 1, small);
    assert!(layer.weights().map(f32::to_bits).eq(expected));
    assert_eq!(layer, Dense::from_bits([[small.to_bits(), small.to_bits(), SMALLEST_WEIGHT.to_bits()]], [0]));
}

#[test]
fn initial_weights_are_drawn_output_after_output() {
    let (mut layer, mut random) = (Dense::<3, 2>::ZERO, Random::new(5, 1));
    layer.glorot_uniform(&mut random);
    let mut same = Random::new(5, 1);
    let limit = (6.0_f32 / 5.0).sqrt();
    assert!(layer.weights().eq(std::iter::repeat_with(|| (2.0 * same.uniform() - 1.0) * limit).take(6)));
    assert_eq!(random, same);
}

#[test]
#[should_panic(expected = "no such weight")]
fn a_weight_that_is_not_there_is_not_another() {
    let _ = Dense::new(WEIGHTS, [0.0; 2]).weight(0, 3);
}

#[test]
fn what_is_not_finite_is_named_and_changes_nothing() -> Result<(), Error> {
    let (sgd, step) = (Sgd::new(0.1)?, Adam::new(0.1)?.next_step());
    let table = [
        ([[1.0, f32::NAN, 0.0]], [[0.5, 0.5]], Error::NotFinite { what: "samples", index: 1 }),
        ([[1.0, 2.0, 0.0]], [[0.5, f32::INFINITY]], Error::NotFinite { what: "deltas", index: 1 }),
    ];
    for kernel in Kernel::available() {
        for (samples, deltas, expected) in table {
            let batch = Batch::new(&samples)?;
            let (mut layer, mut state) = (Dense::new(WEIGHTS, [7.0, 8.0]), AdamState::ZERO);
            assert_eq!(layer.set_to_gradients(kernel, batch, &deltas), Err(expected));
            assert_eq!(layer.step_sgd(kernel, batch, &deltas, &sgd), Err(expected));
            assert_eq!(layer.step_adam(kernel, batch, &deltas, &mut state, &step), Err(expected));
            assert_eq!(layer, Dense::new(WEIGHTS, [7.0, 8.0]));
            assert_eq!(state, AdamState::ZERO);
        }
    }
    Ok(())
}
