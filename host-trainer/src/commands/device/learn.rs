//! `device learn`.

use std::ops::Range;

use clap::Args;
use dense_protocol::messages::Step;
use serde_json::json;

use formats::four_digits;

use super::super::on_device::{HostArgs, Lesson, LinkArgs, Taught, teach};
use super::Printer;
use crate::data::{DefaultTest, Samples};
use crate::failure::Failure;
use crate::options::learning_rate;

/// How a step of gradient descent is made.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct StepArgs {
    /// Learning rate
    #[arg(long, value_name = "X", default_value_t = 0.01, allow_negative_numbers = true, value_parser = learning_rate)]
    learning_rate: f32,

    /// First layer that is trained, the first of all being 0; those before it stay as they are
    #[arg(long, value_name = "K", default_value_t = 0, allow_negative_numbers = true)]
    first_trained: u8,
}

impl StepArgs {
    /// As a message has it.
    pub(super) const fn step(self) -> Step {
        Step { learning_rate: self.learning_rate, first_trained: self.first_trained }
    }
}

/// Options of `device learn`.
#[derive(Args, Debug)]
pub(super) struct LearnArgs {
    /// Test samples to learn, in their order: from A up to and without B
    #[arg(long, value_name = "A..B", value_parser = range)]
    test: Range<usize>,

    #[command(flatten)]
    step: StepArgs,
    #[command(flatten)]
    host: HostArgs,
}

/// Parses `A..B`, with at least one number in it.
///
/// # Errors
/// It is something else; what was wanted is named.
pub(super) fn range(text: &str) -> Result<Range<usize>, String> {
    let parsed = text.split_once("..").and_then(|(start, end)| Some(start.parse().ok()?..end.parse().ok()?));
    parsed.filter(|range| !range.is_empty()).ok_or_else(|| "must be A..B with A less than B, as in 0..50".into())
}

/// Has the device learn, and compares it with the host.
pub(super) fn learn(arguments: &LearnArgs, link: &LinkArgs, printer: Printer) -> Result<(), Failure> {
    let (host, dataset) = arguments.host.load(DefaultTest::All)?;
    let lessons = lessons("--test", &dataset.test, &arguments.test, arguments.step.step())?;
    let (mut device, mut reference) = host.connect(link, Some(&dataset.train))?;
    let same = host.check_weights(&mut device, &reference);
    let compared = same.is_ok().then_some(&mut reference);
    let Taught { loss_before, loss_after, cycles } = teach(&mut device, compared, &lessons)?;
    let (count, checksum) = (lessons.len(), device.checksum()?);
    printer.say(format_args!(
        "learned {count} samples: mean loss of a sample {} before its step, {} after",
        four_digits(loss_before),
        four_digits(loss_after)
    ));
    printer.say(device.info().time("a step", cycles));
    printer.line_quality(&device);
    printer.event(
        "lessons",
        json!({
            "samples": count,
            "loss_before": loss_before,
            "loss_after": loss_after,
            "cycles": cycles,
            "checksum": checksum,
            "same_bits": same.is_ok(),
        }),
    );
    printer.after_steps(same.as_ref().err().map(|error| error as _), checksum);
    Ok(())
}

/// A range of samples, which `option` says, to learn from.
///
/// # Errors
/// There are not as many samples.
pub(super) fn lessons(
    option: &str,
    samples: &Samples,
    range: &Range<usize>,
    step: Step,
) -> Result<Vec<Lesson>, Failure> {
    if range.end > samples.len() {
        let asked = format!("{option} {}..{}", range.start, range.end);
        return Err(Failure::new(format!("{asked}: the data set has {} test samples", samples.len())));
    }
    Ok(range.clone().map(|index| Lesson { index, sample: samples.select(&[index]), step, practice: None }).collect())
}
