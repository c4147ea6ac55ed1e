//! The commands: what they do, in the order in which a user sees it.

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use dense_core::activations::softmax;
use dense_core::{Kernel, KernelError, PixelTable};

use crate::cli::{EvaluateArgs, TrainArgs, WEIGHTS};
use crate::comparison::Comparison;
use crate::dataset::{Dataset, DatasetError};
use crate::device::DeviceError;
use crate::evaluate::{BATCH_SIZE, classes};
use crate::files::{FileError, Outputs, Written, check_targets};
use crate::fit::{FitError, Settings};
use crate::history::{History, Metrics};
use crate::model::{Model, ModelName};
use crate::model_files::{self, ModelFileError, Recipe, TrainedModel, Weights};
use crate::overview::{describe_data, describe_model, describe_shape};
use crate::pictures;
use crate::progress::{Progress, print_evaluation};
use crate::quantized::{QuantizedLayer, QuantizedModel, calibration_images, quantize};
use crate::report::{self, Report};
use crate::summary::thousands;
use crate::terminal::{has_colours, print};

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
    #[error("images.png: {0}")]
    Picture(#[from] png::EncodingError),
    /// A picture of the report cannot be made.
    #[error("the report: {0}")]
    Report(png::EncodingError),
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
    /// Something was not done on a device.
    #[error("{0}")]
    Device(#[from] DeviceError),
}

impl RunError {
    /// 1 where the training itself failed or a device computes other bits, 2 where something it was given was wrong.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Fit(FitError::Diverged { .. }) | Self::Quantize(_) => 1,
            Self::Device(error) => error.exit_code(),
            _ => 2,
        }
    }
}

/// Trains, tests, and writes what came out.
///
/// # Errors
///
/// Any [`RunError`]. No output file has changed then, unless all were written and one could not be put in place:
/// see [`Outputs`].
pub fn train(arguments: &TrainArgs) -> Result<(), RunError> {
    let common = &arguments.common;
    let kernel = common.kernel.kernel()?;
    let weights_path = arguments.weights();
    check_model(arguments, &weights_path)?;
    let mut dataset = Dataset::load(&common.data)?;
    let [picture_path, history_path, model_path, quantized_path] =
        ["images.png", "history.json", "model.safetensors", "quantized.rs"].map(|name| arguments.out.join(name));
    let report_paths = report::FILES.map(|name| arguments.out.join(name));
    let mut targets = vec![&*picture_path, &history_path, &model_path, &quantized_path];
    targets.extend(report_paths.iter().map(PathBuf::as_path));
    targets.push(&weights_path);
    check_targets(&targets)?;
    model_files::check_replaceable(&quantized_path)?;
    model_files::check_replaceable(&weights_path)?;
    let (train_shape, test_shape) = (describe_shape(&dataset.train), describe_shape(&dataset.test));
    let calibration = calibration_images(&dataset.train).to_vec();
    if let Some(limit) = arguments.limit {
        dataset.train.truncate(limit);
    }
    let settings = Settings {
        optimizer: arguments.optimizer,
        learning_rate: arguments.learning_rate(),
        schedule: arguments.schedule(),
        batch_size: arguments.batch_size,
        epochs: arguments.epochs,
        seed: arguments.seed,
        threads: arguments.threads,
        kernel,
    };
    let samples = dataset.train.len();
    let steps = settings.steps_per_epoch(samples);
    let shown = &dataset.train.images[..samples.min(9)];
    let picture = pictures::png_grid(shown)?;
    let mut network = arguments.model.network();
    network.initialise(settings.seed);
    if common.verbose > 0 {
        let captions = dataset.train.labels.iter().map(|&label| dataset.class_names[usize::from(label)].as_str());
        let captions: Vec<_> = captions.take(shown.len()).collect();
        print(&format!("{train_shape} {test_shape}\n\n{}\n", describe_data(&dataset, &settings)));
        print(&format!("{}\n", pictures::terminal_grid(shown, &captions, has_colours())));
        print(&format!("{}\n", describe_model(arguments.model, &network.layers())));
    }

    let start = Instant::now();
    let mut progress = Progress::new(common.verbose, settings.epochs, steps);
    let epochs = network.fit(&dataset.train, &settings, &mut progress)?;
    let fit_seconds = start.elapsed().as_secs_f64();
    let test = test(&*network, &dataset, kernel, common.verbose)
        .map_err(|_| FitError::Diverged { epoch: settings.epochs, step: steps })?;
    let weights = Weights { model: arguments.model, pixel_table: PixelTable::IDENTITY, layers: network.layers() };
    let quantized = quantize(weights.model, &weights.layers, &calibration, kernel).map_err(RunError::Quantize)?;
    let mut logits = network.logits(&dataset.test, kernel).map_err(FitError::Core)?;
    let classes = classes(&logits);
    let comparison = compare(&classes, &*quantized, &dataset, kernel, common.verbose).map_err(RunError::Quantize)?;
    softmax(kernel, &mut logits).map_err(FitError::Core)?;

    let recipe = Recipe {
        data_set: name_of(&common.data),
        optimizer: settings.optimizer.name().into(),
        learning_rate: settings.learning_rate,
        schedule: settings.schedule.name().into(),
        batch_size: settings.batch_size,
        epochs: settings.epochs,
        samples,
        seed: settings.seed,
    };
    let history = History {
        epochs,
        test,
        int8_test_accuracy: comparison.int8_accuracy(),
        fit_seconds,
        model: arguments.model.name().into(),
        optimizer: recipe.optimizer.clone(),
        learning_rate: recipe.learning_rate,
        schedule: recipe.schedule.clone(),
        batch_size: recipe.batch_size,
        samples,
        seed: recipe.seed,
        threads: settings.working_threads(),
        kernel: kernel.name().into(),
    };
    let model = TrainedModel {
        weights: &weights,
        class_names: &dataset.class_names,
        recipe,
        test_accuracy: test.accuracy,
        test_loss: test.loss,
    };
    let safetensors = model_files::to_safetensors(&model)?;
    let int8_layers = quantized.layers();
    let int8_source = model_files::to_quantized_source(&model, &int8_layers, comparison.int8_accuracy());
    let source = model_files::to_rust_source(&model);
    let report = Report {
        data_set: &model.recipe.data_set,
        history: &history,
        weights: &weights,
        class_names: &dataset.class_names,
        images: &dataset.test.images,
        labels: &dataset.test.labels,
        classes: &classes,
        probabilities: &logits,
        int8_bytes: int8_layers.iter().map(QuantizedLayer::bytes).sum(),
        model_files: &[
            ("model.safetensors", safetensors.len()),
            ("quantized.rs", int8_source.len()),
            ("weights.rs", source.len()),
        ],
    };
    let mut outputs = Outputs::new();
    outputs.stage(&picture_path, &picture)?;
    outputs.stage(&history_path, &history.to_json())?;
    outputs.stage(&model_path, &safetensors)?;
    outputs.stage(&quantized_path, int8_source.as_bytes())?;
    for (path, bytes) in report_paths.iter().zip(report.files().map_err(RunError::Report)?) {
        outputs.stage(path, &bytes)?;
    }
    outputs.stage(&weights_path, source.as_bytes())?;
    let written = outputs.commit()?;
    if common.verbose > 0 {
        for Written { path, bytes } in written {
            print(&format!("wrote {} ({} bytes)\n", shown_path(&path).display(), thousands(bytes as usize)));
        }
    }
    Ok(())
}

/// Refuses what only the model of the firmware can do.
fn check_model(arguments: &TrainArgs, weights: &Path) -> Result<(), RunError> {
    let TrainArgs { model, threads, .. } = *arguments;
    if model == ModelName::Linear {
        return Ok(());
    }
    if threads > 1 {
        return Err(RunError::Threads { threads, model });
    }
    let lies_in_firmware = |path: &Path| path.ends_with(WEIGHTS);
    if lies_in_firmware(weights) || fs::canonicalize(weights).is_ok_and(|path| lies_in_firmware(&path)) {
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
    let kernel = common.kernel.kernel()?;
    let weights = model_files::load(&arguments.weights)?;
    let dataset = Dataset::load(&common.data)?;
    if common.verbose > 0 {
        let [file, data] = [&arguments.weights, &common.data].map(|path| shown_path(path).display().to_string());
        print(&format!("{file}, {}, on {data}\n", weights.model.name()));
    }
    let test_all = || {
        let network = weights.network();
        test(&*network, &dataset, kernel, common.verbose)?;
        let quantized = quantize(weights.model, &weights.layers, calibration_images(&dataset.train), kernel)?;
        let classes = network.classes(&dataset.test, kernel)?;
        compare(&classes, &*quantized, &dataset, kernel, common.verbose).map(|_| ())
    };
    test_all().map_err(|error| RunError::Weights { path: arguments.weights.clone(), error })
}

fn test(network: &dyn Model, dataset: &Dataset, kernel: Kernel, verbose: u8) -> Result<Metrics, dense_core::Error> {
    let start = Instant::now();
    let metrics = network.evaluate(&dataset.test, kernel)?;
    print_evaluation(verbose, metrics, start.elapsed().as_secs_f64(), dataset.test.len().div_ceil(BATCH_SIZE));
    Ok(metrics)
}

/// Tests the network in whole numbers beside the one in floats, which takes the images for `classes`.
fn compare(
    classes: &[u8],
    quantized: &dyn QuantizedModel,
    dataset: &Dataset,
    kernel: Kernel,
    verbose: u8,
) -> Result<Comparison, dense_core::Error> {
    let test = &dataset.test;
    let comparison = Comparison::new(&test.labels, classes, &quantized.classes(test, kernel)?);
    if verbose > 0 {
        print(&comparison.table(&dataset.class_names));
    }
    Ok(comparison)
}

/// The last part of a folder's path, whatever way leads to it.
fn name_of(folder: &Path) -> String {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A path as short as the current folder allows.
fn shown_path(path: &Path) -> PathBuf {
    let current = env::current_dir().ok();
    let relative = current.and_then(|current| path.strip_prefix(current).ok().map(Path::to_owned));
    relative.unwrap_or_else(|| path.to_owned())
}
