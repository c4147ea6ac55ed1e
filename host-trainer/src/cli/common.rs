//! Options of every subcommand that works on the data set.

use std::path::PathBuf;

use clap::Args;

use super::in_workspace;
use super::values::{KernelChoice, verbosity};

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

    /// How much to print: 0 nothing, 1 a progress bar, 2 one line per epoch, or per run of a sweep
    #[arg(long, value_name = "LEVEL", default_value_t = 1, allow_negative_numbers = true)]
    #[arg(value_parser = verbosity)]
    pub verbose: u8,
}
