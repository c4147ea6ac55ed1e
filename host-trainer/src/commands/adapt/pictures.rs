//! Pictures that have changed.

use dense_core::Random;
use formats::{Input, Output};

use super::AdaptArgs;
use super::story::{Change, Lessons, TestSet, Tested};
use crate::commands::on_device::Host;
use crate::data::{Dataset, Samples};
use crate::device::shift::Shift;
use crate::failure::Failure;
use crate::options::refuse_given;

/// Images to learn from, unless an option says otherwise.
const TEACH: usize = 500;
/// The learning rate of the first lesson without and with a hidden layer. A larger one learns a little more and forgets
/// much more: see the measurements in the tests of the firmware.
const LEARNING_RATE: [f32; 2] = [0.1, 0.03];

/// Streams of random numbers: for the choice of images, and for the noise on those to learn from.
const CHOICE: u64 = 16;
const LESSON_NOISE: u64 = 17;
/// The stream for the noise on those to test with.
pub const TEST_NOISE: u64 = 18;

/// The change of pictures that the options say.
pub(super) fn change(arguments: &AdaptArgs, host: &Host, dataset: &Dataset, shift: Shift) -> Result<Change, Failure> {
    refuse_given(&[("--leave-out", arguments.leave_out.is_some())], "only with --world person")?;
    if !matches!((&host.model.input, &host.model.output), (Input::Pixels(_), Output::Classes { .. })) {
        return Err(Failure::new("the network is no classifier of pictures, which is what changes here"));
    }
    let (size, seed) = (host.size(), arguments.seed);
    let amount = checked_amount(shift, arguments.amount, size)?;
    let lessons = lessons(&dataset.train, size, arguments.teach.unwrap_or(TEACH), shift, amount, seed)?;
    let shifted = shift.of(&dataset.test, size, amount, &mut Random::new(seed, TEST_NOISE));
    let hidden = usize::from(host.model.layers.len() > 1);
    let set = |name: &str, samples| TestSet { name: name.into(), samples, tested: Tested::First(arguments.evaluate) };
    Ok(Change {
        what: format!("the pictures: {} by {amount}", shift.name()),
        lesson: "image",
        sets: [set("original", dataset.test.clone()), set(shift.name(), shifted)],
        lessons: Lessons { samples: lessons, recordings: None },
        learning_rate: arguments.learning_rate.unwrap_or(LEARNING_RATE[hidden]),
    })
}

/// `count` training samples, chosen by `seed`, shifted.
///
/// # Errors
/// There are not as many.
pub fn lessons(
    train: &Samples,
    size: [usize; 2],
    count: usize,
    shift: Shift,
    amount: f64,
    seed: u64,
) -> Result<Samples, Failure> {
    if count > train.len() {
        return Err(Failure::new(format!("--teach {count}: the data set has {} training images", train.len())));
    }
    let mut order: Vec<usize> = (0..train.len()).collect();
    Random::new(seed, CHOICE).shuffle(&mut order);
    order.truncate(count);
    Ok(shift.of(&train.select(&order), size, amount, &mut Random::new(seed, LESSON_NOISE)))
}

fn checked_amount(shift: Shift, found: Option<f64>, size: [usize; 2]) -> Result<f64, Failure> {
    let found = found.unwrap_or_else(|| shift.default_amount());
    let (least, most) = shift.amounts(size);
    if (least..=most).contains(&found) {
        return Ok(found);
    }
    let name = shift.name();
    Err(Failure::new(format!("--amount {found}: must be from {least} to {most} for {name} pictures")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Inputs, Targets};

    #[test]
    fn lessons_follow_the_seed() {
        let train = Samples {
            inputs: Inputs::Bytes { width: 1, values: (0..100).collect() },
            targets: Targets::Labels((0..100).collect()),
            groups: Vec::new(),
        };
        let taught = |seed| lessons(&train, [1, 1], 10, Shift::Translated, 0.0, seed).unwrap();
        assert_eq!(taught(1), taught(1));
        assert_ne!(taught(1), taught(2));
        let taught = taught(3);
        let (Inputs::Bytes { values, .. }, Targets::Labels(labels)) = (&taught.inputs, &taught.targets) else {
            panic!("pictures with classes")
        };
        assert_eq!((labels.len(), values), (10, labels));
        let error = lessons(&train, [1, 1], 101, Shift::Translated, 0.0, 0).unwrap_err().to_string();
        assert_eq!(error, "--teach 101: the data set has 100 training images");
    }

    #[test]
    fn amounts_are_checked() {
        for (shift, amount, good) in [
            (Shift::Inverted, 1.0, true),
            (Shift::Inverted, 1.1, false),
            (Shift::Rotated, -180.0, true),
            (Shift::Translated, 29.0, false),
            (Shift::Noisy, f64::NAN, false),
            (Shift::Noisy, -1.0, false),
        ] {
            assert_eq!(checked_amount(shift, Some(amount), [28, 28]).is_ok(), good, "{shift:?} {amount}");
        }
        assert_eq!(checked_amount(Shift::Rotated, None, [28, 28]).unwrap(), 30.0);
    }
}
