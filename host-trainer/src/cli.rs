//! The command line: the subcommands and their help.

use clap::{CommandFactory, Parser, Subcommand};

use crate::commands::adapt::{self, AdaptArgs};
use crate::commands::compare::{self, CompareArgs};
use crate::commands::completions::{self, CompletionsArgs};
use crate::commands::cross_validate::{self, CrossValidateArgs};
use crate::commands::device::{self, DeviceArgs};
use crate::commands::evaluate::{self, EvaluateArgs};
use crate::commands::export::{self, ExportArgs};
use crate::commands::import::{self, ImportArgs};
use crate::commands::pack::{self, PackArgs};
use crate::commands::page::{self, PageArgs};
use crate::commands::predict::{self, PredictArgs};
use crate::commands::show::{self, ShowArgs};
use crate::commands::sweep::{self, SweepArgs};
use crate::commands::train::{self, TrainArgs};
use crate::failure::Failure;

const EXAMPLES: &str = "\
Examples:
  host-trainer
      Train softmax regression on Fashion-MNIST with Adam for 10 epochs and write everything into out
  host-trainer --install
      The same, and write the weights into the firmware
  host-trainer --preset best
      Train for the highest accuracy, with gamma-corrected, standardised pixels
  host-trainer --data plants.csv --target species --hidden 16 --validation-split 0.1 --early-stopping 5
      Train on a table of your own
  host-trainer cross-validate --data data/watch --hidden 32
      Learn from nine people, test on the tenth, ten times
  host-trainer sweep --learning-rates 0.0003,0.001,0.003 --batch-sizes 32,128 --seeds 5
      Find the settings that do best on samples held back from training
  host-trainer evaluate
      Test the model in out on the data that it was trained on
  host-trainer show --split test --label Bag
      Draw nine bags
  host-trainer predict boot.jpg
      Say what is in a picture of yours
  host-trainer pack photos
      Make a data set of one folder of pictures for each class, for --data
  host-trainer export --format onnx
      Write the model for onnxruntime
  host-trainer import mnist.keras --out imported
      Take over a model of Keras
  host-trainer device --port /dev/ttyACM0 evaluate --limit 100
      Test the weights on a device, and compare every bit
  host-trainer adapt --port /dev/ttyACM0 --world rotated --amount 20
      Teach a device to see with a crooked camera";

/// Trains a small dense network on your data and writes it as Rust for a microcontroller
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
        self.command.unwrap_or(Command::Train(Box::new(self.train)))
    }
}

const DEVICE_EXAMPLES: &str = "\
Examples:
  host-trainer device --port /dev/ttyACM0 info
      Board, clock, kernel, model and counters
  host-trainer device --port /dev/ttyACM0 classify boot.jpg
      What the device makes of a picture
  host-trainer device --port tcp:127.0.0.1:4405 evaluate --limit 200
      The accuracy on test images, every bit compared with the host";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  host-trainer completions bash > ~/.local/share/bash-completion/completions/host-trainer
      Complete commands and options in new shells";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a network, test it in f32 and in int8, and write both
    #[command(after_help = train::EXAMPLES)]
    Train(Box<TrainArgs>),
    /// Leave out one group of samples at a time, train on the others and test on it
    #[command(after_help = cross_validate::EXAMPLES)]
    CrossValidate(CrossValidateArgs),
    /// Put trainings beside each other: a table, and their learning curves in one chart
    #[command(after_help = compare::EXAMPLES)]
    Compare(CompareArgs),
    /// Find good settings: train with many, on all cores, and judge by samples that were held back
    #[command(after_help = sweep::EXAMPLES)]
    Sweep(SweepArgs),
    /// Test a model on the data that it was trained on, or on others
    #[command(after_help = evaluate::EXAMPLES)]
    Evaluate(EvaluateArgs),
    /// Write a model for other programs
    #[command(after_help = export::EXAMPLES)]
    Export(ExportArgs),
    /// Take over a model of another program
    #[command(after_help = import::DETAILS)]
    Import(ImportArgs),
    /// Draw images of a data set, or describe a model and what it takes on a device
    #[command(after_help = show::EXAMPLES)]
    Show(ShowArgs),
    /// Say what a model makes of pictures or of rows of a file
    #[command(after_help = predict::EXAMPLES)]
    Predict(PredictArgs),
    /// Make a data set of a folder of pictures for each class
    #[command(after_help = pack::EXAMPLES)]
    Pack(PackArgs),
    /// Write a page for a browser that draws, classifies, learns and trains
    #[command(after_help = page::EXAMPLES)]
    Page(PageArgs),
    /// Talk to a device that runs the firmware
    #[command(after_help = DEVICE_EXAMPLES)]
    Device(DeviceArgs),
    /// Show a device fail on shifted pictures, learn and remember
    #[command(after_help = adapt::EXAMPLES)]
    Adapt(AdaptArgs),
    /// Print a script that lets a shell complete commands and options
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
}

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    /// Those of the command, one in a module of [`commands`](crate::commands).
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Self::Train(arguments) => train::train(&arguments),
            Self::CrossValidate(arguments) => cross_validate::cross_validate(&arguments),
            Self::Compare(arguments) => compare::compare(&arguments),
            Self::Sweep(arguments) => sweep::sweep(&arguments),
            Self::Evaluate(arguments) => evaluate::evaluate(&arguments),
            Self::Export(arguments) => export::export(&arguments),
            Self::Import(arguments) => import::import(&arguments),
            Self::Show(arguments) => show::show(&arguments),
            Self::Predict(arguments) => predict::predict(&arguments),
            Self::Page(arguments) => page::page(&arguments),
            Self::Pack(arguments) => pack::pack(&arguments),
            Self::Device(arguments) => device::device(&arguments),
            Self::Adapt(arguments) => adapt::adapt(&arguments),
            Self::Completions(arguments) => {
                completions::completions(&arguments, &mut Cli::command());
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
