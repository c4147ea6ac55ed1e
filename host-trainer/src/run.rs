//! The commands: what they do, in the order in which a user sees it.

mod convert;
mod train;

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use dense_core::{Kernel, KernelError};

pub(crate) use self::train::split_off;
pub use self::train::train;
use crate::checkpoint::CheckpointError;
use crate::cli::{EvaluateArgs, WEIGHTS};
use crate::comparison::Comparison;
use crate::dataset::{Dataset, DatasetError};
use crate::device::DeviceError;
use crate::evaluate::BATCH_SIZE;
use crate::events::{Event, Start};
use crate::export::ExportError;
use crate::files::{FileError, Written};
use crate::fit::FitError;
use crate::history::Metrics;
use crate::interrupt;
use crate::model::{Layer, Model, ModelName};
use crate::model_files::{self, ModelFileError};
use crate::pack::PackError;
use crate::predict::PredictError;
use crate::presets::PresetName;
use crate::quantized::{QuantizedModel, calibration_images, quantize};
use crate::show::ShowError;
use crate::sweep::SweepError;
use crate::terminal::Voice;
use crate::terminal::progress::evaluation_text;
use crate::terminal::summary::thousands;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data set cannot be used.
    #[error("{0}")]
    Dataset(#[from] DatasetError),
    /// An output cannot be written.
    #[error("{0}")]
    File(#[from] FileError),
    /// A model cannot be read or written.
    #[error("{0}")]
    Model(#[from] ModelFileError),
    /// The kernel cannot be used.
    #[error("--kernel: {0}")]
    Kernel(#[from] KernelError),
    /// The picture of the first images cannot be made.
    #[error("cannot draw a PNG: {0}")]
    Picture(#[from] image::ImageError),
    /// The weights cannot be tested.
    #[error("{}: {error}", path.display())]
    Weights {
        /// The file they came from.
        path: PathBuf,
        /// What was wrong.
        error: dense_core::Error,
    },
    /// The training failed.
    #[error("{0}")]
    Fit(#[from] FitError),
    /// The trained weights are too large for whole numbers.
    #[error("the trained model cannot be quantised: {0}; try a smaller learning rate")]
    Quantize(dense_core::Error),
    /// More threads than the model can use.
    #[error("--threads {threads}: {} trains with one thread, only {} can use more", .model.name(), ModelName::Linear.name())]
    Threads {
        /// How many were given.
        threads: usize,
        /// The model.
        model: ModelName,
    },
    /// More threads than the preset can use.
    #[error("--threads {threads}: --preset {} trains with one thread", .preset.name())]
    PresetThreads {
        /// How many were given.
        threads: usize,
        /// The preset.
        preset: PresetName,
    },
    /// A model for the firmware's file that the firmware cannot run.
    #[error(
        "--weights {}: the firmware runs {}, not {}; choose another file",
        path.display(), ModelName::Linear.name(), .model.name()
    )]
    Firmware {
        /// The firmware's file.
        path: PathBuf,
        /// The model.
        model: ModelName,
    },
    /// There are no such images to show.
    #[error("{0}")]
    Show(#[from] ShowError),
    /// A picture cannot be classified.
    #[error("{0}")]
    Predict(#[from] PredictError),
    /// Pictures do not make a data set.
    #[error("{0}")]
    Pack(#[from] PackError),
    /// A model was not exported.
    #[error("{0}")]
    Export(#[from] ExportError),
    /// The training cannot go on.
    #[error("--resume: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The state of the training cannot be put into a file.
    #[error("checkpoint.safetensors: {0}")]
    Container(#[from] safetensors::SafeTensorError),
    /// Too few samples for both training and validation.
    #[error("--validation-split {share}: of {samples} samples it leaves none to {}", if *validation == 0 { "validate on" } else { "train on" })]
    ValidationSplit {
        /// The share.
        share: f64,
        /// The samples.
        samples: usize,
        /// How many it takes.
        validation: usize,
    },
    /// Ctrl-C has ended the training.
    #[error("interrupted in epoch {epoch} at step {steps}, no weights written; the same command with --resume goes on")]
    Interrupted {
        /// The epoch.
        epoch: usize,
        /// How many steps of it were made.
        steps: usize,
    },
    /// A sweep found no settings.
    #[error("{0}")]
    Sweep(#[from] SweepError),
    /// Something was not done on a device.
    #[error("{0}")]
    Device(#[from] DeviceError),
}

impl RunError {
    /// 1 where the training itself failed or a device computes other bits, 130 after Ctrl-C, 2 where something it was given was wrong.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Fit(FitError::Diverged { .. }) | Self::Quantize(_) | Self::Sweep(SweepError::Diverged) => 1,
            Self::Interrupted { .. } | Self::Sweep(SweepError::Interrupted { .. }) => interrupt::EXIT_CODE,
            Self::Device(error) => error.exit_code(),
            _ => 2,
        }
    }
}

/// Refuses to write the weights of any other model than the firmware's to its file.
pub(crate) fn check_firmware(model: ModelName, weights: &Path) -> Result<(), RunError> {
    let lies_in_firmware = |path: &Path| path.ends_with(WEIGHTS);
    let is_firmware = lies_in_firmware(weights) || fs::canonicalize(weights).is_ok_and(|path| lies_in_firmware(&path));
    if is_firmware && model != ModelName::Linear {
        return Err(RunError::Firmware { path: weights.to_owned(), model });
    }
    Ok(())
}

/// Tests saved weights.
///
/// # Errors
///
/// [`RunError`] where the data, the weights or the kernel cannot be used.
pub fn evaluate(arguments: &EvaluateArgs) -> Result<(), RunError> {
    let common = &arguments.common;
    let voice = arguments.voice();
    let kernel = common.kernel.kernel()?;
    let weights = model_files::load(&arguments.weights)?;
    let dataset = Dataset::load(&common.data)?;
    let seen = dataset.through(&weights.pixel_table);
    let [file, data] = [&arguments.weights, &common.data].map(|path| shown(path));
    voice.text(|| format!("{file}, {}, on {data}\n", weights.model.name()));
    voice.event(&Event::Start(Start::Evaluate {
        widths: widths(&weights.layers),
        weights: file,
        data,
        test_samples: dataset.test.len(),
        kernel: kernel.name(),
    }));
    let test_all = || {
        let network = weights.network();
        test(&*network, &seen, kernel, voice)?;
        let quantized = quantize(weights.model, &weights.layers, calibration_images(&seen.train), kernel)?;
        let classes = network.classes(&seen.test, kernel)?;
        compare(&classes, &*quantized, &seen, kernel, voice).map(|_| ())
    };
    test_all().map_err(|error| RunError::Weights { path: arguments.weights.clone(), error })
}

/// Tests the network and prints how good it is.
pub(crate) fn test(
    network: &dyn Model,
    dataset: &Dataset,
    kernel: Kernel,
    voice: Voice,
) -> Result<Metrics, dense_core::Error> {
    let start = Instant::now();
    let metrics = network.evaluate(&dataset.test, kernel)?;
    let (samples, seconds) = (dataset.test.len(), start.elapsed().as_secs_f64());
    let named = metrics.named();
    voice.text(|| evaluation_text(&named, seconds, samples.div_ceil(BATCH_SIZE)));
    voice.event(&Event::Test { samples, metrics: &named, seconds });
    Ok(metrics)
}

/// Tests the network in whole numbers beside the one in floats, which takes the images for `classes`.
pub(crate) fn compare(
    classes: &[u8],
    quantized: &dyn QuantizedModel,
    dataset: &Dataset,
    kernel: Kernel,
    voice: Voice,
) -> Result<Comparison, dense_core::Error> {
    let test = &dataset.test;
    let comparison =
        Comparison::new(dataset.class_names.len(), &test.labels, classes, &quantized.classes(test, kernel)?);
    voice.text(|| comparison.table(&dataset.class_names));
    let metrics = [("accuracy".to_owned(), comparison.int8_accuracy())].into();
    voice.event(&Event::Int8 { metrics: &metrics, different: Some(comparison.total().different) });
    Ok(comparison)
}

/// Inputs, units of each hidden layer, and outputs.
pub(crate) fn widths(layers: &[Layer]) -> Vec<usize> {
    layers.first().map(|layer| layer.inputs).into_iter().chain(layers.iter().map(Layer::outputs)).collect()
}

/// The last part of a folder's path, whatever way leads to it.
pub(crate) fn name_of(folder: &Path) -> String {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A path as short as the current folder allows.
pub(crate) fn shown(path: &Path) -> String {
    let current = env::current_dir().ok();
    let relative = current.and_then(|current| path.strip_prefix(current).ok());
    relative.unwrap_or(path).display().to_string()
}

/// Says what was written, and where.
pub(crate) fn tell_written(voice: Voice, written: Vec<Written>) {
    for Written { path, bytes } in written {
        let path = shown(&path);
        voice.text(|| format!("wrote {path} ({} bytes)\n", thousands(bytes as usize)));
        voice.event(&Event::Written { path, bytes });
    }
}
