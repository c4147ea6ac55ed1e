//! The record of a training run, written as `history.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fit::Loss;
use crate::learning;

/// Loss and accuracy over a set of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// Mean loss of a sample: cross-entropy, but in the epochs of a training what that minimises.
    pub loss: f64,
    /// Share of the samples classified correctly, from 0 to 1.
    pub accuracy: f64,
}

impl Metrics {
    /// By Keras's names.
    #[must_use]
    pub fn named(self) -> BTreeMap<String, f64> {
        [("loss", self.loss), ("accuracy", self.accuracy)].map(|(name, value)| (name.to_owned(), value)).into()
    }
}

impl From<Metrics> for learning::Metrics {
    fn from(metrics: Metrics) -> Self {
        Self { loss: metrics.loss, metric: metrics.accuracy }
    }
}

impl From<&Epoch> for learning::Epoch {
    fn from(epoch: &Epoch) -> Self {
        let Epoch { metrics, seconds, validation, test } = *epoch;
        Self { train: metrics.into(), seconds, validation: validation.map(Into::into), test: test.map(Into::into) }
    }
}

/// What one pass over the training samples gave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "EpochRecord", into = "EpochRecord")]
pub struct Epoch {
    /// Loss and accuracy, taken while the weights were changing.
    pub metrics: Metrics,
    /// Wall-clock time of the training, without that of the measurements after it.
    pub seconds: f64,
    /// Result on the validation samples after the epoch.
    pub validation: Option<Metrics>,
    /// Result on the test samples after the epoch, which decides nothing.
    pub test: Option<Metrics>,
}

/// An epoch as it is written: one flat object, by the names that Keras gives to validation.
#[derive(Serialize, Deserialize)]
struct EpochRecord {
    loss: f64,
    accuracy: f64,
    seconds: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    val_loss: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    val_accuracy: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test_loss: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test_accuracy: Option<f64>,
}

impl From<Epoch> for EpochRecord {
    fn from(Epoch { metrics: Metrics { loss, accuracy }, seconds, validation, test }: Epoch) -> Self {
        let [val_loss, test_loss] = [validation, test].map(|metrics| metrics.map(|metrics| metrics.loss));
        let [val_accuracy, test_accuracy] = [validation, test].map(|metrics| metrics.map(|metrics| metrics.accuracy));
        Self { loss, accuracy, seconds, val_loss, val_accuracy, test_loss, test_accuracy }
    }
}

impl From<EpochRecord> for Epoch {
    fn from(record: EpochRecord) -> Self {
        let both = |loss: Option<f64>, accuracy| loss.zip(accuracy).map(|(loss, accuracy)| Metrics { loss, accuracy });
        Self {
            metrics: Metrics { loss: record.loss, accuracy: record.accuracy },
            seconds: record.seconds,
            validation: both(record.val_loss, record.val_accuracy),
            test: both(record.test_loss, record.test_accuracy),
        }
    }
}

/// A whole training run: its settings and its results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct History {
    /// One entry for each epoch, in order.
    pub epochs: Vec<Epoch>,
    /// Result on the test samples after the last epoch.
    pub test: Metrics,
    /// Share of them that the same network in whole numbers classifies correctly, from 0 to 1.
    pub int8_test_accuracy: f64,
    /// The epoch that the weights are of, where early stopping chose it.
    pub best_epoch: Option<usize>,
    /// Wall-clock time of the training of all epochs together, without that of the measurements between them.
    pub fit_seconds: f64,
    /// Name of the model, as given to `--model`.
    pub model: String,
    /// Name of the preset, as given to `--preset`.
    pub preset: String,
    /// The exponent of the curve that pixels went through; 1 left them as they are.
    pub pixel_exponent: f64,
    /// Where pixels were standardised, the least that was taken for the standard deviation of one.
    pub smallest_deviation: Option<f64>,
    /// What was minimised; the losses of the epochs are it.
    pub loss: Loss,
    /// Name of the optimizer, as given to `--optimizer`.
    pub optimizer: String,
    /// Step size of the optimizer.
    pub learning_rate: f32,
    /// What became of it, as given to `--learning-rate-schedule`.
    pub schedule: String,
    /// Samples in one training step.
    pub batch_size: usize,
    /// Training samples in one epoch.
    pub samples: usize,
    /// Samples held back for validation.
    pub validation_samples: usize,
    /// Epochs without a smaller validation loss that would have ended the training.
    pub early_stopping: Option<usize>,
    /// Seed of the initial weights and of the shuffling.
    pub seed: u64,
    /// Threads used.
    pub threads: usize,
    /// Name of the kernel used.
    pub kernel: String,
}

impl History {
    /// The record as indented JSON that ends with a line feed. A number that is not finite becomes
    /// `null`, since JSON has no word for it.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("a struct of numbers and strings always has a JSON form");
        json.push(b'\n');
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> History {
        let metrics = |loss, accuracy| Metrics { loss, accuracy };
        History {
            epochs: vec![
                Epoch { metrics: metrics(0.5, 0.75), seconds: 0.25, validation: None, test: None },
                Epoch {
                    metrics: metrics(0.25, 0.875),
                    seconds: 0.125,
                    validation: Some(metrics(0.5, 0.625)),
                    test: Some(metrics(0.375, 0.8125)),
                },
            ],
            test: metrics(0.375, 0.8125),
            int8_test_accuracy: 0.796_875,
            best_epoch: Some(2),
            fit_seconds: 0.375,
            model: "linear".into(),
            preset: "best".into(),
            pixel_exponent: 0.5,
            smallest_deviation: Some(0.125),
            loss: Loss::CrossEntropy,
            optimizer: "adam".into(),
            learning_rate: 0.001,
            schedule: "constant".into(),
            batch_size: 32,
            samples: 60_000,
            validation_samples: 0,
            early_stopping: None,
            seed: u64::MAX,
            threads: 1,
            kernel: "portable".into(),
        }
    }

    #[test]
    fn json_holds_every_field() {
        let json: serde_json::Value = serde_json::from_slice(&history().to_json()).unwrap();
        let wanted = serde_json::json!({
            "epochs": [
                { "loss": 0.5, "accuracy": 0.75, "seconds": 0.25 },
                {
                    "loss": 0.25, "accuracy": 0.875, "seconds": 0.125,
                    "val_loss": 0.5, "val_accuracy": 0.625, "test_loss": 0.375, "test_accuracy": 0.8125,
                },
            ],
            "test": { "loss": 0.375, "accuracy": 0.8125 },
            "int8_test_accuracy": 0.796_875,
            "best_epoch": 2,
            "fit_seconds": 0.375,
            "model": "linear",
            "preset": "best",
            "pixel_exponent": 0.5,
            "smallest_deviation": 0.125,
            "loss": "cross-entropy",
            "optimizer": "adam",
            "learning_rate": 0.001,
            "schedule": "constant",
            "batch_size": 32,
            "samples": 60_000,
            "validation_samples": 0,
            "early_stopping": null,
            "seed": u64::MAX,
            "threads": 1,
            "kernel": "portable",
        });
        assert_eq!(json, wanted);
    }

    #[test]
    fn json_is_indented_and_ends_with_a_line_feed() {
        let json = String::from_utf8(history().to_json()).unwrap();
        assert!(json.starts_with("{\n  \"epochs\": [\n"), "{json}");
        assert!(json.ends_with("\n}\n"), "{json}");
    }

    #[test]
    fn a_diverged_run_is_still_json() {
        let mut history = history();
        history.test.loss = f64::NAN;
        let json: serde_json::Value = serde_json::from_slice(&history.to_json()).unwrap();
        assert!(json["test"]["loss"].is_null());
    }
}
