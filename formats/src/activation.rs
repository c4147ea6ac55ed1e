//! Activation functions of hidden layers, by name.

use serde::{Deserialize, Serialize};

/// An elementwise activation function of [`dense_core::activations`], by Keras's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// z.
    Linear,
    /// max(z, 0).
    Relu,
    /// z for z ≥ 0, else 0.3 · z.
    LeakyRelu,
    /// z for z > 0, else eᶻ − 1.
    Elu,
    /// z · Φ(z).
    Gelu,
    /// 1 / (1 + e⁻ᶻ).
    Sigmoid,
    /// tanh z.
    Tanh,
}

impl Activation {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Linear, Self::Relu, Self::LeakyRelu, Self::Elu, Self::Gelu, Self::Sigmoid, Self::Tanh];

    /// The name in Keras and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Relu => "relu",
            Self::LeakyRelu => "leaky_relu",
            Self::Elu => "elu",
            Self::Gelu => "gelu",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
        }
    }

    /// The name of the type in [`dense_core::activations`], for generated Rust.
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::Linear => "Linear",
            Self::Relu => "Relu",
            Self::LeakyRelu => "LeakyRelu",
            Self::Elu => "Elu",
            Self::Gelu => "Gelu",
            Self::Sigmoid => "Sigmoid",
            Self::Tanh => "Tanh",
        }
    }
}
