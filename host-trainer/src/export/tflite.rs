//! Writes a model for TensorFlow Lite, also called LiteRT: in floats, or in whole numbers as dense-core has them.
//!
//! | what | name | in floats | in whole numbers |
//! |---|---|---|---|
//! | input | `image` | uint8 `[N, 784]` | the same |
//! | output 0 | `probabilities` | float `[N, 10]` | int8, in 256ths from −128 on |
//! | output 1 | `logits` | float `[N, 10]` | int8, with the scale that the file states |
//!
//! The input are the pixels as the camera or the data set has them. N is 1 unless the input is resized. The metadata hold
//! the names of the classes, a line each, under `class_names`. All operators are among those of TensorFlow Lite for
//! Microcontrollers: ADD, CAST and GATHER only where the pixels go through a table, DEQUANTIZE only in floats,
//! FULLY_CONNECTED, QUANTIZE and SOFTMAX.
//!
//! In int8, weights, biases and scales are those of [`QuantizedLayer`], and so are the sums. What a runtime
//! makes of a sum may differ by a step where it rounds halves in another way. The output of the last layer has to be a
//! byte there, where dense-core has 32 bits: see [`LogitRange`].

mod graph;
mod schema;

use dense_core::quant::{ONE_LOGIT, PIXEL_STEP};

use self::graph::{Graph, Quantization};
use self::schema::{Activation, Kind, Operation};
use super::Export;
use crate::idx::{CLASSES, PIXELS};
use crate::quantized::QuantizedLayer;

/// A pixel as an int8: 0 is −128.
const SIGNED_PIXELS: Quantization<'static> = Quantization { steps: &[PIXEL_STEP], zero: -128 };
/// A probability as an int8, as every runtime wants it.
const SIGNED_PROBABILITIES: Quantization<'static> = Quantization { steps: &[1.0 / 256.0], zero: -128 };

/// The model in floats. The same model gives the same bytes.
#[must_use]
pub fn to_tflite(export: &Export<'_>) -> Vec<u8> {
    let mut graph = Graph::new();
    let image = graph.input();
    let table = &export.weights.pixel_table;
    let mut inputs = if table.is_identity() {
        let signed = graph.signed(image);
        graph.apply(Operation::Dequantize, &[signed], "pixels", Kind::Float32, PIXELS, None)
    } else {
        let values: Vec<f32> = table.values().iter().map(|&value| f32::from(value) / 255.0).collect();
        let table = graph.floats("pixel_table", &[values.len()], &values);
        let indices = graph.indices(image);
        graph.apply(Operation::Gather, &[table, indices], "pixels", Kind::Float32, PIXELS, None)
    };
    let layers = &export.weights.layers;
    for (index, layer) in layers.iter().enumerate() {
        let kernel = graph.floats(&format!("dense_{index}.kernel"), &[layer.outputs(), layer.inputs], &layer.weights);
        let bias = graph.floats(&format!("dense_{index}.bias"), &[layer.outputs()], &layer.bias);
        let (name, activation) = output_of(index, layers.len());
        let operation = Operation::FullyConnected(activation);
        inputs = graph.apply(operation, &[inputs, kernel, bias], &name, Kind::Float32, layer.outputs(), None);
    }
    let probabilities = graph.apply(Operation::Softmax, &[inputs], "probabilities", Kind::Float32, CLASSES, None);
    graph.to_bytes(&[("probabilities", probabilities), ("logits", inputs)], export)
}

/// The model in whole numbers: `layers` are `export`'s, quantised, and `range` is that of its logits. The same model gives
/// the same bytes.
#[must_use]
pub fn to_tflite_int8(export: &Export<'_>, layers: &[QuantizedLayer], range: &LogitRange) -> Vec<u8> {
    let mut graph = Graph::new();
    let image = graph.input();
    let table = &export.weights.pixel_table;
    let mut inputs = if table.is_identity() {
        graph.signed(image)
    } else {
        let values: Vec<u8> = table.values().iter().map(|value| value ^ 0x80).collect();
        let table = graph.constant("pixel_table", Kind::Int8, &[values.len()], values, Some(SIGNED_PIXELS));
        let indices = graph.indices(image);
        graph.apply(Operation::Gather, &[table, indices], "pixels", Kind::Int8, PIXELS, Some(SIGNED_PIXELS))
    };
    let mut input_step = PIXEL_STEP;
    for (index, layer) in layers.iter().enumerate() {
        let outputs = layer.bias.len();
        let weight_steps: Vec<f32> = layer.scale.iter().map(|scale| scale / input_step).collect();
        let weights = layer.weights.iter().map(|weight| weight.cast_unsigned()).collect();
        let kernel = Some(Quantization { steps: &weight_steps, zero: 0 });
        let kernel =
            graph.constant(&format!("dense_{index}.kernel"), Kind::Int8, &[outputs, layer.inputs], weights, kernel);
        let bias = layer.bias.iter().flat_map(|bias| bias.to_le_bytes()).collect();
        let steps = Some(Quantization { steps: &layer.scale, zero: 0 });
        let bias = graph.constant(&format!("dense_{index}.bias"), Kind::Int32, &[outputs], bias, steps);
        let (name, activation) = output_of(index, layers.len());
        let output_step = layer.output.as_ref().map_or(range.step(), |output| output.quantization.scale());
        let quantization = match activation {
            Activation::Relu => Quantization { steps: &[output_step], zero: -128 },
            Activation::None => Quantization { steps: &[output_step], zero: range.zero() },
        };
        let operation = Operation::FullyConnected(activation);
        inputs = graph.apply(operation, &[inputs, kernel, bias], &name, Kind::Int8, outputs, Some(quantization));
        input_step = output_step;
    }
    let steps = Some(SIGNED_PROBABILITIES);
    let probabilities = graph.apply(Operation::Softmax, &[inputs], "probabilities", Kind::Int8, CLASSES, steps);
    graph.to_bytes(&[("probabilities", probabilities), ("logits", inputs)], export)
}

/// The name of a layer's output, and what is made of it.
fn output_of(layer: usize, layers: usize) -> (String, Activation) {
    if layer + 1 == layers { ("logits".into(), Activation::None) } else { (format!("dense_{layer}"), Activation::Relu) }
}

/// The logits that a byte can tell apart, from those of images of the kind that the model will meet.
///
/// What decides is the largest logit of an image, and by how much it is larger than the second. So the steps need not
/// reach further down than the smallest of the second ones: below, logits are of no chance, and may be raised to there.
/// The fewer steps are spent there, the finer they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogitRange {
    lowest: f64,
    highest: f64,
}

impl LogitRange {
    /// The range for these logits in 65,536ths, image after image.
    #[must_use]
    pub fn of(logits: impl IntoIterator<Item = [i32; CLASSES]>) -> Self {
        // A byte has to stand for 0 among others, and the range must not be empty.
        let (mut lowest, mut highest) = (0, 1);
        for mut logits in logits {
            logits.sort_unstable();
            let [.., second, first] = logits;
            lowest = lowest.min(second);
            highest = highest.max(first);
        }
        let [lowest, highest] = [lowest, highest].map(|logit| f64::from(logit) / f64::from(ONE_LOGIT));
        Self { lowest, highest }
    }

    /// What a step of the byte stands for.
    fn step(&self) -> f32 {
        ((self.highest - self.lowest) / 255.0) as f32
    }

    /// Which byte a logit of 0 would be.
    fn zero(&self) -> i64 {
        (-128.0 - self.lowest / f64::from(self.step())).round() as i64
    }
}

#[cfg(test)]
mod tests;
