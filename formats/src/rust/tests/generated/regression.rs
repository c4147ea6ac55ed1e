//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: fashion-mnist
//! - model: `Input(3) -> Dense(4, leaky_relu) -> Dense(3, linear) -> Dense(2, linear)`
//! - backend: polynomial
//! - loss: huber
//! - optimizer: adam
//! - learning rate: 0.001
//! - batch size: 32
//! - epochs: 10
//! - training samples: 60000
//! - seed: 0
//! - test accuracy: 0.8428
//! - test loss: 0.4521

use dense_core::activations::{LeakyRelu, Linear};
use dense_core::{Dense, Hidden, Huber, Output};

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
pub type Model = Hidden<3, 4, LeakyRelu, Hidden<4, 3, Linear, Output<3, 2, Huber>>>;

/// The bits of the weights, a row for each unit, and of the biases, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = Hidden::new(Dense::from_bits([
    [
        0x3ecd9db4, 0xbeffb7e8, 0xbee394e0,
    ],
    [
        0x3e36b364, 0x3e149c88, 0xbe4797dc,
    ],
    [
        0x3e7c4d10, 0x3e90adbe, 0xbe17d460,
    ],
    [
        0x3d837568, 0x3dc21e38, 0x3ee50082,
    ],
], [
        0xbe4fd118, 0x3ebd7d18, 0xbee97a9e, 0xbe25340c,
]), Hidden::new(Dense::from_bits([
    [
        0xbe868bd2, 0x3eefb2fc, 0xbd905300, 0x3e694f3c,
    ],
    [
        0x3e365164, 0x3ea07576, 0xbd2abb70, 0x3dedb8f0,
    ],
    [
        0x3e83d474, 0x3ef0adc8, 0x3eea1ca2, 0xbe06f95c,
    ],
], [
        0x3ea2f03e, 0x3eb8346a, 0xbe07bd88,
]), Output::new(Dense::from_bits([
    // width
    [
        0xbe7da924, 0x3c16e5c0, 0x3e24ff7c,
    ],
    // height
    [
        0xbe6904f8, 0xbda2a630, 0x3ebdc650,
    ],
], [
        0xbd96f368, 0x3e919d66,
]))));
