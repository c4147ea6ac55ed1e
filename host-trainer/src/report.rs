//! The report of a training: a page that needs no other file, and its figures as pictures.

mod chart;
mod curves;
mod facts;
mod image;
mod matrix;
mod mistakes;
mod page;
mod scores;
mod text;
mod weight_maps;

use crate::confusion::Confusion;
use crate::history::History;
use crate::idx::{CLASSES, PIXELS};
use crate::model_files::Weights;

use self::curves::Curves;
use self::weight_maps::WeightMaps;

/// The names of the files, in the order of [`Report::files`].
pub const FILES: [&str; 5] = ["report.html", "learning-curves.png", "confusion.png", "weights.png", "mistakes.png"];

/// What a report tells of.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// Name of the data set.
    pub data_set: &'a str,
    /// Settings, epochs and results.
    pub history: &'a History,
    /// What was trained.
    pub weights: &'a Weights,
    /// What each label stands for. Nothing in them is trusted.
    pub class_names: &'a [String; CLASSES],
    /// The images of the test, as they are in the data set.
    pub images: &'a [[u8; PIXELS]],
    /// The label of each, below [`CLASSES`].
    pub labels: &'a [u8],
    /// The class that each is taken for, below [`CLASSES`].
    pub classes: &'a [u8],
    /// The probability of each class for each of the images, as the network sees it.
    pub probabilities: &'a [[f32; CLASSES]],
    /// What the model takes in whole numbers.
    pub int8_bytes: usize,
    /// Name and size of each file that the model is written to.
    pub model_files: &'a [(&'a str, usize)],
}

impl Report<'_> {
    /// The contents of the [`FILES`].
    ///
    /// # Errors
    ///
    /// Whatever the encoder of PNG reports.
    pub fn files(&self) -> ::image::ImageResult<[Vec<u8>; FILES.len()]> {
        let curves = Curves::new(self.history);
        let confusion = self.confusion();
        let maps = WeightMaps::new(self.weights, self.images);
        let mistakes = mistakes::mistakes(self);
        Ok([
            page::html(self, &curves, &confusion, &maps, &mistakes)?.into_bytes(),
            curves.picture().png()?,
            matrix::picture(&confusion, self.class_names).png()?,
            maps.picture(self.class_names).png()?,
            mistakes::picture(self, &mistakes).png()?,
        ])
    }

    fn confusion(&self) -> Confusion {
        let mut confusion = Confusion::default();
        for (&label, &class) in self.labels.iter().zip(self.classes) {
            confusion.add(label, class);
        }
        confusion
    }

    fn parameters(&self) -> usize {
        self.weights.layers.iter().map(|layer| layer.parameters()).sum()
    }

    fn float_bytes(&self) -> usize {
        self.parameters() * size_of::<f32>()
    }

    fn images_per_second(&self) -> usize {
        let images = (self.history.samples * self.history.epochs.len()) as f64;
        (images / self.history.fit_seconds.max(1e-9)).round() as usize
    }
}

#[cfg(test)]
mod tests;
