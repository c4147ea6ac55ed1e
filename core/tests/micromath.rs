//! The error of micromath's approximations, within the bounds documented in `math::Backend`.
#![cfg(feature = "micromath")]

use dense_core::math::{BACKEND, Backend, SMALLEST_SIGNAL, exp_nonpositive, sigmoid, tanh};
use dense_core::{Random, activations::Softmax};

const EXP_RELATIVE: f64 = 0.0024;
const SIGMOID: f64 = 0.0006;
const TANH: f64 = 0.0008;
const SOFTMAX: f64 = 0.0006;

/// The largest error of a function for magnitudes from 0 to 30 of the given sign.
fn worst(function: fn(f32) -> f32, exact: fn(f64) -> f64, sign: f32, relative: bool) -> f64 {
    (0..3_000_000)
        .map(|number| {
            let x = sign * number as f32 * 1e-5;
            let (found, expected) = (f64::from(function(x)), exact(x.into()));
            let size = if relative { expected } else { 1.0 };
            if found == 0.0 && expected < 1.1 * f64::from(SMALLEST_SIGNAL) {
                0.0
            } else {
                (found - expected).abs() / size
            }
        })
        .fold(0.0, f64::max)
}

#[test]
fn errors_are_as_documented() {
    assert_eq!(BACKEND, Backend::Micromath);
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    let exp = worst(exp_nonpositive, f64::exp, -1.0, true);
    let logistic = worst(sigmoid, logistic, 1.0, false).max(worst(sigmoid, logistic, -1.0, false));
    let tangent = worst(tanh, f64::tanh, 1.0, false);
    let mut random = Random::new(1, 1);
    let mut probabilities = 0.0_f64;
    for _ in 0..100_000 {
        let row: [f32; 10] = std::array::from_fn(|_| 10.0 * random.uniform());
        let powers = row.map(|logit| f64::from(logit).exp());
        let mut found = [row];
        Softmax::forward(&mut found).unwrap();
        for (found, power) in found[0].iter().zip(powers) {
            probabilities = probabilities.max((f64::from(*found) - power / powers.iter().sum::<f64>()).abs());
        }
    }
    println!("exp {exp:.4} relative, sigmoid {logistic:.4}, tanh {tangent:.4}, softmax {probabilities:.4}");
    assert!(exp < EXP_RELATIVE && logistic < SIGMOID && tangent < TANH && probabilities < SOFTMAX);
}
