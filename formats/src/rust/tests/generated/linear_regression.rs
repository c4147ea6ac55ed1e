//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`
//! - data set: fashion-mnist
//! - model: `Input(2) -> Dense(1, linear)`
//! - backend: polynomial
//! - loss: mean_squared_error
//! - optimizer: adam
//! - learning rate: 0.001
//! - batch size: 32
//! - epochs: 10
//! - training samples: 60000
//! - seed: 0
//! - test accuracy: 0.8428
//! - test loss: 0.4521

use dense_core::{Dense, Mse, Output};

/// The inputs, in order.
#[rustfmt::skip]
pub const FEATURE_NAMES: [&str; 2] = [
    "a",
    "b",
];

/// The outputs, in order.
#[rustfmt::skip]
pub const OUTPUT_NAMES: [&str; 1] = [
    "c",
];

/// The network's type.
#[rustfmt::skip]
pub type Model = Output<2, 1, Mse>;

/// The bits of the weights, a row for each unit, and of the biases, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = Output::new(Dense::from_bits([
    // c
    [
        0x3ecd9db4, 0xbeffb7e8,
    ],
], [
        0xbee394e0,
]));
