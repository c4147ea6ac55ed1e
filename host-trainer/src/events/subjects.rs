//! Models and trainings that are described.

use std::collections::BTreeMap;

use formats::Provenance;
use serde::Serialize;

use crate::estimate::Estimate;

/// A model, and what it takes on a device.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ModelEvent<'a> {
    pub file: &'a str,
    /// Its layers in Keras's terms.
    pub description: String,
    /// Inputs, units of each hidden layer, and outputs.
    pub widths: Vec<usize>,
    pub parameters: usize,
    pub loss: &'a str,
    /// The names of the classes, in the order of their labels, or of the outputs.
    pub names: &'a [String],
    /// Loss and metrics on test samples, by Keras's names; none where it was not tested.
    #[serde(rename = "test")]
    pub metrics: &'a BTreeMap<String, f64>,
    pub provenance: &'a Provenance,
    /// The estimates of memory, instructions and time, one for each board.
    pub boards: Vec<Estimate>,
}

/// A training that is compared with others.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ComparedRun<'a> {
    /// Its folder or file, as it was named.
    pub run: &'a str,
    /// Inputs, units of each hidden layer, and outputs.
    pub widths: &'a [usize],
    pub parameters: usize,
    pub epochs: usize,
    /// The epoch that the weights are of, where early stopping chose it.
    pub best_epoch: Option<usize>,
    pub test_samples: usize,
    /// Loss and metrics of the test, by Keras's names.
    #[serde(flatten)]
    pub metrics: &'a BTreeMap<String, Option<f64>>,
    /// Wilson's 95 % confidence interval of the accuracy, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_interval: Option<[f64; 2]>,
    pub fit_seconds: f64,
    /// The settings that are not the same in all runs, by name.
    pub differences: BTreeMap<&'a str, &'a str>,
}
