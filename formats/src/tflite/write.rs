//! Writes a model for TensorFlow Lite, in f32 and in int8.
//!
//! | what | name | in f32 | in int8 |
//! |---|---|---|---|
//! | input | `image` | uint8 `[N, pixels]`, before the pixel table | the same |
//! | or | `features` | float `[N, features]` | the same |
//! | output 0 | `logits`, of a regression `values` | float `[N, outputs]` | int8, with the scale in the file |
//! | output 1 | `probabilities` | float `[N, outputs]` | int8, in 256ths from −128 on |
//!
//! N is 1 unless the input is resized. The metadata hold the names of classes, outputs and features,
//! each a list in JSON. All
//! operators but GELU are among those of TensorFlow Lite for Microcontrollers.

use dense_core::quant::{self, PIXEL_STEP, Range};

use super::graph::{Graph, Index, Quantization};
use super::schema::{self, Kind, Operation};
use crate::{Activation, Error, Input, InputScaling, Int8Network, Model, QuantizedLayer, Task};

/// A pixel as an int8: 0 is −128.
const SIGNED_PIXELS: Quantization<'static> = Quantization { steps: &[PIXEL_STEP], zero: -128 };
/// A probability as an int8, as every runtime wants it.
const SIGNED_PROBABILITIES: Quantization<'static> = Quantization { steps: &[1.0 / 256.0], zero: -128 };

/// Writes `model` in f32. The same model gives the same bytes.
///
/// # Errors
/// [`Error::Model`] where its parts do not fit together.
pub fn to_tflite(model: &Model) -> Result<Vec<u8>, Error> {
    model.check()?;
    let mut graph = Graph::default();
    let mut values = float_input(model, &mut graph);
    for (index, layer) in model.layers.iter().enumerate() {
        let (inputs, units) = (layer.inputs, layer.units());
        let kernel = graph.floats(&format!("dense_{index}.kernel"), &[units, inputs], &layer.weights);
        let bias = graph.floats(&format!("dense_{index}.bias"), &[units], &layer.bias);
        let name = sums_name(model, index);
        let operation = Operation::FullyConnected(fused(layer.activation));
        values = graph.apply(operation, &[values, kernel, bias], &name, Kind::Float32, units, None);
        if let Some(operation) = separate(layer.activation) {
            let name = format!("{name}.{}", layer.activation.name());
            values = graph.apply(operation, &[values], &name, Kind::Float32, units, None);
        }
    }
    Ok(with_probabilities(model, graph, values, Kind::Float32, None))
}

/// Writes `network`, which is `model` in int8. `logits` is the range of its outputs over samples of the training set.
///
/// Weights, biases and scales of hidden layers are those of `network`, and so are the sums. A runtime may round a sum
/// another way, and then differ by one step. The outputs are bytes here, where dense-core has 32 bits.
///
/// # Errors
/// [`Error::Model`] where the two do not fit together.
pub fn to_tflite_int8(model: &Model, network: &Int8Network, logits: &Range) -> Result<Vec<u8>, Error> {
    model.check()?;
    network.check(model)?;
    let logits = logits.quantization().map_err(|error| Error::Model(format!("the range of logits: {error}")))?;
    let mut graph = Graph::default();
    let mut values = int8_input(model, signed(&network.input), network.standardization.as_ref(), &mut graph);
    let mut input = network.input;
    for (index, layer) in network.layers.iter().enumerate() {
        let zero_point = i32::from(input.zero_point());
        let rows = layer.weights.chunks(layer.inputs).zip(&layer.bias);
        let parts = Int8Parts {
            inputs: layer.inputs,
            weights: &layer.weights,
            weight_scales: &layer.scale.iter().map(|scale| scale / input.scale()).collect::<Vec<_>>(),
            // The zero point is not part of the bias there.
            bias: &rows.map(|(row, bias)| bias + zero_point * sum(row)).collect::<Vec<_>>(),
            bias_scales: &layer.scale,
        };
        let activation = layer.output.as_ref().map_or(Activation::Linear, |output| output.activation);
        let sums = layer.output.as_ref().map_or(logits, |output| output.sums);
        let name = sums_name(model, index);
        values = parts.apply(&mut graph, index, values, &name, fused(activation), signed(&sums));
        if let (Some(operation), Some(output)) = (separate(activation), &layer.output) {
            let (step, zero) = signed(&output.outputs);
            let name = format!("{name}.{}", activation.name());
            let quantization = Some(Quantization { steps: &[step], zero });
            values = graph.apply(operation, &[values], &name, Kind::Int8, layer.units(), quantization);
        }
        input = layer.output.as_ref().map_or(input, |output| output.outputs);
    }
    Ok(with_probabilities(model, graph, values, Kind::Int8, Some(SIGNED_PROBABILITIES)))
}

/// Writes the int8 form that a model was imported in, number by number.
///
/// # Errors
/// [`Error::Model`] where there is no such form.
pub fn imported_to_tflite_int8(model: &Model) -> Result<Vec<u8>, Error> {
    model.check()?;
    let layers = model.quantized.as_deref().ok_or_else(|| Error::Model("it was not imported in int8".into()))?;
    let mut graph = Graph::default();
    let first = (layers[0].input.scale, i64::from(layers[0].input.zero_point));
    let mut values = int8_input(model, first, None, &mut graph);
    for (index, layer) in layers.iter().enumerate() {
        let QuantizedLayer { inputs, ref weights, ref bias, ref weight_scales, .. } = *layer;
        let bias_scales: Vec<f32> = weight_scales.iter().map(|scale| scale * layer.input.scale).collect();
        let parts = Int8Parts { inputs, weights, weight_scales, bias, bias_scales: &bias_scales };
        let output = (layer.output.scale, i64::from(layer.output.zero_point));
        values = parts.apply(&mut graph, index, values, &sums_name(model, index), fused(layer.activation), output);
    }
    Ok(with_probabilities(model, graph, values, Kind::Int8, Some(SIGNED_PROBABILITIES)))
}

/// The numbers of an int8 layer.
struct Int8Parts<'a> {
    inputs: usize,
    weights: &'a [i8],
    weight_scales: &'a [f32],
    bias: &'a [i32],
    bias_scales: &'a [f32],
}

impl Int8Parts<'_> {
    /// Adds the layer; its outputs have this scale and zero point.
    fn apply(
        &self,
        graph: &mut Graph,
        index: usize,
        values: Index,
        name: &str,
        activation: schema::Activation,
        (step, zero): (f32, i64),
    ) -> Index {
        let units = self.bias.len();
        let weights = self.weights.iter().map(|weight| weight.cast_unsigned()).collect();
        let quantization = Some(Quantization { steps: self.weight_scales, zero: 0 });
        let kernel = format!("dense_{index}.kernel");
        let kernel = graph.constant(&kernel, Kind::Int8, &[units, self.inputs], weights, quantization);
        let bias = self.bias.iter().flat_map(|bias| bias.to_le_bytes()).collect();
        let quantization = Some(Quantization { steps: self.bias_scales, zero: 0 });
        let bias = graph.constant(&format!("dense_{index}.bias"), Kind::Int32, &[units], bias, quantization);
        let quantization = Some(Quantization { steps: &[step], zero });
        let operation = Operation::FullyConnected(activation);
        graph.apply(operation, &[values, kernel, bias], name, Kind::Int8, units, quantization)
    }
}

fn sum(row: &[i8]) -> i32 {
    row.iter().map(|&weight| i32::from(weight)).sum()
}

/// The scale and zero point of bytes as int8, which are 128 less.
fn signed(quantization: &quant::Quantization) -> (f32, i64) {
    (quantization.scale(), i64::from(quantization.zero_point()) - 128)
}

/// Adds the input; returns the floats that the first layer takes.
fn float_input(model: &Model, graph: &mut Graph) -> Index {
    let width = model.input.width();
    if matches!(model.input, Input::Features { .. }) {
        return graph.features(width);
    }
    let image = graph.image(width, SIGNED_PIXELS);
    let Some(table) = model.input.pixel_table() else {
        let signed = graph.signed(image, width, SIGNED_PIXELS);
        return graph.apply(Operation::Dequantize, &[signed], "pixels", Kind::Float32, width, None);
    };
    let values: Vec<f32> = table.values().iter().map(|&value| f32::from(value) / 255.0).collect();
    let table = graph.floats("pixel_table", &[values.len()], &values);
    let indices = graph.indices(image, width, SIGNED_PIXELS);
    graph.apply(Operation::Gather, &[table, indices], "pixels", Kind::Float32, width, None)
}

/// The same in int8: bytes of this scale and zero point, of features that were standardised.
fn int8_input(
    model: &Model,
    (step, zero): (f32, i64),
    standardization: Option<&InputScaling>,
    graph: &mut Graph,
) -> Index {
    let width = model.input.width();
    let signed = Quantization { steps: &[step], zero };
    if matches!(model.input, Input::Features { .. }) {
        let mut features = graph.features(width);
        if let Some(InputScaling { mean, scale }) = standardization {
            let mean = graph.floats("mean", &[width], mean);
            features = graph.apply(Operation::Sub, &[features, mean], "centred", Kind::Float32, width, None);
            let scale = graph.floats("scale", &[width], scale);
            features = graph.apply(Operation::Mul, &[features, scale], "standardized", Kind::Float32, width, None);
        }
        return graph.apply(Operation::Quantize, &[features], "signed", Kind::Int8, width, Some(signed));
    }
    let image = graph.image(width, signed);
    let Some(table) = model.input.pixel_table() else { return graph.signed(image, width, signed) };
    let values: Vec<u8> = table.values().iter().map(|value| value ^ 0x80).collect();
    let table = graph.constant("pixel_table", Kind::Int8, &[values.len()], values, Some(signed));
    let indices = graph.indices(image, width, signed);
    graph.apply(Operation::Gather, &[table, indices], "pixels", Kind::Int8, width, Some(signed))
}

/// The file, with the probabilities of a classifier beside its logits.
fn with_probabilities(
    model: &Model,
    mut graph: Graph,
    values: Index,
    kind: Kind,
    quantization: Option<Quantization<'_>>,
) -> Vec<u8> {
    let operation = match model.loss.task() {
        Task::Multiclass => Operation::Softmax,
        Task::Binary => Operation::Logistic,
        Task::Regression => return graph.to_bytes(&[("values", values)], model),
    };
    let probabilities = graph.apply(operation, &[values], "probabilities", kind, model.output.width(), quantization);
    graph.to_bytes(&[("logits", values), ("probabilities", probabilities)], model)
}

/// The name of a layer's sums.
fn sums_name(model: &Model, index: usize) -> String {
    match (index + 1 == model.layers.len(), model.loss.task()) {
        (false, _) => format!("dense_{index}"),
        (true, Task::Regression) => "values".into(),
        (true, _) => "logits".into(),
    }
}

/// The part of an activation that a dense layer has built in.
fn fused(activation: Activation) -> schema::Activation {
    if activation == Activation::Relu { schema::Activation::Relu } else { schema::Activation::None }
}

/// The operator of an activation that is not built in.
fn separate(activation: Activation) -> Option<Operation> {
    match activation {
        Activation::Linear | Activation::Relu => None,
        Activation::LeakyRelu => Some(Operation::LeakyRelu),
        Activation::Elu => Some(Operation::Elu),
        Activation::Gelu => Some(Operation::Gelu),
        Activation::Sigmoid => Some(Operation::Logistic),
        Activation::Tanh => Some(Operation::Tanh),
    }
}
