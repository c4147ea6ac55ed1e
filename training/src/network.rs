//! A dense network of any shape.

use dense_core::kernels::weight_index;
use dense_core::math::{SMALLEST_WEIGHT, flush_below, sqrt};
use dense_core::{Error, Random};
use formats::{Activation, Layer, Loss, Recipe};

use super::functions::{check_finite, check_length};

/// Dense layers, one after the other, and the loss, which decides the activation of the last one.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
    loss: Loss,
}

impl Network {
    /// A network of these layers. Weights below [`SMALLEST_WEIGHT`] in magnitude become +0.0.
    ///
    /// # Errors
    /// [`Error::Length`] where there is no layer, one has no inputs or units, or they do not fit together;
    /// [`Error::NotFinite`] where a parameter is NaN or infinite.
    pub fn new(mut layers: Vec<Layer>, loss: Loss) -> Result<Self, Error> {
        const { assert!(weight_index(1, 0, 2, 3) == 3, "the weights of a unit lie side by side") };
        check_length("layers", layers.len().min(1), 1)?;
        let mut before = layers[0].inputs;
        for layer in &mut layers {
            check_length("units of a layer", layer.units().min(1), 1)?;
            check_length("inputs of a layer", layer.inputs.min(1), 1)?;
            check_length("inputs of a layer", layer.inputs, before)?;
            check_length("weights", layer.weights.len(), layer.inputs.saturating_mul(layer.units()))?;
            check_finite("weights", &layer.weights)?;
            check_finite("bias", &layer.bias)?;
            layer.weights.iter_mut().for_each(|weight| *weight = flush_below(*weight, SMALLEST_WEIGHT));
            before = layer.units();
        }
        if let Loss::BinaryCrossentropy = loss {
            check_length("outputs", before, 1)?;
        }
        Ok(Self { layers, loss })
    }

    /// The network of a recipe with its initial weights: Glorot's uniform initialisation of each layer, as
    /// [`dense_core::Dense::glorot_uniform`] has it.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn initial(inputs: usize, outputs: usize, recipe: &Recipe) -> Result<Self, Error> {
        let mut random = Random::new(recipe.seed, Random::INITIAL_WEIGHTS);
        let mut before = inputs;
        let hidden = recipe.hidden.iter().map(|&units| (units, recipe.activation));
        let layers = hidden.chain([(outputs, Activation::Linear)]).map(|(units, activation)| {
            let mut layer = Layer::zero(before, units, activation);
            let limit = sqrt(6.0 / (before + units) as f32);
            layer.weights.fill_with(|| (2.0 * random.uniform() - 1.0) * limit);
            before = units;
            layer
        });
        Self::new(layers.collect(), recipe.loss)
    }

    /// The layers, from the input to the output.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layers, by value.
    pub fn into_layers(self) -> Vec<Layer> {
        self.layers
    }

    /// The loss.
    pub const fn loss(&self) -> Loss {
        self.loss
    }

    /// Number of inputs of the first layer.
    pub fn inputs(&self) -> usize {
        self.layers[0].inputs
    }

    /// Number of outputs of the last layer.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Layer::units)
    }
}
