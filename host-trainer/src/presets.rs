//! Presets: the settings of a training that no option gives.

use clap::ValueEnum;
use formats::{Loss, Optimizer, Recipe, Schedule};

/// The name of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PresetName {
    /// That of Keras: Adam on inputs as they are
    Recipe,
    /// The highest accuracy on pictures: a gamma curve, standardisation, a robust loss, a falling learning rate
    Best,
}

impl PresetName {
    /// The name as `--preset` takes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Recipe => "recipe",
            Self::Best => "best",
        }
    }

    /// Its recipe for a network with or without hidden layers, on pictures or on numbers.
    ///
    /// The numbers of [`Best`](Self::Best) were chosen on training images of Fashion-MNIST that were held back (three sixths
    /// in turn; with hidden layers one), without a look at the test set. There weight decay is worth about a point of
    /// accuracy with hidden layers, and shifts another one with two of them.
    pub(crate) fn preset(self, has_hidden_layers: bool, is_pixels: bool) -> Result<Recipe, String> {
        let recipe = Recipe { preset: self.name().into(), ..Recipe::default() };
        match self {
            Self::Recipe => Ok(Recipe {
                smallest_deviation: (!is_pixels).then_some(0.0),
                // From one step to the next, the test accuracy of larger networks wavers by half a percent.
                schedule: if has_hidden_layers { Schedule::Cosine } else { Schedule::Constant },
                ..recipe
            }),
            Self::Best if !is_pixels => Err("--preset best: is for pictures; the data are numbers".into()),
            Self::Best => {
                let optimizer = Optimizer { learning_rate: 0.002, ..Optimizer::default() };
                let without = Recipe {
                    pixel_exponent: 0.3,
                    // With 0.1, as good, some weights become so large that int8 loses a quarter of a point.
                    smallest_deviation: Some(0.3),
                    loss: Loss::GeneralizedCrossentropy,
                    optimizer,
                    schedule: Schedule::Cosine,
                    batch_size: 128,
                    ..recipe
                };
                let with = Recipe {
                    shift: 1,
                    loss: Loss::SparseCategoricalCrossentropy,
                    optimizer: Optimizer { weight_decay: 0.1, ..optimizer },
                    epochs: 60,
                    ..without.clone()
                };
                Ok(if has_hidden_layers { with } else { without })
            }
        }
    }
}
