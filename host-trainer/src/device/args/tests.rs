//! Tests of the options of `device` and `adapt`.

use super::*;
use crate::options::{Cli, Command};
use clap::Parser;
use std::path::Path;

fn parse(line: &str) -> Result<Command, clap::Error> {
    Cli::try_parse_from(std::iter::once("host-trainer").chain(line.split_whitespace())).map(Cli::into_command)
}

fn device(line: &str) -> DeviceArgs {
    match parse(&format!("device --port tcp:localhost:4000 {line}")) {
        Ok(Command::Device(args)) => args,
        other => panic!("{line:?} gave {other:?}"),
    }
}

fn adapt(line: &str) -> AdaptArgs {
    match parse(&format!("adapt --port COM3 {line}")) {
        Ok(Command::Adapt(args)) => args,
        other => panic!("{line:?} gave {other:?}"),
    }
}

#[test]
fn every_action_has_its_options() {
    let args = device("info");
    assert_eq!(args.link.port, Address::Tcp("localhost:4000".into()));
    assert_eq!(args.link.patience(), Patience { timeout: Duration::from_secs(1), tries: 5 });
    assert!(matches!(args.action, Action::Info));
    assert!(matches!(device("save").action, Action::Save));
    assert!(matches!(device("load").action, Action::Load));
    assert_eq!(device("--timeout 0.25 reset").link.timeout, Duration::from_millis(250));
    match device("classify a.png").action {
        Action::Classify(args) => assert_eq!((args.image.as_deref(), args.test), (Some(Path::new("a.png")), None)),
        other => panic!("{other:?}"),
    }
    match device("classify --test 3").action {
        Action::Classify(args) => assert_eq!((args.image, args.test), (None, Some(3))),
        other => panic!("{other:?}"),
    }
    match device("evaluate --limit 7 --learned 0..50 --learning-rate 0.5 --weights w.rs").action {
        Action::Evaluate(args) => {
            assert_eq!((args.limit, args.learned, args.learning_rate), (Some(7), Some(0..50), 0.5));
            assert_eq!(args.host.weights, Path::new("w.rs"));
        }
        other => panic!("{other:?}"),
    }
    match device("learn --test 10..20").action {
        Action::Learn(args) => assert_eq!((args.test, args.learning_rate), (10..20, 0.01)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_world_has_its_own_amount() {
    for (line, world, amount) in [
        ("", World::Rotated, 30.0),
        ("--world inverted", World::Inverted, 1.0),
        ("--world translated", World::Translated, 3.0),
        ("--world noisy", World::Noisy, 96.0),
        ("--world rotated --amount -15", World::Rotated, -15.0),
    ] {
        let args = adapt(line);
        assert_eq!((args.world, args.amount()), (world, amount), "{line}");
    }
    let args = adapt("--teach 9 --evaluate 8 --seed 7 --restart-command true");
    assert_eq!((args.teach, args.evaluate, args.seed), (9, 8, 7));
    assert_eq!(args.restart_command.as_deref(), Some("true"));
    assert_eq!(args.link.port, Address::Serial("COM3".into()));
}

#[test]
fn bad_options_are_refused_with_the_fault() {
    for (line, wanted) in [
        ("device info", "--port"),
        ("device --port tcp:4000 info", "must be tcp:HOST:PORT"),
        ("device --port COM3", "subcommand"),
        ("device --port COM3 --timeout 0 info", "must be a number of seconds"),
        ("device --port COM3 --timeout NaN info", "must be a number of seconds"),
        ("device --port COM3 classify", "IMAGE"),
        ("device --port COM3 classify a.png --test 1", "cannot be used with"),
        ("device --port COM3 classify --test -1", "invalid digit"),
        ("device --port COM3 evaluate --learning-rate 1", "--learned"),
        ("device --port COM3 evaluate --limit 0", "must be a whole number"),
        ("device --port COM3 learn", "--test"),
        ("device --port COM3 learn --test 5", "must be A..B"),
        ("device --port COM3 learn --test 5..5", "must be A..B"),
        ("device --port COM3 learn --test 5..=9", "must be A..B"),
        ("device --port COM3 learn --test 0..1 --learning-rate 0", "must be a number from"),
        ("adapt", "--port"),
        ("adapt --port COM3 --world upside-down", "inverted, rotated, translated, noisy"),
        ("adapt --port COM3 --teach 0", "must be a whole number"),
    ] {
        let error = parse(line).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{line}");
        assert!(error.to_string().contains(wanted), "{line}: {error}");
    }
}
