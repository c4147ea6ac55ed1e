//! Training state: all that it takes to resume training to the same bits.

use formats::Layer;
use serde::{Deserialize, Serialize};

use super::Metrics;

/// Epochs done, parameters and optimizer state. The shuffles follow from the seed, and the optimizer's step count from
/// the number of steps.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// How far it has come.
    pub progress: TrainingProgress,
    /// The numbers that a step changes.
    pub variables: Variables,
}

/// How far a training has come, and its record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingProgress {
    /// The epochs that are done.
    pub epochs: Vec<Epoch>,
    /// The partial record of the next epoch.
    pub current: PartialEpoch,
    /// The best epoch so far, where early stopping looks for one.
    pub best: Option<Best>,
}

impl TrainingProgress {
    /// The number of steps made in all.
    pub(super) const fn steps(&self, steps_per_epoch: usize) -> usize {
        self.epochs.len() * steps_per_epoch + self.current.steps
    }
}

/// The record of one pass over the training samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Means over the batches, each before its step.
    pub train: Metrics,
    /// Wall-clock time of the steps, without that of the measurements after them.
    pub seconds: f64,
    /// On the validation samples after the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Metrics>,
    /// On the test samples after the epoch, which decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Metrics>,
}

/// A part of an epoch, as sums over its samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PartialEpoch {
    /// Steps made.
    pub steps: usize,
    /// The sum of the samples' losses.
    pub loss: f64,
    /// The sum of the samples' metrics: 1 for each that is classified correctly, or the absolute error.
    pub metric: f64,
    /// Wall-clock time of the steps.
    pub seconds: f64,
}

impl PartialEpoch {
    /// The means over so many samples.
    pub fn metrics(&self, samples: usize) -> Metrics {
        Metrics { loss: self.loss / samples as f64, metric: self.metric / samples as f64 }
    }
}

/// The epoch with the smallest validation loss; of equal ones, the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// Its number, from 1.
    pub epoch: usize,
    /// The layers at its end, as they were trained.
    pub layers: Vec<Layer>,
}

/// The numbers that a step changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Variables {
    /// The layers as they are trained: of standardised inputs, where inputs are standardised.
    pub layers: Vec<Layer>,
    /// Optimizer state of each layer: none for SGD, the velocity for momentum, the mean of squared gradients for RMSprop,
    /// first and second moment for Adam.
    pub states: Vec<Vec<Parameters>>,
}

/// A number for each parameter of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// `[units][inputs]`.
    pub weights: Vec<f32>,
    /// `[units]`.
    pub bias: Vec<f32>,
}

impl Parameters {
    /// Sets all of them to 0.
    pub fn clear(&mut self) {
        self.weights.fill(0.0);
        self.bias.fill(0.0);
    }
}

/// The result of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// All that it takes to go on.
    pub state: State,
    /// Why it went no further.
    pub end: End,
}

/// Why a training goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All epochs are done.
    Finished,
    /// Early stopping: the validation loss has not improved for `early_stopping` epochs.
    StoppedEarly,
    /// It was told to stop.
    Interrupted,
}
