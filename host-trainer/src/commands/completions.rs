//! The command `completions`: a script for a shell.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use crate::terminal::print;

/// The name of the program.
const NAME: &str = "host-trainer";
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
pub(crate) fn completions(arguments: &CompletionsArgs, program: &mut Command) {
    print(&script(arguments.shell, program));
}

fn script(shell: Shell, program: &mut Command) -> String {
    let mut script = Vec::new();
    generate(shell, program, NAME, &mut script);
    let script = String::from_utf8_lossy(&script);
    match shell {
        // clap_complete 4.6 sets the state that it looks up to `host__trainer__…` and calls it `host__subcmd__trainer__…`.
        Shell::Bash => script.replace(&NAME.replace('-', "__subcmd__"), &NAME.replace('-', "__")),
        _ => script.into_owned(),
    }
}
