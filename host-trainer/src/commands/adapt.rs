//! The command `adapt`: the pictures change, the device fails, learns, recovers, and keeps that without power.

use std::io::{self, IsTerminal, Write};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use dense_core::Random;
use dense_protocol::messages::{Origin, Saved, Step};
use formats::{Input, Output};

use super::on_device::{HostArgs, Lesson, LinkArgs, say, teach, test};
use crate::data::Samples;
use crate::device::shift::Shift;
use crate::device::{Device, Reference};
use crate::failure::Failure;
use crate::options::{learning_rate, whole_number};

/// The default learning rate. A larger one learns a little more and forgets much more: see the measurement in the tests of
/// the firmware.
const LEARNING_RATE: f32 = 0.1;
/// The longest time from a power cycle to the first answer.
const RESTART_WAIT: Duration = Duration::from_secs(30);
/// Most images to learn from, or to test with.
const MAX_IMAGES: usize = 1 << 20;

/// Streams of random numbers: for the choice of images, and for the noise on those to learn from.
const CHOICE: u64 = 16;
const LESSON_NOISE: u64 = 17;
/// The stream for the noise on those to test with.
pub const TEST_NOISE: u64 = 18;

/// Options of `adapt`.
#[derive(Args, Debug)]
pub struct AdaptArgs {
    /// Where the device is.
    #[command(flatten)]
    link: LinkArgs,

    /// How the pictures change
    #[arg(long, value_enum, default_value_t = Shift::Rotated)]
    shift: Shift,

    /// How much they change [default: inverted 1, rotated 30, translated 3, noisy 96]
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    amount: Option<f64>,

    /// Changed training images to learn from
    #[arg(long, value_name = "N", default_value_t = 500, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_IMAGES))]
    teach: usize,

    /// Learning rate of the first image; from there it falls evenly towards 0
    #[arg(long, value_name = "X", default_value_t = LEARNING_RATE, allow_negative_numbers = true)]
    #[arg(value_parser = learning_rate)]
    learning_rate: f32,

    /// Test images for each accuracy that is measured on the device
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_IMAGES))]
    evaluate: usize,

    /// Seed of the choice of images and of the noise
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    seed: u64,

    /// Program that turns the device off and on, run by the shell; without it you are asked to
    #[arg(long, value_name = "COMMAND")]
    restart_command: Option<String>,

    /// What the host computes with.
    #[command(flatten)]
    host: HostArgs,
}

/// Shows how a device adapts to pictures that have changed.
///
/// # Errors
///
/// The model, the data or the kernel cannot be used; the device does not answer, does not have the model's weights at the
/// start, or computes other bits than the host at any time; or the power cycle fails.
pub fn adapt(arguments: &AdaptArgs) -> Result<(), Failure> {
    if arguments.restart_command.is_none() && !io::stdin().is_terminal() {
        return Err(nobody());
    }
    let (host, dataset) = arguments.host.load()?;
    if !matches!((&host.model.input, &host.model.output), (Input::Pixels(_), Output::Classes { .. })) {
        return Err(Failure::new("the network is no classifier of pictures, which is what changes here"));
    }
    let (size, shift, seed) = (host.size(), arguments.shift, arguments.seed);
    let amount = checked_amount(shift, arguments.amount, size)?;
    let lessons = lessons(&dataset.train, size, arguments.teach, shift, amount, seed)?;
    let shifted = shift.of(&dataset.test, size, amount, &mut Random::new(seed, TEST_NOISE));
    let (limit, all, classes) = (arguments.evaluate, shifted.len(), host.model.output.width());
    // Accuracies of some images on the device, and of all on the host with the same weights.
    let print_row = |name: &str, device: &mut Device, reference: &Reference| -> Result<(), Failure> {
        let mut line = format!("{name:<18}");
        for samples in [&dataset.test, &shifted] {
            let tested = test(device, Some(reference), samples, limit, classes)?;
            line += &format!(" {:>7.4} ({:.4}) ", tested.metric, reference.metric(samples)?);
        }
        say(line.trim_end());
        Ok(())
    };

    let (mut device, mut reference) = host.connect(&arguments.link, Some(&dataset.train))?;
    host.check_weights(&mut device, &reference)?;
    let info = device.info().clone();
    say(format_args!("{} at {}: kernel {}, {}", info.board, device.port(), info.kernel, info.clock()));
    say(format_args!("the pictures: {} by {amount}", shift.name()));
    let sent = limit.min(all);
    say(format_args!("accuracy on the device, {sent} test images each (and of the same weights on the host, {all})"));
    say(format_args!("{:<18} {:>16}  {:>16}", "", "original", shift.name()));
    print_row("before", &mut device, &reference)?;

    let (count, initial) = (lessons.len(), arguments.learning_rate);
    let lessons: Vec<Lesson> = (0..count)
        .map(|index| {
            let step = Step { learning_rate: decayed(initial, index, count), first_trained: 0 };
            Lesson { index, sample: lessons.select(&[index]), step }
        })
        .collect();
    let taught = teach(&mut device, Some(&mut reference), &lessons)?;
    say(format_args!("{count} images taught, the learning rate falling from {initial} to 0"));
    say(info.time("a step", taught.cycles));
    print_row("after", &mut device, &reference)?;

    let Saved { save, slot } = device.save()?;
    say(format_args!("saved as number {save} in slot {slot}"));
    drop(device);
    power_cycle(arguments.restart_command.as_deref())?;
    let mut device = Device::open_within(&arguments.link.address(), arguments.link.policy(), RESTART_WAIT)?;
    let learned = device.counters()?.learned;
    if learned > 0 {
        let port = device.port();
        let fault = format!("the device was not turned off: it still counts {learned} images learned");
        return Err(Failure::about(port, fault));
    }
    let checksum = device.checksum()?;
    reference.check_weights("weights after the power cycle", checksum)?;
    if device.info().origin != Origin::Save(save) {
        let found = device.info().origin();
        return Err(Failure::of_result(format!(
            "after the power cycle the device's weights are {found}, not from save number {save}"
        )));
    }
    print_row("after power cycle", &mut device, &reference)?;
    say(format_args!("kept: checksum {checksum:08x} before and after; `device reset` forgets it"));
    Ok(())
}

/// `count` training samples, chosen by `seed`, shifted.
///
/// # Errors
///
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

/// The learning rate of lesson `index` of `count`: linear decay from `initial` towards 0, which averages over the single
/// images.
#[must_use]
pub fn decayed(initial: f32, index: usize, count: usize) -> f32 {
    initial * ((count - index) as f32 / count as f32)
}

/// Has the device turned off and on.
fn power_cycle(command: Option<&str>) -> Result<(), Failure> {
    let Some(command) = command else {
        let mut out = io::stdout();
        let asked = write!(out, "Turn the device off and on again, then press Enter. ").and_then(|()| out.flush());
        return match asked.and_then(|()| io::stdin().read_line(&mut String::new())) {
            Ok(0) | Err(_) => Err(nobody()),
            Ok(_) => Ok(()),
        };
    };
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let about = |fault: String| Failure::about(format_args!("--restart-command `{command}`"), fault);
    match Command::new(shell).arg(option).arg(command).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(about(status.to_string())),
        Err(error) => Err(about(error.to_string())),
    }
}

fn nobody() -> Failure {
    Failure::new("nobody there to turn the device off and on; name a program that does, with --restart-command")
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
    fn lessons_follow_the_seed_and_the_learning_rate_falls_evenly() {
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
        assert_eq!([0, 1, 2, 3].map(|index| decayed(0.5, index, 4)), [0.5, 0.375, 0.25, 0.125]);
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
