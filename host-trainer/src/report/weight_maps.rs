//! What each class looks for: how much each pixel speaks for it or against it.

use ::image::{ExtendedColorType, ImageResult};
use std::fmt::Write as _;

use super::image;
use super::text::escape;
use crate::idx::{CLASSES, PIXELS};
use crate::model::Layer;
use crate::model_files::Weights;
use crate::plot::canvas::{Anchor, Canvas, Font};
use crate::plot::palette::{Colour, Palette};
use crate::summary::thousands;

/// So many images are enough for a mean slope.
pub(super) const SAMPLES: usize = 1_000;
/// This share of the pixels has its own colour; of the others, which lie beyond, all have the last one.
const SCALED_SHARE: f64 = 0.98;

/// Ten maps on one scale.
pub(super) struct WeightMaps {
    /// Class × pixel.
    slopes: Vec<[f32; PIXELS]>,
    /// Where the scale ends, on both sides of zero.
    limit: f32,
    /// Whether the slopes are weights themselves.
    linear: bool,
    /// How many images the slopes are a mean over.
    samples: usize,
}

impl WeightMaps {
    /// The slopes of the logits of the network over the images: how much a logit rises as a pixel goes from black to
    /// white. In softmax regression, these are the weights of the class. Behind hidden layers with ReLU they differ from
    /// image to image, and the map is their mean over the first [`SAMPLES`] images.
    pub(super) fn new(weights: &Weights, images: &[[u8; PIXELS]]) -> Self {
        let images = &images[..images.len().min(SAMPLES)];
        let slopes = slopes(weights, images);
        let mut sizes: Vec<f32> = slopes.as_flattened().iter().map(|slope| slope.abs()).collect();
        sizes.sort_by(f32::total_cmp);
        let limit = sizes[((sizes.len() - 1) as f64 * SCALED_SHARE) as usize];
        Self { slopes, limit, linear: weights.layers.len() == 1, samples: images.len() }
    }

    /// From −1, against the class, to 1, for it.
    fn scaled(&self, class: usize, pixel: usize) -> f64 {
        // A scale of no width: all weights are 0.
        if self.limit > 0.0 { f64::from(self.slopes[class][pixel] / self.limit).clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// What the maps show, in a sentence.
    pub(super) fn explanation(&self) -> String {
        if self.linear {
            return "The weight of each pixel for each class: where a bright pixel speaks for the class, and where \
                    against it. All ten are on one scale."
                .into();
        }
        format!(
            "Behind hidden layers no single weight ties a pixel to a class. Shown is the slope of the class's logit with \
             the brightness of each pixel, as the mean over {} test images. All ten are on one scale.",
            thousands(self.samples)
        )
    }

    /// The maps and their scale; `names` are those of the classes.
    ///
    /// # Errors
    ///
    /// Whatever the encoder of PNG reports.
    pub(super) fn html(&self, names: &[String; CLASSES]) -> ImageResult<String> {
        let mut html = String::from("<ul class=\"maps\">\n");
        for (class, name) in names.iter().enumerate() {
            let name = escape(name);
            let address = image::address(ExtendedColorType::Rgba8, &self.shades(class))?;
            let _ = writeln!(
                html,
                "<li><figure><img src=\"{address}\" width=\"28\" height=\"28\" alt=\"Map of the pixels that speak for \
                 and against {name}\"><figcaption>{name}</figcaption></figure></li>"
            );
        }
        let limit = self.limit;
        let _ = write!(
            html,
            "</ul>\n<p class=\"scale\"><span>against: ≤ −{limit:.2}</span><span class=\"ramp\"></span><span>for: ≥ \
             {limit:.2}</span></p>\n"
        );
        Ok(html)
    }

    /// The pixels of a map, transparent at zero, so that the paper shows, whatever its colour.
    fn shades(&self, class: usize) -> Vec<u8> {
        let shade = |pixel| {
            let slope = self.scaled(class, pixel);
            let Colour([red, green, blue]) = hue(slope);
            [red, green, blue, (255.0 * slope.abs()).round() as u8]
        };
        (0..PIXELS).flat_map(shade).collect()
    }

    /// The maps as a picture.
    pub(super) fn picture(&self, names: &[String; CLASSES]) -> Canvas {
        const COLUMNS: usize = 5;
        const SCALE: f32 = 5.0;
        const SIDE: f32 = 28.0 * SCALE;
        const GAP: f32 = 24.0;
        const PITCH: f32 = SIDE + 48.0;
        const NAME: Font = Font { size: 13.0, bold: true };
        const NOTE: Font = Font { size: 11.0, bold: false };
        let colours = Palette::LIGHT;
        let paint = |slope: f64| hue(slope).over(slope.abs(), colours.paper);
        let width = GAP + COLUMNS as f32 * (SIDE + GAP);
        let height = GAP + CLASSES.div_ceil(COLUMNS) as f32 * PITCH + 36.0;
        let mut canvas = Canvas::new(width as u32, height as u32);
        for (class, name) in names.iter().enumerate() {
            let left = GAP + (class % COLUMNS) as f32 * (SIDE + GAP);
            let top = GAP + (class / COLUMNS) as f32 * PITCH;
            canvas.rectangle([left - 1.0, top - 1.0, SIDE + 2.0, SIDE + 2.0], colours.rule);
            canvas.image((left, top), SCALE, |pixel| paint(self.scaled(class, pixel)));
            canvas.text((left, top + SIDE + 19.0), Anchor::Start, NAME, colours.ink, &NAME.shorten(name, SIDE));
        }
        const RAMP: [f32; 2] = [200.0, 10.0];
        const STEPS: usize = 100;
        let (middle, top) = (width / 2.0, height - GAP - 14.0);
        for step in 0..STEPS {
            let slope = 2.0 * (step as f64 + 0.5) / STEPS as f64 - 1.0;
            let left = middle - RAMP[0] / 2.0 + RAMP[0] * step as f32 / STEPS as f32;
            canvas.rectangle([left, top, RAMP[0] / STEPS as f32, RAMP[1]], paint(slope));
        }
        let limit = self.limit;
        let [before, after] = [-1.0, 1.0].map(|side| (middle + side * (RAMP[0] / 2.0 + 10.0), top + 9.0));
        canvas.text(before, Anchor::End, NOTE, colours.muted, &format!("against: ≤ −{limit:.2}"));
        canvas.text(after, Anchor::Start, NOTE, colours.muted, &format!("for: ≥ {limit:.2}"));
        canvas
    }
}

fn hue(slope: f64) -> Colour {
    if slope < 0.0 { Palette::AGAINST } else { Palette::FAVOUR }
}

/// Class × pixel. By the chain rule, from the last layer back: what a layer's inputs do to the logits, and of these
/// inputs, those that ReLU let pass.
fn slopes(weights: &Weights, images: &[[u8; PIXELS]]) -> Vec<[f32; PIXELS]> {
    let (Some((first, rest)), true) = (weights.layers.split_first(), weights.layers.len() > 1) else {
        let rows = weights.layers.iter().flat_map(|layer| layer.weights.as_chunks().0.iter().copied());
        return rows.collect();
    };
    let mut hidden = vec![0.0; CLASSES * first.outputs()];
    for image in images {
        let mut image = *image;
        weights.pixel_table.apply(&mut image);
        let inputs: Vec<f32> = image.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        add_slopes(first, rest, &inputs, &mut hidden);
    }
    let share = 1.0 / images.len().max(1) as f32;
    hidden.iter_mut().for_each(|slope| *slope *= share);
    let rows = multiply(&hidden, &first.weights, PIXELS);
    rows.as_chunks().0.to_vec()
}

/// Adds the slopes of the logits over the sums of the first layer, class × sum, for one image.
fn add_slopes(first: &Layer, rest: &[Layer], inputs: &[f32], slopes: &mut [f32]) {
    let mut outputs = vec![sums(first, inputs)];
    for layer in rest {
        let inputs: Vec<f32> = outputs[outputs.len() - 1].iter().map(|sum| sum.max(0.0)).collect();
        outputs.push(sums(layer, &inputs));
    }
    let mut found: Vec<f32> = Vec::new();
    for (layer, sums) in rest.iter().zip(&outputs).rev() {
        found = if found.is_empty() { layer.weights.clone() } else { multiply(&found, &layer.weights, layer.inputs) };
        for row in found.chunks_mut(sums.len()) {
            row.iter_mut().zip(sums).filter(|(_, sum)| **sum <= 0.0).for_each(|(slope, _)| *slope = 0.0);
        }
    }
    slopes.iter_mut().zip(found).for_each(|(sum, slope)| *sum += slope);
}

/// The sums of a layer, before its activation.
fn sums(layer: &Layer, inputs: &[f32]) -> Vec<f32> {
    let rows = layer.weights.chunks(layer.inputs).zip(&layer.bias);
    rows.map(|(row, bias)| bias + row.iter().zip(inputs).map(|(weight, input)| weight * input).sum::<f32>()).collect()
}

/// The product of two matrices, of which the second one has so many columns.
fn multiply(left: &[f32], right: &[f32], columns: usize) -> Vec<f32> {
    let inner = right.len() / columns;
    let mut product = vec![0.0; left.len() / inner * columns];
    for (row, sums) in left.chunks(inner).zip(product.chunks_mut(columns)) {
        for (&factor, right) in row.iter().zip(right.chunks(columns)).filter(|(factor, _)| **factor != 0.0) {
            sums.iter_mut().zip(right).for_each(|(sum, weight)| *sum += factor * weight);
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use dense_core::{Kernel, PixelTable};

    use super::*;
    use crate::dataset::Split;
    use crate::model::ModelName;

    fn weights(model: ModelName) -> Weights {
        let mut network = model.network();
        network.initialise(3);
        Weights { model, pixel_table: PixelTable::IDENTITY, layers: network.layers() }
    }

    #[test]
    fn the_maps_of_softmax_regression_are_its_weights() {
        let weights = weights(ModelName::Linear);
        let maps = WeightMaps::new(&weights, &[]);
        assert_eq!(maps.slopes.as_flattened(), weights.layers[0].weights);
        let beyond = maps.slopes.as_flattened().iter().filter(|slope| slope.abs() > maps.limit).count();
        assert_eq!(beyond, 157, "2 % of 7,840");
    }

    /// Where no unit changes sides, a slope says exactly how far a logit moves with a pixel.
    #[test]
    fn slopes_foretell_how_logits_move() {
        for model in [ModelName::Mlp32, ModelName::Mlp128x64] {
            let weights = weights(model);
            let network = weights.network();
            let image = std::array::from_fn(|pixel| (pixel * 37 % 251) as u8);
            let logits = |image| {
                let split = Split { images: vec![image], labels: vec![0] };
                network.logits(&split, Kernel::best()).unwrap()[0]
            };
            let slopes = slopes(&weights, &[image]);
            let before = logits(image);
            for pixel in [0, 100, 401] {
                let mut image = image;
                image[pixel] += 1;
                let after = logits(image);
                for class in 0..CLASSES {
                    let (moved, foretold) = (255.0 * (after[class] - before[class]), slopes[class][pixel]);
                    assert!((moved - foretold).abs() < 1e-3, "{model:?} {class} {pixel}: {moved}, not {foretold}");
                }
            }
        }
    }

    #[test]
    fn a_network_of_zeros_has_empty_maps() {
        let maps = WeightMaps::new(&Weights::zero(ModelName::Linear), &[]);
        assert!(maps.shades(0).as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 0));
    }
}
