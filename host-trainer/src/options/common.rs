//! Options of every subcommand that computes.

use clap::Args;

use super::values::{KernelChoice, listed, verbosity};

/// Options of every subcommand that computes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Execution")]
pub struct CommonArgs {
    /// Code that does the arithmetic: all give the same bits, auto is the fastest
    #[arg(long, value_enum, default_value_t = KernelChoice::Auto)]
    pub kernel: KernelChoice,

    /// How much to print: 0 nothing, 1 a progress bar, 2 one line per epoch, or per run
    #[arg(long, value_name = "LEVEL", default_value_t = 1, allow_negative_numbers = true)]
    #[arg(hide_possible_values = true, value_parser = listed(verbosity, ["0", "1", "2"]))]
    pub verbose: u8,
}
