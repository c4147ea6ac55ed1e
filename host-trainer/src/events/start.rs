//! The start event of each command.

use formats::Recipe;
use serde::Serialize;

/// The contents of a start event, by command: its settings and the sizes of its data.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(crate) enum Start<'a> {
    Train {
        /// Inputs, units of each hidden layer, and outputs.
        widths: Vec<usize>,
        parameters: usize,
        data: String,
        /// The names of the classes, in the order of their labels, or of the outputs.
        names: &'a [String],
        train_samples: usize,
        validation_samples: usize,
        test_samples: usize,
        steps_per_epoch: usize,
        epochs_done: usize,
        /// Steps of the epoch after those that were made before.
        steps_done: usize,
        /// The recipe; its members are those of this object.
        #[serde(flatten)]
        recipe: &'a Recipe,
        threads: usize,
        kernel: &'a str,
    },
    Sweep {
        data: String,
        /// Trainings to come.
        trials: usize,
        train_samples: usize,
        validation_samples: usize,
        /// The recipe common to all trainings, except for its learning rate, batch size and seed.
        #[serde(flatten)]
        recipe: &'a Recipe,
        /// Trainings at the same time.
        jobs: usize,
    },
    CrossValidate {
        data: String,
        groups: &'a [String],
        #[serde(flatten)]
        recipe: &'a Recipe,
        /// Trainings at the same time.
        jobs: usize,
    },
    Import {
        file: &'a str,
        /// The layers in Keras's terms.
        description: String,
    },
    Compare {
        /// Folders or files, as they were named.
        runs: Vec<&'a str>,
    },
    Evaluate {
        /// Inputs, units of each hidden layer, and outputs.
        widths: Vec<usize>,
        weights: String,
        data: String,
        test_samples: usize,
        /// Whether they are all samples of the data, and not only those put aside to test with.
        all_tested: bool,
        kernel: &'a str,
    },
}
