//! The presets on all of Fashion-MNIST: `recipe` is as good as Keras, `best` is better.
//!
//! `cargo test -p host-trainer --test recipe -- --nocapture` trains softmax regression from ten seeds and shows the results
//! as a table in Markdown. With `--include-ignored` the networks with hidden layers follow, in another minute or two.

use clap::Parser;
use dense_core::Kernel;
use host_trainer::cli::{Cli, Command};
use host_trainer::commands::shared::{all_threads, load};
use host_trainer::data::Dataset;
use host_trainer::prepared::Prepared;
use host_trainer::report::classes;
use training::{Callbacks, Network, Settings, Silent, evaluate, int8, metrics};

const SEEDS: u64 = 10;

/// The means of Keras 3.15 over the seeds 0 to 9, from `tests/vectors/keras_recipe.json`.
const KERAS_TRAINING_LOSS: f64 = 0.3919;
const KERAS_TEST_ACCURACY: f64 = 0.8442;

/// The same of 784-128-64-10 over the seeds 0 to 4, from `tests/vectors/keras_recipe_128_64.json`.
const KERAS_HIDDEN: [f64; 2] = [0.2367, 0.8851];

/// A command line of `train`, and the data prepared for it.
struct Training {
    line: &'static str,
    prepared: Prepared,
}

impl Training {
    /// `dataset` is Fashion-MNIST, which is the default.
    fn new(dataset: &Dataset, line: &'static str) -> Self {
        let words = ["host-trainer"].into_iter().chain(line.split_whitespace());
        let Command::Train(arguments) = Cli::parse_from(words).into_command() else { panic!("{line}") };
        Self { line, prepared: Prepared::new(dataset.clone(), &arguments.recipe, None).unwrap() }
    }

    /// A trained network, and the training loss of its last epoch.
    fn train(&self, seed: u64) -> (Network, f64) {
        let mut recipe = self.prepared.recipe.clone();
        recipe.seed = seed;
        let settings = Settings { recipe, threads: 1, kernel: Kernel::best() };
        let mut network = Network::initial(784, 10, &settings.recipe).unwrap();
        let mut stop = || false;
        let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut stop, checkpoints: None };
        let fit = training::fit(&mut network, &self.prepared.data(), &settings, None, &mut callbacks).unwrap();
        (network, fit.state.progress.epochs.last().unwrap().train.loss)
    }

    /// The training loss of the last epoch and the accuracy on the test set.
    fn measure(&self, seed: u64) -> [f64; 2] {
        let (network, loss) = self.train(seed);
        [loss, evaluate::evaluate(&network, &self.prepared.test, Kernel::best(), all_threads()).unwrap().metric]
    }

    /// Trains from so many seeds, shows how it went as a table, and returns the means of the loss and the accuracy.
    fn measure_all(&self, seeds: u64, keras: Option<[f64; 2]>) -> [f64; 2] {
        let results: Vec<[f64; 2]> = (0..seeds).map(|seed| self.measure(seed)).collect();

        let heading =
            format!("\n| `{}`, seed | training loss, last epoch | test accuracy |\n|---:|---:|---:|\n", self.line);
        let over_seeds = |fold: fn(&mut dyn Iterator<Item = f64>) -> f64| {
            [0, 1].map(|column| fold(&mut results.iter().map(|result| result[column])))
        };
        let mean = over_seeds(|values| values.sum()).map(|sum: f64| sum / seeds as f64);
        let mut rows = vec![
            ("mean", mean),
            ("least", over_seeds(|values| values.fold(f64::INFINITY, f64::min))),
            ("greatest", over_seeds(|values| values.fold(f64::NEG_INFINITY, f64::max))),
        ];
        rows.extend(keras.map(|keras| ("Keras, mean", keras)));
        let each = results.iter().enumerate().map(|(seed, result)| (seed.to_string(), *result));
        let rows = each.chain(rows.into_iter().map(|(name, result)| (format!("**{name}**"), result)));
        let rows = rows.map(|(name, [loss, accuracy])| format!("| {name} | {loss:.4} | {accuracy:.4} |\n"));
        // At once, since other tests print at the same time.
        println!("{heading}{}", rows.collect::<String>());
        mean
    }
}

fn fashion_mnist() -> Dataset {
    let Command::Train(arguments) = Cli::parse_from(["host-trainer"]).into_command() else { panic!() };
    load(&arguments.data.options(0)).unwrap().dataset
}

#[test]
fn softmax_regression_is_as_good_as_in_keras() {
    let keras = [KERAS_TRAINING_LOSS, KERAS_TEST_ACCURACY];
    let [loss, accuracy] = Training::new(&fashion_mnist(), "train").measure_all(SEEDS, Some(keras));
    assert!((loss - KERAS_TRAINING_LOSS).abs() < 0.003, "mean training loss {loss}, Keras's {KERAS_TRAINING_LOSS}");
    assert!((accuracy - KERAS_TEST_ACCURACY).abs() < 0.002, "mean accuracy {accuracy}, Keras's {KERAS_TEST_ACCURACY}");
}

#[test]
fn the_best_preset_sees_more() {
    let [_, accuracy] = Training::new(&fashion_mnist(), "train --preset best").measure_all(SEEDS, None);
    assert!(accuracy >= 0.857, "mean accuracy {accuracy}");
}

#[test]
#[ignore = "takes more than a minute"]
fn hidden_layers_see_more() {
    let dataset = fashion_mnist();
    let [_, accuracy] = Training::new(&dataset, "train --model mlp32").measure_all(5, None);
    assert!(accuracy > 0.865, "mean accuracy of mlp32 {accuracy}");
    let [_, accuracy] = Training::new(&dataset, "train --model mlp128-64").measure_all(5, None);
    assert!(accuracy >= 0.885, "mean accuracy of mlp128-64 {accuracy}");
}

/// At a constant rate, as Keras trains it.
#[test]
#[ignore = "takes three minutes"]
fn hidden_layers_are_as_good_as_in_keras() {
    let [keras_loss, keras_accuracy] = KERAS_HIDDEN;
    let training = Training::new(&fashion_mnist(), "train --model mlp128-64 --learning-rate-schedule constant");
    let [loss, accuracy] = training.measure_all(10, Some(KERAS_HIDDEN));
    assert!((loss - keras_loss).abs() < 0.003, "mean training loss {loss}, Keras's {keras_loss}");
    // At a constant rate the accuracy of a single run strays by half a percent, in Keras too.
    assert!((accuracy - keras_accuracy).abs() < 0.006, "mean accuracy {accuracy}, Keras's {keras_accuracy}");
}

#[test]
#[ignore = "takes three minutes"]
fn the_best_preset_sees_more_with_hidden_layers() {
    let dataset = fashion_mnist();
    for (line, wanted) in
        [("train --preset best --model mlp32", 0.880), ("train --preset best --model mlp128-64", 0.900)]
    {
        let [_, accuracy] = Training::new(&dataset, line).measure_all(SEEDS, None);
        assert!(accuracy >= wanted, "{line}: mean accuracy {accuracy}");
    }
}

/// The test accuracy in points that a trained network loses in int8, with calibration on training images alone.
fn lost_in_int8(training: &Training, seed: u64) -> f64 {
    let (network, _) = training.train(seed);
    let (kernel, Prepared { test, calibration, output, .. }) = (Kernel::best(), &training.prepared);
    let quantized = int8::quantize(&network, calibration, kernel).unwrap();
    let float = evaluate::predict(&network, &test.inputs, kernel, all_threads()).unwrap();
    let int8 = int8::predict(&quantized, network.loss(), &test.inputs, kernel).unwrap();
    let points = |predictions: &[f32]| 100.0 * metrics::named(predictions, 10, &test.targets)["accuracy"];
    let lost = points(&float) - points(&int8);
    let classes = [&float, &int8].map(|predictions| classes(output, predictions));
    let different = classes[0].iter().zip(&classes[1]).filter(|(float, int8)| float != int8).count();
    println!(
        "| `{}`, {seed} | {:.2} | {:.2} | {lost:.2} | {different} |",
        training.line,
        points(&float),
        points(&int8)
    );
    lost
}

#[test]
#[ignore = "takes most of a minute"]
fn int8_loses_nothing() {
    let dataset = fashion_mnist();
    println!("\n| training, seed | in f32 | in int8 | points lost | decided otherwise |\n|---|---:|---:|---:|---:|");
    for line in [
        "train",
        "train --preset best",
        "train --model mlp32",
        "train --model mlp32 --preset best --epochs 10",
        "train --model mlp128-64",
    ] {
        let training = Training::new(&dataset, line);
        for seed in 0..3 {
            let lost = lost_in_int8(&training, seed);
            assert!(lost <= 0.1, "{line}, seed {seed}: {lost} points lost");
        }
    }
}

/// The mean and the worst of many runs.
#[test]
#[ignore = "takes two minutes"]
fn int8_loses_little_in_eighty_runs() {
    let dataset = fashion_mnist();
    for line in ["train", "train --preset best"] {
        let training = Training::new(&dataset, line);
        let lost: Vec<f64> = (1000..1040).map(|seed| lost_in_int8(&training, seed)).collect();
        let (mean, worst) = (lost.iter().sum::<f64>() / 40.0, lost.iter().copied().fold(f64::MIN, f64::max));
        println!("{line}: mean {mean:.4}, worst {worst:.2} points lost");
        assert!(mean <= 0.02 && worst <= 0.15, "{line}: mean {mean}, worst {worst}");
    }
}
