//! Metrics of predictions, by Keras's names.

use std::collections::BTreeMap;

use dense_core::argmax;
use formats::Task;
use serde::{Deserialize, Serialize};

use crate::samples::Targets;

/// The mean loss and the metric of a task over samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// The mean loss.
    pub loss: f64,
    /// The metric that [`metric_name`] names.
    pub metric: f64,
}

/// The metric of an epoch: `accuracy`, or the mean absolute error, `mae`.
pub const fn metric_name(task: Task) -> &'static str {
    match task {
        Task::Multiclass | Task::Binary => "accuracy",
        Task::Regression => "mae",
    }
}

/// All metrics of predictions `[samples][outputs]`: of labels with one output those of [`binary`], with several the
/// accuracy, and of numbers those of [`regression`].
pub fn named(predictions: &[f32], outputs: usize, targets: &Targets) -> BTreeMap<String, f64> {
    match targets {
        Targets::Labels(labels) if outputs == 1 => binary(predictions, labels),
        Targets::Labels(labels) => BTreeMap::from([("accuracy".to_owned(), accuracy(predictions, outputs, labels))]),
        Targets::Numbers { width, values } => regression(predictions, *width, values),
    }
}

/// The accuracy: the share of rows `[samples][classes]` whose largest number (of equal ones, the first) is that of the
/// label.
pub fn accuracy(outputs: &[f32], classes: usize, labels: &[u8]) -> f64 {
    let rows = outputs.chunks_exact(classes).zip(labels);
    rows.filter(|(row, label)| argmax(row) == usize::from(**label)).count() as f64 / labels.len() as f64
}

/// All metrics of a binary classifier, from the probability of class 1 of each sample, which is taken for class 1 above
/// 0.5: `accuracy`, `auc`, `precision`, `recall`, `f1_score`.
pub fn binary(probabilities: &[f32], labels: &[u8]) -> BTreeMap<String, f64> {
    let count = |predicted: bool, label: u8| {
        let pairs = probabilities.iter().zip(labels);
        pairs.filter(|(probability, found)| (**probability > 0.5) == predicted && **found == label).count() as f64
    };
    let (true_positives, false_positives) = (count(true, 1), count(true, 0));
    let (true_negatives, false_negatives) = (count(false, 0), count(false, 1));
    // Without a positive prediction or a positive label, Keras says 0.
    let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    collect([
        ("accuracy", (true_positives + true_negatives) / labels.len() as f64),
        ("auc", auc(probabilities, labels)),
        ("precision", ratio(true_positives, true_positives + false_positives)),
        ("recall", ratio(true_positives, true_positives + false_negatives)),
        ("f1_score", ratio(2.0 * true_positives, 2.0 * true_positives + false_positives + false_negatives)),
    ])
}

/// The area under the ROC curve: the probability that a sample of class 1 has a larger score than one of class 0, ties
/// counted half. Exact, where Keras interpolates between 200 thresholds. 0.5 where a class has no sample.
pub fn auc(scores: &[f32], labels: &[u8]) -> f64 {
    let mut pairs: Vec<(f32, u8)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut below, mut wins) = (0_u64, 0_u64);
    for equal in pairs.chunk_by(|one, other| one.0 == other.0) {
        let positives = equal.iter().filter(|(_, label)| *label == 1).count() as u64;
        let negatives = equal.len() as u64 - positives;
        // In halves.
        wins += positives * (2 * below + negatives);
        below += negatives;
    }
    let positives = labels.len() as u64 - below;
    if below == 0 || positives == 0 { 0.5 } else { wins as f64 / (2 * below * positives) as f64 }
}

/// All metrics of a regression, over values and targets `[samples][outputs]`: the mean squared error `mse`, the mean
/// absolute error `mae`, and the coefficient of determination `r2`, the mean of that of each output.
pub fn regression(values: &[f32], outputs: usize, targets: &[f32]) -> BTreeMap<String, f64> {
    let mean_of = |error: &dyn Fn(f64) -> f64| {
        let errors = values.iter().zip(targets).map(|(value, target)| error(f64::from(*value) - f64::from(*target)));
        errors.sum::<f64>() / targets.len() as f64
    };
    let r2 = (0..outputs).map(|output| r2(values, outputs, output, targets)).sum::<f64>() / outputs as f64;
    collect([("mse", mean_of(&|error| error * error)), ("mae", mean_of(&f64::abs)), ("r2", r2)])
}

/// 1 − Σ (y − t)² / Σ (t − mean t)² of one output; as Keras has it, 0 where all targets are equal.
fn r2(values: &[f32], outputs: usize, output: usize, targets: &[f32]) -> f64 {
    let column = |of: &[f32]| -> Vec<f64> { of[output..].iter().step_by(outputs).map(|&value| value.into()).collect() };
    let (values, targets) = (column(values), column(targets));
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    let residual: f64 = values.iter().zip(&targets).map(|(value, target)| (value - target).powi(2)).sum();
    let total: f64 = targets.iter().map(|target| (target - mean).powi(2)).sum();
    if total > 0.0 { 1.0 - residual / total } else { 0.0 }
}

fn collect<const N: usize>(metrics: [(&str, f64); N]) -> BTreeMap<String, f64> {
    metrics.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted by hand.
    #[test]
    fn metrics_of_a_binary_classifier() {
        let probabilities = [0.1, 0.4, 0.35, 0.8, 0.8, 0.5];
        let found = binary(&probabilities, &[0, 0, 1, 1, 0, 1]);
        let wanted =
            [("accuracy", 0.5), ("auc", 5.5 / 9.0), ("f1_score", 0.4), ("precision", 0.5), ("recall", 1.0 / 3.0)];
        assert_eq!(found.len(), wanted.len());
        for (name, wanted) in wanted {
            assert!((found[name] - wanted).abs() < 1e-12, "{name}: {}, wanted {wanted}", found[name]);
        }
        assert_eq!(auc(&[0.1, 0.9], &[1, 1]), 0.5);
        assert_eq!(auc(&[0.1, 0.9], &[0, 1]), 1.0);
        assert_eq!(binary(&[0.1], &[0])["precision"], 0.0);
    }

    #[test]
    fn metrics_of_a_regression() {
        // The example of scikit-learn's `r2_score` with several outputs, 0.938… as the uniform average.
        let values = [0.0, 2.0, -1.0, 2.0, 8.0, -5.0];
        let found = regression(&values, 2, &[0.5, 1.0, -1.0, 1.0, 7.0, -6.0]);
        for (name, wanted) in [("mse", 4.25 / 6.0), ("mae", 4.5 / 6.0), ("r2", 0.936_800_526_662_277_9)] {
            assert!((found[name] - wanted).abs() < 1e-12, "{name}: {}", found[name]);
        }
        assert_eq!(regression(&[1.0, 2.0], 1, &[3.0, 3.0])["r2"], 0.0);
    }

    #[test]
    fn accuracy_takes_the_first_of_equal_outputs() {
        assert_eq!(accuracy(&[1.0, 1.0, 0.0, 2.0], 2, &[0, 0]), 0.5);
    }
}
