//! Tests of the options, the choice of the best settings, the tables and the picture.

use clap::Parser;
use dense_core::Kernel;
use formats::{Input, PixelInput, Recipe};
use training::Metrics;

use super::plot::picture;
use super::results::Results;
use super::runs::{Outcome, Run};
use super::*;
use crate::cli::{Cli, Command};

fn parse(line: &str) -> Result<SweepArgs, clap::Error> {
    let words = ["host-trainer", "sweep"].into_iter().chain(line.split_whitespace());
    Cli::try_parse_from(words).map(|cli| match cli.into_command() {
        Command::Sweep(arguments) => arguments,
        other => panic!("{line:?} gave {other:?}"),
    })
}

/// The recipe of a sweep over pictures.
fn recipe(arguments: &SweepArgs) -> Recipe {
    let input = Input::Pixels(PixelInput { height: 28, width: 28, table: None, standardized: false });
    arguments.recipe.recipe(&input, Task::Multiclass, 60_000).unwrap()
}

/// The command that trains by the settings that the sweep of a command line has chosen.
fn command(line: &str) -> String {
    let words = ["host-trainer", "sweep"].into_iter().chain(line.split_whitespace()).map(String::from);
    SweepArgs::command(words, 0.003, 64)
}

/// Runs with these learning rates, batch sizes, seeds and validation accuracies, of which a negative one diverged.
fn results(seeds: usize, runs: &[(f32, usize, u64, f64)]) -> Results {
    let run = |&(learning_rate, batch_size, seed, accuracy)| {
        let validation = Metrics { loss: 1.5 - accuracy, metric: accuracy };
        let outcome = if accuracy < 0.0 { Outcome::Diverged } else { Outcome::Finished { validation, seconds: 0.25 } };
        Run { learning_rate, batch_size, seed, outcome }
    };
    Results { runs: runs.iter().map(run).collect(), seeds }
}

#[test]
fn trials_are_in_order_and_follow_the_preset() {
    for (line, learning_rates, batch_sizes, seeds, epochs) in [
        ("", &[0.0003, 0.001, 0.003][..], &[32, 128][..], 3, 10),
        ("--optimizer sgd --epochs 2", &[0.01, 0.03, 0.1], &[32, 128], 3, 2),
        ("--preset best --learning-rates 0.5,0.002 --batch-sizes 7 --seeds 1", &[0.002, 0.5], &[7], 1, 10),
    ] {
        let arguments = parse(line).unwrap();
        let recipe = recipe(&arguments);
        let trials = arguments.trials(&recipe, Kernel::PORTABLE).unwrap();
        let settings = trials.iter().map(|trial| {
            let Recipe { optimizer, batch_size, seed, .. } = &trial.recipe;
            (optimizer.learning_rate, *batch_size, *seed)
        });
        let found: Vec<_> = settings.collect();
        let mut wanted = Vec::new();
        for &learning_rate in learning_rates {
            for &batch_size in batch_sizes {
                wanted.extend((0..seeds).map(|seed| (learning_rate, batch_size, seed)));
            }
        }
        assert_eq!(found, wanted, "{line}");
        for Settings { recipe: trial, .. } in trials {
            assert_eq!(trial.epochs, epochs);
            assert_eq!((trial.loss, trial.smallest_deviation), (recipe.loss, recipe.smallest_deviation));
        }
    }
}

#[test]
fn unusable_options_are_named() {
    for (line, option, reason) in [
        ("--learning-rates 0", "--learning-rates", "must be a number from"),
        ("--learning-rates 0.1,,0.2", "--learning-rates", "must be a number from"),
        ("--learning-rates -1", "--learning-rates", "must be a number from"),
        ("--learning-rates 0.1,fast", "'fast'", "must be a number from"),
        ("--batch-sizes 32,0", "'0'", "must be a whole number from 1 to 65536"),
        ("--batch-sizes 65537", "--batch-sizes", "must be a whole number from 1 to 65536"),
        ("--seeds 0", "--seeds", "must be a whole number from 1 to 1000"),
        ("--jobs 0", "--jobs", "must be a whole number from 1 to 256"),
        ("--validation-split 1", "--validation-split", "must be a number between 0 and 1"),
        ("--learning-rate-schedule linear", "--learning-rate-schedule", "must be constant, cosine or step"),
        ("--model cnn", "--model", "possible values"),
        ("--weights w.rs", "--weights", "unexpected argument"),
    ] {
        let message = parse(line).unwrap_err().to_string();
        assert!(message.contains(option) && message.contains(reason), "{line}: {message}");
    }
    for (line, wanted) in [
        ("--learning-rates 0.1,0.2,1e-1", "--learning-rates: 0.1 is given twice"),
        ("--batch-sizes 32,8,32", "--batch-sizes: 32 is given twice"),
    ] {
        let arguments = parse(line).unwrap();
        let refused = arguments.trials(&recipe(&arguments), Kernel::PORTABLE).unwrap_err();
        assert_eq!(refused.to_string(), wanted);
    }
}

#[test]
fn the_best_has_the_greatest_mean_of_all_seeds() {
    for (runs, wanted) in [
        (&[(0.1, 8, 0, 0.5), (0.1, 8, 1, 0.9), (0.2, 8, 0, 0.75), (0.2, 8, 1, 0.75)][..], Some((0.2, 8))),
        // Settings that may diverge are not good, nor is it known how good those are of which a run is missing.
        (&[(0.1, 8, 0, 0.5), (0.1, 8, 1, 0.5), (0.2, 8, 0, 0.9), (0.2, 8, 1, -1.0)], Some((0.1, 8))),
        (&[(0.1, 8, 0, 0.5), (0.1, 8, 1, 0.5), (0.1, 16, 0, 0.9)], Some((0.1, 8))),
        // Of equal ones, the first.
        (&[(0.1, 8, 0, 0.5), (0.1, 8, 1, 0.5), (0.1, 16, 0, 0.5), (0.1, 16, 1, 0.5)], Some((0.1, 8))),
        (&[(0.1, 8, 0, -1.0), (0.1, 8, 1, -1.0)], None),
        (&[], None),
    ] {
        let best = results(2, runs).best().map(|best| (best.learning_rate, best.batch_size));
        assert_eq!(best, wanted, "{runs:?}");
    }
    let mut equal = results(1, &[(0.1, 8, 0, 0.5), (0.2, 8, 0, 0.5)]);
    if let Outcome::Finished { validation, .. } = &mut equal.runs[1].outcome {
        validation.loss = 0.25;
    }
    assert_eq!(equal.best().unwrap().learning_rate, 0.2, "of equal ones, that of the smaller loss");
}

#[test]
fn tables_say_what_came_of_each_run() {
    let results = results(
        2,
        &[
            (0.001, 32, 0, 0.5),
            (0.001, 32, 1, 0.75),
            (0.01, 32, 0, 0.5),
            (0.01, 32, 1, -1.0),
            (30.0, 32, 0, -1.0),
            (30.0, 64, 0, 0.25),
        ],
    );
    let table = "\
learning rate  batch size  accuracy %  least  greatest    loss  seconds
        0.001          32       62.50  50.00     75.00  0.8750     0.25  best
         0.01          32       50.00  50.00     50.00  1.0000     0.25  1 of 2 diverged
           30          32           -      -         -       -        -  1 of 1 diverged
           30          64       25.00  25.00     25.00  1.2500     0.25  1 of 2 runs
";
    assert_eq!(results.table(), table);
    let arguments = parse("--preset best --epochs 2").unwrap();
    let csv = results.csv(&recipe(&arguments), 50, 10);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 7);
    assert_eq!(
        lines[0],
        "model,preset,optimizer,learning_rate_schedule,epochs,train_samples,validation_samples,\
         learning_rate,batch_size,seed,outcome,val_accuracy,val_loss,seconds"
    );
    assert_eq!(lines[2], "linear,best,adam,cosine,2,50,10,0.001,32,1,finished,0.75,0.75,0.25");
    assert_eq!(lines[4], "linear,best,adam,cosine,2,50,10,0.01,32,1,diverged,,,");
    assert!(lines.iter().all(|line| line.split(',').count() == 14), "{csv}");
}

#[test]
fn the_command_trains_by_the_settings() {
    for (line, wanted) in [
        ("", "train --learning-rate 0.003 --batch-size 64"),
        (
            "--model mlp32 --preset best --epochs 3 --optimizer sgd --learning-rate-schedule step:2:0.5 --limit 99 --data a$b",
            "train --learning-rate 0.003 --batch-size 64 --model mlp32 --preset best --epochs 3 \
             --optimizer sgd --learning-rate-schedule step:2:0.5 --limit 99 --data 'a$b'",
        ),
        ("--data my/data", "train --learning-rate 0.003 --batch-size 64 --data my/data"),
        (
            "--learning-rates 0.1,0.003 --batch-sizes=64 --seeds 2 --jobs=1 --validation-split 0.3 --verbose 2 --hidden 5",
            "train --learning-rate 0.003 --batch-size 64 --hidden 5",
        ),
        ("--learning-rate 1 --batch-size=7 --out o", "train --learning-rate 0.003 --batch-size 64 --out o"),
    ] {
        let command = command(line);
        assert_eq!(command, wanted);
        let plain = format!("host-trainer {}", command.replace('\'', ""));
        assert!(Cli::try_parse_from(plain.split(' ')).is_ok(), "{plain}");
    }
}

#[test]
fn any_results_can_be_drawn() {
    let full = [(0.001, 32, 0, 0.84), (0.001, 32, 1, 0.85), (0.01, 32, 0, 0.8), (0.01, 32, 1, -1.0)];
    let mut pictures = Vec::new();
    for runs in [&full[..], &full[..3], &full[..1], &full[3..], &[(0.001, 32, 0, 0.5), (0.001, 64, 0, 0.5)]] {
        let bytes = picture(&results(2, runs), "linear").png().unwrap();
        let picture = image::load_from_memory(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (1280, 800));
        assert!(!pictures.contains(&bytes), "{runs:?}: no other picture");
        pictures.push(bytes);
    }
}
