//! The record of a training run, written as `history.json`.

use serde::Serialize;

/// Loss and accuracy over a set of samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// Mean sparse categorical cross-entropy of a sample.
    pub loss: f64,
    /// Share of the samples classified correctly, from 0 to 1.
    pub accuracy: f64,
}

/// What one pass over the training samples gave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Epoch {
    /// Loss and accuracy, taken while the weights were changing.
    #[serde(flatten)]
    pub metrics: Metrics,
    /// Result on the validation samples after the epoch, where there are such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Metrics>,
    /// Result on the test samples after the epoch, where it was tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Metrics>,
    /// Wall-clock time of the epoch.
    pub seconds: f64,
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
    /// Wall-clock time of all epochs together.
    pub fit_seconds: f64,
    /// Name of the model, as given to `--model`.
    pub model: String,
    /// Name of the optimizer, as given to `--optimizer`.
    pub optimizer: String,
    /// Step size of the optimizer.
    pub learning_rate: f32,
    /// What became of it, as given to `--schedule`.
    pub schedule: String,
    /// Samples in one training step.
    pub batch_size: usize,
    /// Training samples in one epoch.
    pub samples: usize,
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
                Epoch { metrics: metrics(0.5, 0.75), validation: None, test: None, seconds: 0.25 },
                Epoch { metrics: metrics(0.25, 0.875), validation: None, test: None, seconds: 0.125 },
            ],
            test: metrics(0.375, 0.8125),
            int8_test_accuracy: 0.796_875,
            fit_seconds: 0.375,
            model: "linear".into(),
            optimizer: "adam".into(),
            learning_rate: 0.001,
            schedule: "constant".into(),
            batch_size: 32,
            samples: 60_000,
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
                { "loss": 0.25, "accuracy": 0.875, "seconds": 0.125 },
            ],
            "test": { "loss": 0.375, "accuracy": 0.8125 },
            "int8_test_accuracy": 0.796_875,
            "fit_seconds": 0.375,
            "model": "linear",
            "optimizer": "adam",
            "learning_rate": 0.001,
            "schedule": "constant",
            "batch_size": 32,
            "samples": 60_000,
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
