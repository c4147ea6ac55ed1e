//! Tests of the command line.

use std::path::Path;

use clap::CommandFactory;
use clap::error::ErrorKind;
use formats::{Activation, Input, Loss, OptimizerName, PixelInput, Recipe, Schedule, Task};

use super::*;
use crate::options::{KernelChoice, model_name};
use crate::terminal::Verbosity;

fn parse(line: &str) -> Result<Command, clap::Error> {
    let words = line.split_whitespace();
    Cli::try_parse_from(std::iter::once("host-trainer").chain(words)).map(Cli::into_command)
}

fn train(line: &str) -> Box<TrainArgs> {
    match parse(line) {
        Ok(Command::Train(args)) => args,
        other => panic!("{line:?} gave {other:?}"),
    }
}

fn pixels() -> Input {
    Input::Pixels(PixelInput { height: 28, width: 28, table: None, standardized: false })
}

fn features() -> Input {
    Input::Features { names: vec!["a".into(), "b".into()], window: None, standardized: false }
}

/// The recipe for pictures of several classes.
fn recipe(line: &str) -> Recipe {
    train(line).recipe.recipe(&pixels(), Task::Multiclass, 60_000).unwrap()
}

#[test]
fn definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_examples_and_its_options_stand_where_they_belong() {
    for command in Cli::command().get_subcommands_mut() {
        let name = command.get_name().to_owned();
        let help = command.render_long_help().to_string();
        assert!(help.contains("Examples:\n"), "{name}");
        for argument in command.get_arguments() {
            let heading = argument.get_help_heading();
            let id = argument.get_id().as_str();
            if ["kernel", "verbose"].contains(&id) {
                assert_ne!(heading, Some("Data"), "--{id} of {name}");
            }
            if ["window", "target"].contains(&id) {
                assert_eq!(heading, Some("Data"), "--{id} of {name}");
            }
        }
    }
}

#[test]
fn defaults_are_those_of_keras_and_lie_in_the_workspace() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for line in ["", "train"] {
        let args = train(line);
        assert_eq!(args.data.options(0).path, Path::new("data/fashion-mnist"));
        assert_eq!((args.common.kernel, args.common.verbose), (KernelChoice::Auto, 1));
        assert_eq!(args.out, workspace.join("out"));
        assert_eq!((args.threads, args.limit, args.resume()), (1, None, None));
        assert_eq!(args.verbosity(), Verbosity::Bar);
        let recipe = recipe(line);
        assert_eq!((recipe.epochs, recipe.batch_size, recipe.seed), (10, 32, 0));
        assert_eq!((recipe.optimizer.name, recipe.optimizer.learning_rate), (OptimizerName::Adam, 0.001));
        assert_eq!((recipe.schedule, recipe.loss), (Schedule::Constant, Loss::SparseCategoricalCrossentropy));
        assert_eq!((recipe.smallest_deviation, recipe.pixel_exponent), (None, 1.0));
        assert_eq!((recipe.validation_split, recipe.early_stopping), (None, None));
        assert_eq!(model_name(&recipe.hidden), "linear");
    }
}

#[test]
fn every_option_of_a_recipe_is_in_it() {
    let line = "--hidden 64,32 --activation tanh --loss generalized_crossentropy --standardize on --epochs 100000 \
                --batch-size 65536 --optimizer sgd --learning-rate 0.5 --momentum 0.9 --nesterov --weight-decay 0.01 \
                --learning-rate-schedule step:3:0.5 --seed 18446744073709551615 --validation-split 0.25 --early-stopping 2";
    for subcommand in ["", "train "] {
        let recipe = recipe(&format!("{subcommand}{line}"));
        assert_eq!((&recipe.hidden[..], recipe.activation), (&[64, 32][..], Activation::Tanh));
        assert_eq!((recipe.loss, recipe.smallest_deviation), (Loss::GeneralizedCrossentropy, Some(0.3)));
        assert_eq!((recipe.epochs, recipe.batch_size, recipe.seed), (100_000, 65_536, u64::MAX));
        let optimizer = recipe.optimizer;
        assert_eq!((optimizer.name, optimizer.learning_rate, optimizer.momentum), (OptimizerName::Sgd, 0.5, 0.9));
        assert_eq!((optimizer.nesterov, optimizer.weight_decay), (true, 0.01));
        assert_eq!(recipe.schedule, Schedule::Step { epochs: 3, factor: 0.5 });
        assert_eq!((recipe.validation_split, recipe.early_stopping), (Some(0.25), Some(2)));
    }
}

#[test]
fn what_no_option_says_depends_on_preset_network_and_optimizer() {
    for (line, epochs, batch_size, schedule, learning_rate) in [
        ("--preset recipe", 10, 32, Schedule::Constant, 0.001),
        ("--model mlp32", 10, 32, Schedule::Cosine, 0.001),
        ("--hidden 5", 10, 32, Schedule::Cosine, 0.001),
        ("--optimizer sgd", 10, 32, Schedule::Constant, 0.01),
        ("--optimizer rmsprop", 10, 32, Schedule::Constant, 0.001),
        ("--optimizer sgd --learning-rate 1e-3", 10, 32, Schedule::Constant, 0.001),
        ("--preset best", 10, 128, Schedule::Cosine, 0.002),
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
        let recipe = recipe(line);
        assert_eq!((recipe.epochs, recipe.batch_size), (epochs, batch_size), "{line}");
        assert_eq!((recipe.schedule, recipe.optimizer.learning_rate), (schedule, learning_rate), "{line}");
    }
    for (name, hidden) in [("linear", &[][..]), ("mlp32", &[32]), ("mlp128-64", &[128, 64])] {
        let recipe = recipe(&format!("--model {name}"));
        assert_eq!((&recipe.hidden[..], model_name(&recipe.hidden).as_str()), (hidden, name));
    }
    let of_numbers = |task| train("").recipe.recipe(&features(), task, 400).unwrap();
    assert_eq!(of_numbers(Task::Regression).loss, Loss::MeanSquaredError);
    assert_eq!(of_numbers(Task::Binary).loss, Loss::BinaryCrossentropy);
    assert_eq!(of_numbers(Task::Binary).smallest_deviation, Some(0.0));
}

#[test]
fn small_tables_are_passed_over_more_often() {
    for (line, samples, epochs) in [
        ("", 480, 267),
        ("", 31, 1000),
        ("", 3, 1000),
        ("", 12_800, 10),
        ("", 2_000_000, 10),
        ("--batch-size 1", 480, 10),
        ("--batch-size 480", 480, 1000),
        ("--epochs 7", 480, 7),
    ] {
        assert_eq!(train(line).recipe.recipe(&features(), Task::Binary, samples).unwrap().epochs, epochs, "{line}");
    }
}

#[test]
fn options_that_contradict_each_other_or_the_data_are_refused() {
    for (line, input, task, wanted) in [
        ("--activation tanh", pixels(), Task::Multiclass, "--activation tanh: there is no hidden layer"),
        (
            "--optimizer adam --momentum 0.9",
            pixels(),
            Task::Multiclass,
            "--momentum 0.9: is for --optimizer sgd, not adam",
        ),
        ("--loss huber", pixels(), Task::Multiclass, "--loss huber: is for regression, not multiclass"),
        ("--loss huber", features(), Task::Binary, "--loss huber: is for regression, not binary"),
        ("--preset best", features(), Task::Multiclass, "--preset best: is for pictures"),
    ] {
        let fault = train(line).recipe.recipe(&input, task, 400).unwrap_err();
        assert!(fault.starts_with(wanted), "{line}: {fault}");
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
    for (options, wanted) in [
        ("", Verbosity::Bar),
        ("--verbose 0", Verbosity::Silent),
        ("--verbose 2", Verbosity::Lines),
        ("--json", Verbosity::Json),
    ] {
        assert_eq!(train(options).verbosity(), wanted);
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
        ("--optimizer", "adamw", "must be one of adam, sgd, rmsprop"),
        ("--activation", "swish", "must be one of linear, relu, leaky_relu, elu, gelu, sigmoid, tanh"),
        ("--loss", "hinge", "must be one of sparse_categorical_crossentropy, generalized_crossentropy, "),
        ("--task", "ranking", "must be one of multiclass, binary, regression"),
        ("--hidden", "0", "must be a whole number from 1 to 4096"),
        ("--momentum", "1.5", "must be a number from 9.536743e-7 to 1"),
        ("--weight-decay", "-1", "must be a number from 0e0 to 1"),
        ("--size", "28", "must be HEIGHTxWIDTH, each from 1 to 256, such as 28x28"),
        ("--test-split", "1", "must be a number between 0 and 1"),
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
        ("--nesterov", ErrorKind::MissingRequiredArgument),
        ("--model linear --hidden 3", ErrorKind::ArgumentConflict),
        ("--install --weights w.rs", ErrorKind::ArgumentConflict),
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
        "[default: that of the model, or data/fashion-mnist]",
        "[default: DIR/weights.rs]",
        "[default: constant for linear with recipe, else cosine]",
        "[default: 32 for recipe, 128 for best]",
        "[default: 0.001, for sgd 0.01; 0.002 for best]",
    ] {
        assert!(help.contains(wanted), "{wanted} is not in\n{help}");
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    assert!(!help.contains(&*workspace.to_string_lossy()), "{help}");
}
