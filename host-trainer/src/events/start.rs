//! The start event of each command.

use formats::Recipe;
use serde::Serialize;

/// The contents of a start event, by command: its settings and the sizes of its data.
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
    /// `sweep`.
    Sweep {
        /// The path of the data set.
        data: String,
        /// Trainings to come.
        trials: usize,
        /// Samples that are trained on.
        train_samples: usize,
        /// Samples that are held back to judge by.
        validation_samples: usize,
        /// The recipe common to all trainings, except for its learning rate, batch size and seed.
        #[serde(flatten)]
        recipe: &'a Recipe,
        /// Trainings at the same time.
        jobs: usize,
    },
    /// `cross-validate`.
    CrossValidate {
        /// The path of the data set.
        data: String,
        /// The names of the groups.
        groups: &'a [String],
        /// The recipe.
        #[serde(flatten)]
        recipe: &'a Recipe,
        /// Trainings at the same time.
        jobs: usize,
    },
    /// `import`.
    Import {
        /// The file of the other program.
        file: &'a str,
        /// The layers in Keras's terms.
        description: String,
    },
    /// `compare`.
    Compare {
        /// Folders or files, as they were named.
        runs: Vec<&'a str>,
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
