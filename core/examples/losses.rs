//! Five losses on small numbers, each by its formula and by dense-core.
//!
//! `cargo run -p dense-core --example losses`. The gradient is that with respect to the outputs of the last layer, before
//! softmax or sigmoid: where back-propagation begins.

use std::error::Error;

use dense_core::losses::Loss;
use dense_core::{BinaryCrossEntropy, CategoricalCrossEntropy, Mae, Mse, SparseCategoricalCrossEntropy};

fn main() -> Result<(), Box<dyn Error>> {
    println!("two numbers: outputs (2.5, 0), targets (3, −0.5)");
    show::<2, Mse>("MSE", [2.5, 0.0], [3.0, -0.5], (0.5_f64.powi(2) + 0.5_f64.powi(2)) / 2.0)?;
    show::<2, Mae>("MAE", [2.5, 0.0], [3.0, -0.5], (0.5 + 0.5) / 2.0)?;
    println!("the same with an outlier: outputs (2.5, 0), targets (3, −8)");
    show::<2, Mse>("MSE", [2.5, 0.0], [3.0, -8.0], (0.5_f64.powi(2) + 8.0_f64.powi(2)) / 2.0)?;
    show::<2, Mae>("MAE", [2.5, 0.0], [3.0, -8.0], (0.5 + 8.0) / 2.0)?;

    let logit = 2.0_f64;
    let probability = 1.0 / (1.0 + (-logit).exp());
    println!("yes or no: logit 2, probability σ(2) = {probability:.4}");
    show::<1, BinaryCrossEntropy>("binary cross-entropy, t = 1", [2.0], 1, -probability.ln())?;
    show::<1, BinaryCrossEntropy>("binary cross-entropy, t = 0", [2.0], 0, -(1.0 - probability).ln())?;

    let logits = [2.0, 1.0, 0.0];
    let powers = logits.map(|logit: f32| f64::from(logit).exp());
    let p = powers.map(|power| power / powers.iter().sum::<f64>());
    println!("three classes: logits (2, 1, 0), softmax ({:.4}, {:.4}, {:.4})", p[0], p[1], p[2]);
    let soft = -(0.9 * p[0].ln() + 0.1 * p[1].ln());
    show::<3, CategoricalCrossEntropy>(
        "categorical cross-entropy, t = (1, 0, 0)",
        logits,
        [1.0, 0.0, 0.0],
        -p[0].ln(),
    )?;
    show::<3, CategoricalCrossEntropy>("categorical cross-entropy, t = (0.9, 0.1, 0)", logits, [0.9, 0.1, 0.0], soft)?;
    show::<3, SparseCategoricalCrossEntropy>("sparse categorical cross-entropy, label 0", logits, 0, -p[0].ln())
}

/// The loss of one sample as dense-core has it, which must be that of the formula, and its gradient.
fn show<const OUT: usize, L: Loss<OUT>>(
    name: &str,
    outputs: [f32; OUT],
    target: L::Target,
    formula: f64,
) -> Result<(), Box<dyn Error>> {
    let mut gradient = [outputs];
    let loss = f64::from(L::loss(&mut gradient, &[target])?.loss());
    if (loss - formula).abs() > 1e-5 * formula {
        return Err(format!("{name}: {loss} by dense-core, {formula} by its formula").into());
    }
    let gradient: Vec<String> = gradient[0].iter().map(|value| format!("{value:.4}")).collect();
    println!("  {:<46}{loss:>8.4}   gradient ({})", name, gradient.join(", "));
    Ok(())
}
