//! Losses, by name.

use serde::{Deserialize, Serialize};

use crate::Activation;

/// A loss of [`dense_core::losses`], by Keras's name. It decides the activation of the last layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Softmax and sparse categorical cross-entropy: one of several classes.
    SparseCategoricalCrossentropy,
    /// Softmax and generalised cross-entropy (q = ¼), which is robust to wrong labels.
    GeneralizedCrossentropy,
    /// Sigmoid and binary cross-entropy: one of two classes, one output.
    BinaryCrossentropy,
    /// Mean squared error.
    MeanSquaredError,
    /// Mean absolute error.
    MeanAbsoluteError,
    /// Huber loss, δ = 1.
    Huber,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SparseCategoricalCrossentropy,
        Self::GeneralizedCrossentropy,
        Self::BinaryCrossentropy,
        Self::MeanSquaredError,
        Self::MeanAbsoluteError,
        Self::Huber,
    ];

    /// The name in Keras and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SparseCategoricalCrossentropy => "sparse_categorical_crossentropy",
            Self::GeneralizedCrossentropy => "generalized_crossentropy",
            Self::BinaryCrossentropy => "binary_crossentropy",
            Self::MeanSquaredError => "mean_squared_error",
            Self::MeanAbsoluteError => "mean_absolute_error",
            Self::Huber => "huber",
        }
    }

    /// The name of the type in [`dense_core`], for generated Rust.
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::SparseCategoricalCrossentropy => "SparseCategoricalCrossEntropy",
            Self::GeneralizedCrossentropy => "GeneralizedCrossEntropy",
            Self::BinaryCrossentropy => "BinaryCrossEntropy",
            Self::MeanSquaredError => "Mse",
            Self::MeanAbsoluteError => "Mae",
            Self::Huber => "Huber",
        }
    }

    /// Keras's name of the last layer's activation: `softmax`, `sigmoid` or `linear`.
    pub const fn output_activation(self) -> &'static str {
        match self {
            Self::SparseCategoricalCrossentropy | Self::GeneralizedCrossentropy => "softmax",
            Self::BinaryCrossentropy => Activation::Sigmoid.name(),
            Self::MeanSquaredError | Self::MeanAbsoluteError | Self::Huber => Activation::Linear.name(),
        }
    }

    /// The task that the loss is for.
    pub const fn task(self) -> Task {
        match self {
            Self::SparseCategoricalCrossentropy | Self::GeneralizedCrossentropy => Task::Multiclass,
            Self::BinaryCrossentropy => Task::Binary,
            Self::MeanSquaredError | Self::MeanAbsoluteError | Self::Huber => Task::Regression,
        }
    }
}

/// The kind of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of several classes: a label of an output each.
    Multiclass,
    /// One of two classes: 0 or 1, one output.
    Binary,
    /// A number for each output.
    Regression,
}

impl Task {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Multiclass, Self::Binary, Self::Regression];

    /// The name on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Multiclass => "multiclass",
            Self::Binary => "binary",
            Self::Regression => "regression",
        }
    }

    /// The usual loss.
    pub const fn default_loss(self) -> Loss {
        match self {
            Self::Multiclass => Loss::SparseCategoricalCrossentropy,
            Self::Binary => Loss::BinaryCrossentropy,
            Self::Regression => Loss::MeanSquaredError,
        }
    }
}
