//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: fashion-mnist
//! - model: `Input(3) -> Dense(4, leaky_relu) -> Dense(3, linear) -> Dense(2, linear)`, in int8
//! - loss: huber
//! - seed: 0
//! - test accuracy: 0.8425
//! - test accuracy in f32: 0.8428
//! - test loss in f32: 0.4521

use dense_core::QuantizedDense;
use dense_core::activations::{LeakyRelu, Linear};
use dense_core::quant::{Clamp, Quantization, QuantizedHidden, RequantizedDense};

/// Quantisation of the inputs.
pub static INPUT: Quantization = Quantization::from_bits(0x3c7e739f, 126);

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
pub type Model = QuantizedHidden<3, 4, LeakyRelu, QuantizedHidden<4, 3, Linear, QuantizedDense<3, 2>>>;
/// The loss that it was trained with.
pub type Loss = dense_core::Huber;
/// The units of each layer.
pub const UNITS: [usize; 3] = [4, 3, 2];

/// The weights, a row for each output, the biases, and the bits of the scales, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = QuantizedHidden { layer: RequantizedDense::new(QuantizedDense::new([
    [
        102, -127, -113,
    ],
    [
        116, 95, -127,
    ],
    [
        111, 127, -67,
    ],
    [
        18, 27, 127,
    ],
], [
        14065, 4943, -34743, -24622,
], [
        0x38801627, 0x37c7f2b7, 0x3810ef9a, 0x386568c0,
]), Quantization::from_bits(0x3c184310, 142), Clamp::None), table: [
    0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8,
    8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 13, 14, 14, 15, 15,
    16, 16, 17, 17, 18, 18, 19, 19, 20, 20, 21, 21, 22, 22, 23, 23,
    24, 24, 25, 25, 26, 26, 27, 27, 28, 28, 29, 29, 30, 30, 31, 31,
    32, 32, 33, 33, 34, 34, 35, 35, 36, 36, 37, 37, 38, 38, 39, 39,
    40, 40, 41, 41, 41, 42, 42, 43, 43, 44, 44, 45, 45, 46, 46, 47,
    47, 48, 48, 49, 49, 50, 50, 51, 51, 52, 52, 53, 53, 54, 54, 55,
    55, 56, 56, 57, 57, 58, 58, 59, 59, 60, 60, 61, 61, 62, 62, 63,
    63, 64, 64, 65, 65, 66, 66, 67, 67, 68, 68, 69, 69, 70, 70, 72,
    73, 75, 77, 78, 80, 81, 83, 85, 86, 88, 90, 91, 93, 95, 96, 98,
    99, 101, 103, 104, 106, 108, 109, 111, 113, 114, 116, 118, 119, 121, 122, 124,
    126, 127, 129, 131, 132, 134, 136, 137, 139, 140, 142, 144, 145, 147, 149, 150,
    152, 154, 155, 157, 158, 160, 162, 163, 165, 167, 168, 170, 172, 173, 175, 176,
    178, 180, 181, 183, 185, 186, 188, 190, 191, 193, 194, 196, 198, 199, 201, 203,
    204, 206, 208, 209, 211, 213, 214, 216, 217, 219, 221, 222, 224, 226, 227, 229,
    231, 232, 234, 235, 237, 239, 240, 242, 244, 245, 247, 249, 250, 252, 253, 255,
], next: QuantizedHidden { layer: RequantizedDense::new(QuantizedDense::new([
    [
        -71, 127, -19, 62,
    ],
    [
        72, 127, -17, 47,
    ],
    [
        70, 127, 124, -36,
    ],
], [
        8286, 9667, -26262,
], [
        0x37af7155, 0x376ae38c, 0x37b028e6,
]), Quantization::from_bits(0x3ba6e02a, 72), Clamp::None), table: (), next: QuantizedDense::new([
    // width
    [
        -127, 5, 83,
    ],
    // height
    [
        -78, -27, 127,
    ],
], [
        -4612, 17551,
], [
        0x3726a719, 0x37795c42,
]) } };
