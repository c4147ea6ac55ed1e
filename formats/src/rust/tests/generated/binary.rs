//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: fashion-mnist
//! - model: `Input(2) -> Dense(4, elu) -> Dense(3, sigmoid) -> Dense(1, sigmoid)`
//! - backend: polynomial
//! - loss: binary_crossentropy
//! - optimizer: adam
//! - learning rate: 0.001
//! - batch size: 32
//! - epochs: 10
//! - training samples: 60000
//! - seed: 0
//! - test accuracy: 0.8428
//! - test loss: 0.4521

use dense_core::activations::{Elu, Sigmoid};
use dense_core::{BinaryCrossEntropy, Dense, Hidden, Output};

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
pub type Model = Hidden<2, 4, Elu, Hidden<4, 3, Sigmoid, Output<3, 1, BinaryCrossEntropy>>>;

/// The bits of the weights, a row for each unit, and of the biases, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = Hidden::new(Dense::from_bits([
    [
        0x3ecd9db4, 0xbeffb7e8,
    ],
    [
        0xbee394e0, 0x3e36b364,
    ],
    [
        0x3e149c88, 0xbe4797dc,
    ],
    [
        0x3e7c4d10, 0x3e90adbe,
    ],
], [
        0xbe17d460, 0x3d837568, 0x3dc21e38, 0x3ee50082,
]), Hidden::new(Dense::from_bits([
    [
        0xbe4fd118, 0x3ebd7d18, 0xbee97a9e, 0xbe25340c,
    ],
    [
        0xbe868bd2, 0x3eefb2fc, 0xbd905300, 0x3e694f3c,
    ],
    [
        0x3e365164, 0x3ea07576, 0xbd2abb70, 0x3dedb8f0,
    ],
], [
        0x3e83d474, 0x3ef0adc8, 0x3eea1ca2,
]), Output::new(Dense::from_bits([
    [
        0xbe06f95c, 0x3ea2f03e, 0x3eb8346a,
    ],
], [
        0xbe07bd88,
]))));
