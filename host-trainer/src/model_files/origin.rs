//! Where the numbers of a model come from: a training, or a file of another tool.

use serde::Serialize;

/// Everything that decides the trained weights, down to the last bit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recipe {
    /// Name of the data set.
    pub data_set: String,
    /// Name of the optimizer.
    pub optimizer: String,
    /// Step size of the optimizer.
    pub learning_rate: f32,
    /// What became of it, as given to `--schedule`.
    pub schedule: String,
    /// Samples in one training step.
    pub batch_size: usize,
    /// Passes over the training samples.
    pub epochs: usize,
    /// Training samples in one epoch.
    pub samples: usize,
    /// Seed of the initial weights and of the shuffling.
    pub seed: u64,
}

/// A file of another tool that a model was read from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Import {
    /// Name of the data set that the model was tested on.
    pub data_set: String,
    /// Name of the file.
    pub imported_from: String,
    /// Its format.
    pub format_of_import: &'static str,
    /// What the other tool made of pixels, as given to `--pixels`.
    pub pixels: &'static str,
}

/// A file of this program that a model was exported from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exported {
    /// Name of the data set that the model was tested on.
    pub data_set: String,
    /// Name of the file.
    pub exported_from: String,
}

/// Where the numbers of a model come from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Origin {
    /// They were trained here.
    Trained(Recipe),
    /// They were read from a file of another tool.
    Imported(Import),
    /// They were read from a file of this program.
    Exported(Exported),
}

impl Origin {
    /// The command that made the files.
    #[must_use]
    pub const fn command(&self) -> &'static str {
        match self {
            Self::Trained(_) => "train",
            Self::Imported(_) => "import",
            Self::Exported(_) => "export",
        }
    }

    /// The data set that the model was tested on.
    #[must_use]
    pub fn data_set(&self) -> &str {
        match self {
            Self::Trained(recipe) => &recipe.data_set,
            Self::Imported(import) => &import.data_set,
            Self::Exported(exported) => &exported.data_set,
        }
    }

    /// What tells this model from others in short, as a line of a comment.
    pub(super) fn identity(&self) -> String {
        match self {
            Self::Trained(recipe) => format!("seed: {}", recipe.seed),
            // Escaped, as the name of a file can be anything.
            Self::Imported(import) => {
                format!("imported from: {} ({})", import.imported_from.escape_debug(), import.format_of_import)
            }
            Self::Exported(exported) => format!("exported from: {}", exported.exported_from.escape_debug()),
        }
    }

    /// All there is to say but the data set, as lines of a comment.
    pub(super) fn lines(&self) -> Vec<String> {
        match self {
            Self::Trained(recipe) => {
                let schedule = match recipe.schedule.as_str() {
                    "constant" => String::new(),
                    schedule => format!(", {schedule} schedule"),
                };
                vec![
                    format!("optimizer: {}", recipe.optimizer),
                    format!("learning rate: {}{schedule}", recipe.learning_rate),
                    format!("batch size: {}", recipe.batch_size),
                    format!("epochs: {}", recipe.epochs),
                    format!("training samples: {}", recipe.samples),
                    self.identity(),
                ]
            }
            Self::Imported(import) => vec![self.identity(), format!("pixels: {}", import.pixels)],
            Self::Exported(_) => vec![self.identity()],
        }
    }
}
