//! Presets: the settings of a training that no option gives.

use clap::ValueEnum;
use formats::{Loss, OptimizerName, Schedule};

/// The name of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PresetName {
    /// That of Keras: Adam on inputs as they are
    Recipe,
    /// The highest accuracy on pictures: a gamma curve, standardisation, a robust loss, a falling learning rate
    Best,
}

impl PresetName {
    /// The name as `--preset` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recipe => "recipe",
            Self::Best => "best",
        }
    }

    /// Its settings for a network with or without hidden layers, on pictures or on numbers.
    ///
    /// The numbers of [`Best`](Self::Best) were chosen on training images of Fashion-MNIST that were held back (three sixths
    /// in turn; with hidden layers one), without a look at the test set. There weight decay is worth about a point of
    /// accuracy with hidden layers, and shifts another one with two of them.
    ///
    /// # Errors
    ///
    /// [`Best`](Self::Best) is for pictures only.
    pub fn preset(self, has_hidden_layers: bool, is_pixels: bool) -> Result<Preset, String> {
        match self {
            Self::Recipe => Ok(Preset {
                pixel_exponent: 1.0,
                smallest_deviation: if is_pixels { None } else { Some(0.0) },
                shift: 0,
                loss: Loss::SparseCategoricalCrossentropy,
                optimizer: OptimizerName::Adam,
                learning_rate: 0.001,
                weight_decay: 0.0,
                // From one step to the next, the test accuracy of larger networks wavers by half a percent.
                schedule: if has_hidden_layers { Schedule::Cosine } else { Schedule::Constant },
                batch_size: 32,
                epochs: 10,
            }),
            Self::Best if !is_pixels => Err("--preset best: is for pictures; the data are numbers".into()),
            Self::Best => {
                let without = Preset {
                    pixel_exponent: 0.3,
                    // With 0.1, as good, some weights become so large that int8 loses a quarter of a point.
                    smallest_deviation: Some(0.3),
                    shift: 0,
                    loss: Loss::GeneralizedCrossentropy,
                    optimizer: OptimizerName::Adam,
                    learning_rate: 0.002,
                    weight_decay: 0.0,
                    schedule: Schedule::Cosine,
                    batch_size: 128,
                    epochs: 10,
                };
                let with = Preset {
                    shift: 1,
                    loss: Loss::SparseCategoricalCrossentropy,
                    weight_decay: 0.1,
                    epochs: 60,
                    ..without
                };
                Ok(if has_hidden_layers { with } else { without })
            }
        }
    }
}

/// The values of a preset: preparation of inputs, loss, optimizer and its settings, batch size, epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// The exponent of the gamma curve of pixels.
    pub pixel_exponent: f64,
    /// Where inputs are standardised, the least that is taken for the standard deviation of one.
    pub smallest_deviation: Option<f64>,
    /// The most pixels by which training pictures are shifted at random.
    pub shift: usize,
    /// The loss for several classes.
    pub loss: Loss,
    /// The optimizer.
    pub optimizer: OptimizerName,
    /// Its learning rate.
    pub learning_rate: f32,
    /// Its weight decay.
    pub weight_decay: f32,
    /// The learning-rate schedule.
    pub schedule: Schedule,
    /// Samples of a step.
    pub batch_size: usize,
    /// Passes over the training samples.
    pub epochs: usize,
}
