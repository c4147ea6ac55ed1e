//! `device infer`.

use std::path::PathBuf;

use clap::Args;
use formats::Output;
use serde_json::json;

use super::super::on_device::{Host, HostArgs, LinkArgs, class_of};
use super::super::shared::shown;
use super::Printer;
use crate::data::picture::{self, Preparation};
use crate::data::{DefaultTest, Inputs, Samples, Targets};
use crate::device::Sample;
use crate::failure::Failure;
use crate::terminal::gauge;
use crate::terminal::table::{pad, shorten};

/// Options of `device infer`.
#[derive(Args, Debug)]
pub(super) struct InferArgs {
    /// A PNG or JPEG of any size, or raw pixels
    #[arg(value_name = "IMAGE", required_unless_present = "test", conflicts_with = "test")]
    image: Option<PathBuf>,

    /// Number of a test sample, the first being 0
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    test: Option<usize>,

    #[command(flatten)]
    preparation: Preparation,
    #[command(flatten)]
    host: HostArgs,
}

/// Infers one sample on the device.
pub(super) fn infer(arguments: &InferArgs, link: &LinkArgs, printer: Printer) -> Result<(), Failure> {
    let (host, sample, train, is_test) = match (&arguments.image, arguments.test) {
        (Some(path), _) => {
            let host = arguments.host.model()?;
            let sample = of_picture(path, &arguments.preparation, &host, printer)?;
            (host, sample, None, false)
        }
        (None, index) => {
            let (host, dataset) = arguments.host.load(DefaultTest::All)?;
            let index = index.unwrap_or(0);
            if index >= dataset.test.len() {
                let count = dataset.test.len();
                return Err(Failure::new(format!("--test {index}: the data set has {count} test samples")));
            }
            (host, dataset.test.select(&[index]), Some(dataset.train), true)
        }
    };
    let (mut device, _) = host.connect(link, train.as_ref())?;
    let Some(message) = Sample::of(&sample, 0) else { return Err(Failure::new("no sample")) };
    let found = device.infer(message.input())?;
    let cycles = f64::from(found.cycles);
    let names = host.model.output.names();
    if let Output::Values { .. } = host.model.output {
        for (name, value) in names.iter().zip(&found.outputs) {
            printer.say(format_args!("{} {value}", pad(&shorten(name, 20), 20)));
        }
        printer.event("inference", json!({ "values": found.outputs, "cycles": found.cycles }));
        printer.say(device.info().time("an inference", cycles));
        return Ok(());
    }
    let class = usize::from(class_of(&found.outputs));
    let label = match &sample.targets {
        Targets::Labels(labels) if is_test => labels.first().map(|&label| usize::from(label)),
        _ => None,
    };
    // Of one output, that of the second class; the first is the rest.
    let probabilities = match found.outputs[..] {
        [second] => vec![1.0 - second, second],
        _ => found.outputs.clone(),
    };
    match label {
        Some(label) if label == class => printer.say(format_args!("{class} {}: right", names[class])),
        Some(label) => printer.say(format_args!("{class} {}: wrong, it is {label} {}", names[class], names[label])),
        None => printer.say(format_args!("{class} {}", names[class])),
    }
    for (name, probability) in names.iter().zip(&probabilities) {
        let line = format!("  {} {probability:.4}  {}", pad(&shorten(name, 13), 13), gauge(*probability, 40));
        printer.say(line.trim_end());
    }
    printer.event(
        "inference",
        json!({
            "class": class,
            "name": names[class],
            "label": label,
            "probabilities": probabilities,
            "logits": found.logits,
            "cycles": found.cycles,
        }),
    );
    printer.say(device.info().time("an inference", cycles));
    Ok(())
}

/// A picture as a sample.
fn of_picture(
    path: &std::path::Path,
    preparation: &Preparation,
    host: &Host,
    printer: Printer,
) -> Result<Samples, Failure> {
    let about = |error| Failure::about(path.display(), error);
    if !matches!(host.model.input, formats::Input::Pixels(_)) {
        return Err(Failure::about(path.display(), "the network is not for pictures: give --test"));
    }
    let bytes = picture::read(path).map_err(about)?;
    let prepared = picture::prepare(&bytes, preparation, host.size()).map_err(about)?;
    printer.say(format_args!("{}: {prepared}", shown(path)));
    Ok(Samples {
        inputs: Inputs::Bytes { width: prepared.image.len(), values: prepared.image },
        targets: Targets::Labels(vec![0]),
        groups: Vec::new(),
    })
}
