//! The options of `train`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::failure::Failure;
use crate::options::{CommonArgs, DataArgs, MAX_THREADS, RecipeArgs, in_workspace, whole_number};
use crate::terminal::Verbosity;

/// The firmware's own weights.
pub(super) const FIRMWARE_WEIGHTS: &str = "firmware/weights/weights.rs";

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer train --data measurements.csv --target state --hidden 16
      Learn from a table: all columns but the target are features, and the task is inferred
  host-trainer train --model mlp32 --epochs 50 --validation-split 0.1 --early-stopping 3
      Hold back the last tenth of the samples, stop when it gets no better, keep the best weights
  host-trainer train --epochs 30 --learning-rate-schedule step:10:0.5
      Halve the learning rate after every 10 epochs
  host-trainer train --preset best
      The highest accuracy on pictures that 7,850 parameters give, on the device too
  host-trainer train --epochs 1000    (interrupt with Ctrl-C, then:)
  host-trainer train --epochs 1000 --resume
      Stop after the batch and go on to the same weights, bit for bit
  host-trainer train --epochs 20 --resume
      Continue a finished training up to 20 epochs
  host-trainer train --json | jq 'select(.event == \"epoch\").test_accuracy'
      Print the test accuracy of each epoch with jq

Ctrl-C and SIGTERM stop after the batch, test, keep the state in DIR/checkpoint.safetensors, leave all other files as they
were and end with code 130; a second one stops at once. While a training goes on, its state is also kept there at the
end of an epoch, at most every 10 seconds. A training that begins anew renames the state of one whose model was not
written to DIR/checkpoint-1.safetensors, or the next free number.";

/// Options of `train`.
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// Folder for the model, its Rust files, the report with its pictures, the history and the checkpoint
    /// [default: out]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("out"), hide_default_value = true)]
    pub out: PathBuf,

    /// Rust file to write the weights to [default: DIR/weights.rs]
    #[arg(long, value_name = "FILE", conflicts_with = "install")]
    pub(super) weights: Option<PathBuf>,

    /// Write the weights into the firmware, firmware/weights/weights.rs, as well
    #[arg(long)]
    pub(super) install: bool,

    /// Replace files in DIR that this program has not written
    #[arg(long)]
    pub(super) force: bool,

    /// Go on where a training was stopped, with the same options, to the same weights as if it had not been; or with
    /// more epochs than it had [default file: DIR/checkpoint.safetensors]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    resume: Option<Option<PathBuf>>,

    /// Threads to train with; the weights are the same for any number
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_THREADS))]
    pub threads: usize,

    /// Train with the first N samples only
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(u32::MAX as usize))]
    pub limit: Option<usize>,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,

    /// The network and how it is trained.
    #[command(flatten)]
    pub recipe: RecipeArgs,

    /// The data.
    #[command(flatten)]
    pub data: DataArgs,

    /// Options shared with other subcommands.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl TrainArgs {
    /// Verbosity and form of the output: text or JSON Lines.
    pub(crate) fn verbosity(&self) -> Verbosity {
        Verbosity::new(self.common.verbose, self.json)
    }

    /// Refuses targets that are no file of Rust, or no firmware's.
    ///
    /// # Errors
    /// One is; the option is named.
    pub(super) fn check_targets(&self) -> Result<(), Failure> {
        if let Some(path) = self.weights.as_ref().filter(|path| path.extension().is_none_or(|kind| kind != "rs")) {
            let path = path.display();
            return Err(Failure::new(format!(
                "--weights {path}: is the file of Rust to write, which ends in .rs; to go on with a training, --resume"
            )));
        }
        let firmware = in_workspace(FIRMWARE_WEIGHTS);
        if self.install && !firmware.parent().is_some_and(Path::is_dir) {
            return Err(Failure::new(format!(
                "--install: there is no folder of the firmware for {}",
                firmware.display()
            )));
        }
        Ok(())
    }

    /// The file to go on from, if any.
    pub fn resume(&self) -> Option<PathBuf> {
        self.resume.clone().map(|path| path.unwrap_or_else(|| self.out.join("checkpoint.safetensors")))
    }
}
