//! The presets on all of Fashion-MNIST: `recipe` is as good as Keras, `best` is better.
//!
//! `cargo test -p host-trainer --test recipe -- --nocapture` trains softmax regression from ten seeds and shows the results
//! as a table in Markdown. With `--include-ignored` the networks with hidden layers follow, in another minute or two.

use std::path::Path;

use dense_core::Kernel;
use host_trainer::cli::Schedule;
use host_trainer::comparison::{Comparison, Decisions};
use host_trainer::dataset::Dataset;
use host_trainer::fit::{Data, Settings, Watch};
use host_trainer::model::{Model, ModelName};
use host_trainer::presets::{Preset, PresetName};
use host_trainer::quantized::{calibration_images, quantize};

const SEEDS: u64 = 10;

/// The means of Keras 3.15 over the seeds 0 to 9, from `tests/vectors/keras_recipe.json`.
const KERAS_TRAINING_LOSS: f64 = 0.3919;
const KERAS_TEST_ACCURACY: f64 = 0.8442;

/// The same of 784-128-64-10 over the seeds 0 to 4, from `tests/vectors/keras_recipe_128_64.json`.
const KERAS_HIDDEN: [f64; 2] = [0.2367, 0.8851];

fn load() -> Dataset {
    Dataset::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/fashion-mnist")).unwrap()
}

/// What is trained, and how.
#[derive(Clone, Copy)]
struct Training {
    model: ModelName,
    name: PresetName,
    preset: Preset,
}

impl Training {
    fn new(model: ModelName, name: PresetName) -> Self {
        Self { model, name, preset: name.preset(model) }
    }

    fn at_constant_rate(mut self) -> Self {
        self.preset.schedule = Schedule::Constant;
        self
    }

    fn describe(&self) -> String {
        format!("{}, {}, {} rate", self.model.name(), self.name.name(), self.preset.schedule)
    }

    /// A trained network, and the training loss of its last epoch. `seen` are the data set's pixels gone through the
    /// preset's table.
    fn train(&self, seen: &Dataset, seed: u64) -> (Box<dyn Model>, f64) {
        let settings = Settings {
            optimizer: self.preset.optimizer,
            learning_rate: self.preset.learning_rate,
            schedule: self.preset.schedule,
            smallest_deviation: self.preset.smallest_deviation,
            loss: self.preset.loss,
            early_stopping: None,
            batch_size: self.preset.batch_size,
            epochs: self.preset.epochs,
            seed,
            threads: 1,
            kernel: Kernel::best(),
        };
        let mut network = self.model.network();
        network.initialise(seed);
        let fit = network.fit(&Data::new(&seen.train), &settings, None, &mut Watch::silent()).unwrap();
        (network, fit.state.position.epochs.last().unwrap().metrics.loss)
    }

    /// The training loss of the last epoch and the accuracy on the test set.
    fn measure(&self, seen: &Dataset, seed: u64) -> [f64; 2] {
        let (network, loss) = self.train(seen, seed);
        [loss, network.evaluate(&seen.test, Kernel::best()).unwrap().accuracy]
    }

    /// Trains from so many seeds, shows how it went as a table, and returns the means of the loss and the accuracy.
    fn measure_all(&self, seeds: u64, keras: Option<[f64; 2]>) -> [f64; 2] {
        let dataset = load();
        let seen = dataset.through(&self.preset.pixel_table());
        let results: Vec<[f64; 2]> = (0..seeds).map(|seed| self.measure(&seen, seed)).collect();

        println!("\n| {}, seed | training loss, epoch 10 | test accuracy |", self.describe());
        println!("|---:|---:|---:|");
        for (seed, [loss, accuracy]) in results.iter().enumerate() {
            println!("| {seed} | {loss:.4} | {accuracy:.4} |");
        }
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
        for (name, [loss, accuracy]) in rows {
            println!("| **{name}** | {loss:.4} | {accuracy:.4} |");
        }
        mean
    }
}

#[test]
fn softmax_regression_is_as_good_as_in_keras() {
    let keras = [KERAS_TRAINING_LOSS, KERAS_TEST_ACCURACY];
    let [loss, accuracy] = Training::new(ModelName::Linear, PresetName::Recipe).measure_all(SEEDS, Some(keras));
    assert!((loss - KERAS_TRAINING_LOSS).abs() < 0.003, "mean training loss {loss}, Keras's {KERAS_TRAINING_LOSS}");
    assert!((accuracy - KERAS_TEST_ACCURACY).abs() < 0.002, "mean accuracy {accuracy}, Keras's {KERAS_TEST_ACCURACY}");
}

#[test]
fn the_best_preset_sees_more() {
    let [_, accuracy] = Training::new(ModelName::Linear, PresetName::Best).measure_all(SEEDS, None);
    assert!(accuracy >= 0.857, "mean accuracy {accuracy}");
}

/// The networks with hidden layers as they are trained without other options, and the larger one at a constant rate, as
/// Keras trains it.
#[test]
#[ignore = "takes more than a minute"]
fn hidden_layers_see_more() {
    let [_, accuracy] = Training::new(ModelName::Mlp32, PresetName::Recipe).measure_all(5, None);
    assert!(accuracy > 0.865, "mean accuracy of mlp32 {accuracy}");
    let [_, accuracy] = Training::new(ModelName::Mlp128x64, PresetName::Recipe).measure_all(5, None);
    assert!(accuracy >= 0.885, "mean accuracy of mlp128-64 {accuracy}");

    let [keras_loss, keras_accuracy] = KERAS_HIDDEN;
    let training = Training::new(ModelName::Mlp128x64, PresetName::Recipe).at_constant_rate();
    let [loss, accuracy] = training.measure_all(10, Some(KERAS_HIDDEN));
    assert!((loss - keras_loss).abs() < 0.003, "mean training loss {loss}, Keras's {keras_loss}");
    // At a constant rate the accuracy of a single run strays by half a percent, in Keras too.
    assert!((accuracy - keras_accuracy).abs() < 0.006, "mean accuracy {accuracy}, Keras's {keras_accuracy}");
}

/// The test accuracy in points that a trained network loses in int8, with calibration on training images alone.
fn lost_in_int8(training: &Training, seen: &Dataset, seed: u64) -> f64 {
    let (network, _) = training.train(seen, seed);
    let kernel = Kernel::best();
    let calibration = calibration_images(&seen.train);
    let quantized = quantize(training.model, &network.layers(), calibration, kernel).unwrap();
    let [float, int8] = [network.classes(&seen.test, kernel), quantized.classes(&seen.test, kernel)];
    let Decisions { float, int8, different } =
        Comparison::new(&seen.test.labels, &float.unwrap(), &int8.unwrap()).total();
    let points = |count: usize| 100.0 * count as f64 / seen.test.len() as f64;
    let lost = points(float) - points(int8);
    let name = training.describe();
    println!("| {name}, {seed} | {:.2} | {:.2} | {lost:.2} | {different} |", points(float), points(int8));
    lost
}

#[test]
#[ignore = "takes most of a minute"]
fn int8_loses_nothing() {
    let dataset = load();
    println!("\n| training, seed | in f32 | in int8 | points lost | decided otherwise |\n|---|---:|---:|---:|---:|");
    for training in [
        Training::new(ModelName::Linear, PresetName::Recipe),
        Training::new(ModelName::Linear, PresetName::Best),
        Training::new(ModelName::Mlp32, PresetName::Recipe),
        Training::new(ModelName::Mlp32, PresetName::Best),
        Training::new(ModelName::Mlp128x64, PresetName::Recipe),
    ] {
        let seen = dataset.through(&training.preset.pixel_table());
        for seed in 0..3 {
            let lost = lost_in_int8(&training, &seen, seed);
            assert!(lost <= 0.1, "{}, seed {seed}: {lost} points lost", training.describe());
        }
    }
}

/// The mean and the worst of many runs.
#[test]
#[ignore = "takes two minutes"]
fn int8_loses_little_in_eighty_runs() {
    let dataset = load();
    for preset in [PresetName::Recipe, PresetName::Best] {
        let training = Training::new(ModelName::Linear, preset);
        let seen = dataset.through(&training.preset.pixel_table());
        let lost: Vec<f64> = (1000..1040).map(|seed| lost_in_int8(&training, &seen, seed)).collect();
        let (mean, worst) = (lost.iter().sum::<f64>() / 40.0, lost.iter().copied().fold(f64::MIN, f64::max));
        println!("{}: mean {mean:.4}, worst {worst:.2} points lost", training.describe());
        assert!(mean <= 0.02 && worst <= 0.15, "{}: mean {mean}, worst {worst}", training.describe());
    }
}
