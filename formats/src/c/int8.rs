//! A model in int8 as C.

use dense_core::quant::{Multiplier, ONE_LOGIT};

use super::text::{Header, Prefix, array, class, floats, input, texts, what};
use crate::int8::{InputScaling, Int8Layer, Int8Network, Int8Output};
use crate::{Activation, Error, Input, Model};

/// Fraction bits of a logit.
const LOGIT_BITS: u32 = ONE_LOGIT.trailing_zeros();

/// Writes `network`, which is `model` in int8, as a header of C99 that computes the same integers. All its names begin with
/// `prefix`. The same model gives the same text.
///
/// # Errors
/// [`Error::Model`] where the two do not fit together, or the prefix is no identifier.
pub fn to_c_int8(model: &Model, network: &Int8Network, prefix: &str) -> Result<String, Error> {
    model.check()?;
    network.check(model)?;
    let prefix = Prefix::new(prefix)?;
    let pixels = matches!(model.input, Input::Pixels(_));
    let mut functions = include_str!("templates/int8.h").to_owned();
    if network.layers.len() > 1 {
        functions += "\n";
        functions += include_str!("templates/int8_hidden.h");
    }
    if !pixels {
        functions += "\n";
        functions += &quantize(network);
    }
    let mut scaling = String::new();
    if let Some(InputScaling { mean, scale }) = &network.standardization {
        scaling += "/* The mean of each input, and 1 / its standard deviation. */\n";
        scaling += &array("float", "MODEL_INPUT_MEAN", floats(mean));
        scaling += &array("float", "MODEL_INPUT_SCALE", floats(scale));
    }
    let arrays: String = network.layers.iter().enumerate().map(|(index, layer)| self::arrays(index, layer)).collect();
    let comment = if pixels {
        " * The same integers as dense-core's. No floating point, no library.\n"
    } else {
        " * The same integers as dense-core's. No floating point but for the inputs, no library.\n"
    };
    let element = if pixels { "uint8_t" } else { "float" };
    let header = Header {
        comment: comment.into(),
        includes: &["stddef.h", "stdint.h"],
        arrays: format!("{scaling}/* Kernels have a row for each unit. */\n{arrays}"),
        functions: functions + "\n",
        interface: logits(model, network, element) + &class(model, "int32_t", element, ["", ""]),
    };
    Ok(header.text(model, prefix))
}

fn arrays(index: usize, layer: &Int8Layer) -> String {
    let (mantissas, shifts): (Vec<u32>, Vec<u32>) = match layer.multipliers() {
        Some(multipliers) => multipliers.iter().map(|&multiplier| parts(multiplier)).unzip(),
        None => layer.scale.iter().map(|&scale| logit_scale(scale)).unzip(),
    };
    let mut text = array("int8_t", &format!("MODEL_KERNEL_{index}"), texts(&layer.weights))
        + &array("int32_t", &format!("MODEL_BIAS_{index}"), texts(&layer.bias))
        + &array("uint32_t", &format!("MODEL_MANTISSA_{index}"), texts(&mantissas))
        + &array("uint8_t", &format!("MODEL_SHIFT_{index}"), texts(&shifts));
    if let Some(Int8Output { activation, table: Some(table), .. }) = &layer.output {
        text += &format!("/* The bytes of {}. */\n", activation.name());
        text += &array("uint8_t", &format!("MODEL_TABLE_{index}"), texts(&table[..]));
    }
    text
}

/// The function from a number to its byte.
fn quantize(network: &Int8Network) -> String {
    include_str!("templates/int8_quantize.h")
        .replace("INPUT_STEP", &format!("{:e}f", network.input.scale()))
        .replace("INPUT_ZERO", &network.input.zero_point().to_string())
}

/// The function that computes the logits of a sample.
fn logits(model: &Model, network: &Int8Network, element: &str) -> String {
    let (sample, logits) = what(model);
    let mut source = "inputs".to_owned();
    let mut body = String::new();
    let value = match (element, &network.standardization) {
        ("float", Some(_)) => "model_quantize((inputs[input] - MODEL_INPUT_MEAN[input]) * MODEL_INPUT_SCALE[input])",
        ("float", None) => "model_quantize(inputs[input])",
        _ => input(model),
    };
    if value != "inputs[input]" {
        source = "values".into();
        body += &format!(
            "    uint8_t values[MODEL_INPUTS];\n    for (size_t input = 0; input < MODEL_INPUTS; input++) {{\n        \
             values[input] = {value};\n    }}\n"
        );
    }
    for (index, layer) in network.layers.iter().enumerate() {
        let (inputs, units) = (layer.inputs, layer.units());
        let arrays = format!(
            "MODEL_KERNEL_{index}, MODEL_BIAS_{index}, MODEL_MANTISSA_{index}, MODEL_SHIFT_{index},\n                 \
             {source}, {inputs}, {units}"
        );
        let Some(output) = &layer.output else {
            body += &format!("    model_output({arrays}, logits);\n");
            continue;
        };
        let target = format!("dense_{index}");
        let zero = output.sums.zero_point();
        let smallest = if output.activation == Activation::Relu { zero } else { 0 };
        let table = if output.table.is_some() { format!("MODEL_TABLE_{index}") } else { "0".into() };
        body += &format!("    uint8_t {target}[{units}];\n");
        body += &format!("    model_hidden({arrays}, {zero}, {smallest}, {table}, {target});\n");
        source = target;
    }
    format!(
        "/* The {logits} of {sample}, in 65,536ths. */\n\
         static inline void model_logits(const {element} inputs[MODEL_INPUTS], int32_t logits[MODEL_OUTPUTS])\n\
         {{\n{body}}}\n"
    )
}

/// A multiplier as mantissa · 2^−shift.
pub(super) fn parts(multiplier: Multiplier) -> (u32, u32) {
    (multiplier.significand().unsigned_abs(), (31 - multiplier.shift()).unsigned_abs())
}

/// The scale of a logit as mantissa · 2^−shift, for a result in fixed point, as in [`dense_core::quant::requantize`].
pub(super) fn logit_scale(scale: f32) -> (u32, u32) {
    let bits = scale.to_bits();
    (bits & 0x007f_ffff | 0x0080_0000, (150 - (bits >> 23)).saturating_sub(LOGIT_BITS))
}
