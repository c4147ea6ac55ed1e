//! `sweep`: trains with many settings and seeds, and finds which settings do best on samples that were held back.

mod args;
mod plot;
mod results;
mod runs;

use std::path::PathBuf;

use formats::Task;
use indicatif::ProgressBar;
use training::Settings;

pub(crate) use self::args::EXAMPLES;
pub(crate) use self::args::SweepArgs;
use self::results::{Group, Results};
use self::runs::{Outcome, Run, run_all};
use super::ending::Ending;
use super::shared::{check_out, load, shown, tell_written};
use crate::data::Samples;
use crate::events::{Event, Start};
use crate::failure::Failure;
use crate::interrupt::Interrupts;
use crate::options::model_name;
use crate::outputs::Outputs;
use crate::parallel;
use crate::prepared::{Prepared, parameters};
use crate::program::program;
use crate::terminal::bar::bar;
use crate::terminal::summary::thousands;
use crate::terminal::{Verbosity, print, wrap};

/// Share of the training samples to judge by, unless given.
const VALIDATION_SPLIT: f64 = 1.0 / 6.0;

/// Trains with all settings, tells how good each was, and writes the results and their plot.
///
/// # Errors
/// Nothing was written then, but for what was finished before an interrupt, and all of it where every training diverged.
pub(crate) fn sweep(arguments: &SweepArgs) -> Result<(), Failure> {
    let common = &arguments.common;
    let verbosity = Verbosity::new(common.verbose, arguments.json);
    let kernel = common.kernel.kernel()?;
    let [table, plot]: [PathBuf; 2] = ["sweep.csv", "sweep.png"].map(|name| arguments.out.join(name));
    let mut outputs = Outputs::new(arguments.force);
    let mut recipe = arguments.recipe.clone();
    recipe.validation_split.get_or_insert(VALIDATION_SPLIT);
    let options = arguments.data.options(recipe.seed);
    check_out(&arguments.out, &options.path)?;
    outputs.check(&[&table, &plot], &[&options.path])?;
    let prepared = Prepared::new(load(&options)?.dataset, &recipe, arguments.limit)?;
    if prepared.task() == Task::Regression {
        return Err(Failure::new(
            "sweep compares accuracies, which a regression has not: use train for each setting, then compare",
        ));
    }
    let recipe = &prepared.recipe;
    let trials = arguments.trials(recipe, kernel)?;
    let data = prepared.data();
    let held_back = prepared.validation.as_ref().map_or(0, Samples::len);
    let parameters = parameters(prepared.input.width(), recipe, prepared.output.width());
    let jobs = parallel::jobs(arguments.jobs, trials.len(), 0, parameters);
    verbosity.text(|| {
        let text = format!(
            "{}, to train {} times for {} epoch{} on {} thread{}: {} samples to train on, the {} after them to judge by\n",
            model_name(&recipe.hidden),
            thousands(trials.len()),
            recipe.epochs,
            plural(recipe.epochs),
            jobs,
            plural(jobs),
            thousands(prepared.train.len()),
            thousands(held_back)
        );
        wrap(&text, 2)
    });
    verbosity.event(&Event::Start(Start::Sweep {
        data: shown(&options.path),
        trials: trials.len(),
        train_samples: prepared.train.len(),
        validation_samples: held_back,
        recipe,
        jobs,
    }));

    let interrupts = Interrupts::catch();
    let progress = if verbosity == Verbosity::Bar { bar("runs", trials.len()) } else { ProgressBar::hidden() };
    progress.tick();
    let tell = |settings: &Settings, outcome: Outcome| {
        progress.inc(1);
        let run = Run::new(settings, outcome);
        if verbosity == Verbosity::Lines {
            print(&run.line());
        }
        verbosity.event(&run.event());
    };
    let outputs_of_layer = prepared.output.width();
    let outcomes = run_all(outputs_of_layer, &trials, &data, jobs, &|| interrupts.requested(), &tell);
    progress.finish_and_clear();
    let outcomes = outcomes.map_err(Failure::of_fit)?;

    let finished = trials.iter().zip(outcomes).filter_map(|(settings, outcome)| Some(Run::new(settings, outcome?)));
    let results = Results { runs: finished.collect(), seeds: arguments.seeds };
    let (done, runs) = (results.runs.len(), trials.len());
    let best = results.best();
    if done > 0 {
        verbosity.text(|| results.table());
        outputs.stage(&table, results.csv(recipe, prepared.train.len(), held_back).as_bytes())?;
        outputs.stage(&plot, &plot::picture(&results, &arguments.title(recipe)).png()?)?;
        tell_written(verbosity, outputs.commit()?);
        let next = |best: &Group| SweepArgs::command(std::env::args(), best.learning_rate, best.batch_size);
        let next = best.as_ref().map(next);
        if let (Some(best), Some(next)) = (&best, &next) {
            verbosity.event(&Event::Best {
                learning_rate: best.learning_rate,
                batch_size: best.batch_size,
                val_accuracy: best.accuracy,
                val_loss: best.loss,
                command: format!("{} {next}", program()),
            });
        }
        Ending {
            result: best.as_ref().map(|best| best.sentence(held_back)),
            note: None,
            open: Some(shown(&plot)),
            next,
        }
        .tell(verbosity);
    }
    drop(interrupts);
    if done < runs {
        return Err(Failure::interrupted(format!("interrupted after {done} of {runs} runs")));
    }
    if best.is_none() {
        return Err(Failure::of_result("with all settings some training diverged; try smaller learning rates"));
    }
    Ok(())
}

/// The ending of the name of so many things.
const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests;
