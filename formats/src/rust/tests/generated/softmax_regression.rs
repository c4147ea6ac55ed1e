//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: fashion-mnist
//! - model: `Flatten(5, 4) -> Dense(3, softmax)`
//! - backend: polynomial
//! - optimizer: adam
//! - learning rate: 0.001
//! - batch size: 32
//! - epochs: 10
//! - training samples: 60000
//! - seed: 0
//! - test accuracy: 0.8428
//! - test loss: 0.4521

use dense_core::{Dense, Output, PixelTable, SparseCategoricalCrossEntropy};

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
pub type Model = Output<20, 3, SparseCategoricalCrossEntropy>;

/// The bits of the weights, a row for each unit, and of the biases, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = Output::new(Dense::from_bits([
    // cat
    [
        0x3ecd9db4, 0xbeffb7e8, 0xbee394e0, 0x3e36b364, 0x3e149c88, 0xbe4797dc, 0x3e7c4d10, 0x3e90adbe, 0xbe17d460, 0x3d837568, 0x3dc21e38, 0x3ee50082, 0xbe4fd118, 0x3ebd7d18, 0xbee97a9e, 0xbe25340c,
        0xbe868bd2, 0x3eefb2fc, 0xbd905300, 0x3e694f3c,
    ],
    // 고양이
    [
        0x3e365164, 0x3ea07576, 0xbd2abb70, 0x3dedb8f0, 0x3e83d474, 0x3ef0adc8, 0x3eea1ca2, 0xbe06f95c, 0x3ea2f03e, 0x3eb8346a, 0xbe07bd88, 0xbe7da924, 0x3c16e5c0, 0x3e24ff7c, 0xbe6904f8, 0xbda2a630,
        0x3ebdc650, 0xbd96f368, 0x3e919d66, 0xbe909bae,
    ],
    // a\"b\\c\n??/\u{202e}
    [
        0x3e7e0158, 0x3e8ea2ca, 0xbdd6aeb8, 0xbde064c0, 0x3d56e730, 0x3ed041b8, 0x3cbbc9e0, 0xbe31466c, 0x3e1b34fc, 0xbe11fe44, 0xbe02ecbc, 0xbe39da74, 0x3ecf0228, 0xbd3c4b30, 0xbe87316e, 0xbe24a5f4,
        0xbe131c3c, 0x3ed64a66, 0x3ed6eaa4, 0x3ef88a60,
    ],
], [
        0xbe338e10, 0x3ef6d4a8, 0xbc925960,
]));
