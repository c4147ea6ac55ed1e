//! A network of another program, as a chain of steps.

use dense_core::PixelTable;

use crate::{Activation, Loss, QuantizedLayer};

/// What a file says of a network.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    /// The steps, from the input to the output.
    pub(crate) steps: Vec<Step>,
    /// The shape of one input sample, where the file says it.
    pub(crate) input_shape: Option<Vec<usize>>,
    /// Whether the input is bytes.
    pub(crate) bytes: bool,
    /// What becomes of bytes first.
    pub(crate) pixel_table: Option<PixelTable>,
    /// The loss of a linear output, where the file says it: that its outputs are values, or logits.
    pub(crate) loss: Option<Loss>,
    /// The layers in int8.
    pub(crate) quantized: Option<Vec<QuantizedLayer>>,
    /// Names of the features.
    pub(crate) feature_names: Option<Vec<String>>,
    /// Names of classes or outputs.
    pub(crate) output_names: Option<Vec<String>>,
}

/// A step of a network.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// y = scale · x + offset, elementwise; input i takes number i mod length of each.
    Affine {
        /// Name of the layer.
        name: String,
        scale: Vec<f64>,
        offset: Vec<f64>,
    },
    /// A dense layer: weights `[units][inputs]`.
    Dense { name: String, inputs: usize, weights: Vec<f32>, bias: Vec<f32> },
    /// An activation of hidden layers.
    Activation(Activation),
    /// Softmax.
    Softmax,
}

/// Transposes `[rows][columns]`.
pub(crate) fn transposed<T: Copy>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
    (0..columns).flat_map(|column| (0..rows).map(move |row| values[row * columns + column])).collect()
}
