//! The trained model in whole numbers, quantised by the compiler and packed for the kernel of the target.

use crate::protocol::{INPUTS, OUTPUTS};
use crate::weights;
use dense_core::{QuantizedDense, quant};

pub use crate::weights::PIXEL_TABLE;

/// Sums of pixels, as the table leaves them, whose logits are those of the [float model](weights::MODEL), but for rounding.
pub static MODEL: QuantizedDense<INPUTS, OUTPUTS> = {
    let mut layer = QuantizedDense::ZERO;
    match layer.quantize(&weights::MODEL, quant::PIXEL_STEP, 1.0) {
        Ok(()) => layer,
        Err(_) => panic!("the model cannot be quantised"),
    }
};
