//! The program: reads the command line, runs the command, and says what went wrong.

use std::process::ExitCode;

use clap::Parser;
use host_trainer::cli::{Cli, Command};
use host_trainer::completions::completions;
use host_trainer::{device, export, import, pack, predict, run, show, sweep};

fn main() -> ExitCode {
    let result = match Cli::parse().into_command() {
        Command::Train(arguments) => run::train(&arguments),
        Command::Sweep(arguments) => sweep::sweep(&arguments),
        Command::Evaluate(arguments) => run::evaluate(&arguments),
        Command::Show(arguments) => show::show(&arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Pack(arguments) => pack::pack(&arguments),
        Command::Export(arguments) => export::export(&arguments).map_err(Into::into),
        Command::Import(arguments) => import::import(&arguments),
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
