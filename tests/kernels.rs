//! One suite for every kernel: whatever `portable` computes, the others compute to the last bit.
//!
//! A kernel that this machine lacks is skipped, with a line that says so; `REQUIRE_KERNEL=avx512` (or another name, or
//! several with commas) makes that a failure.

use dense_core::kernels::{self, AdamParameters, AdamStep, Element, Rows};
use dense_core::{Adam, Kernel, KernelError, Random, Score};

/// Shapes by hazard: around one vector, around the 784 of an image, and what is left over of a block of units.
const WIDTHS: [usize; 9] = [1, 7, 15, 16, 17, 64, 783, 784, 785];
const UNITS: [usize; 8] = [1, 2, 3, 4, 5, 7, 10, 17];
const BATCHES: [usize; 4] = [1, 3, 7, 32];

/// Kinds of values by hazard.
const VALUES: [Values; 6] =
    [Values::Ordinary, Values::Zeros, Values::NegativeZeros, Values::Denormal, Values::Huge, Values::Ties];

#[derive(Clone, Copy, Debug)]
enum Values {
    /// Between −1 and 1.
    Ordinary,
    Zeros,
    NegativeZeros,
    /// Too small to be normal.
    Denormal,
    /// Some of the products and sums overflow.
    Huge,
    /// Few different values, so that sums cancel and maxima tie.
    Ties,
}

impl Values {
    fn fill(self, random: &mut Random, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| {
                let ordinary = 2.0 * random.uniform() - 1.0;
                match self {
                    Self::Ordinary => ordinary,
                    Self::Zeros => 0.0,
                    Self::NegativeZeros => -0.0,
                    Self::Denormal => f32::from_bits(random.next_u32() & 0x807f_ffff),
                    Self::Huge => ordinary * f32::MAX,
                    Self::Ties => [-1.0, 0.0, 1.0, 0.5][random.below(4) as usize],
                }
            })
            .collect()
    }
}

/// The kernel of that name, or nothing (and a line) where this machine lacks it and need not have it.
fn kernel(name: &str) -> Option<Kernel> {
    match Kernel::by_name(name) {
        Ok(kernel) => Some(kernel),
        Err(error @ KernelError::Missing(_)) => {
            let required = std::env::var("REQUIRE_KERNEL").unwrap_or_default();
            assert!(!required.split(',').any(|required| required == name), "{error}, and REQUIRE_KERNEL wants it");
            eprintln!("skipped: {error}");
            None
        }
        Err(error) => panic!("{name}: {error}"),
    }
}

/// Compares bits, and says where the first difference is.
fn assert_same_bits(expected: &[f32], found: &[f32], case: &str) {
    assert_eq!(expected.len(), found.len(), "{case}");
    for (place, (expected, found)) in expected.iter().zip(found).enumerate() {
        assert!(
            expected.to_bits() == found.to_bits(),
            "{case}, number {place}: portable has {expected:e} ({:#010x}), this kernel {found:e} ({:#010x})",
            expected.to_bits(),
            found.to_bits()
        );
    }
}

/// The samples of a test: pixels or floats, with an order that repeats some and leaves some out.
trait Samples: Element {
    fn fill(values: Values, random: &mut Random, count: usize) -> Vec<Self>;
}

impl Samples for u8 {
    fn fill(values: Values, random: &mut Random, count: usize) -> Vec<Self> {
        let zeros = matches!(values, Values::Zeros | Values::NegativeZeros);
        (0..count).map(|_| if zeros || random.below(2) == 0 { 0 } else { random.next_u32() as u8 }).collect()
    }
}

impl Samples for f32 {
    fn fill(values: Values, random: &mut Random, count: usize) -> Vec<Self> {
        // Huge samples with huge weights would only ever give NaN.
        let values = if matches!(values, Values::Huge) { Values::Ordinary } else { values };
        values.fill(random, count)
    }
}

/// Runs `check` for every shape and kind of values.
fn for_each_case<T: Samples>(check: impl Fn(&str, &mut Random, Values, Rows<'_, T>, usize)) {
    let mut random = Random::new(2026, 3);
    for width in WIDTHS {
        for units in UNITS {
            for batch in BATCHES {
                for values in VALUES {
                    let stored = batch + 2;
                    let samples = T::fill(values, &mut random, stored * width);
                    let order: Vec<u32> = (0..batch).map(|_| random.below(stored as u32)).collect();
                    let rows = match random.below(3) {
                        0 => Rows::contiguous(&samples, width, batch),
                        1 => Rows::indexed(&samples, width, &order),
                        _ => Rows::indexed(&samples, width, &order).followed_by(&order),
                    };
                    let case =
                        format!("{} inputs, {units} units, batch {batch}, {values:?}", std::any::type_name::<T>());
                    let case = format!("width {width}, {case}");
                    check(&case, &mut random, values, rows, units);
                }
            }
        }
    }
}

fn affine<T: Samples>(kernel: Kernel) {
    for_each_case::<T>(|case, random, values, rows, units| {
        let weights = values.fill(random, units * rows.width());
        let bias = values.fill(random, units);
        let compute = |kernel| {
            let mut outputs = vec![7.0; rows.len() * units];
            kernels::affine(kernel, rows, &weights, &bias, T::SCALE, &mut outputs).unwrap();
            outputs
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), case);
    });
}

/// Every partial sum is −0.0, and the lanes beyond the end of a row must stay so: adding +0.0 · +0.0 there would not.
fn affine_keeps_negative_zeros(kernel: Kernel) {
    let tiny = f32::from_bits(1);
    for width in [16, 17, 24, 25, 30, 33] {
        for units in UNITS {
            for batch in BATCHES {
                let (samples, weights, bias) =
                    (vec![-tiny; batch * width], vec![tiny; units * width], vec![-0.0; units]);
                let rows = Rows::contiguous(&samples, width, batch);
                let mut outputs = vec![7.0; batch * units];
                kernels::affine(kernel, rows, &weights, &bias, 1.0, &mut outputs).unwrap();
                let case = format!("width {width}, {units} units, batch {batch}");
                assert_same_bits(&vec![-0.0; batch * units], &outputs, &case);
            }
        }
    }
}

fn affine_transposed(kernel: Kernel) {
    for_each_case::<u8>(|case, random, values, rows, units| {
        let weights = values.fill(random, units * rows.width());
        let deltas = Values::Ordinary.fill(random, rows.len() * units);
        let compute = |kernel| {
            let mut outputs = vec![7.0; rows.len() * rows.width()];
            kernels::affine_transposed(kernel, &deltas, &weights, units, &mut outputs).unwrap();
            outputs
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), case);
    });
}

fn outer_product<T: Samples>(kernel: Kernel) {
    for_each_case::<T>(|case, random, values, rows, units| {
        let deltas = values.fill(random, rows.len() * units);
        let compute = |kernel| {
            let mut gradient = vec![7.0; units * rows.width()];
            kernels::outer_product(kernel, rows, &deltas, T::SCALE / 32.0, &mut gradient).unwrap();
            gradient
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), case);
    });
}

fn outer_product_sgd<T: Samples>(kernel: Kernel) {
    for_each_case::<T>(|case, random, values, rows, units| {
        let deltas = values.fill(random, rows.len() * units);
        let weights = Values::Ordinary.fill(random, units * rows.width());
        let compute = |kernel| {
            let mut weights = weights.clone();
            kernels::outer_product_sgd(kernel, rows, &deltas, T::SCALE / 32.0, 0.01, &mut weights).unwrap();
            weights
        };
        assert_same_bits(&compute(Kernel::PORTABLE), &compute(kernel), case);
    });
}

fn outer_product_adam<T: Samples>(kernel: Kernel) {
    let step = step_of_adam();
    for_each_case::<T>(|case, random, values, rows, units| {
        let count = units * rows.width();
        let deltas = values.fill(random, rows.len() * units);
        let weights = Values::Ordinary.fill(random, count);
        let moments = Values::Ties.fill(random, count);
        let compute = |kernel| {
            let mut values = weights.clone();
            let mut first_moments = moments.clone();
            let mut second_moments: Vec<f32> = moments.iter().map(|moment| moment * moment).collect();
            let parameters = AdamParameters {
                values: &mut values,
                first_moments: &mut first_moments,
                second_moments: &mut second_moments,
            };
            kernels::outer_product_adam(kernel, rows, &deltas, T::SCALE / 32.0, &step, parameters).unwrap();
            [values, first_moments, second_moments]
        };
        let (expected, found) = (compute(Kernel::PORTABLE), compute(kernel));
        for (what, (expected, found)) in ["values", "means", "squares"].iter().zip(expected.iter().zip(&found)) {
            assert_same_bits(expected, found, &format!("{what}, {case}"));
        }
    });
}

fn step_of_adam() -> AdamStep {
    let mut adam = Adam::new(0.001).unwrap();
    adam.next_step();
    adam.next_step()
}

/// Moments that nothing feeds any more decay to zero without a subnormal on the way.
fn moments_decay_to_zero(kernel: Kernel) {
    let step = step_of_adam();
    let mut values = [0.5_f32; 17];
    let (mut first_moments, mut second_moments) = ([1.0_f32; 17], [1.0_f32; 17]);
    for _ in 0..60_000 {
        let parameters = AdamParameters {
            values: &mut values,
            first_moments: &mut first_moments,
            second_moments: &mut second_moments,
        };
        kernels::outer_product_adam(kernel, Rows::repeated(&[0_u8; 17], 1), &[1.0], 1.0, &step, parameters).unwrap();
        let all = values.iter().chain(&first_moments).chain(&second_moments);
        assert!(all.copied().all(|value| value == 0.0 || value.is_normal()));
    }
    assert_eq!(first_moments.map(f32::to_bits), [0; 17]);
    assert_eq!(second_moments.map(f32::to_bits), [0; 17]);
}

/// Logits by hazard: ordinary ones, ties, a range beyond any exponent, and the ends of f32.
fn logits(random: &mut Random, kind: u32, count: usize) -> Vec<f32> {
    (0..count)
        .map(|_| {
            let ordinary = 2.0 * random.uniform() - 1.0;
            match kind {
                0 => 8.0 * ordinary,
                1 => [0.0, 1.0, -0.0][random.below(3) as usize],
                2 => 100.0 * ordinary,
                3 => [f32::MAX, f32::MIN, 0.0][random.below(3) as usize],
                4 => f32::from_bits(random.next_u32() & 0x807f_ffff),
                _ => 22.0 * ordinary,
            }
        })
        .collect()
}

fn softmax(kernel: Kernel) {
    let mut random = Random::new(2026, 4);
    for classes in [1, 2, 3, 10, 16, 17, 100] {
        for batch in [1, 7, 8, 9, 15, 16, 17, 32] {
            for kind in 0..6 {
                let case = format!("{classes} classes, batch {batch}, logits of kind {kind}");
                let logits = logits(&mut random, kind, batch * classes);
                let labels: Vec<u8> = (0..batch).map(|_| random.below(classes as u32) as u8).collect();

                let probabilities = |kernel| {
                    let mut values = logits.clone();
                    kernels::softmax(kernel, &mut values, classes).unwrap();
                    values
                };
                let expected = probabilities(Kernel::PORTABLE);
                assert_same_bits(&expected, &probabilities(kernel), &case);
                for row in expected.chunks(classes) {
                    let sum: f64 = row.iter().copied().map(f64::from).sum();
                    assert!((sum - 1.0).abs() < 1e-6, "{case}: probabilities add up to {sum}");
                }

                let deltas = |kernel| -> (Vec<f32>, Score) {
                    let mut values = logits.clone();
                    let score = kernels::softmax_cross_entropy(kernel, &mut values, classes, &labels).unwrap();
                    (values, score)
                };
                let ((expected, expected_score), (found, score)) = (deltas(Kernel::PORTABLE), deltas(kernel));
                assert_same_bits(&expected, &found, &case);
                assert_same_bits(&[expected_score.loss], &[score.loss], &format!("loss, {case}"));
                assert_eq!(expected_score.correct, score.correct, "{case}");
                assert!(expected_score.loss.is_finite(), "{case}");
            }
        }
    }
}

/// Lengths that do not fit are refused, and nothing is written.
fn refuses_wrong_lengths(kernel: Kernel) {
    let samples = [1_u8; 34];
    let rows = Rows::contiguous(&samples, 17, 2);
    let numbers = [1.0_f32; 64];
    let mut written = [7.0_f32; 64];
    // Right would be 51 weights, 3 biases and 6 outputs.
    for (weights, bias, outputs) in [(50, 3, 6), (52, 3, 6), (51, 2, 6), (51, 4, 6), (51, 3, 5), (51, 3, 7), (0, 0, 0)]
    {
        kernels::affine(kernel, rows, &numbers[..weights], &numbers[..bias], 1.0, &mut written[..outputs]).unwrap_err();
    }
    // 6 deltas, 51 weights, 3 units and 34 outputs.
    for (deltas, weights, units, outputs) in [(5, 51, 3, 34), (6, 50, 3, 34), (6, 51, 3, 33), (6, 51, 0, 34)] {
        let (deltas, weights) = (&numbers[..deltas], &numbers[..weights]);
        kernels::affine_transposed(kernel, deltas, weights, units, &mut written[..outputs]).unwrap_err();
    }
    // 6 deltas and 51 parameters.
    for (deltas, parameters) in [(5, 51), (7, 51), (6, 50), (6, 52), (0, 0)] {
        let deltas = &numbers[..deltas];
        kernels::outer_product(kernel, rows, deltas, 1.0, &mut written[..parameters]).unwrap_err();
        kernels::outer_product_sgd(kernel, rows, deltas, 1.0, 0.1, &mut written[..parameters]).unwrap_err();
    }
    for (first, second) in [(50, 51), (51, 52)] {
        let (mut first_moments, mut second_moments) = (written, written);
        let parameters = AdamParameters {
            values: &mut written[..51],
            first_moments: &mut first_moments[..first],
            second_moments: &mut second_moments[..second],
        };
        kernels::outer_product_adam(kernel, rows, &numbers[..6], 1.0, &step_of_adam(), parameters).unwrap_err();
    }
    // 3 classes, 2 labels, 6 logits.
    for (logits, classes) in [(5, 3), (7, 3), (6, 0)] {
        kernels::softmax(kernel, &mut written[..logits], classes).unwrap_err();
        kernels::softmax_cross_entropy(kernel, &mut written[..logits], classes, &[0, 1]).unwrap_err();
    }
    assert_eq!(written, [7.0; 64]);
}

macro_rules! suite {
    ($($name:ident),+) => {$(
        mod $name {
            suite!(@tests $name:
                affine_u8 = affine::<u8>,
                affine_f32 = affine::<f32>,
                affine_keeps_negative_zeros = affine_keeps_negative_zeros,
                affine_transposed = affine_transposed,
                outer_product_u8 = outer_product::<u8>,
                outer_product_f32 = outer_product::<f32>,
                outer_product_sgd_u8 = outer_product_sgd::<u8>,
                outer_product_sgd_f32 = outer_product_sgd::<f32>,
                outer_product_adam_u8 = outer_product_adam::<u8>,
                outer_product_adam_f32 = outer_product_adam::<f32>,
                moments_decay_to_zero = moments_decay_to_zero,
                softmax = softmax,
                refuses_wrong_lengths = refuses_wrong_lengths
            );
        }
    )+};
    (@tests $kernel:ident: $($test:ident = $check:path),+) => {$(
        #[test]
        fn $test() {
            use super::*;
            if let Some(kernel) = kernel(stringify!($kernel)) {
                $check(kernel);
            }
        }
    )+};
}

suite!(portable, avx2, avx512, neon);
