//! The program: reads the command line, runs the command, and says what went wrong.

use std::io::ErrorKind;
use std::panic;
use std::process::ExitCode;
use std::thread;

use clap::{CommandFactory, Parser};
use formats::isolation;
use host_trainer::cli::{Cli, Command};
use host_trainer::commands::{
    adapt, compare, completions, cross_validate, device, evaluate, export, import, pack, page, predict, show, sweep,
    train,
};
use host_trainer::failure::Failure;
use host_trainer::terminal;

/// The exit code of a command line that cannot be understood.
const USAGE: u8 = 2;
/// The exit code after the reader of an output has gone, as shells say it of programs that SIGPIPE ends: 128 and its number.
const BROKEN_PIPE: u8 = 141;

fn main() -> ExitCode {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        // It becomes an error of the file.
        if thread::current().name() != Some(isolation::THREAD) {
            hook(panic);
        }
    }));
    match Cli::try_parse() {
        Ok(cli) => end(run(cli.into_command()).err()),
        Err(error) => {
            let stream = if error.use_stderr() { "standard error" } else { "standard output" };
            terminal::keep(stream, error.print());
            if error.exit_code() == 0 { end(None) } else { ExitCode::from(USAGE) }
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Train(arguments) => train::train(&arguments),
        Command::CrossValidate(arguments) => cross_validate::cross_validate(&arguments),
        Command::Compare(arguments) => compare::compare(&arguments),
        Command::Sweep(arguments) => sweep::sweep(&arguments),
        Command::Evaluate(arguments) => evaluate::evaluate(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Import(arguments) => import::import(&arguments),
        Command::Show(arguments) => show::show(&arguments),
        Command::Predict(arguments) => predict::predict(&arguments),
        Command::Page(arguments) => page::page(&arguments),
        Command::Pack(arguments) => pack::pack(&arguments),
        Command::Device(arguments) => device::device(&arguments),
        Command::Adapt(arguments) => adapt::adapt(&arguments),
        Command::Completions(arguments) => {
            completions::completions(&arguments, &mut Cli::command());
            Ok(())
        }
    }
}

/// Says what went wrong. An output that was lost is an error, too.
fn end(failure: Option<Failure>) -> ExitCode {
    match (failure, terminal::lost()) {
        (None, None) => ExitCode::SUCCESS,
        (Some(failure), _) => {
            terminal::complain(&format!("error: {failure}"));
            ExitCode::from(failure.exit_code())
        }
        // Whoever reads has read enough.
        (None, Some((_, error))) if error.kind() == ErrorKind::BrokenPipe => ExitCode::from(BROKEN_PIPE),
        (None, Some((stream, error))) => {
            terminal::complain(&format!("error: {stream}: {error}"));
            ExitCode::FAILURE
        }
    }
}
