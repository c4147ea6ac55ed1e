//! An int8 network as data, for the writers of int8 files.

use dense_core::quant::{LARGEST_BIAS, LARGEST_SCALE, Multiplier, Quantization, SMALLEST_SCALE};

use crate::{Activation, Error, Input, Model, model};

/// A network in int8, as [`dense_core::quant`] computes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Int8Network {
    /// Standardisation of features before they are quantised; their ranges may differ by orders of magnitude.
    pub standardization: Option<InputScaling>,
    /// Quantisation of the input bytes.
    pub input: Quantization,
    /// Its layers; the last one gives logits.
    pub layers: Vec<Int8Layer>,
}

/// (input − mean) · scale, for each input.
#[derive(Clone, Debug, PartialEq)]
pub struct InputScaling {
    /// Of each input.
    pub mean: Vec<f32>,
    /// 1 / standard deviation of each input.
    pub scale: Vec<f32>,
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
    /// The bytes of a row of features.
    pub fn quantize_inputs(&self, features: &[f32]) -> Vec<u8> {
        match &self.standardization {
            None => features.iter().map(|&feature| self.input.quantize(feature)).collect(),
            Some(InputScaling { mean, scale }) => {
                let scaled =
                    features.iter().zip(mean).zip(scale).map(|((feature, mean), scale)| (feature - mean) * scale);
                scaled.map(|feature| self.input.quantize(feature)).collect()
            }
        }
    }

    /// The int8 form that `model` was imported in, if it was. Its logits are not rounded to bytes.
    ///
    /// # Errors
    /// [`Error::Model`] where [`dense_core::quant`] has a smaller range for one of its numbers.
    pub fn imported(model: &Model) -> Result<Option<Self>, Error> {
        let Some(layers) = &model.quantized else { return Ok(None) };
        let mut network = Self { standardization: None, input: layers[0].input.to_bytes()?, layers: Vec::new() };
        for (index, layer) in layers.iter().enumerate() {
            let input = layer.input.to_bytes()?;
            let outputs = layer.output.to_bytes()?;
            let rows = layer.weights.chunks(layer.inputs).zip(&layer.bias);
            let bias = rows.map(|(row, &bias)| {
                let sum: i32 = row.iter().map(|&weight| i32::from(weight)).sum();
                bias.saturating_sub(i32::from(input.zero_point()) * sum)
            });
            let scales = layer.weight_scales.iter().cycle().take(layer.bias.len());
            let output = Int8Output { activation: layer.activation, sums: outputs, outputs, table: None };
            network.layers.push(Int8Layer {
                inputs: layer.inputs,
                weights: layer.weights.clone(),
                bias: bias.collect(),
                scale: scales.map(|scale| scale * input.scale()).collect(),
                output: (index + 1 < layers.len()).then_some(output),
            });
        }
        network.check(model)?;
        Ok(Some(network))
    }

    /// Checks that this is `model` in int8, and that its numbers are in range.
    pub(crate) fn check(&self, model: &Model) -> Result<(), Error> {
        let fault = |text: String| Err(Error::Model(text));
        if let Some(InputScaling { mean, scale }) = &self.standardization
            && (!matches!(model.input, Input::Features { .. })
                || [mean.len(), scale.len()] != [model.input.width(); 2]
                || mean.iter().chain(scale).any(|number| !number.is_finite()))
        {
            return fault("the standardisation of the int8 form does not fit the inputs".into());
        }
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
            let scales = layer.scale.iter().any(|scale| !(SMALLEST_SCALE..=LARGEST_SCALE).contains(scale));
            if weights || scales || layer.bias.iter().any(|bias| bias.unsigned_abs() > LARGEST_BIAS.unsigned_abs()) {
                return fault(format!("layer {index} in int8 has a number that is out of range"));
            }
        }
        Ok(())
    }
}

impl Int8Layer {
    /// Number of outputs.
    pub const fn units(&self) -> usize {
        self.bias.len()
    }

    /// Bytes of weights, biases and scales.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.weights) + size_of_val(&*self.bias) + size_of_val(&*self.scale)
    }

    /// The multipliers of a hidden layer, as in [`RequantizedDense`](dense_core::quant::RequantizedDense).
    pub fn multipliers(&self) -> Option<Vec<Multiplier>> {
        let step = f64::from(self.output.as_ref()?.sums.scale());
        Some(self.scale.iter().map(|&scale| Multiplier::new(f64::from(scale) / step)).collect())
    }
}

impl model::Quantization {
    /// The same of bytes that are 128 more.
    ///
    /// # Errors
    /// [`Error::Model`] where the scale is out of range for [`dense_core::quant`].
    pub fn to_bytes(self) -> Result<Quantization, Error> {
        let Self { scale, zero_point } = self;
        let bytes = i8::try_from(zero_point).ok().and_then(|point| Quantization::from_int8(scale, point).ok());
        bytes.ok_or_else(|| Error::Model(format!("a quantisation of scale {scale:e} and zero point {zero_point}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures;

    #[test]
    fn an_imported_network_is_near_its_float_form() {
        let model = fixtures::imported_int8();
        let network = Int8Network::imported(&model).unwrap().unwrap();
        for sample in fixtures::int8::numbers(3) {
            let bytes: Vec<u8> = sample.iter().map(|&value| network.input.quantize(value)).collect();
            let found = fixtures::int8::fixed_logits(&network, &bytes);
            for (found, wanted) in found.iter().zip(fixtures::logits(&model, &sample)) {
                assert!((*found as f32 / 65_536.0 - wanted).abs() < 0.1, "{found} {wanted}");
            }
        }
        assert_eq!(Int8Network::imported(&fixtures::windows()).unwrap(), None);
    }

    #[test]
    fn a_network_of_another_model_is_refused() {
        type Change = fn(&mut Int8Network);
        let model = fixtures::pixel_mlp();
        let cases: [(Change, &str); 5] = [
            (|network| _ = network.layers.pop(), "1 layers in int8, and 2 in f32"),
            (|network| network.layers[0].inputs = 3, "layer 0 in int8 has another shape than 7 x 18"),
            (
                |network| network.layers[0].output = None,
                "layer 0 in int8 has logits in place of bytes, or bytes of logits",
            ),
            (|network| network.layers[1].weights[0] = -128, "layer 1 in int8 has a number that is out of range"),
            (|network| network.layers[1].scale[0] = 0.0, "layer 1 in int8 has a number that is out of range"),
        ];
        for (change, wanted) in cases {
            let mut network = fixtures::int8::quantized(&model);
            network.check(&model).unwrap();
            change(&mut network);
            assert_eq!(network.check(&model).unwrap_err().to_string(), wanted);
        }
    }
}
