//! The network that the firmware is built with, whatever `host-trainer` wrote: `weights.rs` beside this crate, or the file
//! that the variable `WEIGHTS` names. `FACTORY_SET` names the samples that it practises on, if any, and `MOMENTUM` is that
//! of its gradient descent, a number from 0, which is none, to 1.
//!
//! [`Served`] is the network as the device serves it, [`new`] makes it, in the RAM [`Memory`].

#![no_std]

use dense_core::PixelTable;
use dense_protocol::checksum;
use dense_protocol::messages::{Element, Window};

#[cfg(not(int8))]
mod learner;
pub mod practice;
#[cfg(int8)]
mod quantized;
pub mod samples;

// `mod generated`, `NAMES` and, of an int8 network, its quantisation.
include!(concat!(env!("OUT_DIR"), "/generated.rs"));

pub use generated::{MODEL, Model as Network};
#[cfg(not(int8))]
pub use learner::{Memory, Served, new};
#[cfg(int8)]
pub use quantized::{Memory, Served, new};

/// A number of an input.
#[cfg(pixels)]
pub type Number = u8;
/// A number of an input.
#[cfg(not(pixels))]
pub type Number = f32;

/// Number of inputs.
#[cfg(not(int8))]
pub const INPUTS: usize = <Network as dense_core::Layers>::INPUTS;
/// Number of outputs.
#[cfg(not(int8))]
pub const OUTPUTS: usize = <Network as dense_core::Layers>::OUTPUTS;
/// Number of outputs.
#[cfg(int8)]
pub const OUTPUTS: usize = generated::UNITS[generated::UNITS.len() - 1];

/// Outputs of the widest layer.
#[cfg(int8)]
pub const WIDEST: usize = {
    let (mut widest, mut layer) = (0, 0);
    while layer < generated::UNITS.len() {
        widest = if generated::UNITS[layer] > widest { generated::UNITS[layer] } else { widest };
        layer += 1;
    }
    widest
};
/// Outputs of the widest layer.
#[cfg(not(int8))]
pub const WIDEST: usize = OUTPUTS;

/// Type of the numbers of an input in a message: u8 for pixels, else f32.
pub const ELEMENT: Element = if cfg!(pixels) { Element::U8 } else { Element::F32 };

/// The table that pixels go through first, unless it changes nothing.
#[cfg(pixels)]
pub const PIXEL_TABLE: Option<&PixelTable> = generated::PIXEL_TABLE.unless_identity();
/// The table that pixels go through first, unless it changes nothing.
#[cfg(not(pixels))]
pub const PIXEL_TABLE: Option<&PixelTable> = None;

/// The window of a time series that the inputs are, if they are one.
#[cfg(series)]
pub const WINDOW: Option<Window> = Some(Window {
    channels: generated::CHANNELS.len() as u16,
    length: generated::WINDOW_LENGTH as u16,
    stride: generated::STRIDE as u16,
    downsample: generated::DOWNSAMPLE as u16,
});
/// The window of a time series that the inputs are, if they are one.
#[cfg(not(series))]
pub const WINDOW: Option<Window> = None;

/// Numbers of a window before they are averaged.
pub const WINDOW_NUMBERS: usize = match WINDOW {
    Some(window) => window.length as usize * window.channels as usize,
    None => 0,
};

/// The names of the inputs, and of the outputs.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().flat_map(|names| names.iter().copied())
}

/// [Checksum](checksum::of_names) of the names of inputs and outputs.
#[must_use]
pub fn names_checksum() -> u32 {
    checksum::of_names(names())
}
