//! The command `train`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dense_core::SparseCategoricalCrossEntropy;
use dense_core::losses::Loss;

use super::{RunError, check_firmware, compare, convert, name_of, shown, tell_written, test, widths};
use crate::checkpoint::{Checkpoint, Identity, data_checksum};
use crate::cli::TrainArgs;
use crate::dataset::{Dataset, Split};
use crate::evaluate::classes;
use crate::events::{Event, Start};
use crate::files::{FileError, Outputs, Written, check_targets};
use crate::fit::{Data, End, Fit, FitError, Keeper, Position, Settings, State, Watch};
use crate::history::History;
use crate::idx::SIDE;
use crate::interrupt::Patience;
use crate::model::{Layer, ModelName};
use crate::model_files::{self, Origin, Recipe, TrainedModel, Weights};
use crate::overview::{describe_data, describe_model, describe_shape};
use crate::pictures::Pictures;
use crate::quantized::{QuantizedLayer, calibration_images, quantize};
use crate::report::{self, Int8, Report};
use crate::terminal::progress::{Progress, Words};
use crate::terminal::{ColourChoice, Palette, Voice, columns};

/// How often the state is kept on the way: writing it takes milliseconds, and no more than this is lost.
const KEPT_EVERY: Duration = Duration::from_secs(10);

/// Of the nine images that are shown before a fit, as many stand beside each other.
const PICTURE_COLUMNS: usize = 3;

/// The files that are written.
struct Paths {
    picture: PathBuf,
    history: PathBuf,
    model: PathBuf,
    quantized: PathBuf,
    checkpoint: PathBuf,
    report: Vec<PathBuf>,
    weights: PathBuf,
}

impl Paths {
    fn new(arguments: &TrainArgs) -> Self {
        let [picture, history, model, quantized] =
            ["images.png", "history.json", "model.safetensors", "quantized.rs"].map(|name| arguments.out.join(name));
        let (checkpoint, weights) = (arguments.checkpoint(), arguments.weights());
        let report = report::file_names(&convert::input(), formats::Task::Multiclass);
        let report = report.into_iter().map(|name| arguments.out.join(name)).collect();
        Self { picture, history, model, quantized, checkpoint, report, weights }
    }

    fn check(&self) -> Result<(), RunError> {
        let Self { picture, history, model, quantized, checkpoint, report, weights } = self;
        let mut targets: Vec<&Path> = vec![picture, history, model, quantized, checkpoint];
        targets.extend(report.iter().map(PathBuf::as_path));
        targets.push(weights);
        check_targets(&targets)?;
        model_files::check_replaceable_safetensors(model)?;
        model_files::check_replaceable(quantized)?;
        Ok(model_files::check_replaceable(weights)?)
    }
}

/// Trains, tests, and writes what came out.
///
/// # Errors
///
/// Any [`RunError`]. No output file has changed then, unless all were written and one could not be put in place, for
/// which see [`Outputs`], and but for the state of the training, which is kept on the way and after Ctrl-C.
pub fn train(arguments: &TrainArgs) -> Result<(), RunError> {
    let common = &arguments.common;
    let voice = arguments.voice();
    let kernel = common.kernel.kernel()?;
    let paths = Paths::new(arguments);
    check_model(arguments, &paths.weights)?;
    let mut dataset = Dataset::load(&common.data)?;
    paths.check()?;
    let shapes = [&dataset.train, &dataset.test].map(|split| describe_shape(&convert::input(), split.len())).join(" ");
    let preset = arguments.preset();
    let pixel_table = preset.pixel_table();
    let mut calibration = calibration_images(&dataset.train).to_vec();
    pixel_table.apply(calibration.as_flattened_mut());
    if let Some(limit) = arguments.limit {
        dataset.train.truncate(limit);
    }
    let checksum = data_checksum(&dataset.train);
    let validation = arguments.validation_split.map(|share| split_off(&mut dataset.train, share)).transpose()?;
    let settings = Settings {
        optimizer: arguments.optimizer(),
        learning_rate: arguments.learning_rate(),
        schedule: arguments.schedule(),
        loss: preset.loss,
        smallest_deviation: preset.smallest_deviation,
        batch_size: arguments.batch_size(),
        epochs: arguments.epochs(),
        seed: arguments.seed,
        early_stopping: arguments.early_stopping,
        threads: arguments.threads,
        kernel,
    };
    let seen = dataset.through(&pixel_table);
    let seen_validation = validation.as_ref().map(|validation| validation.through(&pixel_table));
    let data = Data { train: &seen.train, validation: seen_validation.as_deref(), test: Some(&seen.test) };
    let identity = Identity::new(arguments.model, preset.pixel_exponent, &settings, &data, checksum);
    let resumed = arguments.resume().map(|path| Checkpoint::load(&path, &identity)).transpose()?;
    if resumed.is_none() {
        let failed = |error| FileError::Write { path: paths.checkpoint.clone(), error };
        if let Some(aside) = Checkpoint::set_aside(&paths.checkpoint).map_err(failed)? {
            voice.text(|| format!("an unfinished training was found; --resume {} goes on with it\n", shown(&aside)));
        }
    }
    let start = resumed.as_ref().map_or_else(Position::default, |state| state.position.clone());

    let samples = data.train.len();
    let steps = settings.steps_per_epoch(samples);
    let picture = first_images(&dataset.train).png_grid(PICTURE_COLUMNS)?;
    let mut network = arguments.model.network();
    network.initialise(settings.seed);
    let all_widths = widths(&network.layers());
    let hidden = all_widths[1..all_widths.len() - 1].to_vec();
    let report_recipe = convert::recipe((arguments.preset, preset), &settings, hidden, arguments.validation_split);
    let overview = Overview {
        arguments,
        dataset: &dataset,
        data: &data,
        settings: &settings,
        recipe: &report_recipe,
        shapes,
        start: &start,
    };
    overview.tell(voice, &network.layers());

    let patience = Patience::begin();
    let keep = |state: &State| {
        if let Err(error) = write_checkpoint(&paths.checkpoint, &identity, state) {
            eprintln!("warning: {error}");
        }
    };
    let mut watch = Watch {
        progress: Progress::new(voice, Words { metric: "accuracy", samples: "images" }, settings.epochs, steps),
        stop: Box::new(|| patience.is_over()),
        keeper: Some(Keeper { interval: KEPT_EVERY, keep: Box::new(keep) }),
    };
    let Fit { state, end } = network.fit(&data, &settings, resumed.as_ref(), &mut watch)?;
    drop(watch);
    let diverged = |_| FitError::Diverged { epoch: settings.epochs, step: steps };
    let position = &state.position;
    if end == End::Interrupted {
        let written = write_checkpoint(&paths.checkpoint, &identity, &state)?;
        drop(patience);
        test(&*network, &seen, kernel, voice).map_err(diverged)?;
        tell_written(voice, written);
        let (epoch, steps) = (position.epochs.len() + 1, position.running.steps);
        voice.event(&Event::Interrupted { epoch, steps, checkpoint: shown(&paths.checkpoint) });
        return Err(RunError::Interrupted { epoch, steps });
    }
    drop(patience);
    let best_epoch = position.best.as_ref().map(|best| best.epoch);
    if let Some(best_epoch) = best_epoch {
        let (epoch, stopped_early) = (position.epochs.len(), end == End::StoppedEarly);
        voice.text(|| {
            let stopped = if stopped_early { format!("Epoch {epoch}: early stopping\n") } else { String::new() };
            format!("{stopped}Restoring model weights from the end of the best epoch: {best_epoch}.\n")
        });
        voice.event(&Event::BestWeightsRestored { best_epoch, epoch, stopped_early });
    }

    let test = test(&*network, &seen, kernel, voice).map_err(diverged)?;
    let weights = Weights { model: arguments.model, pixel_table, layers: network.layers() };
    let quantized = quantize(weights.model, &weights.layers, &calibration, kernel).map_err(RunError::Quantize)?;
    let mut probabilities = network.logits(&seen.test, kernel).map_err(FitError::Core)?;
    let classes = classes(&probabilities);
    SparseCategoricalCrossEntropy::output_activation_with(kernel, &mut probabilities).map_err(FitError::Core)?;
    let comparison = compare(&classes, &*quantized, &seen, kernel, voice).map_err(RunError::Quantize)?;

    let recipe = Recipe {
        data_set: name_of(&common.data),
        preset: arguments.preset.name().into(),
        pixel_exponent: preset.pixel_exponent,
        smallest_deviation: preset.smallest_deviation,
        loss: settings.loss,
        optimizer: settings.optimizer.name().into(),
        learning_rate: settings.learning_rate,
        schedule: settings.schedule.to_string(),
        batch_size: settings.batch_size,
        epochs: settings.epochs,
        samples,
        seed: settings.seed,
        best_epoch: best_epoch.filter(|&best| best < settings.epochs),
    };
    let history = History {
        epochs: position.epochs.clone(),
        test,
        int8_test_accuracy: comparison.int8_accuracy(),
        best_epoch,
        fit_seconds: position.epochs.iter().map(|epoch| epoch.seconds).sum(),
        model: arguments.model.name().into(),
        preset: recipe.preset.clone(),
        pixel_exponent: recipe.pixel_exponent,
        smallest_deviation: recipe.smallest_deviation,
        loss: recipe.loss,
        optimizer: recipe.optimizer.clone(),
        learning_rate: recipe.learning_rate,
        schedule: recipe.schedule.clone(),
        batch_size: recipe.batch_size,
        samples,
        validation_samples: identity.validation_samples,
        early_stopping: settings.early_stopping,
        seed: recipe.seed,
        threads: settings.working_threads(),
        kernel: kernel.name().into(),
    };
    let model = TrainedModel {
        weights: &weights,
        class_names: &dataset.class_names,
        origin: Origin::Trained(recipe),
        test_accuracy: test.accuracy,
        test_loss: test.loss,
    };
    let safetensors = model_files::to_safetensors(&model)?;
    let int8_layers = quantized.layers();
    let int8_source = model_files::to_quantized_source(&model, &int8_layers, comparison.int8_accuracy());
    let source = model_files::to_rust_source(&model);
    let int8_metrics = [("accuracy".to_owned(), comparison.int8_accuracy())].into();
    let report = Report {
        data_set: &name_of(&common.data),
        recipe: &report_recipe,
        model: &convert::model(&weights, &dataset.class_names, &report_recipe),
        epochs: &history.epochs.iter().map(Into::into).collect::<Vec<_>>(),
        best_epoch,
        training_samples: samples,
        validation_samples: history.validation_samples,
        test: &test.named(),
        samples: &convert::samples(&dataset.test),
        outputs: probabilities.as_flattened(),
        int8: Some(Int8 { metrics: &int8_metrics, bytes: int8_layers.iter().map(QuantizedLayer::bytes).sum() }),
        threads: history.threads,
        kernel: &history.kernel,
        model_files: &[
            ("model.safetensors", safetensors.len()),
            ("quantized.rs", int8_source.len()),
            ("weights.rs", source.len()),
        ],
    };
    let mut outputs = Outputs::new();
    outputs.stage(&paths.picture, &picture)?;
    outputs.stage(&paths.history, &history.to_json())?;
    outputs.stage(&paths.model, &safetensors)?;
    outputs.stage(&paths.quantized, int8_source.as_bytes())?;
    outputs.stage(&paths.checkpoint, &Checkpoint { identity, state: state.clone() }.to_bytes()?)?;
    for (path, bytes) in paths.report.iter().zip(report.files()?) {
        outputs.stage(path, &bytes)?;
    }
    outputs.stage(&paths.weights, source.as_bytes())?;
    tell_written(voice, outputs.commit()?);
    Ok(())
}

/// What a training tells before it begins.
struct Overview<'a> {
    arguments: &'a TrainArgs,
    dataset: &'a Dataset,
    data: &'a Data<'a>,
    settings: &'a Settings,
    recipe: &'a formats::Recipe,
    /// Of the images in the files.
    shapes: String,
    /// Where it begins.
    start: &'a Position,
}

impl Overview<'_> {
    fn tell(&self, voice: Voice, layers: &[Layer]) {
        let Self { arguments, dataset, data, settings, recipe, shapes, start } = self;
        let validation_samples = data.validation.map_or(0, Split::len);
        let images = first_images(&dataset.train);
        voice.text(|| {
            let captions = dataset.train.labels.iter().map(|&label| dataset.class_names[usize::from(label)].clone());
            let captions: Vec<_> = captions.take(9).collect();
            let across = images.across(columns()).min(PICTURE_COLUMNS);
            let palette = Palette::of_standard_output(ColourChoice::Auto);
            let grid = images.text(&captions, across, palette);
            let targets = crate::data::Targets::Labels(data.train.labels.clone());
            let about = describe_data(&convert::output(&dataset.class_names), &targets, recipe, validation_samples);
            let name = match arguments.model {
                ModelName::Linear => "softmax_regression",
                model => model.name(),
            };
            let model = describe_model(name, &convert::input(), &convert::layers(layers));
            let resumed = arguments.resume().map_or_else(String::new, |path| {
                format!(
                    "resumed from {}, epochs done: {}, steps of the next: {}\n",
                    shown(&path),
                    start.epochs.len(),
                    start.running.steps
                )
            });
            format!("{shapes}\n\n{about}\n{grid}\n{model}\n{resumed}")
        });
        voice.event(&Event::Start(Start::Train {
            widths: widths(layers),
            parameters: layers.iter().map(Layer::parameters).sum(),
            data: shown(&arguments.common.data),
            names: &dataset.class_names,
            train_samples: data.train.len(),
            validation_samples,
            test_samples: dataset.test.len(),
            steps_per_epoch: settings.steps_per_epoch(data.train.len()),
            epochs_done: start.epochs.len(),
            steps_done: start.running.steps,
            recipe,
            threads: settings.working_threads(),
            kernel: settings.kernel.name(),
        }));
    }
}

/// The images of the picture.
fn first_images(split: &Split) -> Pictures<'_> {
    Pictures { height: SIDE, width: SIDE, pixels: split.images[..split.len().min(9)].as_flattened() }
}

/// Refuses what only the model of the firmware, or only the usual preset, can do.
fn check_model(arguments: &TrainArgs, weights: &Path) -> Result<(), RunError> {
    let TrainArgs { model, threads, preset, .. } = *arguments;
    if threads > 1 && arguments.preset().is_prepared() {
        return Err(RunError::PresetThreads { threads, preset });
    }
    if threads > 1 && model != ModelName::Linear {
        return Err(RunError::Threads { threads, model });
    }
    check_firmware(model, weights)
}

/// Takes so large a share of the samples, the last ones, away, as many as Keras does.
pub(crate) fn split_off(train: &mut Split, share: f64) -> Result<Split, RunError> {
    let samples = train.len();
    let left = (samples as f64 * (1.0 - share)) as usize;
    if left == 0 || left == samples {
        return Err(RunError::ValidationSplit { share, samples, validation: samples - left });
    }
    Ok(train.split_off(left))
}

fn write_checkpoint(path: &Path, identity: &Identity, state: &State) -> Result<Vec<Written>, RunError> {
    let checkpoint = Checkpoint { identity: identity.clone(), state: state.clone() };
    let mut outputs = Outputs::new();
    outputs.stage(path, &checkpoint.to_bytes()?)?;
    Ok(outputs.commit()?)
}
