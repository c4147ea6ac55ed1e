//! The command `completions`: a script for a shell.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::terminal::print;

const INSTALLATION: &str = "\
Examples:
  host-trainer completions bash > ~/.local/share/bash-completion/completions/host-trainer
  host-trainer completions zsh > \"${fpath[1]}/_host-trainer\"
  host-trainer completions fish > ~/.config/fish/completions/host-trainer.fish
      Let the shell know from its next start on";

/// Options of `completions`.
#[derive(Args, Debug)]
#[command(after_help = INSTALLATION)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script for the command line of `program`.
pub fn completions(arguments: &CompletionsArgs, program: &mut Command) {
    let mut script = Vec::new();
    generate(arguments.shell, program, "host-trainer", &mut script);
    print(&String::from_utf8_lossy(&script));
}
