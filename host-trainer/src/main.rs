//! The program: reads the command line, runs the command, and says what went wrong.

use std::io::ErrorKind;
use std::panic;
use std::process::ExitCode;
use std::thread;

use clap::Parser;
use formats::isolation;
use host_trainer::cli::Cli;
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
        Ok(cli) => end(cli.into_command().run().err()),
        Err(error) => {
            let stream = if error.use_stderr() { "standard error" } else { "standard output" };
            terminal::keep(stream, error.print());
            if error.exit_code() == 0 { end(None) } else { ExitCode::from(USAGE) }
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
