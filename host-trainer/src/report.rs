//! The report of a training: a page that needs no other file, and its figures as PNG.

pub(crate) mod comparison;
mod cross_validation;
mod curves;
pub(crate) mod device;
mod facts;
mod header;
mod int8;
mod matrix;
mod mistakes;
mod page;
mod regression;
mod roc;
mod scores;
mod text;
mod tiles;
mod weight_maps;

use std::collections::BTreeMap;

use dense_core::argmax;
use formats::{Input, Model, Output, Recipe, Task};
use image::ImageResult;
use training::Epoch;

use crate::comparison::Comparison;
use crate::confusion::Confusion;
use crate::data::{Samples, Targets};
use crate::plot::figure;
use crate::terminal::summary::hyphenated;

pub(crate) use self::cross_validation::{CrossValidation, Group};
pub(crate) use self::facts::recipe_rows;

/// The matrix and the scores of so many classes have room beside each other.
const BESIDE_EACH_OTHER: usize = 12;

/// The inputs of a report: recipe, model, record of the training, and results on the test samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'a> {
    pub(crate) data_set: &'a str,
    pub(crate) recipe: &'a Recipe,
    /// The trained model. Nothing in its names is trusted.
    pub(crate) model: &'a Model,
    pub(crate) epochs: &'a [Epoch],
    /// The epoch that the weights are of, where early stopping chose it; from 1.
    pub(crate) best_epoch: Option<usize>,
    pub(crate) training_samples: usize,
    pub(crate) validation_samples: usize,
    /// Loss and metrics on the test samples, by Keras's names.
    pub(crate) test: &'a BTreeMap<String, f64>,
    /// The test samples, as they are in the data set.
    pub(crate) samples: &'a Samples,
    /// The model's predictions for them, `[samples][outputs]`: probabilities of a classifier, values of a regression.
    pub(crate) outputs: &'a [f32],
    /// The model in int8, or why there is none.
    pub(crate) int8: Result<Int8<'a>, &'a str>,
    /// Name and size of each file that the model is written to.
    pub(crate) model_files: &'a [(&'a str, usize)],
    pub(crate) threads: usize,
    pub(crate) kernel: &'a str,
}

/// A model in int8.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Int8<'a> {
    pub(crate) metrics: &'a BTreeMap<String, f64>,
    /// Size of weights, biases and scales.
    pub(crate) bytes: usize,
    /// Beside the network in f32, where both classify.
    pub(crate) comparison: Option<&'a Comparison>,
}

/// The names of the files of a report on a model of this kind, in the order of [`Report::files`].
pub(crate) fn file_names(input: &Input, task: Task) -> Vec<&'static str> {
    let task = match task {
        Task::Multiclass => &["confusion.png"][..],
        Task::Binary => &["confusion.png", "roc.png"],
        Task::Regression => &["predictions.png"],
    };
    let pictures = match (input, task) {
        (Input::Features { .. }, _) => &[][..],
        (Input::Pixels(_), ["predictions.png"]) => &["weights.png"],
        (Input::Pixels(_), _) => &["weights.png", "mistakes.png"],
    };
    [&["report.html", "learning-curves.png"], task, pictures].concat()
}

impl Report<'_> {
    /// The contents of the files of [`file_names`]; the last of these, the mistakes, are left out where there are none.
    pub(crate) fn files(&self) -> ImageResult<Vec<Vec<u8>>> {
        let mut page = page::Page::new(header::title(self), header::html(self));
        let curves = curves::figures(self);
        let mut pictures = vec![figure::png(&curves)?];
        page.section("curves", "Learning curves", "", &curves::html(self, &curves));
        match &self.samples.targets {
            Targets::Labels(labels) => {
                let confusion = self.confusion(labels);
                let matrix = matrix::figure(&confusion, self.names());
                let beside_each_other = confusion.classes() <= BESIDE_EACH_OTHER;
                page.open(if beside_each_other { "pair" } else { "" });
                page.section("confusion", "Confusion matrix", matrix::EXPLANATION, &page::scrolled(&matrix));
                pictures.push(figure::png(&[matrix])?);
                page.section("scores", "Scores of each class", "", &scores::html(&confusion, self.names()));
                page.close();
                if let Task::Binary = self.model.loss.task() {
                    let roc = roc::figure(self, labels);
                    page.section("roc", "ROC curve", roc::EXPLANATION, &roc.svg());
                    pictures.push(figure::png(&[roc])?);
                }
            }
            Targets::Numbers { values, .. } => {
                let figures = regression::figures(self, values);
                page.section("predictions", "Predictions", "", &regression::html(self, values, &figures));
                pictures.push(figure::png(&figures)?);
            }
        }
        if let Input::Pixels(size) = &self.model.input {
            let maps = weight_maps::tiles(self.model, size);
            page.section("weights", "Weights", &weight_maps::explanation(self.model), &maps.html()?);
            pictures.push(maps.png()?);
            if let Targets::Labels(labels) = &self.samples.targets {
                let mistakes = mistakes::tiles(self, size, labels);
                page.section("mistakes", "Most confident mistakes", mistakes::EXPLANATION, &mistakes.html()?);
                if !mistakes.tiles.is_empty() {
                    pictures.push(mistakes.png()?);
                }
            }
        }
        match &self.int8 {
            Ok(int8) => {
                let title = if int8.comparison.is_some() { "Int8 accuracy" } else { "Int8 metrics" };
                page.section("int8", title, int8::EXPLANATION, &int8::html(self, int8));
            }
            Err(reason) => page.section("int8", "No int8 version", "", &int8::none(reason)),
        }
        page.section("device", "On your device", device::EXPLANATION, &device::html(self.model));
        page.section("facts", "Recipe, sizes and times", "", &facts::html(self));
        pictures.insert(0, page.html().into_bytes());
        Ok(pictures)
    }

    /// The names of classes or of outputs.
    fn names(&self) -> &[String] {
        self.model.output.names()
    }

    /// The class predicted for each test sample.
    fn classes(&self) -> Vec<u8> {
        classes(&self.model.output, self.outputs)
    }

    fn confusion(&self, labels: &[u8]) -> Confusion {
        Confusion::of(self.names().len(), labels, &self.classes())
    }

    /// A metric of the test, or NaN where it is not known.
    fn metric(&self, name: &str) -> f64 {
        self.test.get(name).copied().unwrap_or(f64::NAN)
    }

    fn float_bytes(&self) -> usize {
        self.model.parameters() * size_of::<f32>()
    }

    fn fit_seconds(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.seconds).sum()
    }

    /// The plural of what is learned from.
    fn noun(&self) -> &'static str {
        noun(&self.model.input)
    }

    fn samples_per_second(&self) -> usize {
        let samples = (self.training_samples * self.epochs.len()) as f64;
        (samples / self.fit_seconds().max(1e-9)).round() as usize
    }
}

/// The plural of what a model is trained on.
pub(crate) const fn noun(input: &Input) -> &'static str {
    match input {
        Input::Pixels(_) => "images",
        Input::Features { window: Some(_), .. } => "windows",
        Input::Features { .. } => "samples",
    }
}

/// The class predicted for each sample from the probabilities of all: the most probable one, of equal ones the first; of
/// two classes, class 1 above 0.5.
pub fn classes(output: &Output, probabilities: &[f32]) -> Vec<u8> {
    match output {
        Output::Binary { .. } => probabilities.iter().map(|&probability| u8::from(probability > 0.5)).collect(),
        _ => probabilities.chunks_exact(output.width().max(1)).map(|row| argmax(row) as u8).collect(),
    }
}

/// The widths of a network: `784-32-10`.
pub(crate) fn widths(model: &Model) -> String {
    hyphenated(&model.widths())
}

#[cfg(test)]
pub(crate) mod tests;
