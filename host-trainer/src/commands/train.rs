//! The command `train`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use formats::{Input, Layer, Task, rust, safetensors};

use super::ending::{self, Ending};
use super::predict::is_table;
use super::shared::{check_out, load, shown, tell_written};
use super::testing::{self, Int8Test};
use crate::checkpoint::{Checkpoint, Identity};
use crate::data::{Inputs, Samples, Targets};
use crate::events::{Event, Start};
use crate::failure::Failure;
use crate::history::History;
use crate::interrupt::Interrupts;
use crate::learning::metrics::metric_name;
use crate::learning::{Callbacks, Checkpoints, End, Fit, Network, Position, Settings, State};
use crate::lock::Lock;
use crate::options::{CommonArgs, DataArgs, MAX_THREADS, RecipeArgs, in_workspace, locate, model_name, whole_number};
use crate::outputs::{Outputs, Written};
use crate::overview::{describe_data, describe_model, describe_shape};
use crate::pictures::Pictures;
use crate::prepared::Prepared;
use crate::program::quoted;
use crate::report::{self, Int8, Report};
use crate::terminal::progress::{Progress, Words};
use crate::terminal::{ColourChoice, Palette, Verbosity, columns, complain, wrap};

/// How often the state is kept on the way: writing it takes milliseconds, and no more than this is lost.
const KEPT_EVERY: Duration = Duration::from_secs(10);

/// Of the nine images that are shown before a training, as many stand beside each other.
const PICTURE_COLUMNS: usize = 3;
/// How many images are shown.
const PICTURES: usize = 9;
/// The firmware's own weights.
const FIRMWARE_WEIGHTS: &str = "firmware/weights/weights.rs";

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer train --data measurements.csv --target state --hidden 16
      Learn from a table: all columns but the target are features, and the task is inferred
  host-trainer train --model mlp32 --epochs 50 --validation-split 0.1 --early-stopping 3
      Hold back the last tenth of the samples, stop when it gets no better, keep the best weights
  host-trainer train --epochs 30 --learning-rate-schedule step:10:0.5
      Halve the learning rate after every 10 epochs
  host-trainer train --preset best
      The highest accuracy on pictures that 7,850 parameters give, on the device too
  host-trainer train --epochs 1000    (interrupt with Ctrl-C, then:)
  host-trainer train --epochs 1000 --resume
      Stop after the batch and go on to the same weights, bit for bit
  host-trainer train --epochs 20 --resume
      Continue a finished training up to 20 epochs
  host-trainer train --json | jq 'select(.event == \"epoch\").test_accuracy'
      Print the test accuracy of each epoch with jq

Ctrl-C and SIGTERM stop after the batch, test, keep the state in DIR/checkpoint.safetensors, leave all other files as they
were and end with code 130; a second one stops at once. While a training goes on, its state is also kept there at the
end of an epoch, at most every 10 seconds. A training that begins anew renames the state of an unfinished one to
DIR/checkpoint-1.safetensors, or the next free number.";

/// Options of `train`.
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// Folder for the model, its Rust files, the report with its pictures, the history and the checkpoint
    /// [default: out]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("out"))]
    #[arg(hide_default_value = true)]
    pub out: PathBuf,

    /// Rust file to write the weights to [default: DIR/weights.rs]
    #[arg(long, value_name = "FILE", conflicts_with = "install")]
    weights: Option<PathBuf>,

    /// Write the weights into the firmware, firmware/weights/weights.rs, as well
    #[arg(long)]
    install: bool,

    /// Replace files in DIR that this program has not written
    #[arg(long)]
    force: bool,

    /// Go on where a training was stopped, with the same options, to the same weights as if it had not been; or with
    /// more epochs than it had [default file: DIR/checkpoint.safetensors]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    resume: Option<Option<PathBuf>>,

    /// Threads to train with; the weights are the same for any number
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_THREADS))]
    pub threads: usize,

    /// Train with the first N samples only
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(u32::MAX as usize))]
    pub limit: Option<usize>,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    json: bool,

    /// The network and how it is trained.
    #[command(flatten)]
    pub recipe: RecipeArgs,

    /// The data.
    #[command(flatten)]
    pub data: DataArgs,

    /// Options shared with other subcommands.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl TrainArgs {
    /// How much is printed, and in what form.
    #[must_use]
    pub fn verbosity(&self) -> Verbosity {
        Verbosity::new(self.common.verbose, self.json)
    }

    /// Refuses targets that are no file of Rust, or no firmware's.
    fn check_targets(&self) -> Result<(), Failure> {
        if let Some(path) = self.weights.as_ref().filter(|path| path.extension().is_none_or(|kind| kind != "rs")) {
            let path = path.display();
            return Err(Failure::new(format!(
                "--weights {path}: is the file of Rust to write, which ends in .rs; to go on with a training, --resume"
            )));
        }
        let firmware = in_workspace(FIRMWARE_WEIGHTS);
        if self.install && !firmware.parent().is_some_and(Path::is_dir) {
            return Err(Failure::new(format!(
                "--install: there is no folder of the firmware for {}",
                firmware.display()
            )));
        }
        Ok(())
    }

    /// The file to go on from, if any.
    #[must_use]
    pub fn resume(&self) -> Option<PathBuf> {
        self.resume.clone().map(|path| path.unwrap_or_else(|| self.out.join("checkpoint.safetensors")))
    }
}

/// The files that are written.
struct Paths {
    picture: Option<PathBuf>,
    history: PathBuf,
    model: PathBuf,
    quantized: PathBuf,
    checkpoint: PathBuf,
    report: Vec<PathBuf>,
    weights: Vec<PathBuf>,
}

impl Paths {
    fn new(arguments: &TrainArgs, prepared: &Prepared) -> Self {
        let out = |name: &str| arguments.out.join(name);
        let mut weights = vec![arguments.weights.clone().unwrap_or_else(|| out("weights.rs"))];
        if arguments.install {
            weights.push(in_workspace(FIRMWARE_WEIGHTS));
        }
        Self {
            picture: matches!(prepared.input, Input::Pixels(_)).then(|| out("images.png")),
            history: out("history.json"),
            model: out("model.safetensors"),
            quantized: out("quantized.rs"),
            checkpoint: out("checkpoint.safetensors"),
            report: report::file_names(&prepared.input, prepared.task()).into_iter().map(out).collect(),
            weights,
        }
    }

    fn all(&self) -> Vec<&Path> {
        let Self { picture, history, model, quantized, checkpoint, report, weights } = self;
        let files = [history, model, quantized, checkpoint].into_iter().chain(picture).chain(report).chain(weights);
        files.map(PathBuf::as_path).collect()
    }
}

/// Trains, tests, and writes what came out.
///
/// # Errors
///
/// No output file has changed then, unless all were written and one could not be put in place, for which see
/// [`Outputs`], and but for the checkpoint, which is kept on the way, after an interrupt, and before the test.
pub fn train(arguments: &TrainArgs) -> Result<(), Failure> {
    let verbosity = arguments.verbosity();
    let kernel = arguments.common.kernel()?;
    arguments.check_targets()?;
    let options = arguments.data.options(arguments.recipe.seed);
    check_out(&arguments.out, &options.path)?;
    let prepared = Prepared::new(load(&options)?.dataset, &arguments.recipe, arguments.limit)?;
    let settings = Settings { recipe: prepared.recipe.clone(), threads: arguments.threads, kernel };
    let paths = Paths::new(arguments, &prepared);
    Outputs::new(arguments.force).check(&paths.all(), &[&options.path])?;
    let _lock = Lock::acquire(&arguments.out)?;

    let identity = Identity::new(&prepared);
    let resumed = arguments.resume().map(|path| Checkpoint::load(&path, &identity)).transpose();
    let resumed = resumed.map_err(|error| Failure::about("--resume", error))?;
    if resumed.is_none() {
        let aside = Checkpoint::set_aside(&paths.checkpoint);
        if let Some(aside) = aside.map_err(|error| Failure::about(paths.checkpoint.display(), error))? {
            verbosity
                .text(|| format!("an unfinished training was found; --resume {} goes on with it\n", shown(&aside)));
        }
    }
    let mut network = Network::initial(prepared.input.width(), prepared.output.width(), &prepared.recipe)?;
    let start = resumed.as_ref().map_or_else(Position::default, |state| state.position.clone());
    tell_start(arguments, &prepared, &settings, &network, &start, verbosity);

    let interrupts = Interrupts::catch();
    let keeping = Keeping { path: &paths.checkpoint, identity: &identity, force: arguments.force };
    let keep = |state: &State| {
        if let Err(failure) = keeping.write(state) {
            complain(&format!("warning: {failure}"));
        }
    };
    let Fit { state, end } = {
        let words = Words { metric: metric_name(prepared.task()), samples: report::noun(&prepared.input) };
        let steps = settings.steps_per_epoch(prepared.train.len());
        let mut progress = Progress::new(verbosity, words, prepared.recipe.epochs, steps);
        let mut stop = || interrupts.requested();
        let mut callbacks = Callbacks {
            progress: &mut progress,
            stop: &mut stop,
            checkpoints: Some(Checkpoints { interval: KEPT_EVERY, write: Box::new(keep) }),
        };
        prepared.fit(&mut network, &settings, true, resumed.as_ref(), &mut callbacks).map_err(Failure::of_fit)?
    };
    if let Some(best) = state.position.best.as_ref().filter(|_| end != End::Interrupted) {
        let (best_epoch, epoch, stopped_early) = (best.epoch, state.position.epochs.len(), end == End::StoppedEarly);
        verbosity.text(|| {
            let stopped = if stopped_early { format!("Epoch {epoch}: early stopping\n") } else { String::new() };
            format!("{stopped}Restoring model weights from the end of the best epoch: {best_epoch}.\n")
        });
        verbosity.event(&Event::BestWeightsRestored { best_epoch, epoch, stopped_early });
    }
    // Before the test, so that no interrupt loses the training.
    let kept = keeping.write(&state)?;
    let tested = testing::test(&network, &prepared.test, kernel, settings.threads, verbosity);
    let diverged = |error| Failure::of_result(format!("training diverged: {error}; try a smaller learning rate"));
    if end == End::Interrupted {
        tested.map_err(diverged)?;
        tell_written(verbosity, kept);
        let (epoch, steps) = (state.position.epochs.len() + 1, state.position.running.steps);
        verbosity.event(&Event::Interrupted { epoch, steps, checkpoint: shown(&paths.checkpoint) });
        return Err(Failure::interrupted(format!(
            "interrupted in epoch {epoch} at step {steps}, no weights written; the same command with --resume goes on"
        )));
    }
    let (metrics, predictions) = tested.map_err(diverged)?;
    let Prepared { calibration, test, output, .. } = &prepared;
    let int8 = Int8Test::run(&network, calibration, test, &predictions, output, kernel);
    let advice = match prepared.task() {
        Task::Regression => "divide the targets by a power of ten",
        _ => "try a smaller learning rate",
    };
    let int8 =
        int8.map_err(|error| Failure::of_result(format!("the trained model cannot be quantised: {error}; {advice}")))?;
    int8.tell(output, verbosity);
    let history = History::new(&prepared, &settings, &state.position, metrics.clone(), int8.metrics.clone());
    let model = prepared.model(network, metrics, options, history.best_epoch);
    let result = Trained { prepared: &prepared, model: &model, history: &history, position: &state.position };
    if interrupts.requested() {
        return Err(Failure::interrupted("interrupted after the training; the same command with --resume ends it"));
    }
    let mut written = result.write(arguments, &paths, &predictions, &int8)?;
    written.extend(kept);
    tell_written(verbosity, written);
    Ending {
        result: Some(ending::result(&history.test, prepared.test.len(), &prepared.input, &prepared.output)),
        open: paths.report.first().map(|path| shown(path)),
        next: Some(next(&paths.model, &arguments.data.options(0).path)),
    }
    .tell(verbosity);
    Ok(())
}

/// The next command after a training: `predict` on its table, or else `export`.
fn next(model: &Path, data: &Path) -> String {
    match is_table(data) {
        true => format!("{} {}", ending::with_model("predict", model), quoted(&shown(&locate(data)))),
        false => ending::with_model("export --format c", model),
    }
}

/// Where the state of a training is kept.
struct Keeping<'a> {
    path: &'a Path,
    identity: &'a Identity,
    force: bool,
}

impl Keeping<'_> {
    fn write(&self, state: &State) -> Result<Vec<Written>, Failure> {
        let checkpoint = Checkpoint { identity: self.identity.clone(), state: state.clone() };
        let mut outputs = Outputs::new(self.force);
        outputs.stage(self.path, &checkpoint.to_bytes()?)?;
        Ok(outputs.commit()?)
    }
}

/// A training that has come to its end.
struct Trained<'a> {
    prepared: &'a Prepared,
    model: &'a formats::Model,
    history: &'a History,
    position: &'a Position,
}

impl Trained<'_> {
    /// Writes all files but the checkpoint.
    fn write(
        &self,
        arguments: &TrainArgs,
        paths: &Paths,
        predictions: &[f32],
        int8: &Int8Test,
    ) -> Result<Vec<Written>, Failure> {
        let Self { prepared, model, history, position } = self;
        let model_file = safetensors::to_safetensors(model)?;
        let source = rust::to_rust(model)?;
        let int8_source = rust::to_quantized_rust(model, &int8.network, &int8.metrics)?;
        let report = Report {
            data_set: &prepared.name,
            recipe: &prepared.recipe,
            model,
            epochs: &position.epochs,
            best_epoch: history.best_epoch,
            training_samples: prepared.train.len(),
            validation_samples: history.validation_samples,
            test: &history.test,
            samples: prepared.unchanged_test.as_ref().unwrap_or(&prepared.test),
            outputs: predictions,
            int8: Some(Int8 { metrics: &int8.metrics, bytes: int8.bytes(), comparison: int8.comparison.as_ref() }),
            threads: history.threads,
            kernel: &history.kernel,
            model_files: &[
                ("model.safetensors", model_file.len()),
                ("quantized.rs", int8_source.len()),
                ("weights.rs", source.len()),
            ],
        };
        let mut outputs = Outputs::new(arguments.force);
        if let (Some(path), Some(pictures)) = (&paths.picture, first_pictures(prepared)) {
            outputs.stage(path, &pictures.png_grid(PICTURE_COLUMNS)?)?;
        }
        outputs.stage(&paths.history, &history.to_json())?;
        outputs.stage(&paths.model, &model_file)?;
        outputs.stage(&paths.quantized, int8_source.as_bytes())?;
        for (path, bytes) in paths.report.iter().zip(report.files()?) {
            outputs.stage(path, &bytes)?;
        }
        for path in &paths.weights {
            outputs.stage(path, source.as_bytes())?;
        }
        Ok(outputs.commit()?)
    }
}

/// The first training images, where samples are pictures.
fn first_pictures(prepared: &Prepared) -> Option<Pictures<'_>> {
    match (&prepared.input, &prepared.first) {
        (Input::Pixels(size), Inputs::Bytes { values, .. }) => {
            Some(Pictures { height: size.height, width: size.width, pixels: values })
        }
        _ => None,
    }
}

/// Tells what is trained, on what.
fn tell_start(
    arguments: &TrainArgs,
    prepared: &Prepared,
    settings: &Settings,
    network: &Network,
    start: &Position,
    verbosity: Verbosity,
) {
    let Prepared { input, output, recipe, train, test, validation, .. } = prepared;
    let validation_samples = validation.as_ref().map_or(0, Samples::len);
    verbosity.text(|| {
        let [all, test] = [prepared.loaded_samples, test.len()].map(|samples| describe_shape(input, samples));
        let about = describe_data(output, &train.targets, recipe, validation_samples);
        let grid = match (first_pictures(prepared), &train.targets) {
            (Some(pictures), Targets::Labels(labels)) => {
                let names = output.names();
                let captions = labels.iter().map(|&label| names[usize::from(label)].clone());
                let captions: Vec<_> = captions.take(PICTURES).collect();
                let across = pictures.across(columns()).min(PICTURE_COLUMNS);
                pictures.text(&captions, across, Palette::of_standard_output(ColourChoice::Auto))
            }
            _ => String::new(),
        };
        let name = match (&recipe.hidden[..], output) {
            ([], formats::Output::Classes { .. }) => "softmax_regression".into(),
            (hidden, _) => model_name(hidden),
        };
        let model = describe_model(&name, input, network.layers());
        let resumed = arguments.resume().map_or_else(String::new, |path| {
            let (epochs, steps) = (start.epochs.len(), start.running.steps);
            format!("resumed from {}, epochs done: {epochs}, steps of the next: {steps}\n", shown(&path))
        });
        format!("{all} {test}\n\n{}\n{grid}\n{model}\n{}", wrap(&about, 2), wrap(&resumed, 2))
    });
    let widths = std::iter::once(network.inputs()).chain(network.layers().iter().map(Layer::units));
    verbosity.event(&Event::Start(Start::Train {
        widths: widths.collect(),
        parameters: network.layers().iter().map(Layer::parameters).sum(),
        data: shown(&arguments.data.options(0).path),
        names: output.names(),
        train_samples: train.len(),
        validation_samples,
        test_samples: test.len(),
        steps_per_epoch: settings.steps_per_epoch(train.len()),
        epochs_done: start.epochs.len(),
        steps_done: start.running.steps,
        recipe,
        threads: settings.threads,
        kernel: settings.kernel.name(),
    }));
}
