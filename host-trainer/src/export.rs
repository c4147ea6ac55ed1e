//! The command `export`: writes a model for other programs.

mod c;
mod onnx;
mod tflite;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use dense_core::{Kernel, KernelError};

use crate::cli::{CommonArgs, WEIGHTS, in_workspace};
use crate::dataset::{Dataset, DatasetError};
use crate::files::{FileError, Outputs, check_targets};
use crate::model_files::{self, Exported, ModelFileError, Origin, TrainedModel, Weights};
use crate::quantized::{QuantizedModel, calibration_images, quantize};
use crate::run::{name_of, tell_written};
use crate::terminal::Voice;

pub use self::c::{to_c, to_c_int8};
pub use self::onnx::to_onnx;
pub use self::tflite::{LogitRange, to_tflite, to_tflite_int8};

/// What formats with room for a text say near the start of a file.
const MARK: &str = "Made by host-trainer export";
/// Every exported file has one of these near its start, so that it can be told from a file of somebody else's: the
/// mark, a part of the metadata of safetensors, or the first name in an .npz.
const MARKS: [&str; 3] = [MARK, "exported_from", "dense/kernel.npy"];
/// How far from the start they are looked for.
const MARK_WITHIN: u64 = 1024;

/// Options of `export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// Kind of file to write
    #[arg(long, value_enum)]
    pub format: Format,

    /// Generated .rs or .safetensors file with the model [default: firmware/src/weights.rs]
    #[arg(long, value_name = "FILE", default_value_os_t = in_workspace(WEIGHTS))]
    #[arg(hide_default_value = true)]
    pub weights: PathBuf,

    /// File to write [default: in out, a file named after the format, such as model.onnx]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Options shared with other subcommands: the data set has the names of the classes, and the images that tell how
    /// large the numbers in a network become.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl ExportArgs {
    /// The file given, or else the format's own in the folder of outputs.
    fn output(&self) -> PathBuf {
        self.output.clone().unwrap_or_else(|| in_workspace("out").join(self.format.file_name()))
    }
}

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// NumPy's arrays, for Keras's `set_weights`; like safetensors, the weights alone
    Npz,
    /// safetensors, with the names of the classes and the test accuracy
    Safetensors,
    /// ONNX, for onnxruntime and others
    Onnx,
    /// TensorFlow Lite in floats
    Tflite,
    /// TensorFlow Lite in whole numbers, also for microcontrollers
    TfliteInt8,
    /// C99 in floats, a header without dependencies
    C,
    /// C99 in whole numbers
    CInt8,
}

impl Format {
    const fn file_name(self) -> &'static str {
        match self {
            Self::Npz => "weights.npz",
            Self::Safetensors => "weights.safetensors",
            Self::Onnx => "model.onnx",
            Self::Tflite => "model.tflite",
            Self::TfliteInt8 => "model-int8.tflite",
            Self::C => "model.h",
            Self::CInt8 => "model-int8.h",
        }
    }
}

/// What all formats are made from.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The model.
    pub weights: &'a Weights,
    /// The names of the classes, in the order of the last layer's outputs.
    pub class_names: &'a [String; 10],
}

/// Why a model could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The data set cannot be used.
    #[error("{0}")]
    Dataset(#[from] DatasetError),
    /// The file cannot be written.
    #[error("{0}")]
    File(#[from] FileError),
    /// The model cannot be read.
    #[error("{0}")]
    Model(#[from] ModelFileError),
    /// The kernel cannot be used.
    #[error("--kernel: {0}")]
    Kernel(#[from] KernelError),
    /// The weights cannot be made whole numbers.
    #[error("{}: cannot be quantised: {error}", path.display())]
    Quantize {
        /// The file they came from.
        path: PathBuf,
        /// What was wrong.
        error: dense_core::Error,
    },
    /// The weights cannot be tested.
    #[error("{}: {error}", path.display())]
    Evaluate {
        /// The file they came from.
        path: PathBuf,
        /// What was wrong.
        error: dense_core::Error,
    },
    /// A file of somebody else's is where the model is to be written.
    #[error("{}: not made by `host-trainer export`; remove it, or choose another file with --output", .0.display())]
    Foreign(PathBuf),
    /// The file to be replaced cannot be looked at.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// Writes a model for other programs.
///
/// # Errors
///
/// Any [`ExportError`]; the output has not changed then.
pub fn export(arguments: &ExportArgs) -> Result<(), ExportError> {
    let common = &arguments.common;
    let kernel = common.kernel.kernel()?;
    let output = arguments.output();
    check_targets(&[&output])?;
    check_replaceable(&output)?;
    let weights = model_files::load(&arguments.weights)?;
    let dataset = Dataset::load(&common.data)?;
    let dataset = dataset.through(&weights.pixel_table);
    let export = Export { weights: &weights, class_names: &dataset.class_names };
    let in_whole_numbers = || {
        quantized(&weights, &dataset, kernel)
            .map_err(|error| ExportError::Quantize { path: arguments.weights.clone(), error })
    };
    let bytes = match arguments.format {
        Format::Npz => model_files::to_npz(&weights)?,
        Format::Safetensors => safetensors(&export, &dataset, arguments)?,
        Format::Onnx => to_onnx(&export),
        Format::Tflite => to_tflite(&export),
        Format::TfliteInt8 => {
            let (network, range) = in_whole_numbers()?;
            to_tflite_int8(&export, &network.layers(), &range)
        }
        Format::C => to_c(&export).into_bytes(),
        Format::CInt8 => to_c_int8(&export, &in_whole_numbers()?.0.layers()).into_bytes(),
    };
    let mut outputs = Outputs::new();
    outputs.stage(&output, &bytes)?;
    tell_written(Voice::new(common.verbose, false), outputs.commit()?);
    Ok(())
}

/// The model as safetensors, with what a test says about it.
fn safetensors(export: &Export<'_>, dataset: &Dataset, arguments: &ExportArgs) -> Result<Vec<u8>, ExportError> {
    let kernel = arguments.common.kernel.kernel()?;
    let metrics = export.weights.network().evaluate(&dataset.test, kernel);
    let metrics = metrics.map_err(|error| ExportError::Evaluate { path: arguments.weights.clone(), error })?;
    let origin = Exported { data_set: name_of(&arguments.common.data), exported_from: name_of(&arguments.weights) };
    Ok(model_files::to_safetensors(&TrainedModel {
        weights: export.weights,
        class_names: export.class_names,
        origin: Origin::Exported(origin),
        test_accuracy: metrics.accuracy,
        test_loss: metrics.loss,
    })?)
}

/// The model in whole numbers, and the range of its logits. The images have gone through the pixel table.
fn quantized(
    weights: &Weights,
    dataset: &Dataset,
    kernel: Kernel,
) -> Result<(Box<dyn QuantizedModel>, LogitRange), dense_core::Error> {
    let images = calibration_images(&dataset.train);
    let network = quantize(weights.model, &weights.layers, images, kernel)?;
    let logits: Result<Vec<_>, _> = images.iter().map(|image| network.logits(image, kernel)).collect();
    Ok((network, LogitRange::of(logits?)))
}

/// Refuses to replace a file that was not exported.
fn check_replaceable(path: &Path) -> Result<(), ExportError> {
    let mut start = Vec::new();
    match fs::File::open(path).and_then(|file| file.take(MARK_WITHIN).read_to_end(&mut start)) {
        Ok(_) if start.is_empty() || MARKS.iter().any(|mark| contains(&start, mark)) => Ok(()),
        Ok(_) => Err(ExportError::Foreign(path.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(ExportError::Unreadable { path: path.into(), error }),
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[cfg(test)]
mod tests;
