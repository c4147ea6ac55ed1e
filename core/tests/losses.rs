//! Losses and activations against their formulas in float64, for ordinary values and at the limits of f32.
#![cfg(not(feature = "micromath"))]

use dense_core::activations::{Activation, Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Tanh};
use dense_core::losses::{
    BinaryCrossEntropy, CategoricalCrossEntropy, GeneralizedCrossEntropy, Huber, Loss, Mae, Mse,
    SparseCategoricalCrossEntropy,
};
use dense_core::math::SMALLEST_SIGNAL;
use dense_core::{Error, Kernel, Random, Score};

const TOLERANCE: f64 = 1e-6;

/// Outputs from −`range` to `range`.
fn outputs<const OUT: usize>(random: &mut Random, range: f32) -> [f32; OUT] {
    std::array::from_fn(|_| range * (2.0 * random.uniform() - 1.0))
}

/// The loss of one row against float64, and its deltas against central differences.
fn check_loss<K: Loss<OUT>, const OUT: usize>(target: fn(&mut Random) -> K::Target) -> Result<(), Error> {
    let mut random = Random::new(3, 3);
    for range in [0.01, 1.0, 5.0, 30.0] {
        for _ in 0..50 {
            let (row, target) = (outputs::<OUT>(&mut random, range), target(&mut random));
            let mut deltas = [row];
            let score = K::loss(&mut deltas, &[target])?;
            let exact = |row: [f64; OUT]| K::exact_loss(&row, target);
            let expected = exact(row.map(f64::from));
            let error = (f64::from(score.loss_sum) - expected).abs();
            assert!(error <= TOLERANCE * (1.0 + expected), "{row:?}: {}, not {expected}", score.loss_sum);
            for output in 0..OUT {
                let moved = |by: f64| {
                    let mut row = row.map(f64::from);
                    row[output] += by;
                    exact(row)
                };
                let slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                let error = (f64::from(deltas[0][output]) - slope).abs();
                assert!(error < TOLERANCE * (1.0 + slope.abs()), "{row:?}: {deltas:?}, not {slope} for {output}");
            }
        }
    }
    Ok(())
}

#[test]
fn losses_and_their_derivatives() -> Result<(), Error> {
    check_loss::<Mse, 3>(|random| outputs(random, 3.0))?;
    check_loss::<Mae, 3>(|random| outputs(random, 3.0))?;
    check_loss::<Huber, 3>(|random| outputs(random, 3.0))?;
    check_loss::<BinaryCrossEntropy, 1>(|random| random.below(2) as u8)?;
    check_loss::<GeneralizedCrossEntropy, 4>(|random| random.below(4) as u8)?;
    check_loss::<CategoricalCrossEntropy, 3>(|random| {
        let [a, b, c] = [random.uniform(), random.uniform(), random.uniform()];
        [a, b, c].map(|part| part / (a + b + c))
    })
}

#[test]
fn scores_add_up() -> Result<(), Error> {
    let score = Mse::loss(&mut [[1.0, 2.0], [0.0, -4.0]], &[[0.0, 0.0], [0.0, 0.0]])?;
    assert_eq!(score, Score { loss_sum: 2.5 + 8.0, correct: 0, absolute_error_sum: 1.5 + 2.0, samples: 2 });
    let score = Mae::loss(&mut [[1.0, 2.0], [0.0, -4.0]], &[[0.0, 0.0], [0.0, 0.0]])?;
    assert_eq!(score, Score { loss_sum: 3.5, correct: 0, absolute_error_sum: 3.5, samples: 2 });
    let score = Huber::loss(&mut [[1.0, 2.0], [0.0, -4.0]], &[[0.0, 0.0], [0.0, 0.0]])?;
    assert_eq!(score, Score { loss_sum: 1.0 + 1.75, correct: 0, absolute_error_sum: 3.5, samples: 2 });
    // A logit of zero is classified as 0.
    let score = BinaryCrossEntropy::loss(&mut [[2.0], [-2.0], [2.0], [0.0], [0.0]], &[1, 0, 0, 0, 1])?;
    assert_eq!(score.correct, 3);
    let score = CategoricalCrossEntropy::loss(&mut [[2.0, 1.0], [1.0, 2.0]], &[[0.9, 0.1], [0.9, 0.1]])?;
    assert_eq!(score.correct, 1);
    let score = GeneralizedCrossEntropy::loss(&mut [[2.0, 1.0], [1.0, 2.0], [1.0, 1.0]], &[0, 0, 0])?;
    assert_eq!(score.correct, 2);
    let error = Error::LabelOutOfRange { sample: 0, label: 2, classes: 2 };
    assert_eq!(GeneralizedCrossEntropy::loss(&mut [[2.0, 1.0]], &[2]), Err(error));
    Ok(())
}

#[test]
fn means_are_of_all_samples() {
    let mut score = Score { loss_sum: 3.0, correct: 1, absolute_error_sum: 1.0, samples: 3 };
    score += Score { loss_sum: 1.0, correct: 1, absolute_error_sum: 0.0, samples: 1 };
    assert_eq!((score.loss(), score.accuracy(), score.mean_absolute_error()), (1.0, 0.5, 0.25));
    score += Score { loss_sum: f32::MAX, correct: u32::MAX, absolute_error_sum: f32::MAX, samples: u32::MAX };
    assert_eq!((score.loss_sum, score.correct, score.absolute_error_sum), (f32::MAX, u32::MAX, f32::MAX));
}

#[test]
fn one_hot_targets_are_labels() -> Result<(), Error> {
    let mut random = Random::new(4, 4);
    for _ in 0..200 {
        let row: [f32; 5] = outputs(&mut random, 10.0);
        let label = random.below(5) as u8;
        let mut target = [0.0; 5];
        target[usize::from(label)] = 1.0;
        let (mut one_hot, mut sparse) = ([row], [row]);
        let score = CategoricalCrossEntropy::loss(&mut one_hot, &[target])?;
        let expected = SparseCategoricalCrossEntropy::loss(&mut sparse, &[label])?;
        assert_eq!(one_hot, sparse);
        assert!((score.loss_sum - expected.loss_sum).abs() <= 1e-6 * (1.0 + expected.loss_sum));
        assert_eq!(score.correct, expected.correct);
    }
    Ok(())
}

/// At the limits of f32, losses and deltas are finite and not subnormal.
#[test]
fn losses_saturate() -> Result<(), Error> {
    let (most, tiny) = (f32::MAX, f32::from_bits(1));
    let ends = [most, -most, 0.0, -0.0, tiny, 1.0, SMALLEST_SIGNAL.next_down(), 1000.0, -1000.0];
    for a in ends {
        for b in ends {
            let mut results = Vec::new();
            let mut rows = [[a, 1.0]];
            results.push((Mse::loss(&mut rows, &[[b, 1.0]])?, rows[0][0]));
            let mut rows = [[a, 1.0]];
            results.push((Mae::loss(&mut rows, &[[b, 1.0]])?, rows[0][0]));
            let mut rows = [[a, 1.0]];
            results.push((Huber::loss(&mut rows, &[[b, 1.0]])?, rows[0][0]));
            let mut rows = [[a, b]];
            results.push((CategoricalCrossEntropy::loss(&mut rows, &[[0.25, 0.75]])?, rows[0][0]));
            for label in [0, 1] {
                let mut rows = [[a, b]];
                results.push((GeneralizedCrossEntropy::loss(&mut rows, &[label])?, rows[0][0]));
                let mut rows = [[a]];
                results.push((BinaryCrossEntropy::loss(&mut rows, &[label])?, rows[0][0]));
            }
            for (number, (score, delta)) in results.into_iter().enumerate() {
                for value in [score.loss_sum, score.absolute_error_sum, delta] {
                    let plain = value.is_normal() || value.to_bits() == 0;
                    assert!(plain, "loss {number} of {a:e} and {b:e}: {value:e}");
                }
            }
        }
    }
    Ok(())
}

/// Compares outputs and slopes at `values` with those expected, and checks that none is below the threshold but zero.
fn check_activation<A: Activation>(values: &[f32], expected: &[f32], slopes: &[f32]) -> Result<(), Error> {
    for kernel in Kernel::available() {
        let mut outputs = values.to_vec();
        A::forward_with(kernel, &mut outputs);
        let mut deltas = vec![2.0; values.len()];
        A::backward_with(kernel, if A::DERIVATIVE_FROM_INPUT { values } else { &outputs }, &mut deltas)?;
        for index in 0..values.len() {
            let (output, delta) = (outputs[index], deltas[index] / 2.0);
            assert!((output - expected[index]).abs() < 1e-6, "{} of {}: {output}", A::NAME, values[index]);
            assert!((delta - slopes[index]).abs() < 1e-6, "{}′ of {}: {delta}", A::NAME, values[index]);
            for value in [output, delta] {
                assert!(value.to_bits() == 0 || value.abs() >= SMALLEST_SIGNAL, "{} leaves {value:e}", A::NAME);
            }
        }
        let error = Error::Length { what: "outputs", found: 1, expected: 2 };
        assert_eq!(A::backward_with(kernel, &[1.0], &mut [1.0; 2]), Err(error));
    }
    Ok(())
}

#[test]
fn activations_and_their_derivatives() -> Result<(), Error> {
    let values = [-1e30, -30.0, -2.0, -1e-12, -0.0, 1e-12, 0.5, 30.0];
    check_activation::<Linear>(&values, &[-1e30, -30.0, -2.0, 0.0, 0.0, 0.0, 0.5, 30.0], &[1.0; 8])?;
    let outputs = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 30.0];
    check_activation::<Relu>(&values, &outputs, &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0])?;
    let outputs = [-1e30 * 0.3, -9.0, -0.6, 0.0, 0.0, 0.0, 0.5, 30.0];
    check_activation::<LeakyRelu>(&values, &outputs, &[0.3, 0.3, 0.3, 1.0, 1.0, 1.0, 1.0, 1.0])?;
    let outputs = [-1.0, -1.0, -0.864_664_7, 0.0, 0.0, 0.0, 0.5, 30.0];
    check_activation::<Elu>(&values, &outputs, &[0.0, 0.0, 0.135_335_28, 1.0, 1.0, 1.0, 1.0, 1.0])?;
    let outputs = [0.0, 0.0, -0.045_500_264, 0.0, 0.0, 0.0, 0.345_731_23, 30.0];
    check_activation::<Gelu>(&values, &outputs, &[0.0, 0.0, -0.085_231_8, 0.5, 0.5, 0.5, 0.867_495, 1.0])?;
    let sigmoids = [0.0, 0.0, 0.119_202_92, 0.5, 0.5, 0.5, 0.622_459_3, 1.0];
    check_activation::<Sigmoid>(&values, &sigmoids, &sigmoids.map(|output| output * (1.0 - output)))?;
    let tanhs = [-1.0, -1.0, -0.964_027_6, 0.0, 0.0, 0.0, 0.462_117_16, 1.0];
    check_activation::<Tanh>(&values, &tanhs, &tanhs.map(|output| 1.0 - output * output))
}

/// Over the whole range: outputs are those of `exact`, and slopes its central differences.
fn check_slopes<A: Activation>() -> Result<(), Error> {
    // None of them is 0, where some have a kink.
    let values: Vec<f32> = (0..4000).map(|number| (number as f32 - 1999.5) / 100.0).collect();
    let mut outputs = values.clone();
    A::forward(&mut outputs);
    let mut slopes = vec![1.0; values.len()];
    A::backward(if A::DERIVATIVE_FROM_INPUT { &values } else { &outputs }, &mut slopes)?;
    for ((&z, output), slope) in values.iter().zip(outputs).zip(slopes) {
        let (z, step) = (f64::from(z), 1e-5);
        let expected = A::exact(z);
        assert!((f64::from(output) - expected).abs() < 3e-7 * (1.0 + expected.abs()), "{} of {z}: {output}", A::NAME);
        let difference = (A::exact(z + step) - A::exact(z - step)) / (2.0 * step);
        assert!((f64::from(slope) - difference).abs() < 3e-7, "{}′ of {z}: {slope}, not {difference}", A::NAME);
    }
    Ok(())
}

#[test]
fn slopes_are_central_differences() -> Result<(), Error> {
    check_slopes::<Linear>()?;
    check_slopes::<Relu>()?;
    check_slopes::<LeakyRelu>()?;
    check_slopes::<Elu>()?;
    check_slopes::<Gelu>()?;
    check_slopes::<Sigmoid>()?;
    check_slopes::<Tanh>()
}

#[test]
fn output_activations_refuse_what_is_not_finite() {
    let error = Err(Error::NotFinite { what: "logits", index: 1 });
    let mut logits = [[1.0], [f32::NAN]];
    assert_eq!(BinaryCrossEntropy::output_activation(&mut logits), error);
    assert_eq!(logits[0], [1.0]);
    let mut logits = [[1.0, f32::INFINITY]];
    assert_eq!(SparseCategoricalCrossEntropy::output_activation(&mut logits), error);
    assert_eq!(Huber::output_activation(&mut logits), error);
    assert_eq!(logits[0], [1.0, f32::INFINITY]);
}

/// Slices of a wrong length, labels that are no class and numbers that are not finite, by each loss for flat slices.
#[test]
fn losses_refuse_what_does_not_fit() {
    type OfNumbers = fn(Kernel, &mut [f32], usize, &[f32]) -> Result<Score, Error>;
    type OfLabels = fn(Kernel, &mut [f32], usize, &[u8]) -> Result<Score, Error>;
    let length = |what, found, expected| Error::Length { what, found, expected };
    let not_finite = |what, index| Error::NotFinite { what, index };
    let (nan, kernel) = (f32::NAN, Kernel::best());
    let of_numbers: [OfNumbers; 4] =
        [Mse::loss_of_rows, Mae::loss_of_rows, Huber::loss_of_rows, CategoricalCrossEntropy::loss_of_rows];
    for loss in of_numbers {
        let cases: [(&[f32], usize, &[f32], Error); 6] = [
            (&[1.0], 0, &[1.0], length("outputs", 0, 1)),
            (&[1.0; 3], 2, &[1.0; 3], length("logits", 3, 2)),
            (&[1.0; 4], 2, &[1.0; 2], length("targets", 2, 4)),
            (&[1.0], usize::MAX, &[1.0], length("logits", 1, 0)),
            (&[1.0, nan], 2, &[1.0; 2], not_finite("outputs", 1)),
            (&[1.0; 2], 2, &[nan, 1.0], not_finite("targets", 0)),
        ];
        for (outputs, width, targets, error) in cases {
            let mut found = outputs.to_vec();
            assert_eq!(loss(kernel, &mut found, width, targets), Err(error));
            assert!(found.iter().zip(outputs).all(|(a, b)| a.to_bits() == b.to_bits()), "{error}");
        }
        assert_eq!(loss(kernel, &mut [], 2, &[]), Ok(Score::default()));
    }
    let of_labels: [OfLabels; 2] = [SparseCategoricalCrossEntropy::loss_of_rows, GeneralizedCrossEntropy::loss_of_rows];
    for loss in of_labels {
        let cases: [(&[f32], usize, &[u8], Error); 5] = [
            (&[1.0], 0, &[0], length("outputs", 0, 1)),
            (&[1.0; 3], 2, &[0], length("logits", 3, 2)),
            (&[1.0; 4], 2, &[0], length("labels", 1, 2)),
            (&[1.0, nan], 2, &[0], not_finite("logits", 1)),
            (&[1.0; 4], 2, &[0, 2], Error::LabelOutOfRange { sample: 1, label: 2, classes: 2 }),
        ];
        for (outputs, width, labels, error) in cases {
            let mut found = outputs.to_vec();
            assert_eq!(loss(kernel, &mut found, width, labels), Err(error));
            assert!(found.iter().zip(outputs).all(|(a, b)| a.to_bits() == b.to_bits()), "{error}");
        }
        assert_eq!(loss(kernel, &mut [], 2, &[]), Ok(Score::default()));
    }
    let binary = BinaryCrossEntropy::loss_of_rows;
    assert_eq!(binary(kernel, &mut [1.0; 2], 2, &[1]), Err(length("outputs", 2, 1)));
    assert_eq!(binary(kernel, &mut [1.0], 1, &[2]), Err(Error::LabelOutOfRange { sample: 0, label: 2, classes: 2 }));
}
