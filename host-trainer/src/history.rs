//! The record of a training, written as `history.json`.

use std::collections::BTreeMap;

use formats::Recipe;
use serde::Serialize;
use training::metrics::metric_name;
use training::{Settings, TrainingProgress};

use crate::commands::testing::Int8Outcome;
use crate::data::Samples;
use crate::events::named;
use crate::prepared::Prepared;

/// A training: its settings and its results.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct History {
    /// Each epoch by Keras's names: see [`named`].
    pub epochs: Vec<BTreeMap<String, f64>>,
    /// Loss and metrics on the test samples, by Keras's names.
    pub test: BTreeMap<String, f64>,
    /// Metrics of the int8 network on the test samples, where there is one.
    pub int8_test: Option<BTreeMap<String, f64>>,
    /// Why there is no int8 network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub int8_error: Option<String>,
    /// The epoch that the weights are of, where early stopping chose it.
    pub best_epoch: Option<usize>,
    /// Wall-clock time of the training of all epochs together, without that of the measurements between them.
    pub fit_seconds: f64,
    /// Inputs, units of each hidden layer, and outputs.
    pub widths: Vec<usize>,
    pub parameters: usize,
    pub data_set: String,
    /// CRC-32 of the training samples.
    pub data_checksum: u32,
    pub samples: usize,
    pub validation_samples: usize,
    pub test_samples: usize,
    pub recipe: Recipe,
    pub threads: usize,
    pub kernel: String,
}

impl History {
    /// The history of a training that has come to its end at `progress`.
    pub(crate) fn new(
        prepared: &Prepared,
        settings: &Settings,
        progress: &TrainingProgress,
        test: BTreeMap<String, f64>,
        int8: &Int8Outcome,
    ) -> Self {
        let metric = metric_name(prepared.task());
        let ends = [prepared.input.width(), prepared.output.width()];
        let widths = [&ends[..1], &prepared.recipe.hidden, &ends[1..]].concat();
        Self {
            epochs: progress.epochs.iter().map(|epoch| named(epoch, metric)).collect(),
            test,
            int8_test: int8.as_ref().ok().map(|int8| int8.metrics.clone()),
            int8_error: int8.as_ref().err().map(|no_int8| no_int8.reason.clone()),
            best_epoch: progress.best.as_ref().map(|best| best.epoch),
            fit_seconds: progress.epochs.iter().map(|epoch| epoch.seconds).sum(),
            parameters: widths.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum(),
            widths,
            data_set: prepared.name.clone(),
            data_checksum: prepared.checksum,
            samples: prepared.train.len(),
            validation_samples: prepared.validation.as_ref().map_or(0, Samples::len),
            test_samples: prepared.test.len(),
            recipe: prepared.recipe.clone(),
            threads: settings.threads,
            kernel: settings.kernel.name().into(),
        }
    }

    /// The record as indented JSON that ends with a line feed. A number that is not finite becomes `null`.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("numbers and strings always have a JSON form");
        json.push(b'\n');
        json
    }
}
