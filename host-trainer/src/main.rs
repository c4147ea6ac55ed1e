//! The program: reads the command line, runs the command, and says what went wrong.

use std::process::ExitCode;

use clap::Parser;
use host_trainer::cli::{Cli, Command};
use host_trainer::completions::completions;
use host_trainer::{device, run};

fn main() -> ExitCode {
    let result = match Cli::parse().into_command() {
        Command::Train(arguments) => run::train(&arguments),
        Command::Evaluate(arguments) => run::evaluate(&arguments),
        Command::Device(arguments) => device::commands::device(&arguments),
        Command::Adapt(arguments) => device::adapt::adapt(&arguments),
        Command::Completions(arguments) => {
            completions(&arguments);
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
