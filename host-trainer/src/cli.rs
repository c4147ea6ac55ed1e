//! The command line: which subcommands and options there are, and what their values may be.

use std::env;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use dense_core::optimizers::{LARGEST_LEARNING_RATE, SMALLEST_LEARNING_RATE};
use dense_core::{Adam, Kernel, KernelError, Sgd};

use crate::device::args::{AdaptArgs, DeviceArgs};
use crate::model::ModelName;

/// The arithmetic of dense-core is made for batches of up to so many samples.
const MAX_BATCH_SIZE: usize = 65_536;
const MAX_EPOCHS: usize = 100_000;
const MAX_THREADS: usize = 256;

const EXAMPLES: &str = "\
Examples:
  host-trainer
      Train with Adam for 10 epochs and write the weights into the firmware
  host-trainer --epochs 3 --limit 6000 --weights out/weights.rs
      Try something quickly and leave the firmware alone
  host-trainer --model mlp128-64
      Train a network with two hidden layers and write it into out
  host-trainer train --optimizer sgd --learning-rate 0.1 --seed 7
      Train with another optimizer from other initial weights
  host-trainer evaluate --weights out/model.safetensors --kernel portable
      Test saved weights with the kernel that every machine has
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
    Train(TrainArgs),
    /// Test saved weights on the test set
    Evaluate(EvaluateArgs),
    /// Talk to a device that runs the firmware
    Device(DeviceArgs),
    /// Show a device fail in a changed world, learn and remember
    Adapt(AdaptArgs),
}

/// Options of `train`.
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// Folder for the report, its pictures, the history, the safetensors file and the model in whole numbers
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

    /// Passes over the training samples
    #[arg(long, value_name = "N", default_value_t = 10, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_EPOCHS))]
    pub epochs: usize,

    /// Samples in one training step
    #[arg(long, value_name = "N", default_value_t = 32, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_BATCH_SIZE))]
    pub batch_size: usize,

    /// Rule that turns gradients into new weights
    #[arg(long, value_enum, default_value_t = Optimizer::Adam)]
    pub optimizer: Optimizer,

    /// Step size of the optimizer [default: 0.001 for adam, 0.01 for sgd]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    #[arg(value_parser = learning_rate)]
    learning_rate: Option<f32>,

    /// What becomes of the step size [default: constant for linear, cosine for others]
    #[arg(long, value_enum)]
    schedule: Option<Schedule>,

    /// Seed of the initial weights and of the shuffling
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,

    /// Threads to train with; models other than linear take one
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_THREADS))]
    pub threads: usize,

    /// Train with the first N samples only
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(u32::MAX as usize))]
    pub limit: Option<usize>,

    /// Options shared with `evaluate`.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl TrainArgs {
    /// Where the weights are to go: the file given, or else that of the firmware, which is built for one model, or one
    /// beside the other outputs.
    pub fn weights(&self) -> PathBuf {
        match (&self.weights, self.model) {
            (Some(path), _) => path.clone(),
            (None, ModelName::Linear) => in_workspace(WEIGHTS),
            (None, _) => self.out.join("weights.rs"),
        }
    }

    /// The schedule given, or else none for the recipe of Keras, and one that ends quietly for larger networks: from one
    /// step to the next their test accuracy wavers by half a percent.
    pub fn schedule(&self) -> Schedule {
        self.schedule.unwrap_or(match self.model {
            ModelName::Linear => Schedule::Constant,
            _ => Schedule::Cosine,
        })
    }

    /// The learning rate given, or else the one Keras gives the chosen optimizer.
    pub fn learning_rate(&self) -> f32 {
        self.learning_rate.unwrap_or(match self.optimizer {
            Optimizer::Adam => Adam::DEFAULT_LEARNING_RATE,
            Optimizer::Sgd => Sgd::DEFAULT_LEARNING_RATE,
        })
    }
}

/// What becomes of the learning rate in the course of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Schedule {
    /// It stays
    Constant,
    /// It falls to nothing along half a cosine
    Cosine,
}

impl Schedule {
    /// The name as `--schedule` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Cosine => "cosine",
        }
    }
}

/// Options of `evaluate`.
#[derive(Args, Debug)]
pub struct EvaluateArgs {
    /// Generated .rs or .safetensors file to test [default: firmware/src/weights.rs]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(WEIGHTS))]
    #[arg(hide_default_value = true)]
    pub weights: PathBuf,

    /// Options shared with `train`.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Options of every subcommand.
#[derive(Args, Debug)]
pub struct CommonArgs {
    /// Folder with the four files of Fashion-MNIST [default: data/fashion-mnist]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("data/fashion-mnist"))]
    #[arg(hide_default_value = true)]
    pub data: PathBuf,

    /// Code that does the arithmetic: all give the same bits, auto is the fastest
    #[arg(long, value_enum, default_value_t = KernelChoice::Auto)]
    pub kernel: KernelChoice,

    /// How much to print: 0 nothing, 1 a progress bar, 2 one line per epoch
    #[arg(long, value_name = "LEVEL", default_value_t = 1, allow_negative_numbers = true)]
    #[arg(value_parser = verbosity)]
    pub verbose: u8,
}

/// The rule that turns gradients into new weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Optimizer {
    /// Adaptive moment estimation
    Adam,
    /// Stochastic gradient descent
    Sgd,
}

impl Optimizer {
    /// The name as `--optimizer` takes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::Sgd => "sgd",
        }
    }
}

/// The code asked to do the arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KernelChoice {
    /// The fastest kernel this machine has
    Auto,
    /// Plain Rust, for every machine
    Portable,
    /// x86-64 with AVX2
    Avx2,
    /// x86-64 with AVX-512
    Avx512,
    /// AArch64 with Neon
    Neon,
}

impl KernelChoice {
    /// The kernel itself.
    ///
    /// # Errors
    ///
    /// If this machine lacks the kernel.
    pub fn kernel(self) -> Result<Kernel, KernelError> {
        match self {
            Self::Auto => Ok(Kernel::best()),
            Self::Portable => Ok(Kernel::PORTABLE),
            Self::Avx2 => Kernel::by_name("avx2"),
            Self::Avx512 => Kernel::by_name("avx512"),
            Self::Neon => Kernel::by_name("neon"),
        }
    }
}

pub(crate) const WEIGHTS: &str = "firmware/src/weights.rs";

/// A default path. Cargo runs a program in whatever folder the user is in, but names the folder of
/// the package, and the workspace is its parent; without Cargo the path stands for itself.
pub(crate) fn in_workspace(path: &str) -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let workspace = package.as_deref().and_then(Path::parent);
    workspace.map_or_else(|| path.into(), |workspace| workspace.join(path))
}

/// A parser of whole numbers from 1 to `maximum`.
pub(crate) fn whole_number(maximum: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| match text.parse() {
        Ok(number) if (1..=maximum).contains(&number) => Ok(number),
        _ => Err(format!("must be a whole number from 1 to {maximum}")),
    }
}

/// Parses a learning rate that the optimizers accept.
pub(crate) fn learning_rate(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(number) if (SMALLEST_LEARNING_RATE..=LARGEST_LEARNING_RATE).contains(&number) => Ok(number),
        _ => Err(format!("must be a number from {SMALLEST_LEARNING_RATE:e} to {LARGEST_LEARNING_RATE:e}")),
    }
}

fn verbosity(text: &str) -> Result<u8, String> {
    match text.parse() {
        Ok(level @ 0..=2) => Ok(level),
        _ => Err("must be 0, 1 or 2".into()),
    }
}

#[cfg(test)]
mod tests;
