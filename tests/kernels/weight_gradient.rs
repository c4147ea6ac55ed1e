//! Weight gradients, stored and with each update rule.

use dense_core::kernels::updates::{AdamUpdate, MomentumUpdate, SgdUpdate, StoreGradient};
use dense_core::kernels::{self, Rows};
use dense_core::math::{SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT};
use dense_core::optimizers::Optimizer;
use dense_core::{Adam, Kernel, Random};

use crate::assert_same_bits;
use crate::cases::{Samples, Values, around, for_each_case, straddle};

pub(crate) fn weight_gradient<T: Samples>(kernel: Kernel) {
    for_each_case::<T>(|case, random, values, rows, units| {
        let deltas = values.fill(random, rows.len() * units);
        let compute = |kernel| {
            let mut gradient = vec![7.0; units * rows.width()];
            kernels::weight_gradient_update(kernel, rows, &deltas, T::SCALE / 32.0, &StoreGradient, [&mut gradient])
                .unwrap();
            gradient
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), case);
    });
}

pub(crate) fn weight_gradient_sgd<T: Samples>(kernel: Kernel) {
    for_each_case::<T>(|case, random, values, rows, units| {
        let deltas = values.fill(random, rows.len() * units);
        let weights = Values::Ordinary.fill(random, units * rows.width());
        let compute = |kernel| {
            let mut weights = weights.clone();
            kernels::weight_gradient_update(
                kernel,
                rows,
                &deltas,
                T::SCALE / 32.0,
                &SgdUpdate { learning_rate: 0.01 },
                [&mut weights],
            )
            .unwrap();
            weights
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), case);
    });
}

pub(crate) fn weight_gradient_momentum<T: Samples>(kernel: Kernel) {
    for_each_case::<T>(|case, random, values, rows, units| {
        let deltas = values.fill(random, rows.len() * units);
        let weights = Values::Ordinary.fill(random, units * rows.width());
        let velocities = Values::Ties.fill(random, units * rows.width());
        for nesterov in [false, true] {
            let case = format!("{case}, nesterov {nesterov}");
            let step = MomentumUpdate { nesterov, ..MOMENTUM };
            assert_same_momentum(kernel, rows, &deltas, &step, (&weights, &velocities), &case);
        }
    });
}

const MOMENTUM: MomentumUpdate = MomentumUpdate { learning_rate: 0.01, momentum: 0.9, nesterov: false };

/// Makes a step of momentum with both kernels, compares, and returns the new weights and velocities.
fn assert_same_momentum<T: Samples>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    step: &MomentumUpdate,
    (weights, velocities): (&[f32], &[f32]),
    case: &str,
) -> (Vec<f32>, Vec<f32>) {
    let compute = |kernel| {
        let (mut weights, mut velocities) = (weights.to_vec(), velocities.to_vec());
        let scale = T::SCALE / 32.0;
        kernels::weight_gradient_update(kernel, rows, deltas, scale, step, [&mut weights, &mut velocities]).unwrap();
        (weights, velocities)
    };
    let (expected, found) = (compute(Kernel::PORTABLE), compute(kernel));
    assert_same_bits(&expected.0, &found.0, &format!("weights, {case}"));
    assert_same_bits(&expected.1, &found.1, &format!("velocities, {case}"));
    expected
}

/// With gradients of zero, velocities decay to zero without becoming subnormal.
pub(crate) fn velocities_decay_to_zero(kernel: Kernel) {
    let samples = [0_u8; 17];
    for nesterov in [false, true] {
        let step = MomentumUpdate { nesterov, ..MOMENTUM };
        let (mut weights, mut velocities) = (vec![0.0; 17], vec![1.0; 17]);
        for step_number in 0..400 {
            let state = (weights.as_slice(), velocities.as_slice());
            let rows = Rows::repeated(&samples, 1);
            let case = format!("step {step_number}, nesterov {nesterov}");
            (weights, velocities) = assert_same_momentum(kernel, rows, &[1.0], &step, state, &case);
            assert!(weights.iter().chain(&velocities).all(|&value| value == 0.0 || value.is_normal()));
        }
        assert_eq!(velocities, [0.0; 17]);
        // 0.9 + 0.9² + …, and Nesterov's look ahead skips the first of them.
        let way = if nesterov { 8.1 } else { 9.0 };
        assert!(weights.iter().all(|&weight: &f32| (weight - way).abs() < 1e-3), "{weights:?}");
    }
}

pub(crate) fn weight_gradient_adam<T: Samples>(kernel: Kernel) {
    for_each_case::<T>(|case, random, values, rows, units| {
        let count = units * rows.width();
        let deltas = values.fill(random, rows.len() * units);
        let weights = Values::Ordinary.fill(random, count);
        let moments = Values::Ties.fill(random, count);
        let squares = moments.iter().map(|moment| moment * moment).collect();
        assert_same_adam(kernel, rows, &deltas, &State { values: weights, means: moments, squares }, case);
    });
}

/// Parameters and Adam's moments.
#[derive(Clone)]
struct State {
    values: Vec<f32>,
    means: Vec<f32>,
    squares: Vec<f32>,
}

/// Makes a step of Adam with both kernels, compares, and returns the new state.
fn assert_same_adam<T: Samples>(kernel: Kernel, rows: Rows<'_, T>, deltas: &[f32], state: &State, case: &str) -> State {
    let compute = |kernel| {
        let mut state = state.clone();
        let parameters = [&mut state.values[..], &mut state.means[..], &mut state.squares[..]];
        kernels::weight_gradient_update(kernel, rows, deltas, T::SCALE / 32.0, &step_of_adam(), parameters).unwrap();
        state
    };
    let (expected, found) = (compute(Kernel::PORTABLE), compute(kernel));
    assert_same_bits(&expected.values, &found.values, &format!("values, {case}"));
    assert_same_bits(&expected.means, &found.means, &format!("means, {case}"));
    assert_same_bits(&expected.squares, &found.squares, &format!("squares, {case}"));
    expected
}

pub(crate) fn step_of_adam() -> AdamUpdate {
    let mut adam = Adam::new(0.001).unwrap();
    (0..2).for_each(|_| adam.advance());
    *adam.rule()
}

/// With gradients of zero, weights and moments below their threshold are flushed and those above it are not.
pub(crate) fn updates_flush_at_the_limits(kernel: Kernel) {
    let weights = around(SMALLEST_WEIGHT);
    let count = weights.len();
    let step = step_of_adam();
    let means = around(SMALLEST_FIRST_MOMENT / (1.0 - step.first_share));
    let squares = around(SMALLEST_SECOND_MOMENT / (1.0 - step.second_share)).into_iter().map(f32::abs).collect();
    // Many inputs of one output, or one input of many outputs.
    for (units, width) in [(1, count), (count, 1)] {
        let case = format!("{units} units, width {width}");
        let (samples, deltas) = (vec![1.0_f32; width], vec![0.0; units]);
        let rows = Rows::contiguous(&samples, width, 1);

        let descend = |kernel| {
            let mut weights = weights.clone();
            kernels::weight_gradient_update(
                kernel,
                rows,
                &deltas,
                1.0,
                &SgdUpdate { learning_rate: 0.01 },
                [&mut weights],
            )
            .unwrap();
            weights
        };
        let expected = descend(Kernel::PORTABLE);
        assert!(straddle(&expected, SMALLEST_WEIGHT));
        assert_same_bits(&expected, &descend(kernel), &case);

        let velocities = around(SMALLEST_FIRST_MOMENT / MOMENTUM.momentum);
        for nesterov in [false, true] {
            let step = MomentumUpdate { nesterov, ..MOMENTUM };
            let (updated, _) = assert_same_momentum(kernel, rows, &deltas, &step, (&weights, &vec![0.0; count]), &case);
            assert!(straddle(&updated, SMALLEST_WEIGHT));
            let (_, moved) = assert_same_momentum(kernel, rows, &deltas, &step, (&weights, &velocities), &case);
            assert!(straddle(&moved, SMALLEST_FIRST_MOMENT));
        }

        let zeros = vec![0.0; count];
        let state = State { values: weights.clone(), means: zeros.clone(), squares: zeros.clone() };
        let updated = assert_same_adam(kernel, rows, &deltas, &state, &case);
        assert!(straddle(&updated.values, SMALLEST_WEIGHT));

        let state = State { values: zeros, means: means.clone(), squares: Vec::clone(&squares) };
        let updated = assert_same_adam(kernel, rows, &deltas, &state, &case);
        assert!(straddle(&updated.means, SMALLEST_FIRST_MOMENT));
        assert!(straddle(&updated.squares, SMALLEST_SECOND_MOMENT));
    }
}

/// Gradients so small that epsilon, 10⁻⁷, changes the quotient.
pub(crate) fn epsilon_counts(kernel: Kernel) {
    let mut random = Random::new(2026, 6);
    let width = 785;
    let means: Vec<f32> = Values::Ordinary.fill(&mut random, width).iter().map(|mean| 1e-7 * mean).collect();
    let squares = Values::Ordinary.fill(&mut random, width).iter().map(|root| 1e-14 * root * root).collect();
    let state = State { values: vec![0.0; width], means, squares };
    let samples = vec![1.0_f32; width];
    assert_same_adam(kernel, Rows::contiguous(&samples, width, 1), &[1e-7], &state, "small moments");
}

/// With gradients of zero, moments decay to zero without becoming subnormal.
pub(crate) fn moments_decay_to_zero(kernel: Kernel) {
    let step = step_of_adam();
    let mut values = [0.5_f32; 17];
    let (mut first_moments, mut second_moments) = ([1.0_f32; 17], [1.0_f32; 17]);
    for _ in 0..60_000 {
        let parameters = [&mut values[..], &mut first_moments[..], &mut second_moments[..]];
        kernels::weight_gradient_update(kernel, Rows::repeated(&[0_u8; 17], 1), &[1.0], 1.0, &step, parameters)
            .unwrap();
        let all = values.iter().chain(&first_moments).chain(&second_moments);
        assert!(all.copied().all(|value| value == 0.0 || value.is_normal()));
    }
    assert_eq!(first_moments.map(f32::to_bits), [0; 17]);
    assert_eq!(second_moments.map(f32::to_bits), [0; 17]);
}
