//! Options of `evaluate`.

use std::path::PathBuf;

use clap::Args;

use super::{CommonArgs, WEIGHTS, in_workspace};
use crate::terminal::Voice;

/// Options of `evaluate`.
#[derive(Args, Debug)]
pub struct EvaluateArgs {
    /// Generated .rs or .safetensors file to test [default: firmware/src/weights.rs]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(WEIGHTS))]
    #[arg(hide_default_value = true)]
    pub weights: PathBuf,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,

    /// Options shared with `train`.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl EvaluateArgs {
    /// How the command speaks on standard output.
    pub fn voice(&self) -> Voice {
        Voice::new(self.common.verbose, self.json)
    }
}
