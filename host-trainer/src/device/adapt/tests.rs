//! Tests of the lessons, on the host alone: the device takes the same steps.

use super::*;
use crate::device::args::LEARNING_RATE;
use clap::ValueEnum;
use dense_core::Kernel;
use std::path::Path;

fn workspace(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)
}

/// Accuracies on `tested`, as the shifted world shows it and as it is, after lessons from `train`.
fn taught(
    (train, tested): (&Split, &Split),
    start: &Mirror,
    world: World,
    count: usize,
    initial: f32,
    seed: u64,
) -> (f64, f64) {
    let amount = world.default_amount();
    let lessons = lessons(train, count, world, amount, seed).unwrap();
    let shifted = world.shift(tested, amount, &mut Random::new(seed, TEST_NOISE));
    let mut mirror = start.clone();
    for (index, (image, &label)) in lessons.images.iter().zip(&lessons.labels).enumerate() {
        mirror.learn(image, label, learning_rate(initial, index, count)).unwrap();
    }
    (mirror.accuracy(&shifted).unwrap(), mirror.accuracy(tested).unwrap())
}

fn dataset_and_start() -> (Dataset, Mirror) {
    let dataset = Dataset::load(&workspace("data/fashion-mnist")).unwrap();
    let (network, table) = crate::model_files::load_linear(&workspace("firmware/src/weights.rs")).unwrap();
    (dataset, Mirror::new(network, table, Kernel::best()))
}

#[test]
fn every_world_is_a_fall_and_the_defaults_recover_from_it() {
    let (Dataset { train, test, .. }, start) = dataset_and_start();
    for world in World::value_variants() {
        let (world, amount) = (*world, world.default_amount());
        let shifted = world.shift(&test, amount, &mut Random::new(0, TEST_NOISE));
        let before = start.accuracy(&shifted).unwrap();
        let (after, original) = taught((&train, &test), &start, world, 500, LEARNING_RATE, 0);
        println!("{:<10} before {before:.4}, after 500 lessons {after:.4} (original {original:.4})", world.name());
        assert!(before < 0.4, "{world:?}: {before}");
        assert!(after > 0.55 && after > before + 0.3, "{world:?}: {before} to {after}");
    }
}

/// Prints what the default learning rate was chosen from: lessons are from 55,000 of the training images, and the other
/// 5,000 say what they were worth.
#[test]
#[ignore = "a measurement: run it with --ignored --nocapture"]
fn learning_rates() {
    let (Dataset { mut train, .. }, start) = dataset_and_start();
    let validation = Split { images: train.images.split_off(55_000), labels: train.labels.split_off(55_000) };
    for world in World::value_variants() {
        for count in [50, 200, 500, 1000] {
            print!("{:<10} {count:>4} lessons:", world.name());
            for initial in [0.01, 0.03, 0.1, 0.2, 0.3] {
                let results =
                    [0, 1, 2, 3].map(|seed| taught((&train, &validation), &start, *world, count, initial, seed));
                let (shifted, original) =
                    results.iter().fold((0.0, 0.0), |sum, result| (sum.0 + result.0 / 4.0, sum.1 + result.1 / 4.0));
                print!("  {initial}: {shifted:.3} ({original:.3})");
            }
            println!();
        }
    }
}

#[test]
fn lessons_follow_the_seed_and_the_learning_rate_falls_evenly() {
    let train =
        Split { images: (0..100).map(|index| [index; crate::idx::PIXELS]).collect(), labels: (0..100).collect() };
    let taught = |seed| lessons(&train, 10, World::Translated, 0.0, seed).unwrap();
    assert_eq!(taught(1), taught(1));
    assert_ne!(taught(1), taught(2));
    assert!(taught(3).images.iter().zip(&taught(3).labels).all(|(image, &label)| image[0] == label));
    let error = lessons(&train, 101, World::Translated, 0.0, 0).unwrap_err().to_string();
    assert_eq!(error, "--teach 101: the data set has 100 training images");
    let rates: Vec<f32> = (0..4).map(|index| learning_rate(0.5, index, 4)).collect();
    assert_eq!(rates, [0.5, 0.375, 0.25, 0.125]);
}

#[test]
fn amounts_are_checked() {
    for (world, amount, good) in [
        (World::Inverted, 1.0, true),
        (World::Inverted, 1.1, false),
        (World::Rotated, -180.0, true),
        (World::Translated, 29.0, false),
        (World::Noisy, f64::NAN, false),
        (World::Noisy, -1.0, false),
    ] {
        assert_eq!(checked_amount(world, amount).is_ok(), good, "{world:?} {amount}");
    }
}
