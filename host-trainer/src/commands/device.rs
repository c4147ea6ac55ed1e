//! The command `device`: requests to a device that runs the firmware.

mod evaluate;
mod infer;
mod info;
mod learn;
mod parameters;
mod practise;

use std::fmt::Display;

use clap::{Args, Subcommand};
use dense_protocol::messages::Saved;
use serde_json::json;

use super::on_device::{LinkArgs, Printer};
use crate::device::Device;
use crate::failure::Failure;

/// Options of `device`.
#[derive(Args, Debug)]
pub struct DeviceArgs {
    #[command(flatten)]
    link: LinkArgs,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, global = true)]
    json: bool,

    /// The request.
    #[command(subcommand)]
    action: Action,
}

/// The requests to a device, as subcommands.
#[derive(Debug, Subcommand)]
enum Action {
    /// Describe device and network, and show the counters
    Info,
    /// Infer the outputs of one picture or of one test sample
    #[command(visible_alias = "classify")]
    Infer(infer::InferArgs),
    /// Infer test samples and compare every bit with the host; of data that the model was not trained on, all samples
    /// are for the test, unless the data say which
    Evaluate(evaluate::EvaluateArgs),
    /// Learn from test samples
    Learn(learn::LearnArgs),
    /// Practise on the device's lessons and factory samples
    Practise(practise::PractiseArgs),
    /// Save the weights in flash
    Save,
    /// Load the weights saved last
    Load,
    /// Restore the firmware's weights, and erase the saved ones and the lessons
    Reset,
    /// Read the weights in RAM into a model file
    Download(parameters::DownloadArgs),
    /// Write the weights of a model file into RAM
    Upload(parameters::UploadArgs),
}

impl Printer {
    /// Says whether the device's weights, of this checksum, are the host's after all steps, or why they were not compared.
    fn after_steps(self, not_compared: Option<&dyn Display>, checksum: u32) {
        match not_compared {
            None => self.say(format_args!("losses and weights are the host's, bit for bit: checksum {checksum:08x}")),
            Some(error) => self.say(format_args!("checksum {checksum:08x}; not compared with the host: {error}")),
        }
        self.say("not saved yet: `save` keeps it");
    }

    /// Says how good the line was.
    fn line_quality(self, device: &Device) {
        let (repeats, broken) = (device.repeats(), device.broken_frames());
        self.event("line", json!({ "repeated_requests": repeats, "broken_frames": broken }));
        match (repeats, broken) {
            (0, 0) => self.say("the line lost nothing"),
            _ => self.say(format_args!("the line: {repeats} requests repeated, {broken} broken frames received")),
        }
    }
}

/// Sends requests to a device.
///
/// # Errors
/// The model, the data or the kernel cannot be used; the device does not answer, refuses, or computes other bits than the
/// host.
pub(crate) fn device(arguments: &DeviceArgs) -> Result<(), Failure> {
    let (link, printer) = (&arguments.link, Printer { json: arguments.json });
    match &arguments.action {
        Action::Info => info::info(&mut link.open()?, printer)?,
        Action::Infer(arguments) => infer::infer(arguments, link, printer)?,
        Action::Evaluate(arguments) => evaluate::evaluate(arguments, link, printer)?,
        Action::Learn(arguments) => learn::learn(arguments, link, printer)?,
        Action::Practise(arguments) => practise::practise(arguments, link, printer)?,
        Action::Save => {
            let Saved { save, slot } = link.open()?.save()?;
            printer.say(format_args!("saved as number {save} in slot {slot}"));
            printer.event("saved", json!({ "save": save, "slot": slot }));
        }
        Action::Load => {
            let save = link.open()?.load()?;
            printer.say(format_args!("loaded save number {save}"));
            printer.event("loaded", json!({ "save": save }));
        }
        Action::Reset => {
            let mut device = link.open()?;
            device.reset()?;
            let checksum = device.checksum()?;
            printer.say(format_args!("back to the firmware's weights, checksum {checksum:08x}"));
            printer.event("reset", json!({ "checksum": checksum }));
        }
        Action::Download(arguments) => parameters::download(arguments, link, printer)?,
        Action::Upload(arguments) => parameters::upload(arguments, link, printer)?,
    }
    Ok(())
}
