//! The lesson's network, softmax regression of Fashion-MNIST, with the first images of its test set: what is measured and
//! compared on every machine, whichever network the firmware serves.

use dense_core::quant::{Quantization, Rounding};
use dense_core::{Dense, QuantizedDense};

#[path = "../weights/weights.rs"]
pub mod weights;

/// Pixels of an image, 28 × 28.
pub const INPUTS: usize = weights::HEIGHT * weights::WIDTH;
/// Number of classes.
pub const OUTPUTS: usize = weights::CLASS_NAMES.len();
/// How many images there are.
pub const COUNT: usize = 100;

/// One layer.
pub type Model = Dense<INPUTS, OUTPUTS>;

/// The trained layer.
pub static MODEL: &Model = &weights::MODEL.layer;

/// The same with int8 weights, quantised by the compiler and packed for the kernel of the target.
pub static QUANTIZED: QuantizedDense<INPUTS, OUTPUTS> = {
    let mut layer = QuantizedDense::ZERO;
    match layer.quantize(&weights::MODEL.layer, Quantization::PIXELS, Rounding::Diffused) {
        Ok(()) => layer,
        Err(_) => panic!("the model cannot be quantised"),
    }
};

static IMAGES: [u8; COUNT * INPUTS] = *include_bytes!("../vectors/images");
static LABELS: [u8; COUNT] = *include_bytes!("../vectors/labels");

/// The images.
#[must_use]
pub fn images() -> &'static [[u8; INPUTS]] {
    IMAGES.as_chunks().0
}

/// The class of each image.
#[must_use]
pub fn labels() -> &'static [u8] {
    &LABELS
}
