//! Common parts of inference and of a training step: inputs, scales and parameters as C.

use dense_core::quant::PIXEL_STEP;

use super::text::{floats, lines};
use crate::{Input, Model};

/// The type of an input.
pub(super) fn element(model: &Model) -> &'static str {
    if matches!(model.input, Input::Pixels(_)) { "uint8_t" } else { "float" }
}

/// The scale of the first layer's sums.
pub(super) fn scale(model: &Model, index: usize) -> String {
    if index == 0 && matches!(model.input, Input::Pixels(_)) { format!("{PIXEL_STEP:e}f") } else { "1.0f".into() }
}

/// The parameters of a network as a value, for one that learns.
pub(super) fn initial(model: &Model) -> String {
    let part = |values: &[f32]| format!("{{\n{}}}", lines(floats(values)));
    let layers = model.layers.iter().map(|layer| format!("{},\n{}", part(&layer.weights), part(&layer.bias)));
    layers.collect::<Vec<_>>().join(",\n")
}
