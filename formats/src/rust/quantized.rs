//! `quantized.rs`: a model in int8.

use std::collections::BTreeMap;

use dense_core::quant;

use super::header::of_quantized;
use super::literals::{bits, comment, lines};
use super::names::{names, output_names, pixel_table};
use super::weights::activations;
use crate::int8::{InputScaling, Int8Layer, Int8Network, Int8Output};
use crate::{Activation, Error, Input, Layer, Model, Quantization, QuantizedLayer};

/// Weights on a line.
const COUNT: usize = 28;

/// Writes `network`, which is `model` in int8, as a Rust module; see [`rust`](super). `test` are the int8 model's metrics.
///
/// # Errors
/// [`Error::Model`] where the two do not fit together, or a number is none of [`dense_core::quant`].
pub fn to_quantized_rust(model: &Model, network: &Int8Network, test: &BTreeMap<String, f64>) -> Result<String, Error> {
    model.check()?;
    network.check(model)?;
    let (mut kind, mut literal) = (String::new(), String::new());
    for layer in network.layers.iter().rev() {
        let (inputs, units) = (layer.inputs, layer.units());
        (kind, literal) = match &layer.output {
            None => (format!("QuantizedDense<{inputs}, {units}>"), dense(layer, output_names(model))),
            Some(output) => {
                let (activation, layer) = (output.activation.type_name(), hidden(layer, output));
                let kind = format!("QuantizedHidden<{inputs}, {units}, {activation}, {kind}>");
                (kind, format!("QuantizedHidden {{ {layer}, next: {literal} }}"))
            }
        };
    }
    let mut items = Vec::new();
    if network.layers.len() > 1 {
        items.extend(["Clamp", "QuantizedHidden", "RequantizedDense"]);
    }
    if network.layers.len() > 1 || matches!(model.input, Input::Features { .. }) {
        items.push("Quantization");
    }
    let used = network.layers.iter().filter_map(|layer| layer.output.as_ref()).map(|output| output.activation);
    let uses = uses(model, used, items, true);
    let input = quantization(network.input);
    let input = match &model.input {
        Input::Pixels(pixels) => pixel_table(pixels.table.as_deref()),
        Input::Features { .. } => input_quantization(&input, network.standardization.as_ref()),
    };
    Ok(module(model, &of_quantized(model, test), &uses, &input, &kind, &literal))
}

/// Writes the int8 form that a model was imported in. Its outputs are bytes with the quantisation `OUTPUT`.
///
/// # Errors
/// [`Error::Model`] where there is no such form, or [`dense_core::quant`] has a smaller range for one of its numbers.
pub fn imported_to_quantized_rust(model: &Model, test: &BTreeMap<String, f64>) -> Result<String, Error> {
    model.check()?;
    let layers = model.quantized.as_deref().ok_or_else(|| Error::Model("it was not imported in int8".into()))?;
    let (mut kind, mut literal, mut output) = (String::new(), String::new(), String::new());
    for layer in layers.iter().rev() {
        let (inputs, units) = (layer.inputs, layer.bias.len());
        let requantized = requantized(layer)?;
        if kind.is_empty() {
            kind = format!("RequantizedDense<{inputs}, {units}>");
            literal = requantized;
            output = int8_quantization(layer.output)?;
        } else {
            let activation = layer.activation.type_name();
            kind = format!("QuantizedHidden<{inputs}, {units}, {activation}, {kind}>");
            literal = format!("QuantizedHidden {{ layer: {requantized}, table: (), next: {literal} }}");
        }
    }
    let mut items = vec!["Clamp", "Quantization", "RequantizedDense"];
    if layers.len() > 1 {
        items.push("QuantizedHidden");
    }
    let used = layers[..layers.len() - 1].iter().map(|layer| layer.activation);
    let uses = uses(model, used, items, false);
    let header = of_quantized(model, test);
    let input = int8_quantization(layers[0].input)?;
    let input = match &model.input {
        Input::Pixels(pixels) => pixel_table(pixels.table.as_deref()),
        Input::Features { .. } => input_quantization(&input, None),
    };
    let text = module(model, &header, &uses, &input, &kind, &literal);
    Ok(format!("{text}\n/// Quantisation of the outputs.\npub static OUTPUT: Quantization = {output};\n"))
}

/// The statics that turn features into bytes.
fn input_quantization(input: &str, standardization: Option<&InputScaling>) -> String {
    let Some(InputScaling { mean, scale }) = standardization else {
        return format!("/// Quantisation of the inputs.\npub static INPUT: Quantization = {input};\n");
    };
    let array = |doc: &str, name: &str, values: &[f32]| {
        let (count, values) = (values.len(), lines(values.iter().map(|value| format!("{value:e}")), 8, 4));
        format!("/// {doc}\n#[rustfmt::skip]\npub static {name}: [f32; {count}] = [\n{values}];\n")
    };
    array("The mean of each input.", "INPUT_MEAN", mean)
        + &array("1 / standard deviation of each input.", "INPUT_SCALE", scale)
        + &format!(
            "/// Quantisation of (input − `INPUT_MEAN`) · `INPUT_SCALE`.\npub static INPUT: Quantization = {input};\n"
        )
}

fn module(model: &Model, header: &str, uses: &str, input: &str, kind: &str, literal: &str) -> String {
    let what = "/// The weights, a row for each output, the biases, and the bits of the scales, layer after layer.";
    format!(
        "\
{header}
{uses}
{input}
{}
/// The network's type.
#[rustfmt::skip]
pub type Model = {kind};
/// The loss that it was trained with.
pub type Loss = dense_core::{};
/// The units of each layer.
pub const UNITS: [usize; {}] = {:?};

{what}
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = {literal};
",
        names(model),
        model.loss.type_name(),
        model.layers.len(),
        model.layers.iter().map(Layer::units).collect::<Vec<_>>(),
    )
}

/// The `use` declarations of the module, in the order of rustfmt.
fn uses(model: &Model, used: impl Iterator<Item = Activation>, mut items: Vec<&str>, has_logits: bool) -> String {
    items.sort_unstable();
    let quant = match items[..] {
        [] => String::new(),
        [item] => format!("use dense_core::quant::{item};\n"),
        _ => format!("use dense_core::quant::{{{}}};\n", items.join(", ")),
    };
    let modules = activations(used) + &quant;
    match (matches!(model.input, Input::Pixels(_)), has_logits) {
        (true, true) => modules + "use dense_core::{PixelTable, QuantizedDense};\n",
        (true, false) => format!("use dense_core::PixelTable;\n{modules}"),
        (false, true) => format!("use dense_core::QuantizedDense;\n{modules}"),
        (false, false) => modules,
    }
}

/// The fields of a hidden layer.
fn hidden(layer: &Int8Layer, output: &Int8Output) -> String {
    let clamp = if output.activation == Activation::Relu { "Clamp::Relu" } else { "Clamp::None" };
    let table =
        output.table.as_ref().map_or_else(|| "()".into(), |table| format!("[\n{}]", lines(table.iter(), 16, 4)));
    let (dense, sums) = (dense(layer, None), quantization(output.sums));
    format!("layer: RequantizedDense::new({dense}, {sums}, {clamp}), table: {table}")
}

fn dense(layer: &Int8Layer, names: Option<&[String]>) -> String {
    let rows = rows(&layer.weights, layer.inputs, names);
    format!("QuantizedDense::new([\n{rows}], [\n{}], [\n{}])", lines(&layer.bias, COUNT, 8), bits(&layer.scale))
}

/// A layer of TensorFlow Lite, whose constructor is no constant of bits alone: it can fail.
fn requantized(layer: &QuantizedLayer) -> Result<String, Error> {
    let scales = layer.weight_scales.iter().map(|scale| format!("f32::from_bits({:#010x})", scale.to_bits()));
    let clamp = if layer.activation == Activation::Relu { "Clamp::Relu" } else { "Clamp::None" };
    Ok(format!(
        "match RequantizedDense::from_tflite(&[\n{}], &[\n{}], &[\n{}], {}, {}, {clamp}) {{ Ok(layer) => layer, Err(_) => panic!(\"a number is out of range\") }}",
        rows(&layer.weights, layer.inputs, None),
        lines(&layer.bias, COUNT, 8),
        lines(scales, 4, 8),
        int8_quantization(layer.input)?,
        int8_quantization(layer.output)?,
    ))
}

fn rows(weights: &[i8], inputs: usize, names: Option<&[String]>) -> String {
    let row = |(unit, row): (usize, &[i8])| {
        let name = comment(names.and_then(|names| names.get(unit)));
        format!("{name}    [\n{}    ],\n", lines(row, COUNT, 8))
    };
    weights.chunks(inputs).enumerate().map(row).collect()
}

/// The expression of a quantisation to u8.
fn quantization(quantization: quant::Quantization) -> String {
    format!("Quantization::from_bits({:#010x}, {})", quantization.scale().to_bits(), quantization.zero_point())
}

/// That of one to int8, whose bytes are 128 more here.
fn int8_quantization(int8: Quantization) -> Result<String, Error> {
    int8.to_bytes().map(quantization)
}
