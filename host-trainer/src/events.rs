//! What `--json` prints for other programs: one of these objects on each line of standard output, `event` first.
//!
//! Times are seconds of wall-clock time, losses are means, accuracies are shares from 0 to 1, and epochs and steps count
//! from 1. A number that is not finite is `null`. Errors go to standard error as text, and the exit code says the rest.

use serde::Serialize;

use crate::history::{Epoch, Metrics};

/// One line.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event<'a> {
    /// A command has read what it needs and begins.
    Start(Start<'a>),
    /// An epoch of training is over: `loss` and `accuracy` while it learned, with `val_` in front on the validation
    /// samples, if any, and with `test_` on the test samples after it; `seconds` of training.
    Epoch {
        /// Which one.
        epoch: usize,
        /// How many there are to be.
        epochs: usize,
        /// How it went.
        #[serde(flatten)]
        result: &'a Epoch,
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
        /// The results themselves.
        #[serde(flatten)]
        metrics: Metrics,
        /// How long the test took.
        seconds: f64,
    },
    /// The network in whole numbers beside the one in floats, on the test samples.
    Int8 {
        /// How many samples the floats are right about.
        float_correct: usize,
        /// How many the whole numbers are right about.
        int8_correct: usize,
        /// How many the two take for different classes.
        different: usize,
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
        /// The network, as `--model` names it.
        model: &'a str,
        /// How many numbers it learns.
        parameters: usize,
        /// The folder of the data set.
        data: String,
        /// The names of the classes, in the order of their labels.
        class_names: &'a [String],
        /// Samples that are trained on.
        train_samples: usize,
        /// Samples that are held back for validation.
        validation_samples: usize,
        /// Samples to test on.
        test_samples: usize,
        /// Samples in a step.
        batch_size: usize,
        /// Steps in an epoch.
        steps_per_epoch: usize,
        /// Epochs in all.
        epochs: usize,
        /// Epochs that were done before.
        epochs_done: usize,
        /// Steps of the epoch after those that were made before.
        steps_done: usize,
        /// The preset, as `--preset` names it.
        preset: &'a str,
        /// The rule, as `--optimizer` names it.
        optimizer: &'a str,
        /// The step size.
        learning_rate: f32,
        /// What becomes of it, as `--learning-rate-schedule` names it.
        learning_rate_schedule: String,
        /// The seed.
        seed: u64,
        /// Threads that find work.
        threads: usize,
        /// The code that does the arithmetic, as `--kernel` names it.
        kernel: &'a str,
    },
    /// `evaluate`.
    Evaluate {
        /// The network, as `--model` names it.
        model: &'a str,
        /// The file it comes from.
        weights: String,
        /// The folder of the data set.
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
