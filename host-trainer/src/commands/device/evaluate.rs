//! `device evaluate`.

use std::ops::Range;

use clap::Args;
use serde_json::json;

use formats::four_digits;

use super::super::on_device::{HostArgs, LinkArgs, MAX_SAMPLES, Tested, metric_name, test};
use super::Printer;
use super::learn::{StepArgs, lessons, range};
use crate::data::DefaultTest;
use crate::failure::Failure;
use crate::options::whole_number;
use crate::terminal::{columns, print};

/// Options of `device evaluate`.
#[derive(Args, Debug)]
pub(super) struct EvaluateArgs {
    /// Use the first N test samples only
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_SAMPLES))]
    limit: Option<usize>,

    /// Test samples that the device has learned since it had the model's weights
    #[arg(long, value_name = "A..B", value_parser = range)]
    learned: Option<Range<usize>>,

    #[command(flatten)]
    step: StepArgs,
    #[command(flatten)]
    host: HostArgs,
}

/// Tests the device, and compares it with the host.
pub(super) fn evaluate(arguments: &EvaluateArgs, link: &LinkArgs, printer: Printer) -> Result<(), Failure> {
    let (host, dataset) = arguments.host.load(DefaultTest::All)?;
    let learned = match &arguments.learned {
        Some(range) => lessons("--learned", &dataset.test, range, arguments.step.step())?,
        None => Vec::new(),
    };
    let (mut device, mut reference) = host.connect(link, Some(&dataset.train))?;
    for lesson in learned {
        reference.learn(&format!("sample {}", lesson.index), &lesson.sample, lesson.step)?;
    }
    let same = host.check_weights(&mut device, &reference);
    let names = host.model.output.names();
    let compared = same.is_ok().then_some(&reference);
    let limit = arguments.limit.unwrap_or(usize::MAX);
    let Tested { confusion, metric, samples, cycles } = test(&mut device, compared, &dataset.test, limit, names.len())?;
    if let (Some(confusion), false) = (&confusion, printer.json) {
        print(&confusion.table(names, columns()));
    }
    let name = metric_name(confusion.is_none());
    printer.say(format_args!("{name} {} on {samples} test samples", four_digits(metric)));
    printer.say(device.info().time("an inference", cycles));
    printer.line_quality(&device);
    let key = if confusion.is_none() { "mae" } else { "accuracy" };
    printer.event("test", json!({ "samples": samples, key: metric, "cycles": cycles, "same_bits": same.is_ok() }));
    match same {
        Ok(()) => printer.say("every logit and output is the host's, bit for bit"),
        Err(error) => printer.say(format_args!("not compared with the host: {error}")),
    }
    Ok(())
}
