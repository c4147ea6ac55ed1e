//! Recordings of a time series, sent to a device sample by sample.

use super::{Device, DeviceError};

/// Sends a recording, `[sample][channel]`, as a new series, and calls `window` with its number whenever a window is
/// complete on the device. What comes after the last whole window is left out.
///
/// # Errors
/// Those of the requests and of `window`, and [`DeviceError::Answer`] where the device misses more samples than a window
/// has.
pub fn stream<E: From<DeviceError>>(
    device: &mut Device,
    values: &[f32],
    mut window: impl FnMut(&mut Device, usize) -> Result<(), E>,
) -> Result<(), E> {
    let Some(shape) = device.info().window else { return Ok(()) };
    let (channels, length, stride) =
        (usize::from(shape.channels), usize::from(shape.length), usize::from(shape.stride));
    // What an input takes, every request has room for.
    let piece = (device.info().inputs() / channels).max(1);
    let (mut position, mut missing, mut windows) = (0, length, 0);
    while position + missing <= values.len() / channels {
        let count = missing.min(piece);
        let samples = &values[position * channels..(position + count) * channels];
        let left = device.series(position == 0, samples)?;
        if left != missing - count {
            let (port, fault) = (device.port().to_owned(), "misses other samples than the host");
            return Err(DeviceError::Answer { port, request: "series", fault }.into());
        }
        position += count;
        missing = left;
        if missing == 0 {
            window(device, windows)?;
            windows += 1;
            missing = stride;
        }
    }
    Ok(())
}
