//! `device download` and `device upload`: the weights in RAM.

use std::path::PathBuf;

use clap::Args;
use dense_protocol::messages::Form;
use formats::safetensors;
use serde_json::json;

use super::super::on_device::{HostArgs, LinkArgs};
use super::super::shared::shown;
use super::Printer;
use crate::failure::Failure;
use crate::outputs::Outputs;
use crate::terminal::bar::bar;

/// Options of `device download`.
#[derive(Args, Debug)]
pub(super) struct DownloadArgs {
    /// Model file to write
    #[arg(long, value_name = "FILE")]
    output: PathBuf,

    /// Replace a file that is there
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    host: HostArgs,
}

/// Options of `device upload`.
#[derive(Args, Debug)]
pub(super) struct UploadArgs {
    #[command(flatten)]
    host: HostArgs,
}

/// Reads the weights of the device into a model file.
pub(super) fn download(arguments: &DownloadArgs, link: &LinkArgs, printer: Printer) -> Result<(), Failure> {
    let host = arguments.host.model()?;
    let (mut device, mut reference) = host.connect(link, None)?;
    if device.info().form == Form::Int8 {
        return Err(Failure::about(
            device.port(),
            "the scales and offsets above int8 weights are no model of their own",
        ));
    }
    let bar = bar("parameters", device.info().parameters);
    let parameters = device.read_parameters(|count| bar.set_position(count as u64))?;
    bar.finish_and_clear();
    reference.set_parameters(&parameters)?;
    let checksum = device.checksum()?;
    reference.check_weights("weights that were read", checksum)?;
    let bytes = safetensors::to_safetensors(&reference.model())?;
    let mut outputs = Outputs::new(arguments.force);
    outputs.stage(&arguments.output, &bytes)?;
    outputs.commit()?;
    let file = shown(&arguments.output);
    printer.say(format_args!("{} parameters, checksum {checksum:08x}, in {file}", parameters.len()));
    printer.event("written", json!({ "path": file, "bytes": bytes.len() }));
    Ok(())
}

/// Writes the weights of a model file to the device.
pub(super) fn upload(arguments: &UploadArgs, link: &LinkArgs, printer: Printer) -> Result<(), Failure> {
    let host = arguments.host.model()?;
    let (mut device, reference) = host.connect(link, None)?;
    if device.info().form == Form::Int8 {
        return Err(Failure::about(device.port(), "int8 weights are in flash: build the firmware with the model"));
    }
    let (parameters, checksum) = (reference.parameters(), reference.weights_checksum());
    let bar = bar("parameters", parameters.len());
    device.write_parameters(&parameters, checksum, |count| bar.set_position(count as u64))?;
    bar.finish_and_clear();
    printer.say(format_args!(
        "{} parameters, checksum {checksum:08x}; not saved yet: `save` keeps them",
        parameters.len()
    ));
    printer.event("uploaded", json!({ "parameters": parameters.len(), "checksum": checksum }));
    Ok(())
}
