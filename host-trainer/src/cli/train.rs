//! Options of `train`.

use std::path::PathBuf;

use clap::Args;
use dense_core::{Adam, Sgd};

use super::values::{Optimizer, learning_rate, seed, share, whole_number};
use super::{CommonArgs, Schedule, in_workspace, weights_path};
use crate::model::ModelName;
use crate::presets::{Preset, PresetName};
use crate::terminal::Voice;

/// The arithmetic of dense-core is made for batches of up to so many samples.
pub(crate) const MAX_BATCH_SIZE: usize = 65_536;
pub(crate) const MAX_EPOCHS: usize = 100_000;
pub(crate) const MAX_THREADS: usize = 256;

pub(super) const EXAMPLES: &str = "\
Examples:
  host-trainer train --model mlp32 --epochs 50 --validation-split 0.1 --early-stopping 3
      Hold back the last tenth of the samples, stop when it gets no better, keep the best weights
  host-trainer train --epochs 30 --learning-rate-schedule step:10:0.5
      Halve the step size after every 10 epochs
  host-trainer train --preset best
      The highest accuracy that 7,850 numbers give, on the device too
  host-trainer train --epochs 1000    (Ctrl-C, and another day:)
  host-trainer train --epochs 1000 --resume
      Stop after the batch and go on to the same weights, bit for bit
  host-trainer train --epochs 20 --resume
      Train a finished model for as many epochs more as it lacks
  host-trainer train --json --weights out/weights.rs | jq 'select(.event == \"epoch\").test_accuracy'
      Let another program watch

Ctrl-C stops after the batch, tests, keeps the state in DIR/checkpoint.safetensors, leaves all other files as they were
and ends with code 130; a second one stops at once. While a training goes on, its state is also kept there at the end of
an epoch, at most every 10 seconds. A training that begins anew moves an unfinished one to
DIR/previous-checkpoint.safetensors.";

/// Options of `train`.
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// Folder for the report, its pictures, the history, the safetensors files and the model in whole numbers
    /// [default: out]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("out"))]
    #[arg(hide_default_value = true)]
    pub out: PathBuf,

    /// Network to train
    #[arg(long, value_enum, default_value_t = ModelName::Linear)]
    pub model: ModelName,

    /// Rust file to write the weights to [default: firmware/src/weights.rs for linear, DIR/weights.rs for others]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,

    /// What the loss, the preparation of pixels, and all options below that are not given are set to
    #[arg(long, value_enum, default_value_t = PresetName::Recipe)]
    pub preset: PresetName,

    /// Passes over the training samples [default: 10]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_EPOCHS))]
    epochs: Option<usize>,

    /// Samples in one training step [default: 32 for recipe, 128 for best]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_BATCH_SIZE))]
    batch_size: Option<usize>,

    /// Rule that turns gradients into new weights [default: adam]
    #[arg(long, value_enum)]
    optimizer: Option<Optimizer>,

    /// Step size of the optimizer [default: 0.001 for adam, 0.01 for sgd; 0.002 for best]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    #[arg(value_parser = learning_rate)]
    learning_rate: Option<f32>,

    /// What becomes of the step size: constant; cosine, which falls to nothing along half a cosine; or
    /// step:EPOCHS:FACTOR, multiplied by FACTOR after every EPOCHS [default: constant for linear with recipe, else cosine]
    #[arg(long, value_name = "SCHEDULE", value_parser = Schedule::parse)]
    learning_rate_schedule: Option<Schedule>,

    /// Share of the training samples, the last ones, to test on after each epoch instead of training on them
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = share)]
    pub validation_split: Option<f64>,

    /// Stop after so many epochs in a row without a smaller validation loss; the weights of the smallest are kept
    #[arg(long, value_name = "PATIENCE", allow_negative_numbers = true, requires = "validation_split")]
    #[arg(value_parser = whole_number(MAX_EPOCHS))]
    pub early_stopping: Option<usize>,

    /// Go on where a training was stopped, with the same options, to the same weights as if it had not been; or with
    /// more epochs than it had [default file: DIR/checkpoint.safetensors]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    resume: Option<Option<PathBuf>>,

    /// Seed of the initial weights and of the shuffling
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true, value_parser = seed)]
    pub seed: u64,

    /// Threads to train with; models other than linear, and the preset best, take one
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_THREADS))]
    pub threads: usize,

    /// Train with the first N samples only
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(u32::MAX as usize))]
    pub limit: Option<usize>,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,

    /// Options shared with `evaluate`.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl TrainArgs {
    /// Where the weights are to go.
    pub fn weights(&self) -> PathBuf {
        weights_path(self.weights.as_deref(), self.model, &self.out)
    }

    /// What the preset decides.
    pub const fn preset(&self) -> Preset {
        self.preset.preset(self.model)
    }

    /// The passes given, or else the preset's.
    pub fn epochs(&self) -> usize {
        self.epochs.unwrap_or(self.preset().epochs)
    }

    /// The batch size given, or else the preset's.
    pub fn batch_size(&self) -> usize {
        self.batch_size.unwrap_or(self.preset().batch_size)
    }

    /// The optimizer given, or else the preset's.
    pub fn optimizer(&self) -> Optimizer {
        self.optimizer.unwrap_or(self.preset().optimizer)
    }

    /// The schedule given, or else the preset's.
    pub fn schedule(&self) -> Schedule {
        self.learning_rate_schedule.unwrap_or(self.preset().schedule)
    }

    /// The learning rate given, or else that of the preset for its optimizer, and for another the one Keras gives it.
    pub fn learning_rate(&self) -> f32 {
        self.learning_rate.unwrap_or(match self.optimizer() {
            optimizer if optimizer == self.preset().optimizer => self.preset().learning_rate,
            Optimizer::Adam => Adam::DEFAULT_LEARNING_RATE,
            Optimizer::Sgd => Sgd::DEFAULT_LEARNING_RATE,
        })
    }

    /// Where the state of a training is kept that may go on another time.
    pub fn checkpoint(&self) -> PathBuf {
        self.out.join("checkpoint.safetensors")
    }

    /// The file to go on from, if any.
    pub fn resume(&self) -> Option<PathBuf> {
        self.resume.clone().map(|path| path.unwrap_or_else(|| self.checkpoint()))
    }

    /// How the command speaks on standard output.
    pub fn voice(&self) -> Voice {
        Voice::new(self.common.verbose, self.json)
    }
}
