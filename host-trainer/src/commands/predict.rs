//! `predict`: says what is in pictures of the user's own.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;
use dense_core::Kernel;
use serde::Serialize;

use crate::options::{KernelChoice, WEIGHTS, in_workspace, whole_number};
use crate::dataset::{self, DatasetError};
use crate::evaluate::Prediction;
use crate::files::{FileError, Outputs, check_targets};
use crate::idx::{CLASSES, PIXELS, SIDE};
use crate::model::Model;
use crate::model_files::{self, Weights};
use crate::photo::{self, PhotoError, Preparation, Prepared};
use crate::pictures::Pictures;
use crate::run::{RunError, tell_written};
use crate::terminal::{ColourChoice, Palette, Verbosity, columns, gauge, print};

/// Options of `predict`.
#[derive(Args, Debug)]
pub struct PredictArgs {
    /// PNG or JPEG files of whatever size, or files of 784 raw pixels; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,

    /// Generated .rs or .safetensors file to predict with [default: firmware/src/weights.rs]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(WEIGHTS))]
    #[arg(hide_default_value = true)]
    pub weights: PathBuf,

    /// Folder of the data set that the weights were trained on, for its classes.txt [default: data/fashion-mnist]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// How the pictures are prepared.
    #[command(flatten)]
    pub preparation: Preparation,

    /// How many classes to name, the likeliest first
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = whole_number(CLASSES))]
    pub top: usize,

    /// Draw what was made of each picture
    #[arg(long)]
    pub show: bool,

    /// PNG to write what was made of the pictures to, that of a single one in its own size of 28 x 28 pixels
    #[arg(long, value_name = "FILE")]
    pub png: Option<PathBuf>,

    /// When to draw in colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColourChoice::Auto)]
    pub colour: ColourChoice,

    /// Print a line of JSON for each file
    #[arg(long, conflicts_with_all = ["show", "png", "top", "colour"])]
    pub json: bool,

    /// Code that does the arithmetic: all give the same bits, auto is the fastest
    #[arg(long, value_enum, default_value_t = KernelChoice::Auto)]
    pub kernel: KernelChoice,
}

/// Why not every picture was classified.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// The only file is no picture.
    #[error("{file}: {error}")]
    Photo {
        /// The file.
        file: String,
        /// What is wrong with it.
        error: PhotoError,
    },
    /// Some of many files are no pictures; each has been named.
    #[error("{failed} of {files} files could not be classified")]
    Some {
        /// How many are no pictures.
        failed: usize,
        /// How many there are.
        files: usize,
    },
}

/// Classifies every file, and says what was done to it before.
///
/// # Errors
///
/// [`RunError`] where the weights or the names of the classes cannot be used or the PNG not be written, or, once all
/// other files are classified, where a file is no picture.
pub fn predict(arguments: &PredictArgs) -> Result<(), RunError> {
    let classifier = Classifier::load(arguments)?;
    if let Some(path) = &arguments.png {
        check_targets(&[path])?;
        let target = fs::canonicalize(path).ok();
        if target.is_some() && arguments.files.iter().any(|file| fs::canonicalize(file).ok() == target) {
            return Err(FileError::Input(path.clone()).into());
        }
    }
    let mut images = Vec::new();
    let mut failed = 0;
    for path in &arguments.files {
        let file = path.display().to_string();
        match read(path).and_then(|bytes| photo::prepare(&bytes, &arguments.preparation)) {
            Ok(prepared) => {
                let prediction = classifier.predict(&prepared.image);
                let prediction =
                    prediction.map_err(|error| RunError::Weights { path: arguments.weights.clone(), error })?;
                if arguments.json {
                    print(&classifier.json(&file, &prepared, &prediction));
                } else {
                    let gap = if images.is_empty() { "" } else { "\n" };
                    print(&format!("{gap}{file}: {prepared}\n{}", classifier.text(arguments, &prepared, &prediction)));
                }
                images.push(prepared.image);
            }
            Err(error) => {
                failed += 1;
                if arguments.json {
                    print(&json_line(&Failure { file: &file, error: error.to_string() }));
                }
                if arguments.files.len() == 1 {
                    return Err(PredictError::Photo { file, error }.into());
                }
                eprintln!("error: {file}: {error}");
            }
        }
    }
    if let Some(path) = arguments.png.as_ref().filter(|_| !images.is_empty()) {
        let mut outputs = Outputs::new();
        outputs.stage(path, &pictures(&images).png()?)?;
        tell_written(Verbosity::Lines, outputs.commit()?);
    }
    match failed {
        0 => Ok(()),
        _ => Err(PredictError::Some { failed, files: arguments.files.len() }.into()),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, PhotoError> {
    if path == Path::new("-") { photo::read_from(io::stdin().lock()) } else { photo::read(path) }
}

const fn pictures(images: &[[u8; PIXELS]]) -> Pictures<'_> {
    Pictures { height: SIDE, width: SIDE, pixels: images.as_flattened() }
}

/// A network, and what its answers are called.
struct Classifier {
    weights: Weights,
    network: Box<dyn Model>,
    names: [String; CLASSES],
    kernel: Kernel,
}

impl Classifier {
    fn load(arguments: &PredictArgs) -> Result<Self, RunError> {
        let kernel = arguments.kernel.kernel()?;
        let weights = model_files::load(&arguments.weights)?;
        let network = weights.network();
        Ok(Self { weights, network, names: class_names(arguments.data.as_deref())?, kernel })
    }

    fn predict(&self, image: &[u8; PIXELS]) -> Result<Prediction, dense_core::Error> {
        let mut image = *image;
        self.weights.pixel_table.apply(&mut image);
        self.network.predict(&image, self.kernel)
    }

    /// The likeliest classes as bars, after the image, if it is to be shown.
    fn text(&self, arguments: &PredictArgs, prepared: &Prepared, prediction: &Prediction) -> String {
        let palette = Palette::of_standard_output(arguments.colour);
        let mut text = match arguments.show {
            true => pictures(&[prepared.image]).text(&[], 1, palette),
            false => String::new(),
        };
        let width = self.names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        for class in ranked(prediction).into_iter().take(arguments.top) {
            let (name, probability) = (&self.names[class], prediction.probabilities[class]);
            let line = format!("{class:>3} {name:<width$}  {probability:.4}");
            let bar = gauge(probability, columns().saturating_sub(line.chars().count() + 2).clamp(10, 50));
            text += format!("{line}  {bar}").trim_end();
            text.push('\n');
        }
        text
    }

    fn json(&self, file: &str, prepared: &Prepared, prediction: &Prediction) -> String {
        let Prediction { class, probabilities } = *prediction;
        json_line(&Success {
            file,
            source: &prepared.source,
            steps: prepared.steps.iter().map(ToString::to_string).collect(),
            class,
            name: &self.names[usize::from(class)],
            probabilities,
        })
    }
}

/// The names of the classes. A folder that was named must be there; the one that is the default need not.
fn class_names(folder: Option<&Path>) -> Result<[String; CLASSES], DatasetError> {
    let default = in_workspace("data/fashion-mnist");
    match folder {
        None if !default.is_dir() => Ok(std::array::from_fn(|class| class.to_string())),
        folder => dataset::class_names(folder.unwrap_or(&default)),
    }
}

/// All classes, that of the prediction first, then the likeliest.
fn ranked(prediction: &Prediction) -> [usize; CLASSES] {
    let mut classes = std::array::from_fn(|class| class);
    let rank = |class: usize| (class == usize::from(prediction.class), prediction.probabilities[class]);
    classes.sort_by(|&one, &other| rank(other).partial_cmp(&rank(one)).unwrap_or(Ordering::Equal));
    classes
}

/// A file that was classified.
#[derive(Serialize)]
struct Success<'a> {
    file: &'a str,
    source: &'a str,
    steps: Vec<String>,
    class: u8,
    name: &'a str,
    probabilities: [f32; CLASSES],
}

/// A file that was not.
#[derive(Serialize)]
struct Failure<'a> {
    file: &'a str,
    error: String,
}

fn json_line(object: &impl Serialize) -> String {
    serde_json::to_string(object).expect("strings and numbers are JSON") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prediction_comes_first_even_among_equals() {
        let mut probabilities = [0.0; CLASSES];
        (probabilities[2], probabilities[5], probabilities[9]) = (0.4, 0.4, 0.2);
        let prediction = Prediction { class: 5, probabilities };
        assert_eq!(ranked(&prediction), [5, 2, 9, 0, 1, 3, 4, 6, 7, 8]);
    }
}
