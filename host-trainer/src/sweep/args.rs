//! Options of `sweep`, and the settings they stand for.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::thread;

use clap::Args;
use dense_core::Kernel;

use super::{SweepError, plural};
use crate::cli::{
    CommonArgs, MAX_BATCH_SIZE, MAX_EPOCHS, MAX_THREADS, Optimizer, Schedule, in_workspace, learning_rate, share,
    whole_number,
};
use crate::fit::Settings;
use crate::model::ModelName;
use crate::presets::{Preset, PresetName};

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
    /// Step sizes to try [default: 0.0003,0.001,0.003 for adam, 0.01,0.03,0.1 for sgd]
    #[arg(long, value_name = "X,...", value_delimiter = ',', allow_negative_numbers = true)]
    #[arg(value_parser = learning_rate)]
    learning_rates: Vec<f32>,

    /// Batch sizes to try with each of them
    #[arg(long, value_name = "N,...", value_delimiter = ',', allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_BATCH_SIZE), default_values_t = [32, 128])]
    batch_sizes: Vec<usize>,

    /// Trainings with each of both, with the seeds 0 to N-1
    #[arg(long, value_name = "N", default_value_t = 3, allow_negative_numbers = true)]
    #[arg(value_parser = whole_number(MAX_SEEDS))]
    pub seeds: usize,

    /// Trainings at the same time, each on a thread [default: as many as the machine has cores]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_THREADS))]
    jobs: Option<usize>,

    /// Folder for sweep.csv, with every run, and the plot, sweep.png [default: out]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("out"))]
    #[arg(hide_default_value = true)]
    pub out: PathBuf,

    /// Network to train
    #[arg(long, value_enum, default_value_t = ModelName::Linear)]
    pub model: ModelName,

    /// What the loss, the preparation of pixels, and the options below that are not given are set to
    #[arg(long, value_enum, default_value_t = PresetName::Recipe)]
    preset: PresetName,

    /// Passes over the training samples [default: 10]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(MAX_EPOCHS))]
    epochs: Option<usize>,

    /// Rule that turns gradients into new weights [default: adam]
    #[arg(long, value_enum)]
    optimizer: Option<Optimizer>,

    /// What becomes of the step size, as for `train` [default: constant for linear with recipe, else cosine]
    #[arg(long, value_name = "SCHEDULE", value_parser = Schedule::parse)]
    learning_rate_schedule: Option<Schedule>,

    /// Share of the training samples, the last ones, to judge by instead of training on them [default: 1/6]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = share)]
    #[arg(default_value_t = 1.0 / 6.0, hide_default_value = true)]
    pub validation_split: f64,

    /// Use the first N training samples only
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number(u32::MAX as usize))]
    pub limit: Option<usize>,

    /// Options shared with other subcommands.
    #[command(flatten)]
    pub common: CommonArgs,
}

impl SweepArgs {
    /// What the preset decides.
    pub(super) const fn preset(&self) -> Preset {
        self.preset.preset(self.model)
    }

    /// The passes given, or else the preset's.
    pub(super) fn epochs(&self) -> usize {
        self.epochs.unwrap_or(self.preset().epochs)
    }

    fn optimizer(&self) -> Optimizer {
        self.optimizer.unwrap_or(self.preset().optimizer)
    }

    fn schedule(&self) -> Schedule {
        self.learning_rate_schedule.unwrap_or(self.preset().schedule)
    }

    /// The learning rates given, or else those around the usual one of the optimizer.
    fn learning_rates(&self) -> Vec<f32> {
        match (&self.learning_rates[..], self.optimizer()) {
            ([], Optimizer::Adam) => vec![0.0003, 0.001, 0.003],
            ([], Optimizer::Sgd) => vec![0.01, 0.03, 0.1],
            (given, _) => given.to_vec(),
        }
    }

    /// How many trainings are to go on at the same time.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
    }

    /// All that is to be trained: by learning rate, batch size and seed, the smallest first.
    pub(super) fn trials(&self, kernel: Kernel) -> Result<Vec<Settings>, SweepError> {
        let (mut learning_rates, mut batch_sizes) = (self.learning_rates(), self.batch_sizes.clone());
        learning_rates.sort_by(f32::total_cmp);
        batch_sizes.sort_unstable();
        refuse_twice("--learning-rates", &learning_rates)?;
        refuse_twice("--batch-sizes", &batch_sizes)?;
        let preset = self.preset();
        let mut trials = Vec::new();
        for &learning_rate in &learning_rates {
            for &batch_size in &batch_sizes {
                trials.extend((0..).take(self.seeds).map(|seed| Settings {
                    optimizer: self.optimizer(),
                    learning_rate,
                    schedule: self.schedule(),
                    loss: preset.loss,
                    smallest_deviation: preset.smallest_deviation,
                    batch_size,
                    epochs: self.epochs(),
                    seed,
                    early_stopping: None,
                    threads: 1,
                    kernel,
                }));
            }
        }
        Ok(trials)
    }

    /// What all runs have in common, in words.
    pub(super) fn title(&self) -> String {
        let [model, preset, optimizer] = [self.model.name(), self.preset.name(), self.optimizer().name()];
        let (epochs, seeds) = (self.epochs(), self.seeds);
        format!(
            "{model}, preset {preset}, {optimizer}, schedule {}, {epochs} epoch{}, {seeds} seed{}",
            self.schedule(),
            plural(epochs),
            plural(seeds)
        )
    }

    /// What all runs have in common, by the names in the table of results.
    pub(super) fn common_columns(&self) -> [(&'static str, String); 5] {
        [
            ("model", self.model.name().into()),
            ("preset", self.preset.name().into()),
            ("optimizer", self.optimizer().name().into()),
            ("learning_rate_schedule", self.schedule().to_string()),
            ("epochs", self.epochs().to_string()),
        ]
    }

    /// The line that trains with these settings on all samples.
    pub(super) fn command(&self, learning_rate: f32, batch_size: usize) -> String {
        let mut line = format!("host-trainer train --learning-rate {learning_rate} --batch-size {batch_size}");
        let mut add = |option: &str, value: Option<String>| {
            if let Some(value) = value {
                line += &format!(" --{option} {value}");
            }
        };
        add("model", (self.model != ModelName::Linear).then(|| self.model.name().into()));
        add("preset", (self.preset != PresetName::Recipe).then(|| self.preset.name().into()));
        add("epochs", self.epochs.map(|epochs| epochs.to_string()));
        add("optimizer", self.optimizer.map(|optimizer| optimizer.name().into()));
        add("learning-rate-schedule", self.learning_rate_schedule.map(|schedule| schedule.to_string()));
        add("limit", self.limit.map(|limit| limit.to_string()));
        let data = &self.common.data;
        add("data", (*data != in_workspace("data/fashion-mnist")).then(|| quoted(data)));
        line
    }
}

/// Refuses sorted values of which two are the same.
fn refuse_twice<T: Display + PartialEq>(option: &'static str, values: &[T]) -> Result<(), SweepError> {
    match values.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(SweepError::Twice { option, value: pair[0].to_string() }),
        None => Ok(()),
    }
}

/// A path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |character: char| character.is_alphanumeric() || "/._-+=:,@%".contains(character);
    if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
