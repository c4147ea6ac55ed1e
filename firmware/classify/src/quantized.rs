//! The network that the firmware is built with in int8, quantised by the compiler and packed for the kernel of the target.
//! It must be softmax regression of 784 pixels in ten classes.

use crate::protocol::{INPUTS, OUTPUTS};
use dense_core::QuantizedDense;
use dense_core::quant::{Quantization, Rounding};

/// The weights, for pixels that have been [prepared](prepare).
pub static MODEL: QuantizedDense<INPUTS, OUTPUTS> = {
    let mut layer = QuantizedDense::ZERO;
    match layer.quantize(&weights::MODEL.layer, Quantization::PIXELS, Rounding::Diffused) {
        Ok(()) => layer,
        Err(_) => panic!("the model cannot be quantised"),
    }
};

/// Sends an image through the network's table of pixels, if it has one, in place. To be done once.
pub fn prepare(image: &mut [u8]) {
    if let Some(table) = weights::PIXEL_TABLE {
        table.apply(image);
    }
}
