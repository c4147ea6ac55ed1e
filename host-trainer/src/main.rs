//! The program: reads the command line, runs the command, and says what went wrong.

use std::process::ExitCode;

use clap::Parser;
use host_trainer::cli::{Cli, Command};
use host_trainer::commands::{completions, cross_validate, evaluate, export, import, show, sweep, train};

fn main() -> ExitCode {
    let result = match Cli::parse().into_command() {
        Command::Train(arguments) => train::train(&arguments),
        Command::CrossValidate(arguments) => cross_validate::cross_validate(&arguments),
        Command::Sweep(arguments) => sweep::sweep(&arguments),
        Command::Evaluate(arguments) => evaluate::evaluate(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Import(arguments) => import::import(&arguments),
        Command::Show(arguments) => show::show(&arguments),
        Command::Completions(arguments) => {
            completions::completions(&arguments);
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
