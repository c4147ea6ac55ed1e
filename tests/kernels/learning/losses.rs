//! Losses and their gradients.

use dense_core::losses::Loss;
use dense_core::{BinaryCrossEntropy, CategoricalCrossEntropy, Huber, Kernel, Mae, Mse, SparseCategoricalCrossEntropy};
use golden::Result;
use golden::comparison::{check_precisions, largest};
use golden::tolerances::{LOSS_GRADIENTS, LOSSES};
use golden::vectors::Vectors;

const NUMBERS: &[&str] = &["repeats", "one_sample", "near", "far"];
const YES_OR_NO: &[&str] = &[
    "repeats",
    "one_sample",
    "saturated_right",
    "saturated_wrong",
    "repeats_probabilities",
    "one_sample_probabilities",
];
const CLASSES: &[&str] = &[
    "repeats",
    "one_sample",
    "saturated",
    "ties",
    "repeats_probabilities",
    "one_sample_probabilities",
    "ties_probabilities",
];

fn check<K: Loss<OUT>, const OUT: usize>(
    loss: &str,
    cases: &[&str],
    targets: fn(&Vectors, &str) -> Result<Vec<K::Target>>,
) -> Result<()> {
    let vectors = Vectors::open("losses.safetensors")?;
    for (kernel, case) in Kernel::available().flat_map(|kernel| cases.iter().map(move |case| (kernel, case))) {
        let mut deltas = vectors.rows(&format!("{loss}.{case}.{OUT}.outputs"))?;
        let targets = targets(&vectors, &format!("{loss}.{case}.{OUT}.targets"))?;
        let score = K::loss_with(kernel, &mut deltas, &targets)?;

        let name = format!("{}, {loss}, {case}, {OUT} outputs", kernel.name());
        let batch_size = targets.len() as f64;
        let expected = |part: &str| vectors.precisions(loss, &format!("{case}.{OUT}.{part}"));
        let mean = f64::from(score.loss_sum) / batch_size;
        check_precisions(&LOSSES, &name, &[mean], &expected("loss")?, 1.0)?;
        let gradients: Vec<f64> = deltas.as_flattened().iter().map(|&delta| f64::from(delta) / batch_size).collect();
        let expected = expected("gradients")?;
        check_precisions(&LOSS_GRADIENTS, &name, &gradients, &expected, largest(&expected[1]))?;
    }
    Ok(())
}

#[test]
fn mean_squared_error() -> Result<()> {
    check::<Mse, 1>("mean_squared_error", NUMBERS, Vectors::rows)?;
    check::<Mse, 3>("mean_squared_error", NUMBERS, Vectors::rows)
}

#[test]
fn mean_absolute_error() -> Result<()> {
    check::<Mae, 1>("mean_absolute_error", NUMBERS, Vectors::rows)?;
    check::<Mae, 3>("mean_absolute_error", NUMBERS, Vectors::rows)
}

#[test]
fn huber() -> Result<()> {
    check::<Huber, 1>("huber", NUMBERS, Vectors::rows)?;
    check::<Huber, 3>("huber", NUMBERS, Vectors::rows)
}

#[test]
fn binary_cross_entropy() -> Result<()> {
    check::<BinaryCrossEntropy, 1>("binary_cross_entropy", YES_OR_NO, Vectors::classes)
}

#[test]
fn categorical_cross_entropy() -> Result<()> {
    check::<CategoricalCrossEntropy, 4>("categorical_cross_entropy", CLASSES, Vectors::rows)
}

#[test]
fn sparse_categorical_cross_entropy() -> Result<()> {
    check::<SparseCategoricalCrossEntropy, 4>("sparse_categorical_cross_entropy", CLASSES, Vectors::classes)
}
