//! Where the numbers of a model come from: a training, or a file of another tool.

use serde::Serialize;

use crate::fit::Loss;
use crate::presets::PresetName;

/// Everything that decides the trained weights, down to the last bit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recipe {
    /// Name of the data set.
    pub data_set: String,
    /// Name of the preset, as given to `--preset`.
    pub preset: String,
    /// The exponent of the curve that pixels went through; 1 left them as they are.
    pub pixel_exponent: f64,
    /// Where pixels were standardised, the least that was taken for the standard deviation of one.
    pub smallest_deviation: Option<f64>,
    /// What was minimised.
    pub loss: Loss,
    /// Name of the optimizer.
    pub optimizer: String,
    /// Step size of the optimizer.
    pub learning_rate: f32,
    /// What became of it, as given to `--learning-rate-schedule`.
    pub schedule: String,
    /// Samples in one training step.
    pub batch_size: usize,
    /// Passes over the training samples.
    pub epochs: usize,
    /// Training samples in one epoch.
    pub samples: usize,
    /// Seed of the initial weights and of the shuffling.
    pub seed: u64,
    /// The epoch after which the weights were like this, where that is not the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<usize>,
}

impl Recipe {
    /// What is not as in the preset `recipe`, as lines of a comment.
    fn preset_lines(&self) -> Vec<String> {
        let preset = (self.preset != PresetName::Recipe.name()).then(|| format!("preset: {}", self.preset));
        let curve = (self.pixel_exponent != 1.0).then(|| format!("255 · (pixel / 255)^{}", self.pixel_exponent));
        let standardised =
            self.smallest_deviation.map(|least| format!("standardised by a deviation of at least {least}"));
        let pixels: Vec<String> = [curve, standardised].into_iter().flatten().collect();
        let pixels = (!pixels.is_empty()).then(|| format!("pixels: {}", pixels.join(", ")));
        let loss = (self.loss != Loss::CrossEntropy).then(|| format!("loss: {}", self.loss.name()));
        [preset, pixels, loss].into_iter().flatten().collect()
    }
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

    /// What tells this model from others in short, as lines of a comment.
    pub(super) fn brief(&self) -> Vec<String> {
        let mut lines = match self {
            Self::Trained(recipe) => recipe.preset_lines(),
            Self::Imported(_) | Self::Exported(_) => Vec::new(),
        };
        lines.push(self.identity());
        lines
    }

    fn identity(&self) -> String {
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
                let best = recipe.best_epoch.map_or_else(String::new, |best| format!(", the best after {best}"));
                let mut lines = recipe.preset_lines();
                lines.extend([
                    format!("optimizer: {}", recipe.optimizer),
                    format!("learning rate: {}{schedule}", recipe.learning_rate),
                    format!("batch size: {}", recipe.batch_size),
                    format!("epochs: {}{best}", recipe.epochs),
                    format!("training samples: {}", recipe.samples),
                    self.identity(),
                ]);
                lines
            }
            Self::Imported(import) => vec![self.identity(), format!("pixels: {}", import.pixels)],
            Self::Exported(_) => vec![self.identity()],
        }
    }
}
