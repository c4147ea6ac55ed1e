//! The dense layer: access to weights in any memory order, initialisation, wrong arguments.

use std::fmt::Debug;

use dense_core::math::SMALLEST_WEIGHT;
use dense_core::optimizers::{Optimizer, Schedule};
use dense_core::{Adam, Batch, Dense, Error, Gradients, Memory, Momentum, Random, Sgd};

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
fn debug_shows_weights_by_output_and_input() {
    let layer = Dense::new(WEIGHTS, [7.0, 8.0]);
    let expected = "Dense { weights: [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], bias: [7.0, 8.0] }";
    assert_eq!(format!("{layer:?}"), expected);
}

/// Steps an optimizer with invalid samples and deltas.
fn check_step<O: Optimizer<State<3, 2>: Clone + PartialEq + Debug>>(mut optimizer: O) -> Result<(), Error> {
    let (right, finite) = ([[1.0, 2.0, 0.0]], [[0.5, 0.5]]);
    let table: [(_, &[[f32; 2]], _); 3] = [
        ([[1.0, f32::NAN, 0.0]], &finite, Error::NotFinite { what: "samples", index: 1 }),
        (right, &[[0.5, f32::INFINITY]], Error::NotFinite { what: "deltas", index: 1 }),
        (right, &[[0.5, 0.5]; 2], Error::Length { what: "deltas", found: 2, expected: 1 }),
    ];
    let (mut layer, mut state) = (Dense::new(WEIGHTS, [7.0, 8.0]), O::State::ZERO);
    optimizer.advance();
    for (samples, deltas, expected) in table {
        assert_eq!(optimizer.step(&mut layer, Batch::new(&samples)?, deltas, &mut state), Err(expected));
        assert_eq!(layer, Dense::new(WEIGHTS, [7.0, 8.0]));
        assert_eq!(state, O::State::ZERO);
    }
    optimizer.step(&mut layer, Batch::new(&right)?, &finite, &mut state)
}

#[test]
fn a_wrong_step_names_what_is_wrong_and_changes_nothing() -> Result<(), Error> {
    check_step(Gradients)?;
    check_step(Sgd::new(0.1)?)?;
    check_step(Momentum::new(0.1, 0.9)?)?;
    check_step(Adam::new(0.1)?)?;
    check_step(Sgd::new(0.1)?.with_weight_decay(0.1)?)?;
    check_step(Adam::new(0.1)?.with_weight_decay(0.1)?.with_schedule(Schedule::Constant)?)
}
