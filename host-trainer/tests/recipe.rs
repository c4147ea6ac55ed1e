//! The whole recipe, ten seeds: as good as Keras, on all of Fashion-MNIST.
//!
//! `cargo test -p host-trainer --test recipe -- --nocapture` shows the results as a table in Markdown. With AVX-512 that
//! takes four seconds, with AVX2 six, and with the portable kernel alone five minutes.

use std::path::Path;

use dense_core::{Dense, Kernel, Random};
use host_trainer::cli::Optimizer;
use host_trainer::dataset::Dataset;
use host_trainer::evaluate::evaluate;
use host_trainer::fit::{Settings, fit};
use host_trainer::idx::{CLASSES, PIXELS};
use host_trainer::progress::Progress;

const SEEDS: u64 = 10;

/// The means of Keras 3.15 over the seeds 0 to 9, from `tests/vectors/keras_recipe.json`.
const KERAS_TRAINING_LOSS: f64 = 0.3919;
const KERAS_TEST_ACCURACY: f64 = 0.8442;

/// The training loss of the last epoch and the accuracy on the test set.
fn train(dataset: &Dataset, seed: u64) -> [f64; 2] {
    let settings = Settings {
        optimizer: Optimizer::Adam,
        learning_rate: 0.001,
        batch_size: 32,
        epochs: 10,
        seed,
        threads: 1,
        kernel: Kernel::best(),
    };
    let mut layer = Box::new(Dense::<PIXELS, CLASSES>::ZERO);
    layer.glorot_uniform(&mut Random::new(seed, Random::INITIAL_WEIGHTS));
    let epochs = fit(&mut layer, &dataset.train, &settings, &mut Progress::new(0, 0, 0)).unwrap();
    let test = evaluate(&layer, &dataset.test, settings.kernel).unwrap();
    [epochs.last().unwrap().metrics.loss, test.accuracy]
}

#[test]
fn ten_seeds_are_as_good_as_keras() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/fashion-mnist");
    let dataset = Dataset::load(&data).unwrap();
    let results: Vec<[f64; 2]> = (0..SEEDS).map(|seed| train(&dataset, seed)).collect();

    println!("| seed | training loss, epoch 10 | test accuracy |");
    println!("|---:|---:|---:|");
    for (seed, [loss, accuracy]) in results.iter().enumerate() {
        println!("| {seed} | {loss:.4} | {accuracy:.4} |");
    }
    let over_seeds = |fold: fn(&mut dyn Iterator<Item = f64>) -> f64| {
        [0, 1].map(|column| fold(&mut results.iter().map(|result| result[column])))
    };
    let [loss, accuracy] = over_seeds(|values| values.sum::<f64>() / SEEDS as f64);
    for (name, [loss, accuracy]) in [
        ("mean", [loss, accuracy]),
        ("least", over_seeds(|values| values.fold(f64::INFINITY, f64::min))),
        ("greatest", over_seeds(|values| values.fold(f64::NEG_INFINITY, f64::max))),
        ("Keras, mean", [KERAS_TRAINING_LOSS, KERAS_TEST_ACCURACY]),
    ] {
        println!("| **{name}** | {loss:.4} | {accuracy:.4} |");
    }
    assert!((loss - KERAS_TRAINING_LOSS).abs() < 0.003, "mean training loss {loss}, Keras's {KERAS_TRAINING_LOSS}");
    assert!((accuracy - KERAS_TEST_ACCURACY).abs() < 0.002, "mean accuracy {accuracy}, Keras's {KERAS_TEST_ACCURACY}");
}
