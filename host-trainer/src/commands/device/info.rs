//! `device info`.

use serde_json::json;

use super::Printer;
use crate::device::{Device, DeviceError};
use crate::terminal::summary::thousands;

/// Describes device and network.
pub(super) fn info(device: &mut Device, printer: Printer) -> Result<(), DeviceError> {
    let (checksum, counters) = (device.checksum()?, device.counters()?);
    let info = device.info();
    let mut fields = info.to_json();
    fields["checksum"] = checksum.into();
    printer.event("device", fields);
    printer.event(
        "counters",
        json!({
            "inferred": counters.inferred,
            "learned": counters.learned,
            "practised": counters.practised,
            "refused": counters.refused,
            "broken_frames": counters.broken_frames,
            "repeated": counters.repeated,
        }),
    );
    let [ram, model, slot] = [info.static_bytes, info.model_bytes, info.slot_bytes].map(thousands);
    printer.say(format_args!("board            {}", info.board));
    printer.say(format_args!("clock            {}", info.clock()));
    printer.say(format_args!("kernel           {}", info.kernel));
    printer.say(format_args!("network          {}", info.shape()));
    if let Some(window) = info.window {
        let (length, stride) = (window.length, window.stride);
        printer
            .say(format_args!("window           {length} samples of {} channels, one every {stride}", window.channels));
    }
    printer.say(format_args!("weights          checksum {checksum:08x}, {}", info.origin()));
    if info.foreign_save {
        printer.say("                 what is saved grew from the weights of another firmware, and is not used");
    }
    printer.say(format_args!("RAM              {ram} bytes, {model} of them the model"));
    match info.slot_bytes {
        0 => printer.say("flash            none to save in"),
        _ => printer.say(format_args!("flash            {slot} bytes in each of two slots")),
    }
    if let Some(memory) = info.memory {
        let factory = format!("{} factory samples", thousands(memory.factory_samples as usize));
        let kept = format!("the last {} lessons", thousands(memory.capacity as usize));
        match memory.lessons {
            Ok(lessons) => printer.say(format_args!("samples          {factory}, and {kept}, of {lessons} so far")),
            Err(fault) => {
                printer.say(format_args!("samples          {factory}; no lessons, since the flash failed to {fault}"))
            }
        }
    }
    if info.momentum != 0.0 {
        printer.say(format_args!("momentum         {}", info.momentum));
    }
    match info.boot {
        Some(boot) => printer.say(format_args!("key              needed for changes; start number {boot}")),
        None => printer.say("key              none: whoever is on the line can change the device"),
    }
    printer.say(format_args!("protocol         version {}", info.version));
    printer.say(format_args!(
        "since the start  {} inferences, {} lessons, {} steps of practice",
        counters.inferred, counters.learned, counters.practised
    ));
    printer.say(format_args!(
        "                 {} refused, {} broken frames, {} repeated requests",
        counters.refused, counters.broken_frames, counters.repeated
    ));
    Ok(())
}
