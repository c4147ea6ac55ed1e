//! The program: reads the command line, runs the command, and says what went wrong.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use host_trainer::cli::{Cli, Command};
use host_trainer::commands::{
    adapt, compare, completions, cross_validate, device, evaluate, export, import, pack, predict, show, sweep, train,
};
use host_trainer::failure::Failure;
use host_trainer::terminal;

fn main() -> ExitCode {
    let result = match Cli::parse().into_command() {
        Command::Train(arguments) => train::train(&arguments),
        Command::CrossValidate(arguments) => cross_validate::cross_validate(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Sweep(arguments) => sweep::sweep(&arguments),
        Command::Evaluate(arguments) => evaluate::evaluate(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Import(arguments) => import::import(&arguments),
        Command::Show(arguments) => show::show(&arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Pack(arguments) => pack::pack(&arguments),
        Command::Device(arguments) => device::device(&arguments),
        Command::Adapt(arguments) => adapt::adapt(&arguments),
        Command::Completions(arguments) => {
            completions::completions(&arguments, &mut Cli::command());
            Ok(())
        }
    };
    let lost = || terminal::lost().map(|error| Failure::about("standard output", error));
    match result.err().or_else(lost) {
        None => ExitCode::SUCCESS,
        Some(failure) => {
            terminal::complain(&format!("error: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}
