//! Options of every subcommand that trains: the network, the loss, the optimizer, and how long.

use clap::{Args, ValueEnum};
use dense_core::optimizers::SMALLEST_MOMENTUM;
use formats::{Activation, Input, Loss, Optimizer, OptimizerName, Recipe, Schedule, Task};

use super::values::{by_name, learning_rate, listed, seed, share, whole_number};
use super::{MAX_BATCH_SIZE, MAX_EPOCHS};
use crate::presets::PresetName;
use crate::terminal::summary::hyphenated;

/// Units of a hidden layer, at most.
const MAX_UNITS: usize = 4096;
/// Hidden layers, at most.
const MAX_LAYERS: usize = 16;
/// Steps in the default number of epochs on numbers. Tables are small, and their features and targets standardised: Adam
/// then moves a weight by about its learning rate, 0.001, in a step.
const STEPS: usize = 4000;
/// Pixels of a random shift, at most.
const MAX_SHIFT: usize = 16;

/// A network by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ModelName {
    /// No hidden layer: softmax, logistic or linear regression
    Linear,
    /// One hidden layer of 32 units
    Mlp32,
    /// Two hidden layers of 128 and 64 units
    #[value(name = "mlp128-64")]
    Mlp128x64,
}

impl ModelName {
    const fn hidden(self) -> &'static [usize] {
        match self {
            Self::Linear => &[],
            Self::Mlp32 => &[32],
            Self::Mlp128x64 => &[128, 64],
        }
    }
}

/// The name of a network with these hidden layers: `linear`, `mlp32`, `mlp128-64`.
pub(crate) fn model_name(hidden: &[usize]) -> String {
    match hidden {
        [] => "linear".into(),
        _ => format!("mlp{}", hyphenated(hidden)),
    }
}

/// Options of the recipe: all that decides the trained weights, except for the data.
#[derive(Args, Clone, Debug)]
pub struct RecipeArgs {
    /// Network to train [default: linear]
    #[arg(long, value_enum, conflicts_with = "hidden")]
    model: Option<ModelName>,

    /// Units of each hidden layer, from the input on, such as 64,32
    #[arg(long, value_name = "N,...", value_delimiter = ',', allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_UNITS))]
    hidden: Vec<usize>,

    /// Activation of the hidden layers: linear, relu, leaky_relu, elu, gelu, sigmoid or tanh [default: relu]
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    #[arg(value_parser = listed(activation, Activation::ALL.map(Activation::name)))]
    activation: Option<Activation>,

    /// Loss to minimise: sparse_categorical_crossentropy or generalized_crossentropy for several classes,
    /// binary_crossentropy for two, mean_squared_error, mean_absolute_error or huber for numbers [default: the first of
    /// the task]
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    #[arg(value_parser = listed(loss, Loss::ALL.map(Loss::name)))]
    loss: Option<Loss>,

    /// Defaults of all options here that are not given, and the preparation of pixels
    #[arg(long, value_enum, default_value_t = PresetName::Recipe)]
    preset: PresetName,

    /// Standardise the inputs for training and fold that into the first layer [default: on for numbers, off for pictures]
    #[arg(long, value_enum, value_name = "WHEN")]
    standardize: Option<Switch>,

    /// Shift each training picture at random by up to so many pixels, anew in each epoch [default: 0; 1 for best with
    /// hidden layers]
    #[arg(long, value_name = "PIXELS", allow_negative_numbers = true, value_parser = shift)]
    shift: Option<usize>,

    /// Passes over the training samples [default: 10 for pictures, 60 for best with hidden layers; for numbers as many as
    /// make 4000 steps, from 10 to 1000]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_EPOCHS))]
    epochs: Option<usize>,

    /// Samples in one training step [default: 32 for recipe, 128 for best]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_BATCH_SIZE))]
    pub(crate) batch_size: Option<usize>,

    /// Optimizer: adam, sgd or rmsprop [default: adam]
    #[arg(long, value_name = "NAME", hide_possible_values = true)]
    #[arg(value_parser = listed(optimizer, OptimizerName::ALL.map(OptimizerName::name)))]
    optimizer: Option<OptimizerName>,

    /// Learning rate [default: 0.001, for sgd 0.01; 0.002 for best]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = learning_rate)]
    pub(crate) learning_rate: Option<f32>,

    /// Momentum of sgd
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = momentum)]
    momentum: Option<f32>,

    /// Nesterov's form of momentum
    #[arg(long, requires = "momentum")]
    nesterov: bool,

    /// Decoupled weight decay, as of AdamW [default: 0; 0.1 for best with hidden layers]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = weight_decay)]
    weight_decay: Option<f32>,

    /// Learning-rate schedule: constant; cosine, to 0 over all epochs; or step:EPOCHS:FACTOR, multiplied by FACTOR after
    /// every EPOCHS [default: constant for linear with recipe, else cosine]
    #[arg(long, value_name = "SCHEDULE", hide_possible_values = true)]
    #[arg(value_parser = listed(str::parse::<Schedule>, ["constant", "cosine", "step:10:0.5"]))]
    learning_rate_schedule: Option<Schedule>,

    /// Seed of the initial weights and of the shuffling
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true, value_parser = seed)]
    pub seed: u64,

    /// Share of the training samples, the last ones, that are held back for validation
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = share)]
    pub validation_split: Option<f64>,

    /// Stop after so many epochs in a row without a smaller validation loss; the weights of the smallest are kept
    #[arg(long, value_name = "PATIENCE", allow_negative_numbers = true, requires = "validation_split")]
    #[arg(value_parser = whole_number(MAX_EPOCHS))]
    early_stopping: Option<usize>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    /// Yes
    On,
    /// No
    Off,
}

impl RecipeArgs {
    /// The recipe for so many training samples of this kind.
    ///
    /// # Errors
    /// Options that contradict each other or the data, in words.
    pub fn recipe(&self, input: &Input, task: Task, samples: usize) -> Result<Recipe, String> {
        let hidden = match self.model {
            Some(model) => model.hidden().to_vec(),
            None => self.hidden.clone(),
        };
        if hidden.len() > MAX_LAYERS {
            return Err(format!("--hidden: {} layers, at most {MAX_LAYERS} are possible", hidden.len()));
        }
        if hidden.is_empty()
            && let Some(activation) = self.activation
        {
            return Err(format!("--activation {}: there is no hidden layer; add --hidden", activation.name()));
        }
        let is_pixels = matches!(input, Input::Pixels(_));
        let preset = self.preset.preset(!hidden.is_empty(), is_pixels)?;
        let loss = self.loss.unwrap_or(match task {
            Task::Multiclass => preset.loss,
            task => task.default_loss(),
        });
        if loss.task() != task {
            return Err(format!("--loss {}: is for {}, not {}", loss.name(), loss.task().name(), task.name()));
        }
        let batch_size = self.batch_size.unwrap_or(preset.batch_size);
        let default_epochs = if is_pixels {
            preset.epochs
        } else {
            STEPS.div_ceil(samples.div_ceil(batch_size).max(1)).clamp(preset.epochs, 1000)
        };
        Ok(Recipe {
            hidden,
            activation: self.activation.unwrap_or(preset.activation),
            loss,
            optimizer: self.optimizer(&preset.optimizer)?,
            schedule: self.learning_rate_schedule.unwrap_or(preset.schedule),
            batch_size,
            epochs: self.epochs.unwrap_or(default_epochs),
            seed: self.seed,
            shift: match self.shift {
                Some(shift @ 1..) if !is_pixels => {
                    return Err(format!("--shift {shift}: is for pictures; the data are numbers"));
                }
                shift => shift.unwrap_or(preset.shift),
            },
            smallest_deviation: match self.standardize {
                None => preset.smallest_deviation,
                Some(Switch::On) => Some(preset.smallest_deviation.unwrap_or(if is_pixels { 0.3 } else { 0.0 })),
                Some(Switch::Off) => None,
            },
            validation_split: self.validation_split,
            early_stopping: self.early_stopping,
            ..preset
        })
    }

    fn optimizer(&self, preset: &Optimizer) -> Result<Optimizer, String> {
        let name = self.optimizer.unwrap_or(preset.name);
        if let (Some(momentum), true) = (self.momentum, name != OptimizerName::Sgd) {
            return Err(format!("--momentum {momentum}: is for --optimizer sgd, not {}", name.name()));
        }
        let (learning_rate, weight_decay) = if name == preset.name {
            (preset.learning_rate, preset.weight_decay)
        } else {
            (name.default_learning_rate(), 0.0)
        };
        Ok(Optimizer {
            name,
            learning_rate: self.learning_rate.unwrap_or(learning_rate),
            momentum: self.momentum.unwrap_or(0.0),
            nesterov: self.nesterov,
            weight_decay: self.weight_decay.unwrap_or(weight_decay),
        })
    }
}

pub(crate) fn activation(text: &str) -> Result<Activation, String> {
    by_name(text, &Activation::ALL, Activation::name)
}

pub(crate) fn loss(text: &str) -> Result<Loss, String> {
    by_name(text, &Loss::ALL, Loss::name)
}

fn optimizer(text: &str) -> Result<OptimizerName, String> {
    by_name(text, &OptimizerName::ALL, OptimizerName::name)
}

fn shift(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(shift @ 0..=MAX_SHIFT) => Ok(shift),
        _ => Err(format!("must be a whole number from 0 to {MAX_SHIFT}")),
    }
}

fn momentum(text: &str) -> Result<f32, String> {
    number(text, SMALLEST_MOMENTUM, 1.0)
}

fn weight_decay(text: &str) -> Result<f32, String> {
    number(text, 0.0, 1.0)
}

fn number(text: &str, least: f32, most: f32) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("must be a number from {least:e} to {most}")),
    }
}
