//! Writes a model as one header of C99, for programs that are not in Rust.
//!
//! In floats the header follows dense-core's portable specification, sum by sum, so that its logits have the same bits;
//! it needs `fmaf`, so link with `-lm`. In whole numbers it needs no library at all, and its logits are the same whole
//! numbers.

use std::fmt::Display;

use dense_core::math::SMALLEST_SIGNAL;
use dense_core::quant::{Multiplier, PIXEL_STEP};

use super::{Export, MARK};
use crate::idx::{CLASSES, PIXELS};
use crate::quantized::QuantizedLayer;

/// Numbers on a line.
const LINE_LENGTH: usize = 16;
/// Fraction bits of a logit in whole numbers.
const LOGIT_BITS: u32 = 16;

/// The arithmetic in floats.
const FLOAT_FUNCTIONS: &str = include_str!("c/floats.h");
/// The arithmetic in whole numbers.
const INT8_FUNCTIONS: &str = include_str!("c/int8.h");

/// The model in floats. The same model gives the same text.
#[must_use]
pub fn to_c(export: &Export<'_>) -> String {
    let layers = &export.weights.layers;
    let mut arrays = String::new();
    let mut calls = String::new();
    for (index, layer) in layers.iter().enumerate() {
        let (inputs, outputs) = (layer.inputs, layer.outputs());
        arrays += &array("float", &format!("MODEL_KERNEL_{index}"), &floats(&layer.weights));
        arrays += &array("float", &format!("MODEL_BIAS_{index}"), &floats(&layer.bias));
        let (source, scale) = match index {
            0 => ("values".to_owned(), format!("{PIXEL_STEP:e}f")),
            _ => (format!("dense_{}", index - 1), "1.0f".to_owned()),
        };
        let target = target(&mut calls, "float", index, layers.len(), outputs);
        calls += &format!(
            "    model_dense(MODEL_KERNEL_{index}, MODEL_BIAS_{index}, {source}, {inputs}, {outputs}, {scale}, {target});\n"
        );
        if index + 1 < layers.len() {
            calls += &format!("    model_relu({target}, {outputs});\n");
        }
    }
    let functions = FLOAT_FUNCTIONS.replace("SMALLEST_SIGNAL", &format!("{SMALLEST_SIGNAL:e}f"));
    let comment = " * The same bits as dense-core's, where float is IEEE's single precision and the compiler keeps to the standard:\n \
                   * no -ffast-math. Link with -lm.\n";
    let logits = "/* The logits of an image, a row of pixels after the other. */\n\
                  static inline void model_logits(const uint8_t pixels[MODEL_PIXELS], float logits[MODEL_CLASSES])";
    let values = format!(
        "    float values[MODEL_PIXELS];\n    for (size_t pixel = 0; pixel < MODEL_PIXELS; pixel++) {{\n        \
         values[pixel] = (float){};\n    }}\n",
        pixel(export)
    );
    header(export, "math.h", comment, &arrays, &functions, &format!("{logits}\n{{\n{values}{calls}}}\n"), "float")
}

/// The model in whole numbers; `layers` are `export`'s, quantised. The same model gives the same text.
#[must_use]
pub fn to_c_int8(export: &Export<'_>, layers: &[QuantizedLayer]) -> String {
    let mut arrays = String::new();
    let mut calls = String::new();
    for (index, layer) in layers.iter().enumerate() {
        let (inputs, outputs, last) = (layer.inputs, layer.bias.len(), index + 1 == layers.len());
        let (mantissas, shifts): (Vec<u32>, Vec<u32>) = match &layer.output {
            Some(output) => output.multipliers.iter().map(|&multiplier| parts(multiplier)).unzip(),
            None => layer.scale.iter().map(|&scale| logit_scale(scale)).unzip(),
        };
        arrays += &array("int8_t", &format!("MODEL_KERNEL_{index}"), &texts(&layer.weights));
        arrays += &array("int32_t", &format!("MODEL_BIAS_{index}"), &texts(&layer.bias));
        arrays += &array("uint32_t", &format!("MODEL_MANTISSA_{index}"), &texts(&mantissas));
        arrays += &array("uint8_t", &format!("MODEL_SHIFT_{index}"), &texts(&shifts));
        let source = if index == 0 { "values".to_owned() } else { format!("dense_{}", index - 1) };
        let function = if last { "model_output" } else { "model_hidden" };
        let target = target(&mut calls, "uint8_t", index, layers.len(), outputs);
        calls += &format!(
            "    {function}(MODEL_KERNEL_{index}, MODEL_BIAS_{index}, MODEL_MANTISSA_{index}, MODEL_SHIFT_{index},\n                 \
             {source}, {inputs}, {outputs}, {target});\n"
        );
    }
    let comment = " * The same whole numbers as dense-core's. No floating point, no library.\n";
    let logits = "/* The logits of an image, a row of pixels after the other, in 65,536ths. */\n\
                  static inline void model_logits(const uint8_t pixels[MODEL_PIXELS], int32_t logits[MODEL_CLASSES])";
    let values = if export.weights.pixel_table.is_identity() {
        "    const uint8_t *values = pixels;\n".to_owned()
    } else {
        format!(
            "    uint8_t values[MODEL_PIXELS];\n    for (size_t pixel = 0; pixel < MODEL_PIXELS; pixel++) {{\n        \
             values[pixel] = {};\n    }}\n",
            pixel(export)
        )
    };
    header(
        export,
        "stddef.h",
        comment,
        &arrays,
        INT8_FUNCTIONS,
        &format!("{logits}\n{{\n{values}{calls}}}\n"),
        "int32_t",
    )
}

/// The whole header.
fn header(
    export: &Export<'_>,
    include: &str,
    comment: &str,
    arrays: &str,
    functions: &str,
    logits: &str,
    logit: &str,
) -> String {
    let names = export.class_names.each_ref().map(|name| format!("    {},\n", string_literal(name))).concat();
    let table = &export.weights.pixel_table;
    let table = match table.is_identity() {
        true => String::new(),
        false => {
            "/* What becomes of each pixel first. */\n".to_owned()
                + &array("uint8_t", "MODEL_PIXEL_TABLE", &texts(table.values()))
        }
    };
    let includes =
        if include == "stddef.h" { "#include <stddef.h>\n" } else { "#include <math.h>\n#include <stddef.h>\n" };
    format!(
        "\
/* {MARK}: {}. Generated: edit the recipe, not this file.
{comment} */
#ifndef MODEL_H
#define MODEL_H

{includes}#include <stdint.h>

enum {{ MODEL_PIXELS = {PIXELS}, MODEL_CLASSES = {CLASSES} }};

static const char *const MODEL_CLASS_NAMES[MODEL_CLASSES] = {{
{names}}};

{table}/* Kernels have a row for each output. */
{arrays}{functions}
{logits}
/* The class of an image: the number of the largest logit; of equal ones, of the first. */
static inline int model_class(const uint8_t pixels[MODEL_PIXELS])
{{
    {logit} logits[MODEL_CLASSES];
    int best = 0;
    model_logits(pixels, logits);
    for (int label = 1; label < MODEL_CLASSES; label++) {{
        if (logits[label] > logits[best]) {{
            best = label;
        }}
    }}
    return best;
}}

#endif
",
        export.weights.description(),
    )
}

/// Where a layer's outputs go; an array for those of a hidden layer is declared before.
fn target(calls: &mut String, kind: &str, layer: usize, layers: usize, outputs: usize) -> String {
    if layer + 1 == layers {
        return "logits".into();
    }
    *calls += &format!("    {kind} dense_{layer}[{outputs}];\n");
    format!("dense_{layer}")
}

/// The expression of a pixel.
fn pixel(export: &Export<'_>) -> &'static str {
    if export.weights.pixel_table.is_identity() { "pixels[pixel]" } else { "MODEL_PIXEL_TABLE[pixels[pixel]]" }
}

/// A multiplier as mantissa · 2^−shift.
fn parts(multiplier: Multiplier) -> (u32, u32) {
    (multiplier.significand().unsigned_abs(), (31 - multiplier.shift()).unsigned_abs())
}

/// The scale of a logit as mantissa · 2^−shift, for a result in fixed point, as in [`dense_core::quant::requantize`].
fn logit_scale(scale: f32) -> (u32, u32) {
    let bits = scale.to_bits();
    (bits & 0x007f_ffff | 0x0080_0000, 150 - (bits >> 23) - LOGIT_BITS)
}

/// Decimals that only this float is nearest to.
fn floats(values: &[f32]) -> Vec<String> {
    values.iter().map(|value| format!("{value:e}f")).collect()
}

fn texts(values: &[impl Display]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn array(kind: &str, name: &str, values: &[String]) -> String {
    let lines: String = values.chunks(LINE_LENGTH).map(|line| format!("    {},\n", line.join(", "))).collect();
    format!("static const {kind} {name}[{}] = {{\n{lines}}};\n\n", values.len())
}

/// A text in quotes, whatever it holds.
fn string_literal(text: &str) -> String {
    let characters = text.bytes().map(|byte| match byte {
        // A question mark could be part of a trigraph.
        b'"' | b'\\' | b'?' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    });
    format!("\"{}\"", characters.collect::<String>())
}

#[cfg(test)]
mod tests;
