//! The command `train`.

mod arguments;
mod files;
mod start;

use std::path::Path;
use std::time::Duration;

pub(crate) use arguments::TrainArgs;
use files::{CheckpointWriter, Paths, Trained};
use training::metrics::metric_name;
use training::{Callbacks, Checkpoints, End, Fit, Network, Settings, State, TrainingProgress};

pub(crate) use arguments::EXAMPLES;

use super::ending::{self, Ending};
use super::predict::is_table;
use super::shared::{check_out, load, shown, tell_written};
use super::testing::{self, Int8Test};
use crate::checkpoint::{Checkpoint, Identity};
use crate::events::Event;
use crate::failure::Failure;
use crate::history::History;
use crate::interrupt::Interrupts;
use crate::lock::Lock;
use crate::options::locate;
use crate::outputs::Outputs;
use crate::prepared::Prepared;
use crate::program::quoted;
use crate::report;
use crate::terminal::progress::{Progress, ProgressLabels};
use crate::terminal::{complain, wrap};

/// How often the state is kept on the way: writing it takes milliseconds, and no more than this is lost.
const KEPT_EVERY: Duration = Duration::from_secs(10);

/// Trains, tests, and writes what came out.
///
/// # Errors
/// No output file has changed then, unless all were written and one could not be put in place, for which see
/// [`Outputs`], and but for the checkpoint, which is kept on the way, after an interrupt, and before the test.
pub(crate) fn train(arguments: &TrainArgs) -> Result<(), Failure> {
    let verbosity = arguments.verbosity();
    let kernel = arguments.common.kernel.kernel()?;
    arguments.check_targets()?;
    let options = arguments.data.options(arguments.recipe.seed);
    check_out(&arguments.out, &options.path)?;
    let mut prepared = Prepared::new(load(&options)?.dataset, &arguments.recipe, arguments.limit)?;
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
            verbosity.text(|| {
                let aside = shown(&aside);
                wrap(
                    &format!("a training whose model was not written was found; --resume {aside} goes on with it\n"),
                    2,
                )
            });
        }
    }
    let mut network = Network::initial(prepared.input.width(), prepared.output.width(), &prepared.recipe)?;
    let from = resumed.as_ref().map_or_else(TrainingProgress::default, |state| state.progress.clone());
    start::tell(arguments, &prepared, &settings, &network, &from, verbosity);

    let interrupts = Interrupts::catch();
    let checkpoint_writer = CheckpointWriter { path: &paths.checkpoint, identity: &identity, force: arguments.force };
    let keep = |state: &State| {
        if let Err(failure) = checkpoint_writer.write(state) {
            complain(&format!("warning: {failure}"));
        }
    };
    let Fit { state, end } = {
        let labels = ProgressLabels { metric: metric_name(prepared.task()), samples: report::noun(&prepared.input) };
        let steps = settings.steps_per_epoch(prepared.train.len());
        let mut progress = Progress::new(verbosity, labels, prepared.recipe.epochs, steps);
        let mut stop = || interrupts.requested();
        let mut callbacks = Callbacks {
            progress: &mut progress,
            stop: &mut stop,
            checkpoints: Some(Checkpoints { interval: KEPT_EVERY, write: Box::new(keep) }),
        };
        prepared.fit(&mut network, &settings, true, resumed.as_ref(), &mut callbacks).map_err(Failure::of_fit)?
    };
    if let Some(best) = state.progress.best.as_ref().filter(|_| end != End::Interrupted) {
        let (best_epoch, epoch, stopped_early) = (best.epoch, state.progress.epochs.len(), end == End::StoppedEarly);
        verbosity.text(|| {
            let stopped = if stopped_early { format!("Epoch {epoch}: early stopping\n") } else { String::new() };
            format!("{stopped}Restoring model weights from the end of the best epoch: {best_epoch}.\n")
        });
        verbosity.event(&Event::BestWeightsRestored { best_epoch, epoch, stopped_early });
    }
    // Before the test, so that no interrupt loses the training.
    let kept = checkpoint_writer.write(&state)?;
    let tested = testing::test(&network, &prepared.test, kernel, settings.threads, verbosity);
    let diverged = |error| Failure::of_result(format!("training diverged: {error}; try a smaller learning rate"));
    if end == End::Interrupted {
        tested.map_err(diverged)?;
        tell_written(verbosity, kept);
        let (epoch, steps) = (state.progress.epochs.len() + 1, state.progress.current.steps);
        verbosity.event(&Event::Interrupted { epoch, steps, checkpoint: shown(&paths.checkpoint) });
        return Err(Failure::interrupted(format!(
            "interrupted in epoch {epoch} at step {steps}, no weights written; the same command with --resume goes on"
        )));
    }
    let (metrics, predictions) = tested.map_err(diverged)?;
    let Prepared { calibration, test, output, .. } = &prepared;
    let int8 = Int8Test::run(&network, calibration, test, &predictions, output, kernel);
    testing::tell_int8(&int8, output, verbosity);
    let history = History::new(&prepared, &settings, &state.progress, metrics.clone(), &int8);
    let model = prepared.model(network, metrics, options, history.best_epoch);
    let result = Trained { prepared: &prepared, model: &model, history: &history, progress: &state.progress };
    if interrupts.requested() {
        return Err(Failure::interrupted("interrupted after the training; the same command with --resume ends it"));
    }
    let mut written = result.write(arguments, &paths, &predictions, int8.as_ref())?;
    written.extend(kept);
    tell_written(verbosity, written);
    Ending {
        result: Some(ending::result(&history.test, prepared.test.len(), &prepared.input, &prepared.output)),
        note: int8.err().map(|no_int8| no_int8.note()),
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
