//! Every width from 1 to 70, with guard values around each slice.

use dense_core::kernels::updates::{AdamUpdate, MomentumUpdate, RmspropUpdate, SgdUpdate, StoreGradient, Update};
use dense_core::kernels::{self, Rows};
use dense_core::{Kernel, Random};

use crate::assert_same_bits;
use crate::cases::{Samples, Values};

const WIDTHS: std::ops::RangeInclusive<usize> = 1..=70;
const UNITS: [usize; 4] = [1, 4, 7, 12];
const BATCHES: [usize; 2] = [1, 5];
/// Guard values before and after a slice: more than a vector.
const MARGIN: usize = 20;

/// A slice between NaN guards: a read of one makes a result NaN, and a write is detected.
struct Guarded(Vec<f32>);

impl Guarded {
    const GUARD: u32 = 0x7fc5_a5a5;

    fn new(values: &[f32]) -> Self {
        let guard = [f32::from_bits(Self::GUARD); MARGIN];
        Self([&guard, values, &guard].concat())
    }

    fn values(&mut self) -> &mut [f32] {
        let end = self.0.len() - MARGIN;
        &mut self.0[MARGIN..end]
    }

    /// The slice, if the guards are unchanged.
    fn check(&mut self, case: &str) -> &[f32] {
        let (before, rest) = self.0.split_at(MARGIN);
        let (_, behind) = rest.split_at(rest.len() - MARGIN);
        assert!(before.iter().chain(behind).all(|guard| guard.to_bits() == Self::GUARD), "{case}: out of bounds");
        self.values()
    }
}

/// Compares both kernels; `compute` changes its slice in place.
fn assert_same(kernel: Kernel, case: &str, values: &[f32], compute: impl Fn(Kernel, &mut [f32])) {
    let [mut expected, mut found] = [Kernel::PORTABLE, kernel].map(|kernel| {
        let mut values = Guarded::new(values);
        compute(kernel, values.values());
        values
    });
    assert_same_bits(expected.check(case), found.check(case), case);
}

/// The forward pass of few inputs and many units, of a batch for which kernels transpose the weights.
pub(crate) fn few_inputs<T: Samples>(kernel: Kernel) {
    let mut random = Random::new(2026, 10);
    for width in 1..=33 {
        for (units, values) in
            [(9, Values::Ordinary), (16, Values::Denormal), (17, Values::Ties), (33, Values::AnyExponent)]
        {
            let batch = 2 * width + 7;
            let case = format!("{} × {width}, {units} units, batch {batch}", std::any::type_name::<T>());
            let samples = T::fill(values, &mut random, batch * width);
            let rows = Rows::contiguous(&samples, width, batch);
            let mut weights = Guarded::new(&values.fill(&mut random, units * width));
            let mut bias = Guarded::new(&values.fill(&mut random, units));
            let (weights, bias) = (weights.values(), bias.values());
            assert_same(kernel, &case, &vec![7.0; batch * units], |kernel, outputs| {
                kernels::forward(kernel, rows, weights, bias, T::SCALE, outputs).unwrap();
            });
        }
    }
}

pub(crate) fn every_width<T: Samples>(kernel: Kernel) {
    let mut random = Random::new(2026, 9);
    for width in WIDTHS {
        for units in UNITS {
            for batch in BATCHES {
                let case = format!("{} × {width}, {units} units, batch {batch}", std::any::type_name::<T>());
                let samples = T::fill(Values::Ordinary, &mut random, batch * width);
                let rows = Rows::contiguous(&samples, width, batch);
                let mut weights = Guarded::new(&Values::Ordinary.fill(&mut random, units * width));
                let mut bias = Guarded::new(&Values::Ordinary.fill(&mut random, units));
                let mut deltas = Guarded::new(&Values::Ordinary.fill(&mut random, batch * units));
                let (weights, bias, deltas) = (weights.values(), bias.values(), deltas.values());
                assert_same(kernel, &format!("forward, {case}"), &vec![7.0; batch * units], |kernel, outputs| {
                    kernels::forward(kernel, rows, weights, bias, T::SCALE, outputs).unwrap();
                });
                assert_same(
                    kernel,
                    &format!("input gradient, {case}"),
                    &vec![7.0; batch * width],
                    |kernel, outputs| {
                        kernels::input_gradient(kernel, deltas, weights, units, outputs).unwrap();
                    },
                );
                let gradients = Gradients { kernel, rows, deltas, weights, case: &case };
                gradients.check(&StoreGradient);
                gradients.check(&SgdUpdate { learning_rate: 0.01 });
                gradients.check(&MomentumUpdate { learning_rate: 0.01, momentum: 0.9, nesterov: true });
                gradients.check(&AdamUpdate { step_size: 0.001, first_share: 0.1, second_share: 0.001, epsilon: 1e-7 });
                gradients.check(&RmspropUpdate { learning_rate: 0.001, share: 0.1, epsilon: 1e-7 });
            }
        }
        for rows in [1, 3, 17] {
            let logits = Values::Ordinary.fill(&mut random, rows * width);
            let labels: Vec<u8> = (0..rows).map(|_| random.below(width as u32) as u8).collect();
            assert_same(kernel, &format!("softmax, {rows} × {width}"), &logits, |kernel, values| {
                kernels::softmax(kernel, values, width).unwrap();
            });
            assert_same(kernel, &format!("cross-entropy, {rows} × {width}"), &logits, |kernel, values| {
                kernels::softmax_cross_entropy(kernel, values, width, &labels).unwrap();
            });
        }
    }
}

struct Gradients<'a, T> {
    kernel: Kernel,
    rows: Rows<'a, T>,
    deltas: &'a [f32],
    weights: &'a [f32],
    case: &'a str,
}

impl<T: Samples> Gradients<'_, T> {
    /// One step of the weights, from a state of 0.25.
    fn check<U: Update<N>, const N: usize>(&self, update: &U) {
        let [expected, found] = [Kernel::PORTABLE, self.kernel].map(|kernel| {
            let mut arrays: [Guarded; N] = std::array::from_fn(|array| match array {
                0 => Guarded::new(self.weights),
                _ => Guarded::new(&vec![0.25; self.weights.len()]),
            });
            let parameters = arrays.each_mut().map(Guarded::values);
            kernels::weight_gradient_update(kernel, self.rows, self.deltas, T::SCALE, update, parameters).unwrap();
            arrays
        });
        for (array, (mut expected, mut found)) in expected.into_iter().zip(found).enumerate() {
            let case = format!("{}, array {array}, {}", std::any::type_name::<U>(), self.case);
            assert_same_bits(expected.check(&case), found.check(&case), &case);
        }
    }
}
