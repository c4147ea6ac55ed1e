//! The command line: which subcommands there are, and where files lie that nobody named.

mod common;
mod evaluate;
mod schedule;
mod train;
mod values;

use std::env;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

pub use self::common::CommonArgs;
pub use self::evaluate::EvaluateArgs;
pub use self::schedule::Schedule;
pub use self::train::TrainArgs;
pub(crate) use self::train::{MAX_BATCH_SIZE, MAX_EPOCHS, MAX_THREADS};
pub use self::values::{KernelChoice, Optimizer};
pub(crate) use self::values::{learning_rate, share, whole_number};
use crate::completions::CompletionsArgs;
use crate::device::args::{AdaptArgs, DeviceArgs};
use crate::export::ExportArgs;
use crate::import::ImportArgs;
use crate::model::ModelName;
use crate::pack::PackArgs;
use crate::predict::PredictArgs;
use crate::show::ShowArgs;
use crate::sweep::{self, SweepArgs};

const EXAMPLES: &str = "\
Examples:
  host-trainer
      Train with Adam for 10 epochs and write the weights into the firmware
  host-trainer --epochs 3 --limit 6000 --weights out/weights.rs
      Try something quickly and leave the firmware alone
  host-trainer --preset best --weights out/weights.rs
      Train for the highest accuracy, on pixels that are brought out and centred
  host-trainer --model mlp128-64
      Train a network with two hidden layers and write it into out
  host-trainer train --optimizer sgd --learning-rate 0.1 --seed 7
      Train with another optimizer from other initial weights
  host-trainer evaluate --weights out/model.safetensors --kernel portable
      Test saved weights with the kernel that every machine has
  host-trainer sweep --learning-rates 0.0003,0.001,0.003 --batch-sizes 32,128 --seeds 5
      Find the settings that do best on samples held back from training
  host-trainer show --split test --label Bag
      Draw nine bags
  host-trainer predict boot.jpg
      Say what is in a picture of yours
  host-trainer pack photos
      Make a data set of one folder of pictures for each class, for --data
  host-trainer export --format onnx --output model.onnx
      Write the firmware's model for onnxruntime
  host-trainer import mnist.weights.h5
      Take over the weights of a Keras model
  host-trainer device --port /dev/ttyACM0 evaluate --limit 100
      Test the weights on a device, and compare every bit
  host-trainer adapt --port /dev/ttyACM0 --world rotated --amount 20
      Teach a device to see with a crooked camera";

/// Trains a small network on Fashion-MNIST and writes the weights as Rust for a microcontroller
///
/// Without a subcommand it trains.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    train: TrainArgs,
}

impl Cli {
    /// The chosen subcommand: `train` if none was named.
    pub fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Train(self.train))
    }
}

/// What the program is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train the model, test it in floats and in whole numbers, and write both
    #[command(after_help = train::EXAMPLES)]
    Train(TrainArgs),
    /// Find good settings: train with many, on all cores, and judge by samples that were held back
    #[command(after_help = sweep::EXAMPLES)]
    Sweep(SweepArgs),
    /// Test saved weights on the test set
    Evaluate(EvaluateArgs),
    /// Draw images of the data set
    Show(ShowArgs),
    /// Say what is in pictures of yours
    Predict(PredictArgs),
    /// Make a data set of a folder of pictures for each class
    Pack(PackArgs),
    /// Write a model for other programs
    Export(ExportArgs),
    /// Take over a model that Keras or another tool has trained, test it and write it as `train` does
    Import(ImportArgs),
    /// Talk to a device that runs the firmware
    Device(DeviceArgs),
    /// Show a device fail in a changed world, learn and remember
    Adapt(AdaptArgs),
    /// Print a script that lets a shell complete commands and options
    Completions(CompletionsArgs),
}

pub(crate) const WEIGHTS: &str = "firmware/src/weights.rs";

/// Where the weights of `model` are to go: to the file given, or else to that of the firmware, which is built for one
/// model, or beside the other outputs, in `out`.
pub(crate) fn weights_path(given: Option<&Path>, model: ModelName, out: &Path) -> PathBuf {
    match (given, model) {
        (Some(path), _) => path.to_owned(),
        (None, ModelName::Linear) => in_workspace(WEIGHTS),
        (None, _) => out.join("weights.rs"),
    }
}

/// A default path. Cargo runs a program in whatever folder the user is in, but names the folder of
/// the package, and the workspace is its parent; without Cargo the path stands for itself.
pub(crate) fn in_workspace(path: &str) -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let workspace = package.as_deref().and_then(Path::parent);
    workspace.map_or_else(|| path.into(), |workspace| workspace.join(path))
}

#[cfg(test)]
mod tests;
