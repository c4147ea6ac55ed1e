//! The commands: what they do, in the order in which a user sees it.

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use dense_core::{Dense, Kernel, KernelError, Random};

use crate::cli::{EvaluateArgs, TrainArgs};
use crate::dataset::{Dataset, DatasetError};
use crate::device::DeviceError;
use crate::evaluate::{self, BATCH_SIZE};
use crate::files::{FileError, Outputs, Written, check_targets};
use crate::fit::{FitError, Settings, fit};
use crate::history::{History, Metrics};
use crate::idx::{CLASSES, PIXELS, SIDE};
use crate::model_files::{self, ModelFileError, Recipe, TrainedModel};
use crate::pictures;
use crate::progress::{Progress, print_evaluation};
use crate::summary::{LayerSummary, summary, thousands};
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
    /// Something was not done on a device.
    #[error("{0}")]
    Device(#[from] DeviceError),
}

impl RunError {
    /// 1 where the training itself failed or a device computes other bits, 2 where something it was given was wrong.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Fit(FitError::Diverged { .. }) => 1,
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
    let mut dataset = Dataset::load(&common.data)?;
    let [picture_path, history_path, model_path] =
        ["images.png", "history.json", "model.safetensors"].map(|name| arguments.out.join(name));
    check_targets(&[&picture_path, &history_path, &model_path, &arguments.weights])?;
    model_files::check_replaceable(&arguments.weights)?;
    let (train_shape, test_shape) = (shape(dataset.train.len()), shape(dataset.test.len()));
    if let Some(limit) = arguments.limit {
        dataset.train.truncate(limit);
    }
    let settings = Settings {
        optimizer: arguments.optimizer,
        learning_rate: arguments.learning_rate(),
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
    if common.verbose > 0 {
        let captions = dataset.train.labels.iter().map(|&label| dataset.class_names[usize::from(label)].as_str());
        let captions: Vec<_> = captions.take(shown.len()).collect();
        print(&format!("{train_shape} {test_shape}\n\n{}\n", describe_data(&dataset, &settings)));
        print(&format!("{}\n{}\n", pictures::terminal_grid(shown, &captions, has_colours()), describe_model()));
    }

    let mut layer = Box::new(Dense::<PIXELS, CLASSES>::ZERO);
    layer.glorot_uniform(&mut Random::new(settings.seed, Random::INITIAL_WEIGHTS));
    let start = Instant::now();
    let mut progress = Progress::new(common.verbose, settings.epochs, steps);
    let epochs = fit(&mut layer, &dataset.train, &settings, &mut progress)?;
    let fit_seconds = start.elapsed().as_secs_f64();
    let test = test(&layer, &dataset, kernel, common.verbose)
        .map_err(|_| FitError::Diverged { epoch: settings.epochs, step: steps })?;

    let recipe = Recipe {
        data_set: name_of(&common.data),
        optimizer: settings.optimizer.name().into(),
        learning_rate: settings.learning_rate,
        batch_size: settings.batch_size,
        epochs: settings.epochs,
        samples,
        seed: settings.seed,
    };
    let history = History {
        epochs,
        test,
        fit_seconds,
        optimizer: recipe.optimizer.clone(),
        learning_rate: recipe.learning_rate,
        batch_size: recipe.batch_size,
        samples,
        seed: recipe.seed,
        threads: settings.working_threads(),
        kernel: kernel.name().into(),
    };
    let model = TrainedModel {
        layer: &layer,
        class_names: &dataset.class_names,
        recipe,
        test_accuracy: test.accuracy,
        test_loss: test.loss,
    };
    let mut outputs = Outputs::new();
    outputs.stage(&picture_path, &picture)?;
    outputs.stage(&history_path, &history.to_json())?;
    outputs.stage(&model_path, &model_files::to_safetensors(&model)?)?;
    outputs.stage(&arguments.weights, model_files::to_rust_source(&model).as_bytes())?;
    let written = outputs.commit()?;
    if common.verbose > 0 {
        for Written { path, bytes } in written {
            print(&format!("wrote {} ({} bytes)\n", shown_path(&path).display(), thousands(bytes as usize)));
        }
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
    let layer = model_files::load(&arguments.weights)?;
    let dataset = Dataset::load(&common.data)?;
    if common.verbose > 0 {
        print(&format!("{} on {}\n", shown_path(&arguments.weights).display(), shown_path(&common.data).display()));
    }
    let tested = test(&layer, &dataset, kernel, common.verbose);
    tested.map(|_| ()).map_err(|error| RunError::Weights { path: arguments.weights.clone(), error })
}

fn test(
    layer: &Dense<PIXELS, CLASSES>,
    dataset: &Dataset,
    kernel: Kernel,
    verbose: u8,
) -> Result<Metrics, dense_core::Error> {
    let start = Instant::now();
    let metrics = evaluate::evaluate(layer, &dataset.test, kernel)?;
    print_evaluation(verbose, metrics, start.elapsed().as_secs_f64(), dataset.test.len().div_ceil(BATCH_SIZE));
    Ok(metrics)
}

fn shape(samples: usize) -> String {
    format!("({samples}, {SIDE}, {SIDE})")
}

/// The labels and the bookkeeping of the fit.
fn describe_data(dataset: &Dataset, settings: &Settings) -> String {
    let mut text = String::from("label  class          training samples\n");
    for (label, (name, count)) in dataset.class_names.iter().zip(dataset.train.label_counts()).enumerate() {
        text += &format!("{label:>5}  {name:<13}  {:>16}\n", thousands(count));
    }
    let samples = dataset.train.len();
    let steps = settings.steps_per_epoch(samples);
    text += &format!("\ntask: multi-class classification, {CLASSES} classes\n");
    text += &format!(
        "{} samples in batches of {}: {} iterations an epoch, {} in {} epoch{}\n",
        thousands(samples),
        thousands(settings.batch_size),
        thousands(steps),
        thousands(steps * settings.epochs),
        thousands(settings.epochs),
        if settings.epochs == 1 { "" } else { "s" },
    );
    text
}

fn describe_model() -> String {
    let layers = [
        LayerSummary {
            name: "flatten",
            kind: "Flatten",
            output_shape: format!("(None, {PIXELS})"),
            parameters: 0,
            trainable: true,
        },
        LayerSummary {
            name: "dense",
            kind: "Dense",
            output_shape: format!("(None, {CLASSES})"),
            parameters: Dense::<PIXELS, CLASSES>::PARAMETERS,
            trainable: true,
        },
    ];
    summary("softmax_regression", &layers)
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
