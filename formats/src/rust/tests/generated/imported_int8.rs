//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer import`
//! - model: `Input(3) -> Dense(4, relu) -> Dense(3, linear) -> Dense(2, linear)`, in int8
//! - imported from: ad.tflite (TensorFlow Lite)
//! - test accuracy in f32: 0.8428
//! - test loss in f32: 0.4521

use dense_core::activations::{Linear, Relu};
use dense_core::quant::{Clamp, Quantization, QuantizedHidden, RequantizedDense};

/// Quantisation of the inputs.
pub static INPUT: Quantization = Quantization::from_bits(0x3cf5c28f, 123);

/// The inputs, in order.
#[rustfmt::skip]
pub const FEATURE_NAMES: [&str; 3] = [
    "a",
    "b",
    "c",
];

/// The outputs, in order.
#[rustfmt::skip]
pub const OUTPUT_NAMES: [&str; 2] = [
    "width",
    "height",
];

/// The network's type.
#[rustfmt::skip]
pub type Model = QuantizedHidden<3, 4, Relu, QuantizedHidden<4, 3, Linear, RequantizedDense<3, 2>>>;
/// The loss that it was trained with.
pub type Loss = dense_core::Huber;
/// The units of each layer.
pub const UNITS: [usize; 3] = [4, 3, 2];

/// The weights, a row for each output, the biases, and the bits of the scales, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = QuantizedHidden { layer: match RequantizedDense::from_tflite(&[
    [
        100, -125, -111,
    ],
    [
        45, 36, -49,
    ],
    [
        62, 71, -37,
    ],
    [
        16, 24, 112,
    ],
], &[
        -1691, 3084, -3800, -1344,
], &[
        f32::from_bits(0x3b83126f), f32::from_bits(0x3b83126f), f32::from_bits(0x3b83126f), f32::from_bits(0x3b83126f),
], Quantization::from_bits(0x3cf5c28f, 123), Quantization::from_bits(0x3ca3d70a, 0), Clamp::Relu) { Ok(layer) => layer, Err(_) => panic!("a number is out of range") }, table: (), next: QuantizedHidden { layer: match RequantizedDense::from_tflite(&[
    [
        -66, 117, -18, 57,
    ],
    [
        45, 78, -10, 29,
    ],
    [
        64, 118, 114, -33,
    ],
], &[
        3977, 4497, -1656,
], &[
        f32::from_bits(0x3b83126f),
], Quantization::from_bits(0x3ca3d70a, 0), Quantization::from_bits(0x3cf5c28f, 100), Clamp::None) { Ok(layer) => layer, Err(_) => panic!("a number is out of range") }, table: (), next: match RequantizedDense::from_tflite(&[
    [
        -62, 2, 40,
    ],
    [
        -57, -20, 93,
    ],
], &[
        -614, 2370,
], &[
        f32::from_bits(0x3b83126f), f32::from_bits(0x3b83126f),
], Quantization::from_bits(0x3cf5c28f, 100), Quantization::from_bits(0x3d23d70a, 200), Clamp::None) { Ok(layer) => layer, Err(_) => panic!("a number is out of range") } } };

/// Quantisation of the outputs.
pub static OUTPUT: Quantization = Quantization::from_bits(0x3d23d70a, 200);
