//! The trained model in int8, quantised by the compiler and packed for the kernel of the target.

use crate::weights;
use crate::{INPUTS, OUTPUTS};
use dense_core::QuantizedDense;
use dense_core::quant::{Quantization, Rounding};

pub use crate::weights::PIXEL_TABLE;

/// The [f32 model](weights::MODEL) with int8 weights, for pixels that have gone through the table.
pub static MODEL: QuantizedDense<INPUTS, OUTPUTS> = {
    let mut layer = QuantizedDense::ZERO;
    match layer.quantize(&weights::MODEL, Quantization::PIXELS, Rounding::Diffused) {
        Ok(()) => layer,
        Err(_) => panic!("the model cannot be quantised"),
    }
};
