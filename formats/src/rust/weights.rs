//! `weights.rs`: a model in f32.

use super::header::of_weights;
use super::literals::{bits, comment};
use super::names::{names, output_names, pixel_table};
use crate::{Activation, Error, Input, Layer, Model};

/// Writes `model` as a Rust module of bits; see [`rust`](super). The same model gives the same text on every machine.
///
/// # Errors
/// [`Error::Model`] where its parts do not fit together.
pub fn to_rust(model: &Model) -> Result<String, Error> {
    model.check()?;
    let (mut kind, mut literal) = (String::new(), String::new());
    for layer in model.layers.iter().rev() {
        let (inputs, units) = (layer.inputs, layer.units());
        if kind.is_empty() {
            kind = format!("Output<{inputs}, {units}, {}>", model.loss.type_name());
            literal = format!("Output::new({})", dense(layer, output_names(model)));
        } else {
            kind = format!("Hidden<{inputs}, {units}, {}, {kind}>", layer.activation.type_name());
            literal = format!("Hidden::new({}, {literal})", dense(layer, None));
        }
    }
    let table = match &model.input {
        Input::Pixels(pixels) => pixel_table(pixels.table.as_deref()) + "\n",
        Input::Features { .. } => String::new(),
    };
    Ok(format!(
        "\
{}
{}
{table}{}
/// The network's type.
#[rustfmt::skip]
pub type Model = {kind};

/// The bits of the weights, a row for each unit, and of the biases, layer after layer.
#[rustfmt::skip]
#[allow(long_running_const_eval)]
pub static MODEL: Model = {literal};
",
        of_weights(model),
        uses(model),
        names(model),
    ))
}

/// The `use` declarations of the module.
fn uses(model: &Model) -> String {
    let mut items = vec!["Dense", "Output", model.loss.type_name()];
    if model.layers.len() > 1 {
        items.push("Hidden");
    }
    if matches!(model.input, Input::Pixels(_)) {
        items.push("PixelTable");
    }
    items.sort_unstable();
    let hidden = &model.layers[..model.layers.len() - 1];
    activations(hidden.iter().map(|layer| layer.activation)) + &format!("use dense_core::{{{}}};\n", items.join(", "))
}

/// The line that imports activations, if there are any.
pub(super) fn activations(used: impl Iterator<Item = Activation>) -> String {
    let mut items: Vec<&str> = used.map(Activation::type_name).collect();
    items.sort_unstable();
    items.dedup();
    match items[..] {
        [] => String::new(),
        [item] => format!("use dense_core::activations::{item};\n"),
        _ => format!("use dense_core::activations::{{{}}};\n", items.join(", ")),
    }
}

/// The expression of a layer.
fn dense(layer: &Layer, names: Option<&[String]>) -> String {
    let mut text = String::from("Dense::from_bits([\n");
    for (unit, row) in layer.weights.chunks(layer.inputs).enumerate() {
        text += &comment(names.and_then(|names| names.get(unit)));
        text += &format!("    [\n{}    ],\n", bits(row));
    }
    text + &format!("], [\n{}])", bits(&layer.bias))
}
