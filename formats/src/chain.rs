//! A network of another program, as a chain of steps.

use dense_core::PixelTable;

use crate::arrays::Budget;
use crate::{Activation, Error, Input, Loss, Model, Output, QuantizedLayer};

/// A network as a file describes it: its steps, and the metadata that the file has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chain {
    /// The steps, from the input to the output. [`push`](Self::push) appends one.
    pub(crate) steps: Vec<Step>,
    /// The numbers that the steps may still have.
    pub(crate) budget: Budget,
    /// The shape of one input sample, where the file says it.
    pub(crate) input_shape: Option<Vec<usize>>,
    /// Whether the input is bytes.
    pub(crate) bytes: bool,
    /// The lookup table for input bytes, before the first step.
    pub(crate) pixel_table: Option<PixelTable>,
    /// The loss of a linear output, where the file says it: that its outputs are values, or logits.
    pub(crate) loss: Option<Loss>,
    /// The layers in int8.
    pub(crate) quantized: Option<Vec<QuantizedLayer>>,
    pub(crate) feature_names: Option<Vec<String>>,
    /// Names of classes or outputs.
    pub(crate) output_names: Option<Vec<String>>,
}

impl Chain {
    /// Appends a step.
    ///
    /// # Errors
    /// More numbers than any network has: a file can use the same weights many times.
    pub(crate) fn push(&mut self, step: Step) -> Result<(), Error> {
        let numbers = match &step {
            Step::Affine { scale, offset, .. } => scale.len() + offset.len(),
            Step::Dense { weights, bias, .. } => weights.len() + bias.len(),
            Step::Activation(_) | Step::Softmax => 1,
        };
        self.budget.take(numbers).map_err(Error::Model)?;
        self.steps.push(step);
        Ok(())
    }

    /// Takes a list of names over, whose key is one of [`names`]; passes over any other.
    pub(crate) fn set_names(&mut self, key: &str, names: Option<Vec<String>>) {
        match key {
            "class_names" => self.output_names = names,
            "output_names" => (self.output_names, self.loss) = (names, Some(Loss::MeanSquaredError)),
            "feature_names" => self.feature_names = names,
            _ => {}
        }
    }
}

/// The names of classes or outputs and of features, by their keys in the metadata of a file.
pub(crate) fn names(model: &Model) -> Vec<(&'static str, &[String])> {
    let outputs = if matches!(model.output, Output::Values { .. }) { "output_names" } else { "class_names" };
    let mut names = vec![(outputs, model.output.names())];
    if let Input::Features { names: features, .. } = &model.input {
        names.push(("feature_names", features));
    }
    names
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
    Dense {
        name: String,
        inputs: usize,
        weights: Vec<f32>,
        bias: Vec<f32>,
    },
    /// An activation of hidden layers.
    Activation(Activation),
    Softmax,
}

/// Transposes `[rows][columns]`.
pub(crate) fn transposed<T: Copy>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
    (0..columns).flat_map(|column| (0..rows).map(move |row| values[row * columns + column])).collect()
}
