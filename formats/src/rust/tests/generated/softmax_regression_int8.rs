//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: fashion-mnist
//! - model: `Flatten(5, 4) -> Dense(3, softmax)`, in int8
//! - seed: 0
//! - test accuracy: 0.8425
//! - test accuracy in f32: 0.8428
//! - test loss in f32: 0.4521

use dense_core::{PixelTable, QuantizedDense};

/// What becomes of each pixel before the first layer.
pub static PIXEL_TABLE: PixelTable = PixelTable::IDENTITY;

/// Rows of a picture.
pub const HEIGHT: usize = 5;
/// Columns of a picture.
pub const WIDTH: usize = 4;

/// The classes, in order.
#[rustfmt::skip]
pub const CLASS_NAMES: [&str; 3] = [
    "cat",
    "고양이",
    "a\"b\\c\n??/\u{202e}",
];

/// The network's type.
#[rustfmt::skip]
pub type Model = QuantizedDense<20, 3>;
/// The loss that it was trained with.
pub type Loss = dense_core::SparseCategoricalCrossEntropy;
/// The units of each layer.
pub const UNITS: [usize; 1] = [3];

/// The weights, a row for each output, the biases, and the bits of the scales, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = QuantizedDense::new([
    // cat
    [
        102, -127, -113, 45, 37, -50, 63, 72, -38, 16, 24, 114, -52, 94, -116, -41, -67, 119, -18, 58,
    ],
    // 고양이
    [
        48, 85, -11, 31, 70, 127, 124, -36, 86, 97, -36, -67, 2, 44, -61, -21, 100, -20, 77, -76,
    ],
    // a\"b\\c\n??/\u{202e}
    [
        65, 73, -27, -29, 14, 106, 6, -45, 40, -37, -33, -47, 106, -12, -69, -42, -38, 109, 110, 127,
    ],
], [
        -11370, 33213, -1192,
], [
        0x37815f0f, 0x37738675, 0x377b7adb,
]);
