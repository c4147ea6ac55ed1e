//! The weights and biases of a layer, one after another, in the order in which they are saved and compared: weight
//! (0, 0), weight (0, 1) and so on, output after output, then the biases.

use dense_core::{Dense, PixelTable};
use dense_protocol::checksum;

/// All of them.
pub fn values<const IN: usize, const OUT: usize>(layer: &Dense<IN, OUT>) -> impl Iterator<Item = f32> {
    layer.weights().chain(layer.bias().iter().copied())
}

/// Sets the one at `index`, where there is one.
pub fn set<const IN: usize, const OUT: usize>(layer: &mut Dense<IN, OUT>, index: usize, value: f32) {
    match index.checked_sub(IN * OUT) {
        None => layer.set_weight(index / IN, index % IN, value),
        Some(index) => {
            if let Some(bias) = layer.bias_mut().get_mut(index) {
                *bias = value;
            }
        }
    }
}

/// The checksum of a layer behind a pixel table, where there is one, as the [protocol](checksum::of_parameters) defines it.
#[must_use]
pub fn checksum<const IN: usize, const OUT: usize>(table: Option<&PixelTable>, layer: &Dense<IN, OUT>) -> u32 {
    checksum::of_parameters(table.map(PixelTable::values), values(layer))
}

/// The largest magnitude among them.
pub fn largest<const IN: usize, const OUT: usize>(layer: &Dense<IN, OUT>) -> f32 {
    values(layer).map(f32::abs).fold(0.0, |largest, value| if value > largest { value } else { largest })
}
