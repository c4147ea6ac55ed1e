//! The trainings of a sweep, shared among threads.

use formats::{Recipe, four_digits};
use training::{Callbacks, Data, End, FitError, Metrics, Network, Settings, Silent};

use crate::events::Event;
use crate::parallel;

/// The outcome of a training: a result on the validation samples, or divergence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    /// It went to its end.
    Finished {
        /// Result on the validation samples after the last epoch.
        validation: Metrics,
        /// Wall-clock time of the training, without that of the measurements between epochs.
        seconds: f64,
    },
    /// Its weights grew until outputs were no longer finite.
    Diverged,
}

/// A training that is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) learning_rate: f32,
    pub(super) batch_size: usize,
    pub(super) seed: u64,
    pub(super) outcome: Outcome,
}

impl Run {
    pub(super) fn new(settings: &Settings, outcome: Outcome) -> Self {
        let Recipe { optimizer, batch_size, seed, .. } = &settings.recipe;
        Self { learning_rate: optimizer.learning_rate, batch_size: *batch_size, seed: *seed, outcome }
    }

    /// The result on the validation samples and the time, of a run that went to its end.
    pub(super) const fn finished(&self) -> Option<(Metrics, f64)> {
        match self.outcome {
            Outcome::Finished { validation, seconds } => Some((validation, seconds)),
            Outcome::Diverged => None,
        }
    }

    /// The run for other programs.
    pub(super) fn event(&self) -> Event<'static> {
        let finished = self.finished();
        let result = finished.map(|(validation, seconds)| {
            [("val_accuracy", validation.metric), ("val_loss", validation.loss), ("seconds", seconds)]
        });
        Event::Trial {
            learning_rate: self.learning_rate,
            batch_size: self.batch_size,
            seed: self.seed,
            diverged: finished.is_none(),
            result: result.into_iter().flatten().collect(),
        }
    }

    /// The run in words.
    pub(super) fn line(&self) -> String {
        let Self { learning_rate, batch_size, seed, .. } = self;
        let outcome = self.finished().map_or_else(
            || "diverged".into(),
            |(Metrics { loss, metric: accuracy }, seconds)| {
                format!("val_accuracy: {} - val_loss: {} - {seconds:.2}s", four_digits(accuracy), four_digits(loss))
            },
        );
        format!("learning_rate: {learning_rate} - batch_size: {batch_size} - seed: {seed} - {outcome}\n")
    }
}

/// Trains a new network of so many outputs by each of the settings, `jobs` at the same time, and tells `tell` of each that is
/// over. Returns what each came to, in the order of the settings, and nothing for those that were not over when `stop`
/// told to stop.
///
/// # Errors
/// A [`FitError`] other than [`FitError::Diverged`]. All other trainings are stopped then.
pub(super) fn run_all(
    outputs: usize,
    trials: &[Settings],
    data: &Data<'_>,
    jobs: usize,
    stop: &(dyn Fn() -> bool + Sync),
    tell: &(dyn Fn(&Settings, Outcome) + Sync),
) -> Result<Vec<Option<Outcome>>, FitError> {
    parallel::map(trials.len(), jobs, stop, |index, stop| {
        let outcome = run(outputs, &trials[index], data, stop)?;
        outcome.into_iter().for_each(|outcome| tell(&trials[index], outcome));
        Ok(outcome)
    })
}

/// Trains once, unless told to stop.
fn run(
    outputs: usize,
    settings: &Settings,
    data: &Data<'_>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Option<Outcome>, FitError> {
    let mut network = Network::initial(data.train.inputs.width(), outputs, &settings.recipe)?;
    let mut stop = || stop();
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut stop, checkpoints: None };
    let fit = match training::fit(&mut network, data, settings, None, &mut callbacks) {
        Err(FitError::Diverged { .. }) => return Ok(Some(Outcome::Diverged)),
        fit => fit?,
    };
    let epochs = &fit.state.progress.epochs;
    let seconds = epochs.iter().map(|epoch| epoch.seconds).sum();
    let validation = epochs.last().and_then(|epoch| epoch.validation).ok_or(FitError::NoValidation);
    match fit.end {
        End::Interrupted => Ok(None),
        End::Finished | End::StoppedEarly => Ok(Some(Outcome::Finished { validation: validation?, seconds })),
    }
}
