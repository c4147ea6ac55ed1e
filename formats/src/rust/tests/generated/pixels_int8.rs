//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: fashion-mnist
//! - model: `Flatten(3, 6) -> Dense(7, relu) -> Dense(3, softmax)`, in int8
//! - loss: generalized_crossentropy
//! - seed: 0
//! - test accuracy: 0.8425
//! - test accuracy in f32: 0.8428
//! - test loss in f32: 0.4521

use dense_core::activations::Relu;
use dense_core::quant::{Clamp, Quantization, QuantizedHidden, RequantizedDense};
use dense_core::{PixelTable, QuantizedDense};

/// What becomes of each pixel before the first layer.
#[rustfmt::skip]
pub static PIXEL_TABLE: PixelTable = PixelTable::new([
    0, 16, 23, 28, 32, 36, 39, 42, 45, 48, 50, 53, 55, 58, 60, 62,
    64, 66, 68, 70, 71, 73, 75, 77, 78, 80, 81, 83, 84, 86, 87, 89,
    90, 92, 93, 94, 96, 97, 98, 100, 101, 102, 103, 105, 106, 107, 108, 109,
    111, 112, 113, 114, 115, 116, 117, 118, 119, 121, 122, 123, 124, 125, 126, 127,
    128, 129, 130, 131, 132, 133, 134, 135, 135, 136, 137, 138, 139, 140, 141, 142,
    143, 144, 145, 145, 146, 147, 148, 149, 150, 151, 151, 152, 153, 154, 155, 156,
    156, 157, 158, 159, 160, 160, 161, 162, 163, 164, 164, 165, 166, 167, 167, 168,
    169, 170, 170, 171, 172, 173, 173, 174, 175, 176, 176, 177, 178, 179, 179, 180,
    181, 181, 182, 183, 183, 184, 185, 186, 186, 187, 188, 188, 189, 190, 190, 191,
    192, 192, 193, 194, 194, 195, 196, 196, 197, 198, 198, 199, 199, 200, 201, 201,
    202, 203, 203, 204, 204, 205, 206, 206, 207, 208, 208, 209, 209, 210, 211, 211,
    212, 212, 213, 214, 214, 215, 215, 216, 217, 217, 218, 218, 219, 220, 220, 221,
    221, 222, 222, 223, 224, 224, 225, 225, 226, 226, 227, 228, 228, 229, 229, 230,
    230, 231, 231, 232, 233, 233, 234, 234, 235, 235, 236, 236, 237, 237, 238, 238,
    239, 240, 240, 241, 241, 242, 242, 243, 243, 244, 244, 245, 245, 246, 246, 247,
    247, 248, 248, 249, 249, 250, 250, 251, 251, 252, 252, 253, 253, 254, 254, 255,
]);

/// Rows of a picture.
pub const HEIGHT: usize = 3;
/// Columns of a picture.
pub const WIDTH: usize = 6;

/// The classes, in order.
#[rustfmt::skip]
pub const CLASS_NAMES: [&str; 3] = [
    "circle",
    "square",
    "triangle",
];

/// The network's type.
#[rustfmt::skip]
pub type Model = QuantizedHidden<18, 7, Relu, QuantizedDense<7, 3>>;
/// The loss that it was trained with.
pub type Loss = dense_core::GeneralizedCrossEntropy;
/// The units of each layer.
pub const UNITS: [usize; 2] = [7, 3];

/// The weights, a row for each output, the biases, and the bits of the scales, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = QuantizedHidden { layer: RequantizedDense::new(QuantizedDense::new([
    [
        102, -127, -113, 45, 37, -50, 63, 72, -38, 16, 24, 114, -52, 94, -116, -41, -67, 119,
    ],
    [
        -19, 62, 48, 85, -11, 31, 70, 127, 124, -36, 86, 97, -36, -67, 2, 44, -61, -21,
    ],
    [
        116, -23, 89, -88, 77, 87, -33, -34, 16, 127, 7, -54, 47, -45, -40, -57, 126, -14,
    ],
    [
        -69, -42, -38, 109, 110, 127, -46, 126, -5, 92, 97, 4, -28, 97, -114, -122, 79, -69,
    ],
    [
        111, -24, 60, 113, 126, 125, 73, 6, -127, 2, -67, 74, -23, 42, -39, -121, -63, 74,
    ],
    [
        28, 49, 104, -127, -114, 35, -49, -8, -90, 121, -113, 74, 116, -80, -18, 60, -80, -50,
    ],
    [
        54, -23, -59, 3, 30, -127, -22, -27, 63, 11, -54, 48, -39, 124, 57, -127, 104, 77,
    ],
], [
        -2216, -11427, 9375, 23085, 30743, 9549, -12721,
], [
        0x37815f0f, 0x37738675, 0x3752b83c, 0x377b7adb, 0x37813934, 0x3780949e, 0x376a902a,
]), Quantization::from_bits(0x3bedc4ee, 0), Clamp::Relu), table: (), next: QuantizedDense::new([
    // circle
    [
        -107, -92, -3, 110, -44, 127, 100,
    ],
    // square
    [
        -85, -50, -1, 14, -88, 127, -65,
    ],
    // triangle
    [
        -127, -62, -93, -20, -15, -55, 109,
    ],
], [
        14648, 6613, -919,
], [
        0x37e36895, 0x37b7ba98, 0x37be98d6,
]) };
