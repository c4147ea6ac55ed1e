//! `sweep`: trains with many settings and seeds, and finds which settings do best on samples that were held back.

mod args;
mod plot;
mod results;
mod runs;

use std::path::PathBuf;

use indicatif::ProgressBar;

pub(crate) use self::args::EXAMPLES;
pub use self::args::SweepArgs;
use self::results::Results;
use self::runs::{Outcome, Run, run_all};
use crate::dataset::Dataset;
use crate::files::{Outputs, check_targets};
use crate::fit::{Data, Settings};
use crate::interrupt::Patience;
use crate::run::{RunError, split_off, tell_written};
use crate::terminal::bar::bar;
use crate::terminal::summary::thousands;
use crate::terminal::{Voice, print};

/// Why a sweep found no settings.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// A value is given twice.
    #[error("{option}: {value} is given twice")]
    Twice {
        /// The option.
        option: &'static str,
        /// The value.
        value: String,
    },
    /// No settings have led all their runs to an end.
    #[error("with all settings some training diverged; try smaller learning rates")]
    Diverged,
    /// Ctrl-C has ended the sweep.
    #[error("interrupted after {done} of {runs} runs")]
    Interrupted {
        /// Runs that were over.
        done: usize,
        /// Runs that there were to be.
        runs: usize,
    },
}

/// Trains with all settings, tells how good each was, and writes the results and their plot.
///
/// # Errors
///
/// Any [`RunError`]. Nothing was written then, but for what was finished before [`SweepError::Interrupted`], and all of
/// it with [`SweepError::Diverged`].
pub fn sweep(arguments: &SweepArgs) -> Result<(), RunError> {
    let common = &arguments.common;
    let voice = Voice::new(common.verbose, false);
    let kernel = common.kernel.kernel()?;
    let trials = arguments.trials(kernel)?;
    let [table, plot]: [PathBuf; 2] = ["sweep.csv", "sweep.png"].map(|name| arguments.out.join(name));
    check_targets(&[&table, &plot])?;
    let Dataset { mut train, .. } = Dataset::load(&common.data)?;
    if let Some(limit) = arguments.limit {
        train.truncate(limit);
    }
    let validation = split_off(&mut train, arguments.validation_split)?;
    let pixel_table = arguments.preset().pixel_table();
    let [train, validation] = [&train, &validation].map(|split| split.through(&pixel_table));
    let data = Data { train: &train, validation: Some(&validation), test: None };
    let jobs = arguments.jobs().min(trials.len());
    voice.text(|| {
        format!(
            "{}, to train {} times for {} epoch{} on {} thread{}: {} samples to train on, the {} after them to judge by\n",
            arguments.model.name(),
            thousands(trials.len()),
            arguments.epochs(),
            plural(arguments.epochs()),
            jobs,
            plural(jobs),
            thousands(train.len()),
            thousands(validation.len())
        )
    });

    let patience = Patience::begin();
    let progress = if voice == Voice::Bar { bar("runs", trials.len()) } else { ProgressBar::hidden() };
    progress.tick();
    let tell = |settings: &Settings, outcome: Outcome| {
        progress.inc(1);
        if voice == Voice::Lines {
            print(&Run::new(settings, outcome).line());
        }
    };
    let outcomes = run_all(arguments.model, &trials, &data, jobs, &|| patience.is_over(), &tell);
    progress.finish_and_clear();
    let outcomes = outcomes?;
    drop(patience);

    let finished = trials.iter().zip(outcomes).filter_map(|(settings, outcome)| Some(Run::new(settings, outcome?)));
    let results = Results { runs: finished.collect(), seeds: arguments.seeds };
    let (done, runs) = (results.runs.len(), trials.len());
    let best = results.best();
    if done > 0 {
        voice.text(|| results.table());
        if let Some(best) = &best {
            voice.text(|| {
                format!(
                    "\nJudged by {} samples held back from training; the test set was not looked at. With the best settings, \
                     on all samples:\n  {}\n",
                    thousands(validation.len()),
                    arguments.command(best.learning_rate, best.batch_size)
                )
            });
        }
        let mut outputs = Outputs::new();
        outputs.stage(&table, results.csv(arguments, train.len(), validation.len()).as_bytes())?;
        outputs.stage(&plot, &plot::picture(&results, &arguments.title()).png()?)?;
        tell_written(voice, outputs.commit()?);
    }
    if done < runs {
        return Err(SweepError::Interrupted { done, runs }.into());
    }
    if best.is_none() {
        return Err(SweepError::Diverged.into());
    }
    Ok(())
}

/// The ending of the name of so many things.
const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests;
