//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: fashion-mnist
//! - model: `Input(2) -> Dense(4, elu) -> Dense(3, sigmoid) -> Dense(1, sigmoid)`, in int8
//! - loss: binary_crossentropy
//! - seed: 0
//! - test accuracy: 0.8425
//! - test accuracy in f32: 0.8428
//! - test loss in f32: 0.4521

use dense_core::QuantizedDense;
use dense_core::activations::{Elu, Sigmoid};
use dense_core::quant::{Clamp, Quantization, QuantizedHidden, RequantizedDense};

/// Quantisation of the inputs.
pub static INPUT: Quantization = Quantization::from_bits(0x3c7a5708, 124);

/// The inputs, in order.
#[rustfmt::skip]
pub const FEATURE_NAMES: [&str; 2] = [
    "age",
    "height",
];

/// The classes, in order.
#[rustfmt::skip]
pub const CLASS_NAMES: [&str; 2] = [
    "no",
    "yes",
];

/// The network's type.
#[rustfmt::skip]
pub type Model = QuantizedHidden<2, 4, Elu, QuantizedHidden<4, 3, Sigmoid, QuantizedDense<3, 1>>>;
/// The loss that it was trained with.
pub type Loss = dense_core::BinaryCrossEntropy;
/// The units of each layer.
pub const UNITS: [usize; 3] = [4, 3, 1];

/// The weights, a row for each output, the biases, and the bits of the scales, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = QuantizedHidden { layer: RequantizedDense::new(QuantizedDense::new([
    [
        102, -127,
    ],
    [
        -127, 51,
    ],
    [
        95, -127,
    ],
    [
        111, 127,
    ],
], [
        632, 10624, 8010, -16356,
], [
        0x387c0899, 0x38604d5c, 0x37c4b796, 0x380e980b,
]), Quantization::from_bits(0x3c3e442c, 125), Clamp::None), table: [
    0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5,
    5, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 10, 10, 11, 11, 11,
    12, 12, 13, 13, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19, 19,
    20, 20, 21, 21, 22, 22, 23, 24, 24, 25, 25, 26, 27, 27, 28, 28,
    29, 30, 30, 31, 32, 32, 33, 34, 34, 35, 36, 37, 37, 38, 39, 40,
    40, 41, 42, 43, 43, 44, 45, 46, 47, 48, 49, 49, 50, 51, 52, 53,
    54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69,
    70, 71, 73, 74, 75, 76, 77, 78, 80, 81, 82, 83, 85, 86, 87, 89,
    90, 91, 93, 94, 95, 96, 98, 99, 100, 102, 103, 104, 106, 107, 108, 109,
    111, 112, 113, 115, 116, 117, 119, 120, 121, 122, 124, 125, 126, 128, 129, 130,
    132, 133, 134, 136, 137, 138, 139, 141, 142, 143, 145, 146, 147, 149, 150, 151,
    152, 154, 155, 156, 158, 159, 160, 162, 163, 164, 166, 167, 168, 169, 171, 172,
    173, 175, 176, 177, 179, 180, 181, 182, 184, 185, 186, 188, 189, 190, 192, 193,
    194, 195, 197, 198, 199, 201, 202, 203, 205, 206, 207, 209, 210, 211, 212, 214,
    215, 216, 218, 219, 220, 222, 223, 224, 225, 227, 228, 229, 231, 232, 233, 235,
    236, 237, 238, 240, 241, 242, 244, 245, 246, 248, 249, 250, 252, 253, 254, 255,
], next: QuantizedHidden { layer: RequantizedDense::new(QuantizedDense::new([
    [
        -57, 103, -127, -45,
    ],
    [
        -71, 127, -19, 62,
    ],
    [
        72, 127, -17, 47,
    ],
], [
        18884, 5798, 1102,
], [
        0x38063004, 0x3809c333, 0x37b870f7,
]), Quantization::from_bits(0x3bef1552, 81), Clamp::None), table: [
    91, 92, 92, 93, 93, 93, 94, 94, 95, 95, 96, 96, 96, 97, 97, 98,
    98, 99, 99, 100, 100, 100, 101, 101, 102, 102, 103, 103, 104, 104, 104, 105,
    105, 106, 106, 107, 107, 108, 108, 109, 109, 109, 110, 110, 111, 111, 112, 112,
    113, 113, 114, 114, 115, 115, 115, 116, 116, 117, 117, 118, 118, 119, 119, 120,
    120, 121, 121, 121, 122, 122, 123, 123, 124, 124, 125, 125, 126, 126, 127, 127,
    128, 128, 128, 129, 129, 130, 130, 131, 131, 132, 132, 133, 133, 134, 134, 135,
    135, 135, 136, 136, 137, 137, 138, 138, 139, 139, 140, 140, 141, 141, 141, 142,
    142, 143, 143, 144, 144, 145, 145, 146, 146, 147, 147, 147, 148, 148, 149, 149,
    150, 150, 151, 151, 152, 152, 152, 153, 153, 154, 154, 155, 155, 156, 156, 156,
    157, 157, 158, 158, 159, 159, 160, 160, 160, 161, 161, 162, 162, 163, 163, 163,
    164, 164, 165, 165, 166, 166, 166, 167, 167, 168, 168, 169, 169, 169, 170, 170,
    171, 171, 171, 172, 172, 173, 173, 174, 174, 174, 175, 175, 176, 176, 176, 177,
    177, 178, 178, 178, 179, 179, 180, 180, 180, 181, 181, 181, 182, 182, 183, 183,
    183, 184, 184, 185, 185, 185, 186, 186, 186, 187, 187, 187, 188, 188, 189, 189,
    189, 190, 190, 190, 191, 191, 191, 192, 192, 192, 193, 193, 194, 194, 194, 195,
    195, 195, 196, 196, 196, 197, 197, 197, 198, 198, 198, 199, 199, 199, 200, 200,
], next: QuantizedDense::new([
    [
        -47, 112, 127,
    ],
], [
        -11979,
], [
        0x3739a7b9,
]) } };
