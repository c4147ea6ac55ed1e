//! The recipe of a training.

use serde::{Deserialize, Serialize};

use crate::{Activation, Loss};

/// Everything but the data that decides the trained weights, to the last bit. It is the same value from the command line
/// to the history, the checkpoint, the model file and the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Name of the preset that decided what no option said.
    pub preset: String,
    /// Units of each hidden layer.
    pub hidden: Vec<usize>,
    /// The activation of hidden layers.
    pub activation: Activation,
    /// The loss.
    pub loss: Loss,
    /// The optimizer and its settings.
    pub optimizer: Optimizer,
    /// The learning-rate schedule.
    pub schedule: Schedule,
    /// Samples of a step.
    pub batch_size: usize,
    /// Passes over the training samples.
    pub epochs: usize,
    /// Seed of the initial weights and of the shuffling.
    pub seed: u64,
    /// The exponent of the gamma curve of pixels; 1 leaves them as they are.
    pub pixel_exponent: f64,
    /// The most pixels by which each picture is shifted at random, anew in each epoch; 0 for none.
    #[serde(default)]
    pub shift: usize,
    /// Where inputs are standardised, the least that is taken for the standard deviation of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smallest_deviation: Option<f64>,
    /// Share of the training samples that is held back for validation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_split: Option<f64>,
    /// Epochs without a smaller validation loss that end the training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<usize>,
}

/// Softmax regression as Keras trains it by default: Adam, batches of 32; ten epochs.
impl Default for Recipe {
    fn default() -> Self {
        Self {
            preset: "recipe".into(),
            hidden: Vec::new(),
            activation: Activation::Relu,
            loss: Loss::SparseCategoricalCrossentropy,
            optimizer: Optimizer::default(),
            schedule: Schedule::Constant,
            batch_size: 32,
            epochs: 10,
            seed: 0,
            pixel_exponent: 1.0,
            shift: 0,
            smallest_deviation: None,
            validation_split: None,
            early_stopping: None,
        }
    }
}

/// An optimizer of [`dense_core::optimizers`] and its settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimizer {
    /// Which.
    pub name: OptimizerName,
    /// The learning rate, before the schedule.
    pub learning_rate: f32,
    /// Momentum of `sgd`, 0 for none.
    #[serde(default)]
    pub momentum: f32,
    /// Nesterov's form of momentum.
    #[serde(default)]
    pub nesterov: bool,
    /// Decoupled weight decay, 0 for none.
    #[serde(default)]
    pub weight_decay: f32,
}

/// Adam with the learning rate that is Keras's default, 0.001.
impl Default for Optimizer {
    fn default() -> Self {
        Self { name: OptimizerName::Adam, learning_rate: 0.001, momentum: 0.0, nesterov: false, weight_decay: 0.0 }
    }
}

/// Which optimizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimizerName {
    /// Adaptive moment estimation.
    Adam,
    /// Stochastic gradient descent, with or without momentum.
    Sgd,
    /// Root mean square propagation.
    Rmsprop,
}

impl Optimizer {
    /// Number of arrays of state for each layer.
    pub const fn states(&self) -> usize {
        match self.name {
            OptimizerName::Adam => 2,
            OptimizerName::Rmsprop => 1,
            OptimizerName::Sgd => (self.momentum > 0.0) as usize,
        }
    }
}

impl OptimizerName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Adam, Self::Sgd, Self::Rmsprop];

    /// Keras's default learning rate.
    pub const fn default_learning_rate(self) -> f32 {
        match self {
            Self::Adam | Self::Rmsprop => 0.001,
            Self::Sgd => 0.01,
        }
    }

    /// The name on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::Sgd => "sgd",
            Self::Rmsprop => "rmsprop",
        }
    }
}

/// A learning-rate schedule over epochs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Schedule {
    /// Constant.
    Constant,
    /// Cosine decay to 0 over all epochs.
    Cosine,
    /// Multiplied by `factor` after every `epochs` epochs.
    Step {
        /// Epochs between decays.
        epochs: usize,
        /// The factor, between 0 and 1.
        factor: f32,
    },
}

impl std::fmt::Display for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Cosine => f.write_str("cosine"),
            Self::Step { epochs, factor } => write!(f, "step:{epochs}:{factor}"),
        }
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.to_string()
    }
}

impl std::str::FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        match parts[..] {
            ["constant"] => return Ok(Self::Constant),
            ["cosine"] => return Ok(Self::Cosine),
            ["step", epochs, factor] => {
                if let (Ok(epochs @ 1..), Ok(factor)) = (epochs.parse(), factor.parse::<f32>())
                    && factor > 0.0
                    && factor < 1.0
                {
                    return Ok(Self::Step { epochs, factor });
                }
            }
            _ => {}
        }
        Err("must be constant, cosine or step:EPOCHS:FACTOR with a factor between 0 and 1, such as step:5:0.5".into())
    }
}

impl TryFrom<String> for Schedule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
