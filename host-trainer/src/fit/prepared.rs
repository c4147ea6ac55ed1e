//! Pixels that are standardised for a training, so that a step is as long in every direction; afterwards that goes into the
//! weights, and costs a device nothing.

use crate::dataset::Split;
use crate::idx::PIXELS;
use crate::model::Layer;

/// What is done to each pixel: (pixel − mean) · scale. The one is the mean of the pixel, from 0 to 255, and the other makes
/// its standard deviation 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardisation {
    mean: Vec<f32>,
    scale: Vec<f32>,
}

impl Standardisation {
    /// From the images to learn from. No standard deviation is taken for less than `smallest`, a part of 255: a pixel that
    /// is hardly ever anything but black would count for more than it says.
    #[must_use]
    pub fn measure(images: &[[u8; PIXELS]], smallest: f64) -> Self {
        // Whole numbers are not rounded, and a root is the same on every machine.
        let (mut sums, mut squares) = (vec![0_u64; PIXELS], vec![0_u64; PIXELS]);
        for image in images {
            for ((sum, square), &pixel) in sums.iter_mut().zip(&mut squares).zip(image) {
                *sum += u64::from(pixel);
                *square += u64::from(pixel) * u64::from(pixel);
            }
        }
        let count = images.len().max(1) as f64;
        let mean: Vec<f64> = sums.iter().map(|&sum| sum as f64 / count).collect();
        let scale = squares.iter().zip(&mean).map(|(&square, mean)| {
            let deviation = (square as f64 / count - mean * mean).max(0.0).sqrt();
            (1.0 / deviation.max(255.0 * smallest)) as f32
        });
        Self { scale: scale.collect(), mean: mean.iter().map(|&mean| mean as f32).collect() }
    }

    /// Standardises an image. Each number is rounded twice, on every machine alike.
    fn apply(&self, image: &[u8; PIXELS], standardised: &mut [f32; PIXELS]) {
        for (((place, &pixel), mean), scale) in standardised.iter_mut().zip(image).zip(&self.mean).zip(&self.scale) {
            *place = (f32::from(pixel) - mean) * scale;
        }
    }

    /// Makes a first layer that was trained on standardised pixels one that makes the same of pixels as they are:
    /// w = v · 255 · scale, as a pixel counts as pixel / 255, and b = c − Σ v · scale · mean.
    pub fn fold(&self, layer: &mut Layer) {
        for (row, bias) in layer.weights.chunks_mut(layer.inputs).zip(&mut layer.bias) {
            let mut shift = 0.0;
            for ((weight, &mean), &scale) in row.iter_mut().zip(&self.mean).zip(&self.scale) {
                let scaled = f64::from(*weight) * f64::from(scale);
                shift += scaled * f64::from(mean);
                *weight = (255.0 * scaled) as f32;
            }
            *bias = (f64::from(*bias) - shift) as f32;
        }
    }
}

/// Images that are standardised batch by batch, in memory that is used again.
#[derive(Debug)]
pub struct Prepared {
    standardisation: Standardisation,
    batch: Vec<[f32; PIXELS]>,
}

impl Prepared {
    /// No batch yet.
    #[must_use]
    pub const fn new(standardisation: Standardisation) -> Self {
        Self { standardisation, batch: Vec::new() }
    }

    /// The images whose numbers are in `order`, in that order, standardised.
    ///
    /// # Panics
    ///
    /// Where there is no such image.
    pub fn images(&mut self, split: &Split, order: &[u32]) -> &[[f32; PIXELS]] {
        self.batch.resize(order.len(), [0.0; PIXELS]);
        for (&sample, place) in order.iter().zip(&mut self.batch) {
            self.standardisation.apply(&split.images[sample as usize], place);
        }
        &self.batch
    }

    /// What is done to the images.
    #[must_use]
    pub const fn standardisation(&self) -> &Standardisation {
        &self.standardisation
    }
}

#[cfg(test)]
mod tests {
    use dense_core::{Batch, Random};

    use super::*;
    use crate::idx::CLASSES;
    use crate::model::{Layers, Linear};

    /// Images of which some pixels are always black, some nearly always, and the others anything.
    fn split() -> Split {
        let mut random = Random::new(1, 1);
        let mut pixel = |place: usize| match place % 3 {
            0 => 0,
            1 if random.below(50) > 0 => 0,
            _ => random.next_u32() as u8,
        };
        let images = (0..100).map(|_| std::array::from_fn(&mut pixel)).collect();
        Split { images, labels: (0..100).map(|sample| sample % 10).collect() }
    }

    #[test]
    fn pixels_get_mean_0_and_deviation_1_but_for_those_that_hardly_change() {
        let split = split();
        let standardisation = Standardisation::measure(&split.images, 0.05);
        let mut standardised = vec![[0.0; PIXELS]; split.len()];
        for (image, place) in split.images.iter().zip(&mut standardised) {
            standardisation.apply(image, place);
        }
        for pixel in 0..PIXELS {
            let of_all = |images: &dyn Fn(usize) -> f64| {
                let mean = (0..split.len()).map(images).sum::<f64>() / split.len() as f64;
                let squares = (0..split.len()).map(|sample| (images(sample) - mean).powi(2)).sum::<f64>();
                (mean, (squares / split.len() as f64).sqrt())
            };
            let (_, before) = of_all(&|sample| f64::from(split.images[sample][pixel]) / 255.0);
            let (mean, deviation) = of_all(&|sample| f64::from(standardised[sample][pixel]));
            assert!(mean.abs() < 1e-6, "pixel {pixel}: mean {mean}");
            let wanted = before / before.max(0.05);
            assert!((deviation - wanted).abs() < 1e-6, "pixel {pixel}: deviation {deviation}, wanted {wanted}");
        }
    }

    #[test]
    fn a_folded_layer_makes_of_pixels_what_it_made_of_standardised_ones() {
        let split = split();
        let standardisation = Standardisation::measure(&split.images, 0.05);
        let mut trained = Box::new(Linear::ZERO);
        trained.layer.glorot_uniform(&mut Random::new(2, 2));
        trained.layer.bias_mut().fill(0.5);
        let mut layers = trained.layers();
        standardisation.fold(&mut layers[0]);
        let mut folded = Box::new(Linear::ZERO);
        folded.set_layers(&layers);

        let mut prepared = Prepared::new(standardisation);
        let order: Vec<u32> = (0..100).rev().collect();
        let batch = Batch::new(prepared.images(&split, &order)).unwrap();
        let (mut wanted, mut found) = (vec![[0_f32; CLASSES]; split.len()], vec![[0_f32; CLASSES]; split.len()]);
        trained.layer.forward(batch, &mut wanted).unwrap();
        folded.layer.forward(Batch::indexed(&split.images, &order).unwrap(), &mut found).unwrap();
        for (wanted, found) in wanted.as_flattened().iter().zip(found.as_flattened()) {
            // Sums of 784 numbers of about 0.1 and as many of their size taken away again.
            assert!((wanted - found).abs() < 1e-4, "{wanted} became {found}");
        }
    }
}
