//! An int8 network as data, for the writers of int8 files.

use dense_core::quant::{LARGEST_BIAS, Multiplier, Quantization};

use crate::{Activation, Error, Model};

/// A network in int8, as [`dense_core::quant`] computes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Int8Network {
    /// Quantisation of the input bytes.
    pub input: Quantization,
    /// Its layers; the last one gives logits.
    pub layers: Vec<Int8Layer>,
}

/// The numbers of a [`QuantizedDense`](dense_core::QuantizedDense) layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Int8Layer {
    /// Number of inputs.
    pub inputs: usize,
    /// `[units][inputs]`, −127 to 127.
    pub weights: Vec<i8>,
    /// `[units]`, the zero point of the inputs folded in.
    pub bias: Vec<i32>,
    /// The scale of each sum, `[units]`.
    pub scale: Vec<f32>,
    /// How the sums of a hidden layer become bytes; `None` for the layer of logits.
    pub output: Option<Int8Output>,
}

/// Requantisation and activation of a hidden layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Int8Output {
    /// The activation.
    pub activation: Activation,
    /// Quantisation of the requantised sums, before the table.
    pub sums: Quantization,
    /// Quantisation of the outputs; the same as of the sums where there is no table.
    pub outputs: Quantization,
    /// The table of an activation that is no clamp.
    pub table: Option<Box<[u8; 256]>>,
}

impl Int8Network {
    /// Checks that this is `model` in int8, and that its numbers are in range.
    pub(crate) fn check(&self, model: &Model) -> Result<(), Error> {
        let fault = |text: String| Err(Error::Model(text));
        if self.layers.len() != model.layers.len() {
            return fault(format!("{} layers in int8, and {} in f32", self.layers.len(), model.layers.len()));
        }
        for (index, (layer, float)) in self.layers.iter().zip(&model.layers).enumerate() {
            let (inputs, units) = (float.inputs, float.units());
            if (layer.inputs, layer.bias.len(), layer.scale.len()) != (inputs, units, units)
                || layer.weights.len() != inputs * units
            {
                return fault(format!("layer {index} in int8 has another shape than {units} x {inputs}"));
            }
            if layer.output.is_none() != (index + 1 == self.layers.len()) {
                return fault(format!("layer {index} in int8 has logits in place of bytes, or bytes of logits"));
            }
            let weights = layer.weights.contains(&i8::MIN);
            if weights || layer.bias.iter().any(|bias| bias.unsigned_abs() > LARGEST_BIAS.unsigned_abs()) {
                return fault(format!("layer {index} in int8 has a number that is out of range"));
            }
        }
        Ok(())
    }
}

impl Int8Layer {
    /// Number of outputs.
    #[must_use]
    pub const fn units(&self) -> usize {
        self.bias.len()
    }

    /// Bytes of weights, biases and scales.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.weights) + size_of_val(&*self.bias) + size_of_val(&*self.scale)
    }

    /// The multipliers of a hidden layer, as in [`RequantizedDense`](dense_core::quant::RequantizedDense).
    #[must_use]
    pub fn multipliers(&self) -> Option<Vec<Multiplier>> {
        let step = f64::from(self.output.as_ref()?.sums.scale());
        Some(self.scale.iter().map(|&scale| Multiplier::new(f64::from(scale) / step)).collect())
    }
}
