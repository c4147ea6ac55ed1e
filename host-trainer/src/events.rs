//! JSON Lines, the output of `--json`: an event object on each line of standard output, `event` first. `docs/json.md` lists
//! them.
//!
//! Times are seconds of wall-clock time, losses are means, accuracies are shares from 0 to 1, and epochs and steps count
//! from 1. A number that is not finite is `null`. Errors go to standard error as text, and the exit code says the rest.

mod start;
mod subjects;

use std::collections::BTreeMap;

use serde::Serialize;
use training::Epoch;

pub(crate) use self::start::Start;
pub(crate) use self::subjects::{ComparedRun, ModelEvent};

/// The numbers of an epoch by Keras's names: `loss`, the metric, `seconds`, and, where they are known, those after it with
/// `val_` or `test_` in front.
pub(crate) fn named(epoch: &Epoch, metric: &str) -> BTreeMap<String, f64> {
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
pub(crate) enum Event<'a> {
    /// A command has read what it needs and begins.
    Start(Start<'a>),
    /// An epoch of training is over: `loss` and `accuracy`, or another metric, while it learned, with `val_` in front on
    /// the validation samples, if any, and with `test_` on the test samples after it; `seconds` of training.
    Epoch {
        epoch: usize,
        epochs: usize,
        #[serde(flatten)]
        result: BTreeMap<String, f64>,
    },
    /// The weights are those of the epoch with the smallest validation loss.
    BestWeightsRestored {
        best_epoch: usize,
        epoch: usize,
        /// Whether patience ended the training, and not the number of epochs.
        stopped_early: bool,
    },
    /// Ctrl-C has ended the training; after the results on the test samples nothing more follows.
    Interrupted {
        epoch: usize,
        steps: usize,
        checkpoint: String,
    },
    /// The results on the test samples.
    Test {
        samples: usize,
        #[serde(flatten)]
        metrics: &'a BTreeMap<String, f64>,
        /// Wilson's 95 % confidence interval of the accuracy, where there is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        accuracy_interval: Option<[f64; 2]>,
        seconds: f64,
    },
    /// The network in int8 on the test samples.
    Int8 {
        #[serde(flatten)]
        metrics: &'a BTreeMap<String, f64>,
        /// Of a classifier, how many samples it predicts another class of than the network in f32.
        #[serde(skip_serializing_if = "Option::is_none")]
        different: Option<usize>,
    },
    /// There is no network in int8.
    #[serde(rename = "int8")]
    NoInt8 {
        /// Why.
        error: &'a str,
    },
    /// A group of a cross-validation is tested.
    Group {
        name: &'a str,
        samples: usize,
        #[serde(flatten)]
        metrics: &'a BTreeMap<String, f64>,
    },
    /// Mean and sample standard deviation over the groups of a cross-validation.
    CrossValidation {
        groups: usize,
        mean: BTreeMap<&'a str, f64>,
        standard_deviation: BTreeMap<&'a str, f64>,
    },
    Model(ModelEvent<'a>),
    /// An image of a data set is drawn.
    Image {
        /// Its number in its part of the data set, from 0.
        index: usize,
        #[serde(skip_serializing_if = "Option::is_none")]
        class: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
    },
    /// A data set is made of pictures.
    Packed {
        pictures: usize,
        left_out: usize,
        /// The names of the classes, in the order of their labels.
        names: &'a [String],
        train_samples: Vec<usize>,
        test_samples: Vec<usize>,
    },
    /// A training of a sweep is over.
    Trial {
        learning_rate: f32,
        batch_size: usize,
        seed: u64,
        /// Whether its weights grew until outputs were no longer finite; it then has no metrics.
        diverged: bool,
        /// Loss and accuracy on the validation samples, and the seconds that the training took.
        #[serde(flatten)]
        result: BTreeMap<&'a str, f64>,
    },
    /// The settings that did best in a sweep.
    Best {
        learning_rate: f32,
        batch_size: usize,
        /// Mean validation accuracy over the seeds.
        val_accuracy: f64,
        /// Mean validation loss over the seeds.
        val_loss: f64,
        /// The command that trains with them on all samples.
        command: String,
    },
    Run(ComparedRun<'a>),
    /// Why runs are not to be compared without care.
    Caution {
        text: &'a str,
    },
    /// A file is in place.
    Written {
        path: String,
        bytes: u64,
    },
}

impl Event<'_> {
    /// The line, with its end.
    pub(crate) fn line(&self) -> String {
        serde_json::to_string(self).expect("numbers and strings always have a JSON form") + "\n"
    }
}
