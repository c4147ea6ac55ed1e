//! Tests of the command line.

use clap::error::ErrorKind;
use clap::{CommandFactory, ValueEnum};
use dense_core::Kernel;

use super::*;
use crate::model::ModelName;
use crate::presets::PresetName;
use crate::terminal::Voice;

fn parse(line: &str) -> Result<Command, clap::Error> {
    let words = line.split_whitespace();
    Cli::try_parse_from(std::iter::once("host-trainer").chain(words)).map(Cli::into_command)
}

fn train(line: &str) -> TrainArgs {
    match parse(line) {
        Ok(Command::Train(args)) => args,
        other => panic!("{line:?} gave {other:?}"),
    }
}

fn evaluate(line: &str) -> EvaluateArgs {
    match parse(line) {
        Ok(Command::Evaluate(args)) => args,
        other => panic!("{line:?} gave {other:?}"),
    }
}

#[test]
fn definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn defaults_are_those_of_keras_and_lie_in_the_workspace() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for line in ["", "train"] {
        let args = train(line);
        assert_eq!(args.common.data, workspace.join("data/fashion-mnist"));
        assert_eq!(args.common.kernel, KernelChoice::Auto);
        assert_eq!(args.common.verbose, 1);
        assert_eq!(args.out, workspace.join("out"));
        assert_eq!(args.weights(), workspace.join("firmware/src/weights.rs"));
        assert_eq!((args.model, args.schedule()), (ModelName::Linear, Schedule::Constant));
        assert_eq!((args.epochs(), args.batch_size()), (10, 32));
        assert_eq!((args.seed, args.threads), (0, 1));
        assert_eq!(args.optimizer(), Optimizer::Adam);
        assert_eq!(args.limit, None);
        assert_eq!((args.validation_split, args.early_stopping, args.resume()), (None, None, None));
        assert_eq!(args.voice(), Voice::Bar);
    }
    let args = evaluate("evaluate");
    assert_eq!(args.common.data, workspace.join("data/fashion-mnist"));
    assert_eq!(args.weights, workspace.join("firmware/src/weights.rs"));
}

#[test]
fn every_option_of_train_works_with_and_without_its_name() {
    for subcommand in ["", "train "] {
        let args = train(&format!(
            "{subcommand}--data d --out o --weights w.rs --epochs 100000 --batch-size 65536 \
             --optimizer sgd --learning-rate 0.5 --seed 18446744073709551615 --threads 256 \
             --kernel portable --limit 1 --verbose 2 --model mlp128-64 --learning-rate-schedule constant --validation-split 0.25 --early-stopping 2 --resume c"
        ));
        assert_eq!(args.common.data, Path::new("d"));
        assert_eq!(args.common.kernel, KernelChoice::Portable);
        assert_eq!(args.common.verbose, 2);
        assert_eq!(args.out, Path::new("o"));
        assert_eq!(args.weights(), Path::new("w.rs"));
        assert_eq!((args.model, args.schedule()), (ModelName::Mlp128x64, Schedule::Constant));
        assert_eq!((args.epochs(), args.batch_size()), (100_000, 65_536));
        assert_eq!((args.seed, args.threads), (u64::MAX, 256));
        assert_eq!(args.optimizer(), Optimizer::Sgd);
        assert_eq!(args.learning_rate(), 0.5);
        assert_eq!(args.limit, Some(1));
        assert_eq!((args.validation_split, args.early_stopping), (Some(0.25), Some(2)));
        assert_eq!(args.resume().as_deref(), Some(Path::new("c")));
    }
}

#[test]
fn evaluate_takes_its_own_options() {
    let args = evaluate("evaluate --data d --weights m.safetensors --kernel neon --verbose 0");
    assert_eq!(args.common.data, Path::new("d"));
    assert_eq!(args.weights, Path::new("m.safetensors"));
    assert_eq!(args.common.kernel, KernelChoice::Neon);
    assert_eq!(args.common.verbose, 0);
}

#[test]
fn learning_rate_follows_the_optimizer_unless_given() {
    for (line, wanted) in [
        ("", 0.001),
        ("--optimizer adam", 0.001),
        ("--optimizer sgd", 0.01),
        ("--optimizer sgd --learning-rate 1e-3", 0.001),
    ] {
        assert_eq!(train(line).learning_rate(), wanted, "{line}");
    }
}

#[test]
fn presets_decide_what_no_option_does() {
    for (line, epochs, batch_size, schedule, learning_rate) in [
        ("--preset recipe", 10, 32, Schedule::Constant, 0.001),
        ("--preset best", 10, 128, Schedule::Cosine, 0.002),
        ("--preset best --model mlp32", 10, 128, Schedule::Cosine, 0.002),
        (
            "--preset best --epochs 3 --batch-size 32 --learning-rate-schedule constant",
            3,
            32,
            Schedule::Constant,
            0.002,
        ),
        ("--preset best --learning-rate 0.1", 10, 128, Schedule::Cosine, 0.1),
        ("--preset best --optimizer sgd", 10, 128, Schedule::Cosine, 0.01),
    ] {
        let args = train(line);
        assert_eq!((args.epochs(), args.batch_size()), (epochs, batch_size), "{line}");
        assert_eq!((args.schedule(), args.learning_rate()), (schedule, learning_rate), "{line}");
    }
    assert!(train("").preset().pixel_table().is_identity());
    assert!(!train("--preset best").preset().pixel_table().is_identity());
}

#[test]
fn a_model_with_hidden_layers_has_other_defaults() {
    for model in ["mlp32", "mlp128-64"] {
        let args = train(&format!("--model {model} --out o"));
        assert_eq!(args.model.name(), model);
        assert_eq!(args.weights(), Path::new("o/weights.rs"));
        assert_eq!(args.schedule(), Schedule::Cosine);
    }
    assert_eq!(train("--learning-rate-schedule cosine").schedule(), Schedule::Cosine);
}

#[test]
fn schedules_are_read_as_they_are_written() {
    let steps = Schedule::Step { epochs: 3, factor: 0.5 };
    for (text, wanted) in [("constant", Schedule::Constant), ("cosine", Schedule::Cosine), ("step:3:0.5", steps)] {
        assert_eq!(train(&format!("--learning-rate-schedule {text}")).schedule(), wanted);
        assert_eq!(wanted.to_string(), text);
    }
}

#[test]
fn a_training_goes_on_from_its_own_folder_unless_told_otherwise() {
    for (line, wanted) in [
        ("--resume --out o", "o/checkpoint.safetensors"),
        ("--out o --resume", "o/checkpoint.safetensors"),
        ("--resume c", "c"),
    ] {
        assert_eq!(train(line).resume().as_deref(), Some(Path::new(wanted)), "{line}");
    }
}

#[test]
fn events_take_the_place_of_text() {
    for (options, wanted) in
        [("", Voice::Bar), ("--verbose 0", Voice::Silent), ("--verbose 2", Voice::Lines), ("--json", Voice::Json)]
    {
        assert_eq!(train(options).voice(), wanted);
        assert_eq!(evaluate(&format!("evaluate {options}")).voice(), wanted);
    }
}

#[test]
fn bad_values_are_refused_with_the_option_and_the_fault() {
    let epochs = "must be a whole number from 1 to 100000";
    let batch_size = "must be a whole number from 1 to 65536";
    let limit = "must be a whole number from 1 to 4294967295";
    let threads = "must be a whole number from 1 to 256";
    let schedule = "must be constant, cosine or step:EPOCHS:FACTOR with a factor between 0 and 1, such as step:5:0.5";
    let learning_rate = "must be a number from 9.094947e-13 to 3.4028235e38";
    for (option, value, fault) in [
        ("--epochs", "0", epochs),
        ("--epochs", "100001", epochs),
        ("--epochs", "-1", epochs),
        ("--epochs", "1.5", epochs),
        ("--batch-size", "0", batch_size),
        ("--batch-size", "65537", batch_size),
        ("--batch-size", "99999999999999999999", batch_size),
        ("--limit", "0", limit),
        ("--threads", "0", threads),
        ("--threads", "257", threads),
        ("--learning-rate", "0", learning_rate),
        ("--learning-rate", "-0.1", learning_rate),
        ("--learning-rate", "NaN", learning_rate),
        ("--learning-rate", "inf", learning_rate),
        ("--learning-rate", "1e-60", learning_rate),
        ("--learning-rate", "9e-13", learning_rate),
        ("--learning-rate", "1e60", learning_rate),
        ("--learning-rate", "fast", learning_rate),
        ("--seed", "-1", "must be a whole number from 0 to 18446744073709551615"),
        ("--seed", "18446744073709551616", "must be a whole number from 0 to 18446744073709551615"),
        ("--validation-split", "0", "must be a number between 0 and 1"),
        ("--validation-split", "1", "must be a number between 0 and 1"),
        ("--validation-split", "-0.5", "must be a number between 0 and 1"),
        ("--validation-split", "NaN", "must be a number between 0 and 1"),
        ("--early-stopping", "0", epochs),
        ("--early-stopping", "-1", epochs),
        ("--verbose", "3", "must be 0, 1 or 2"),
        ("--optimizer", "rmsprop", "[possible values: adam, sgd]"),
        ("--preset", "good", "[possible values: recipe, best]"),
        ("--model", "mlp64", "[possible values: linear, mlp32, mlp128-64]"),
        ("--learning-rate-schedule", "step", schedule),
        ("--learning-rate-schedule", "step:0:0.5", schedule),
        ("--learning-rate-schedule", "step:5:1", schedule),
        ("--learning-rate-schedule", "step:5:0", schedule),
        ("--learning-rate-schedule", "step:5:NaN", schedule),
        ("--learning-rate-schedule", "linear", schedule),
        ("--kernel", "sse2", "auto, portable, avx2, avx512, neon"),
    ] {
        for subcommand in ["", "train "] {
            let error = parse(&format!("{subcommand}{option} {value}")).unwrap_err();
            assert_eq!(error.exit_code(), 2);
            let text = error.to_string();
            for wanted in [option, value, fault] {
                assert!(text.contains(wanted), "{option} {value}: {text}");
            }
        }
    }
}

#[test]
fn stray_words_are_refused() {
    for (line, kind) in [
        ("test", ErrorKind::InvalidSubcommand),
        ("--epoch-count 3", ErrorKind::UnknownArgument),
        ("evaluate --epochs 3", ErrorKind::UnknownArgument),
        ("--epochs 3 evaluate", ErrorKind::ArgumentConflict),
        ("--epochs", ErrorKind::InvalidValue),
        ("--epochs 3 --epochs 4", ErrorKind::ArgumentConflict),
        ("--early-stopping 3", ErrorKind::MissingRequiredArgument),
        ("--json --verbose 1", ErrorKind::ArgumentConflict),
        ("evaluate --json --verbose 0", ErrorKind::ArgumentConflict),
        ("evaluate --resume", ErrorKind::UnknownArgument),
        ("--schedule cosine", ErrorKind::UnknownArgument),
        ("completions", ErrorKind::MissingRequiredArgument),
        ("completions tcsh", ErrorKind::InvalidValue),
    ] {
        assert_eq!(parse(line).unwrap_err().kind(), kind, "{line}");
    }
}

#[test]
fn help_shows_the_defaults_but_no_path_of_this_machine() {
    let help = Cli::command().render_help().to_string();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for wanted in [
        "Examples:",
        "[default: data/fashion-mnist]",
        "[default: firmware/src/weights.rs for linear, DIR/weights.rs for others]",
        "[default: constant for linear with recipe, else cosine]",
        "[default: 32 for recipe, 128 for best]",
        "[default: 0.001 for adam, 0.01 for sgd; 0.002 for best]",
    ] {
        assert!(help.contains(wanted), "{wanted} is not in\n{help}");
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    assert!(!help.contains(&*workspace.to_string_lossy()), "{help}");
}

#[test]
fn values_answer_to_their_names() {
    assert_eq!(KernelChoice::Auto.kernel(), Ok(Kernel::best()));
    for choice in KernelChoice::value_variants() {
        let name = choice.to_possible_value().unwrap().get_name().to_owned();
        if let (Ok(kernel), true) = (choice.kernel(), name != "auto") {
            assert_eq!(kernel.name(), name);
        }
    }
    for optimizer in Optimizer::value_variants() {
        let name = optimizer.to_possible_value().unwrap().get_name().to_owned();
        assert_eq!(optimizer.name(), name);
    }
    for model in ModelName::value_variants() {
        assert_eq!(model.to_possible_value().unwrap().get_name(), model.name());
    }
    for preset in PresetName::value_variants() {
        assert_eq!(preset.to_possible_value().unwrap().get_name(), preset.name());
    }
}
