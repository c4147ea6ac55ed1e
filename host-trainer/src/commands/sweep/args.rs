//! Options of `sweep`, and the settings they stand for.

use std::fmt::Display;
use std::path::PathBuf;

use clap::Args;
use dense_core::Kernel;
use formats::{Optimizer, OptimizerName, Recipe};
use training::Settings;

use super::plural;
use crate::failure::Failure;
use crate::options::{
    CommonArgs, DataArgs, MAX_BATCH_SIZE, MAX_THREADS, RecipeArgs, in_workspace, learning_rate, model_name,
    whole_number,
};
use crate::program::train_arguments;

/// More say hardly more about a mean.
const MAX_SEEDS: usize = 1_000;

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer sweep
      Find a learning rate and a batch size for softmax regression
  host-trainer sweep --preset best --learning-rates 0.001,0.002,0.004 --batch-sizes 64,128 --seeds 5
      The same around the highest accuracy, with more certainty
  host-trainer sweep --model mlp32 --epochs 3 --limit 12000 --jobs 2
      A quick look at another network, with two cores

Settings are chosen by their mean validation accuracy over the seeds, among those of which no run diverged. Ctrl-C stops
the runs, tells and writes what is finished, and ends with code 130; a second one stops at once.";

/// Options of `sweep`.
#[derive(Args, Debug)]
pub struct SweepArgs {
    /// Learning rates to try [default: 0.0003,0.001,0.003, for sgd 0.01,0.03,0.1]
    #[arg(long, value_name = "X,...", value_delimiter = ',', allow_negative_numbers = true)]
    #[arg(value_parser = learning_rate)]
    learning_rates: Vec<f32>,

    /// Batch sizes to try with each of them [default: 32,128]
    #[arg(long, value_name = "N,...", value_delimiter = ',', allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_BATCH_SIZE))]
    batch_sizes: Vec<usize>,

    /// Trainings with each of both, with --seed and those after it
    #[arg(long, value_name = "N", default_value_t = 3, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_SEEDS))]
    pub seeds: usize,

    /// Trainings at the same time, each on a thread, and fewer where they would take more than 1 GB of memory
    /// [default: as many as the machine has cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_THREADS))]
    pub(super) jobs: Option<usize>,

    /// Folder for sweep.csv, with every run, and the plot, sweep.png [default: out]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("out"), hide_default_value = true)]
    pub out: PathBuf,

    /// Replace files in DIR that this program has not written
    #[arg(long)]
    pub force: bool,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long, conflicts_with = "verbose")]
    pub json: bool,

    /// The network and what all trainings have in common; of a validation split, 1/6 unless given.
    #[command(flatten)]
    pub recipe: RecipeArgs,

    /// Use the first N training samples only
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(u32::MAX as usize))]
    pub limit: Option<usize>,

    /// The data.
    #[command(flatten)]
    pub data: DataArgs,

    /// Options shared with other subcommands.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl SweepArgs {
    /// The learning rates given, or else those around the usual one of the optimizer.
    fn learning_rates(&self, recipe: &Recipe) -> Vec<f32> {
        match (&self.learning_rates[..], recipe.optimizer.name) {
            ([], _) if self.recipe.learning_rate.is_some() => vec![recipe.optimizer.learning_rate],
            ([], OptimizerName::Adam | OptimizerName::Rmsprop) => vec![0.0003, 0.001, 0.003],
            ([], OptimizerName::Sgd) => vec![0.01, 0.03, 0.1],
            (given, _) => given.to_vec(),
        }
    }

    /// The batch sizes given, or else two usual ones.
    fn batch_sizes(&self, recipe: &Recipe) -> Vec<usize> {
        match &self.batch_sizes[..] {
            [] if self.recipe.batch_size.is_some() => vec![recipe.batch_size],
            [] => vec![32, 128],
            given => given.to_vec(),
        }
    }

    /// All that is to be trained, by learning rate, batch size and seed, the smallest first; `recipe` has all else.
    ///
    /// # Errors
    /// A learning rate or a batch size is given twice.
    pub(super) fn trials(&self, recipe: &Recipe, kernel: Kernel) -> Result<Vec<Settings>, Failure> {
        let (mut learning_rates, mut batch_sizes) = (self.learning_rates(recipe), self.batch_sizes(recipe));
        learning_rates.sort_by(f32::total_cmp);
        batch_sizes.sort_unstable();
        refuse_twice("--learning-rates", &learning_rates)?;
        refuse_twice("--batch-sizes", &batch_sizes)?;
        let mut trials = Vec::new();
        for &learning_rate in &learning_rates {
            for &batch_size in &batch_sizes {
                trials.extend((recipe.seed..).take(self.seeds).map(|seed| {
                    let optimizer = Optimizer { learning_rate, ..recipe.optimizer };
                    let recipe = Recipe { optimizer, batch_size, seed, ..recipe.clone() };
                    Settings { recipe, threads: 1, kernel }
                }));
            }
        }
        Ok(trials)
    }

    /// The settings common to all runs, as text.
    pub(super) fn title(&self, recipe: &Recipe) -> String {
        let (epochs, seeds) = (recipe.epochs, self.seeds);
        let (model, optimizer) = (model_name(&recipe.hidden), recipe.optimizer.name.name());
        format!(
            "{model}, preset {}, {optimizer}, schedule {}, {epochs} epoch{}, {seeds} seed{}",
            recipe.preset,
            recipe.schedule,
            plural(epochs),
            plural(seeds)
        )
    }

    /// The arguments that train with these settings on all samples: the command line `words` with them in place of the lists.
    pub(super) fn command(words: impl Iterator<Item = String>, learning_rate: f32, batch_size: usize) -> String {
        const REPLACED: [&str; 9] = [
            "--learning-rates",
            "--learning-rate",
            "--batch-sizes",
            "--batch-size",
            "--seeds",
            "--jobs",
            "--validation-split",
            "--early-stopping",
            "--verbose",
        ];
        let options = format!(" --learning-rate {learning_rate} --batch-size {batch_size}");
        train_arguments(words, "sweep", &REPLACED, &options)
    }
}

/// Refuses sorted values of which two are the same.
fn refuse_twice<T: Display + PartialEq>(option: &'static str, values: &[T]) -> Result<(), Failure> {
    match values.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Failure::new(format!("{option}: {} is given twice", pair[0]))),
        None => Ok(()),
    }
}
