//! The command `predict`: says what a model makes of pictures, or of rows of a file, of the user's own.

mod prediction;

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use dense_core::Kernel;
use formats::{Input, Model, PixelInput, Window};
use serde::Serialize;
use training::{Network, evaluate};

use self::prediction::Prediction;
use super::shared::{load_model, network, tell_written};
use crate::data::picture::{self, Invert, PictureError, Preparation};
use crate::data::{Inputs, load_inputs};
use crate::failure::Failure;
use crate::options::{KernelChoice, MODEL, in_workspace, whole_number};
use crate::outputs::Outputs;
use crate::pictures::Pictures;
use crate::terminal::{ColourChoice, Palette, Verbosity, complain, print, printable, wrap};

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer predict boot.jpg sock.png --show
      What is in pictures, and what was made of them first
  host-trainer predict --weights out/cars/model.safetensors new-cars.csv
      A prediction for each row of a table
  curl -s https://example.org/boot.jpg | host-trainer predict - --json
      A picture from standard input, the prediction as JSON";

/// Classes that are named for a picture.
const TOP: usize = 3;

/// Options of `predict`.
#[derive(Args, Debug)]
pub struct PredictArgs {
    /// PNG or JPEG files of whatever size, or files of raw pixels, - for a picture from standard input; or, where the
    /// model takes features, .csv files with a column for each
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Model file to predict with [default: out/model.safetensors]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(MODEL), hide_default_value = true)]
    weights: PathBuf,

    #[command(flatten)]
    preparation: Preparation,

    /// Number of classes printed for a picture, the most probable first [default: 3]
    #[arg(long, value_name = "N", value_parser = whole_number(256))]
    top: Option<usize>,

    /// Draw what was made of each picture
    #[arg(long)]
    show: bool,

    /// PNG to write what was made of the pictures to, that of a single one in its own size
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,

    /// Replace that file if this program has not written it
    #[arg(long, requires = "png")]
    force: bool,

    /// When to draw in colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColourChoice::Auto)]
    colour: ColourChoice,

    /// Print a line of JSON for each picture or row
    #[arg(long, conflicts_with_all = ["show", "png", "top", "colour"])]
    json: bool,

    /// Code that does the arithmetic: all give the same bits, auto is the fastest
    #[arg(long, value_enum, default_value_t = KernelChoice::Auto)]
    kernel: KernelChoice,
}

/// Predicts from every file, and says what was done to pictures before.
///
/// # Errors
/// The model cannot be used, the PNG not be written, or, once all other files are through, a file is no picture or has
/// other columns.
pub(crate) fn predict(arguments: &PredictArgs) -> Result<(), Failure> {
    let model = load_model(&arguments.weights)?;
    let kernel = arguments.kernel.kernel()?;
    let predictor = Predictor { network: network(&model)?, model: &model, kernel };
    if let (Input::Features { .. }, Some(option)) = (&model.input, picture_option(arguments)) {
        return Err(Failure::new(format!("{option} is for pictures; this model takes features")));
    }
    match &model.input {
        Input::Pixels(size) if arguments.files.iter().any(|file| is_table(file)) => Err(Failure::new(format!(
            "{} takes pictures of {} x {} pixels, not rows of a table; name another model by --weights",
            arguments.weights.display(),
            size.height,
            size.width
        ))),
        Input::Pixels(pixels) => predictor.pictures(arguments, pixels),
        Input::Features { names, window, .. } => each_file(arguments, |path, file| {
            if !is_table(path) {
                return Err("the model takes numbers: a .csv or .csv.gz file wanted".into());
            }
            let predictions = predictor.rows(path, names, window.as_ref()).map_err(|error| error.to_string())?;
            for (line, prediction) in predictions {
                print(&if arguments.json {
                    json_line(&prediction.json(file, Some(line), None))
                } else {
                    prediction.row(file, line)
                });
            }
            Ok(())
        }),
    }
}

/// An option that only pictures have use for, if one was given.
fn picture_option(arguments: &PredictArgs) -> Option<&'static str> {
    let given = [
        ("--show", arguments.show),
        ("--png", arguments.png.is_some()),
        ("--top", arguments.top.is_some()),
        ("--margin", arguments.preparation.margin != 0),
        ("--invert", arguments.preparation.invert != Invert::Auto),
    ];
    given.iter().find(|(_, given)| *given).map(|(name, _)| *name)
}

/// Whether a file is a table by its name.
pub(super) fn is_table(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    name.ends_with(".csv") || name.ends_with(".csv.gz")
}

/// Does something with every file, and goes on after one that it fails for.
fn each_file(arguments: &PredictArgs, mut each: impl FnMut(&Path, &str) -> Result<(), String>) -> Result<(), Failure> {
    let mut failed = 0;
    for path in &arguments.files {
        let file = if arguments.json { path.display().to_string() } else { printable(&path.display().to_string()) };
        if let Err(error) = each(path, &file) {
            failed += 1;
            if arguments.json {
                print(&json_line(&Fault { file: &file, error: &error }));
            }
            if arguments.files.len() == 1 {
                return Err(Failure::about(file, error));
            }
            complain(&format!("error: {file}: {error}"));
        }
    }
    match failed {
        0 => Ok(()),
        _ => Err(Failure::new(format!("nothing was predicted from {failed} of {} files", arguments.files.len()))),
    }
}

/// A model that is ready to compute.
struct Predictor<'a> {
    model: &'a Model,
    network: Network,
    kernel: Kernel,
}

impl<'a> Predictor<'a> {
    fn pictures(&self, arguments: &PredictArgs, pixels: &PixelInput) -> Result<(), Failure> {
        let [height, width] = [pixels.height, pixels.width];
        let mut outputs = Outputs::new(arguments.force);
        if let Some(path) = &arguments.png {
            let files = arguments.files.iter().chain([&arguments.weights]).map(PathBuf::as_path);
            outputs.check(&[path], &files.collect::<Vec<_>>())?;
        }
        let palette = Palette::of_standard_output(arguments.colour);
        let mut images = Vec::new();
        let result = each_file(arguments, |path, file| {
            let bytes = read(path).map_err(|error| error.to_string())?;
            let prepared = picture::prepare(&bytes, &arguments.preparation, [height, width]);
            let prepared = prepared.map_err(|error| error.to_string())?;
            let mut image = prepared.image.clone();
            if let Some(table) = &pixels.table {
                table.apply(&mut image);
            }
            let inputs = Inputs::Bytes { width: image.len(), values: image };
            let [prediction] = &self.predict(&inputs).map_err(|error| error.to_string())?[..] else {
                return Err("not one image".into());
            };
            if arguments.json {
                print(&json_line(&prediction.json(file, None, Some(&prepared))));
            } else {
                let gap = if images.is_empty() { "" } else { "\n" };
                let drawing = match arguments.show {
                    true => Pictures { height, width, pixels: &prepared.image }.text(&[], 1, palette),
                    false => String::new(),
                };
                let described = wrap(&format!("{file}: {prepared}\n"), 2);
                print(&format!("{gap}{described}{drawing}{}", prediction.list(arguments.top.unwrap_or(TOP))));
            }
            images.extend(prepared.image);
            Ok(())
        });
        if let Some(path) = arguments.png.as_ref().filter(|_| !images.is_empty()) {
            outputs.stage(path, &Pictures { height, width, pixels: &images }.png()?)?;
            tell_written(Verbosity::Lines, outputs.commit()?);
        }
        result
    }

    /// The prediction for each row, or for each window of rows, with the line where it begins.
    fn rows(
        &self,
        path: &Path,
        names: &[String],
        window: Option<&Window>,
    ) -> Result<Vec<(u64, Prediction<'a>)>, Failure> {
        let unlabelled = load_inputs(path, names, window).map_err(|error| {
            // Which file it is will be said.
            Failure::new(error.to_string().trim_start_matches(&format!("{}: ", path.display())))
        })?;
        Ok(unlabelled.lines.into_iter().zip(self.predict(&unlabelled.inputs)?).collect())
    }

    fn predict(&self, inputs: &Inputs) -> Result<Vec<Prediction<'a>>, dense_core::Error> {
        let outputs = evaluate::predict(&self.network, inputs, self.kernel, 1)?;
        let output = &self.model.output;
        Ok(outputs.chunks_exact(self.network.outputs()).map(|outputs| Prediction::new(output, outputs)).collect())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, PictureError> {
    if path == Path::new("-") { picture::read_from(io::stdin().lock()) } else { picture::read(path) }
}

/// A file that nothing was predicted from.
#[derive(Serialize)]
struct Fault<'a> {
    file: &'a str,
    error: &'a str,
}

fn json_line(object: &impl Serialize) -> String {
    serde_json::to_string(object).expect("strings and numbers are JSON") + "\n"
}
