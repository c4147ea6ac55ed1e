//! JSON Lines, the output of `--json`: an event object on each line of standard output, `event` first.
//!
//! Times are seconds of wall-clock time, losses are means, accuracies are shares from 0 to 1, and epochs and steps count
//! from 1. A number that is not finite is `null`. Errors go to standard error as text, and the exit code says the rest.

use std::collections::BTreeMap;

use formats::Recipe;
use serde::Serialize;

use crate::learning::Epoch;

/// The numbers of an epoch by Keras's names: `loss`, the metric, `seconds`, and, where they are known, those after it with
/// `val_` or `test_` in front.
#[must_use]
pub fn named(epoch: &Epoch, metric: &str) -> BTreeMap<String, f64> {
    let mut named = BTreeMap::from([("seconds".to_owned(), epoch.seconds)]);
    for (prefix, metrics) in [("", Some(epoch.train)), ("val_", epoch.validation), ("test_", epoch.test)] {
        if let Some(metrics) = metrics {
            named.insert(format!("{prefix}loss"), metrics.loss);
            named.insert(format!("{prefix}{metric}"), metrics.metric);
        }
    }
    named
}

/// One line.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// A command has read what it needs and begins.
    Start(Start<'a>),
    /// An epoch of training is over: `loss` and `accuracy`, or another metric, while it learned, with `val_` in front on
    /// the validation samples, if any, and with `test_` on the test samples after it; `seconds` of training.
    Epoch {
        /// Which one.
        epoch: usize,
        /// How many there are to be.
        epochs: usize,
        /// How it went.
        #[serde(flatten)]
        result: BTreeMap<String, f64>,
    },
    /// The weights are those of the epoch with the smallest validation loss.
    BestWeightsRestored {
        /// Which one.
        best_epoch: usize,
        /// The last one.
        epoch: usize,
        /// Whether patience ended the training, and not the number of epochs.
        stopped_early: bool,
    },
    /// Ctrl-C has ended the training; after the results on the test samples nothing more follows.
    Interrupted {
        /// The epoch in which it did.
        epoch: usize,
        /// The steps of that epoch that were made.
        steps: usize,
        /// The file to go on from.
        checkpoint: String,
    },
    /// The results on the test samples.
    Test {
        /// How many there are.
        samples: usize,
        /// The loss and the metrics, by Keras's names.
        #[serde(flatten)]
        metrics: &'a BTreeMap<String, f64>,
        /// How long the test took.
        seconds: f64,
    },
    /// The network in int8 on the test samples.
    Int8 {
        /// The metrics, by Keras's names.
        #[serde(flatten)]
        metrics: &'a BTreeMap<String, f64>,
        /// Of a classifier, how many samples it predicts another class of than the network in f32.
        #[serde(skip_serializing_if = "Option::is_none")]
        different: Option<usize>,
    },
    /// A group of a cross-validation is tested.
    Group {
        /// Its name.
        name: &'a str,
        /// How many samples it has.
        samples: usize,
        /// Loss and metrics, by Keras's names.
        #[serde(flatten)]
        metrics: &'a BTreeMap<String, f64>,
    },
    /// A file is in place.
    Written {
        /// Its path.
        path: String,
        /// Its size.
        bytes: u64,
    },
}

/// What begins.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Start<'a> {
    /// `train`.
    Train {
        /// Inputs, units of each hidden layer, and outputs.
        widths: Vec<usize>,
        /// Number of parameters.
        parameters: usize,
        /// The path of the data set.
        data: String,
        /// The names of the classes, in the order of their labels, or of the outputs.
        names: &'a [String],
        /// Samples that are trained on.
        train_samples: usize,
        /// Samples that are held back for validation.
        validation_samples: usize,
        /// Samples to test on.
        test_samples: usize,
        /// Steps in an epoch.
        steps_per_epoch: usize,
        /// Epochs that were done before.
        epochs_done: usize,
        /// Steps of the epoch after those that were made before.
        steps_done: usize,
        /// The recipe; its members are those of this object.
        #[serde(flatten)]
        recipe: &'a Recipe,
        /// Number of threads.
        threads: usize,
        /// The code that does the arithmetic, as `--kernel` names it.
        kernel: &'a str,
    },
    /// `evaluate`.
    Evaluate {
        /// Inputs, units of each hidden layer, and outputs.
        widths: Vec<usize>,
        /// The file it comes from.
        weights: String,
        /// The path of the data set.
        data: String,
        /// Samples to test on.
        test_samples: usize,
        /// The code that does the arithmetic, as `--kernel` names it.
        kernel: &'a str,
    },
}

impl Event<'_> {
    /// The line, with its end.
    #[must_use]
    pub fn line(&self) -> String {
        serde_json::to_string(self).expect("numbers and strings always have a JSON form") + "\n"
    }
}
