//! Measurements behind the defaults of `adapt`, on the host alone: the device takes the same steps.

mod simulator;

use clap::ValueEnum;
use dense_core::Random;
use host_trainer::commands::adapt::{TEST_NOISE, decayed, lessons};
use host_trainer::data::Samples;
use host_trainer::device::shift::Shift;
use simulator::{dataset, one, reference, step};

const SIZE: [usize; 2] = [28, 28];

/// Prints accuracies on shifted and on original pictures after lessons, for learning rates and numbers of lessons, the
/// means of four seeds. Lessons are from 55,000 of the training images; the other 5,000 say what they were worth.
#[test]
#[ignore = "a measurement: run it with --ignored --nocapture"]
fn learning_rates() {
    let mut train = dataset().train;
    let validation = train.split_off(55_000);
    for shift in Shift::value_variants() {
        for count in [50, 200, 500, 1000] {
            print!("{:<10} {count:>4} lessons:", shift.name());
            for initial in [0.01, 0.03, 0.1, 0.2, 0.3] {
                let results = [0, 1, 2, 3].map(|seed| taught(&train, &validation, *shift, count, initial, seed));
                let mean = |part: fn(&(f64, f64)) -> f64| results.iter().map(part).sum::<f64>() / 4.0;
                print!("  {initial}: {:.3} ({:.3})", mean(|result| result.0), mean(|result| result.1));
            }
            println!();
        }
    }
}

fn taught(train: &Samples, test: &Samples, shift: Shift, count: usize, initial: f32, seed: u64) -> (f64, f64) {
    let amount = shift.default_amount();
    let lessons = lessons(train, SIZE, count, shift, amount, seed).unwrap();
    let shifted = shift.of(test, SIZE, amount, &mut Random::new(seed, TEST_NOISE));
    let mut reference = reference();
    for index in 0..count {
        reference.learn("lesson", &one(&lessons, index), step(decayed(initial, index, count))).unwrap();
    }
    (reference.metric(&shifted).unwrap(), reference.metric(test).unwrap())
}
