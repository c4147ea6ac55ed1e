//! The weights of the first layer as pictures, for inputs that are pixels.

use formats::{Layer, Model, PixelInput};

use super::tiles::{Caption, Tile, Tiles};
use crate::plot::palette::{Colour, Hue, Palette};

/// Pictures, at most, and pixels of all of them.
const MOST: usize = 64;
const MOST_PIXELS: usize = 1 << 20;
/// This share of the weights has its own colour; of the others, which lie beyond, all have the last one.
const SCALED_SHARE: f64 = 0.98;

/// Introduction of the weight maps' section: the units that they belong to, and their colours.
pub(super) fn explanation(model: &Model) -> String {
    let of = match model.layers.len() {
        1 => "for each output",
        _ => "for each unit of the first hidden layer",
    };
    format!(
        "The weights of all pixels {of}, as they apply to the pixels of the data set: orange where positive, blue where \
             negative."
    )
}

/// A map for each unit of the first layer.
pub(super) fn tiles(model: &Model, size: &PixelInput) -> Tiles {
    let layer = &model.layers[0];
    let limit = limit(layer);
    let shown = layer.units().min(MOST).min((MOST_PIXELS / layer.inputs.max(1)).max(1));
    let names = model.output.names();
    let tile = |unit: usize| {
        let name = match (model.layers.len(), names.len() == layer.units()) {
            (1, true) => names[unit].clone(),
            // One output for two classes: weights for the second one.
            (1, false) => names[names.len() - 1].clone(),
            _ => format!("unit {unit}"),
        };
        let weights = &layer.weights[unit * layer.inputs..][..layer.inputs];
        Tile {
            pixels: weights.iter().map(|&weight| shade(weight, limit)).collect(),
            description: format!("Weights of {name}"),
            captions: vec![Caption { text: name, substitute: format!("class {unit}"), hue: Hue::Ink }],
        }
    };
    let rest = match layer.units() - shown {
        0 => String::new(),
        rest => format!("; {rest} more are not shown"),
    };
    Tiles {
        width: size.width,
        height: size.height,
        tiles: (0..shown).map(tile).collect(),
        note: format!("All on one scale, from −{limit:.3} or less (blue) to {limit:.3} or more (orange){rest}."),
    }
}

/// Where the scale ends, on both sides of zero.
fn limit(layer: &Layer) -> f32 {
    let mut sizes: Vec<f32> = layer.weights.iter().map(|weight| weight.abs()).collect();
    sizes.sort_by(f32::total_cmp);
    sizes[((sizes.len() - 1) as f64 * SCALED_SHARE) as usize]
}

/// The colour of a weight, transparent at zero, so that the paper shows, whatever its colour.
fn shade(weight: f32, limit: f32) -> [u8; 4] {
    let Colour([red, green, blue]) = if weight < 0.0 { Palette::AGAINST } else { Palette::FAVOUR };
    // A scale of no width: all weights are 0.
    let share = if limit > 0.0 { (weight / limit).abs().min(1.0) } else { 0.0 };
    [red, green, blue, (255.0 * share).round() as u8]
}

#[cfg(test)]
mod tests {
    use formats::Activation;

    use super::*;

    #[test]
    fn the_largest_weights_have_the_last_colour() {
        let mut layer = Layer::zero(10, 10, Activation::Linear);
        layer.weights.iter_mut().enumerate().for_each(|(index, weight)| *weight = index as f32 - 50.0);
        let limit = limit(&layer);
        let alphas: Vec<u8> = layer.weights.iter().map(|&weight| shade(weight, limit)[3]).collect();
        assert_eq!((limit, alphas[50], alphas.iter().filter(|&&alpha| alpha == 255).count()), (49.0, 0, 3));
    }

    #[test]
    fn a_network_of_zeros_has_empty_maps() {
        let layer = Layer::zero(4, 2, Activation::Linear);
        assert!(layer.weights.iter().all(|&weight| shade(weight, limit(&layer))[3] == 0));
    }
}
