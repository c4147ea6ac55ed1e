//! Writes an int8 model as a Rust module, for firmware that only classifies.

use super::{TITLE, TrainedModel, pixel_table};
use crate::quantized::{QuantizedLayer, QuantizedOutput};

/// Numbers on a line: those of a row of pixels.
const LINE_LENGTH: usize = 28;

/// The int8 model as a Rust module: a comment on what it was made from, `pub static PIXEL_TABLE`, through which
/// pixels go first, and `pub static MODEL`, whose numbers are, for each layer, the weights, a row for each output, the
/// biases, and the bits of the scales.
///
/// `layers` are `model`'s, quantised, and `accuracy` is their share of the test samples classified correctly.
#[must_use]
pub fn to_quantized_source(model: &TrainedModel<'_>, layers: &[QuantizedLayer], accuracy: f64) -> String {
    let (mut kind, mut literal) = (String::new(), String::new());
    for layer in layers.iter().rev() {
        let (inputs, outputs) = (layer.inputs, layer.bias.len());
        let names = kind.is_empty().then_some(model.class_names);
        let dense = format!("QuantizedDense::new({})", arrays(layer, names));
        (kind, literal) = match &layer.output {
            None => (format!("QuantizedDense<{inputs}, {outputs}>"), dense),
            Some(QuantizedOutput { quantization, .. }) => {
                let (scale, zero_point) = (quantization.scale().to_bits(), quantization.zero_point());
                let output = format!("Quantization::from_bits({scale:#010x}, {zero_point})");
                let layer = format!("RequantizedDense::new({dense}, {output}, Clamp::Relu)");
                let hidden = format!("QuantizedHidden {{ layer: {layer}, table: (), next: {literal} }}");
                (format!("QuantizedHidden<{inputs}, {outputs}, Relu, {kind}>"), hidden)
            }
        };
    }
    let (uses, attributes) = if layers.len() == 1 {
        ("use dense_core::{PixelTable, QuantizedDense};", "#[rustfmt::skip]")
    } else {
        (
            "use dense_core::activations::Relu;\n\
             use dense_core::quant::{Clamp, Quantization, QuantizedHidden, RequantizedDense};\n\
             use dense_core::{PixelTable, QuantizedDense};",
            // The compiler suspects an endless loop where it has so many numbers to go through.
            "#[rustfmt::skip]\n#[allow(long_running_const_eval)]",
        )
    };
    let brief: String = model.origin.brief().iter().map(|line| format!("//! - {line}\n")).collect();
    format!(
        "\
{TITLE}
//!
//! - made by: `host-trainer {}`, from the weights of the same run
//! - data set: {}
//! - model: `{}`, in whole numbers
{brief}//! - test accuracy: {accuracy:.4}, in floats {:.4}

{uses}

{}
/// The weights, a row for each output, the biases, and the bits of the scales, layer after layer.
{attributes}
pub static MODEL: {kind} = {literal};
",
        model.origin.command(),
        // Escaped, as the name of a folder can be anything.
        model.origin.data_set().escape_debug(),
        model.weights.description(),
        model.test_accuracy,
        pixel_table::to_source(&model.weights.pixel_table),
    )
}

/// The three arrays of a layer, the rows of the weights with the `names` of the outputs where they have any.
fn arrays(layer: &QuantizedLayer, names: Option<&[String; 10]>) -> String {
    let mut text = String::from("[\n");
    for (output, row) in layer.weights.chunks(layer.inputs).enumerate() {
        if let Some(name) = names.and_then(|names| names.get(output)) {
            // Escaped, so that a name can neither end the comment nor hide what follows it.
            text += &format!("    // {}\n", name.escape_debug());
        }
        text += &format!("    [\n{}    ],\n", lines(row.iter().map(i8::to_string)));
    }
    let bias = lines(layer.bias.iter().map(i32::to_string));
    let scale = lines(layer.scale.iter().map(|scale| format!("{:#010x}", scale.to_bits())));
    text + &format!("], [\n{bias}], [\n{scale}]")
}

/// Lines of numbers.
fn lines(numbers: impl Iterator<Item = String>) -> String {
    let numbers: Vec<String> = numbers.collect();
    numbers.chunks(LINE_LENGTH).map(|line| format!("        {},\n", line.join(", "))).collect()
}

#[cfg(test)]
mod tests {
    use dense_core::quant::Quantization;

    use super::super::tests::{class_names, trained};
    use super::super::{ModelName, Weights};
    use super::*;

    fn layer(inputs: usize, outputs: usize) -> QuantizedLayer {
        QuantizedLayer {
            inputs,
            weights: (0..inputs * outputs).map(|index| (index % 255) as i8 / 2).collect(),
            bias: vec![-1 << 30; outputs],
            scale: vec![0.5; outputs],
            output: None,
        }
    }

    #[test]
    fn text_is_as_documented() {
        let weights = Weights::zero(ModelName::Linear);
        let text = to_quantized_source(&trained(&weights, &class_names()), &[layer(784, 10)], 0.84);
        let start = "\
//! The trained model. Generated: edit the recipe, not this file.
//!
//! - made by: `host-trainer train`, from the weights of the same run
//! - data set: fashion-mnist
//! - model: `Flatten(28, 28) -> Dense(10, softmax)`, in whole numbers
//! - seed: 7
//! - test accuracy: 0.8400, in floats 0.8438

use dense_core::{PixelTable, QuantizedDense};

/// What becomes of each pixel before the first layer.
pub static PIXEL_TABLE: PixelTable = PixelTable::IDENTITY;

/// The weights, a row for each output, the biases, and the bits of the scales, layer after layer.
#[rustfmt::skip]
pub static MODEL: QuantizedDense<784, 10> = QuantizedDense::new([
    // T-shirt/top
    [
        0, 0, 1, 1, 2, ";
        assert_eq!(&text[..start.len()], start);
        assert!(text.ends_with(", 0x3f000000,\n]);\n"), "{}", &text[text.len() - 100..]);
    }

    #[test]
    fn hidden_layers_are_nested() {
        let weights = Weights::zero(ModelName::Mlp32);
        let output = QuantizedOutput { multipliers: Vec::new(), quantization: Quantization::PIXELS };
        let layers = [QuantizedLayer { output: Some(output), ..layer(784, 32) }, layer(32, 10)];
        let text = to_quantized_source(&trained(&weights, &class_names()), &layers, 0.87);
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with([' ', '/']) && !line.is_empty()).collect();
        let wanted = [
            "use dense_core::activations::Relu;",
            "use dense_core::quant::{Clamp, Quantization, QuantizedHidden, RequantizedDense};",
            "use dense_core::{PixelTable, QuantizedDense};",
            "pub static PIXEL_TABLE: PixelTable = PixelTable::IDENTITY;",
            "#[rustfmt::skip]",
            "#[allow(long_running_const_eval)]",
            "pub static MODEL: QuantizedHidden<784, 32, Relu, QuantizedDense<32, 10>> = \
             QuantizedHidden { layer: RequantizedDense::new(QuantizedDense::new([",
            "], [",
            "], [",
            "]), Quantization::from_bits(0x3b808081, 0), Clamp::Relu), table: (), next: QuantizedDense::new([",
            "], [",
            "], [",
            "]) };",
        ];
        assert_eq!(lines, wanted);
        assert_eq!(text.matches("    // ").count(), 10, "only outputs have names");
    }
}
