//! Results of a sweep: means over the seeds, the best settings, and the table of all runs.

use std::cmp::Ordering;

use formats::{Recipe, four_digits};

use super::runs::{Outcome, Run};
use crate::options::model_name;
use crate::terminal::summary::thousands;
use crate::terminal::table::{Heading, table};

/// All runs that are over.
#[derive(Debug)]
pub(super) struct Results {
    /// By learning rate, batch size and seed, the smallest first.
    pub(super) runs: Vec<Run>,
    /// How many seeds there are for the same settings.
    pub(super) seeds: usize,
}

/// The runs with the same settings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) learning_rate: f32,
    pub(super) batch_size: usize,
    /// The validation accuracy of each run that went to its end, from 0 to 1.
    pub(super) accuracies: Vec<f64>,
    /// Runs that diverged.
    pub(super) diverged: usize,
    /// The means over the runs that went to their ends; not finite without any.
    pub(super) accuracy: f64,
    pub(super) loss: f64,
    seconds: f64,
}

impl Group {
    fn new(runs: &[Run]) -> Self {
        let finished: Vec<_> = runs.iter().filter_map(Run::finished).collect();
        let mean = |values: &dyn Fn(usize) -> f64| (0..finished.len()).map(values).sum::<f64>() / finished.len() as f64;
        Self {
            learning_rate: runs[0].learning_rate,
            batch_size: runs[0].batch_size,
            accuracies: finished.iter().map(|(metrics, _)| metrics.metric).collect(),
            diverged: runs.len() - finished.len(),
            accuracy: mean(&|index| finished[index].0.metric),
            loss: mean(&|index| finished[index].0.loss),
            seconds: mean(&|index| finished[index].1),
        }
    }

    /// How good the settings are, judged by so many samples, in a sentence.
    pub(super) fn sentence(&self, held_back: usize) -> String {
        format!(
            "best: learning rate {}, batch size {}: validation accuracy {:.2} %, mean of {} on {} samples held back from \
             training; the test set was not looked at",
            self.learning_rate,
            self.batch_size,
            100.0 * self.accuracy,
            self.accuracies.len(),
            thousands(held_back)
        )
    }

    /// The cells of the table but for the last one.
    fn cells(&self) -> [String; 7] {
        let percent = |share: f64| format!("{:.2}", 100.0 * share);
        let least = self.accuracies.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = self.accuracies.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut cells = [
            self.learning_rate.to_string(),
            self.batch_size.to_string(),
            percent(self.accuracy),
            percent(least),
            percent(greatest),
            four_digits(self.loss),
            format!("{:.2}", self.seconds),
        ];
        if self.accuracies.is_empty() {
            cells[2..].fill("-".into());
        }
        cells
    }
}

impl Results {
    /// The runs by their settings, in their order.
    pub(super) fn groups(&self) -> Vec<Group> {
        let settings = |run: &Run| (run.learning_rate.to_bits(), run.batch_size);
        self.runs.chunk_by(|one, other| settings(one) == settings(other)).map(Group::new).collect()
    }

    /// The settings of the greatest mean accuracy, of the smaller mean loss where that is the same, among those
    /// whose runs all went to their ends.
    pub(super) fn best(&self) -> Option<Group> {
        let is_better = |one: &Group, other: &Group| {
            let order = one.accuracy.total_cmp(&other.accuracy).then(other.loss.total_cmp(&one.loss));
            order == Ordering::Greater
        };
        let whole = self.groups().into_iter().filter(|group| group.accuracies.len() == self.seeds);
        whole.reduce(|best, group| if is_better(&group, &best) { group } else { best })
    }

    /// The table for the terminal: a row for each of the settings.
    pub(super) fn table(&self) -> String {
        const HEADINGS: [&str; 7] =
            ["learning rate", "batch size", "accuracy %", "least", "greatest", "loss", "seconds"];
        let best = self.best();
        let row = |group: &Group| {
            let over = group.accuracies.len() + group.diverged;
            let note = match group.diverged {
                0 if best.as_ref() == Some(group) => "best".into(),
                0 if over < self.seeds => format!("{over} of {} runs", self.seeds),
                0 => String::new(),
                diverged => format!("{diverged} of {over} diverged"),
            };
            group.cells().into_iter().chain([note]).collect()
        };
        let rows: Vec<Vec<String>> = self.groups().iter().map(row).collect();
        let heading = |name| if name == "accuracy %" { Heading::Main(name) } else { Heading::Right(name) };
        let mut headings = HEADINGS.map(heading).to_vec();
        headings.push(Heading::Left("", 0));
        table(&headings, &rows)
    }

    /// The table of all runs, for other programs.
    pub(super) fn csv(&self, recipe: &Recipe, train_samples: usize, validation_samples: usize) -> String {
        let Recipe { hidden, preset, optimizer, schedule, epochs, .. } = recipe;
        let (model, optimizer) = (model_name(hidden), optimizer.name.name());
        let mut csv =
            "model,preset,optimizer,learning_rate_schedule,epochs,train_samples,validation_samples,learning_rate,\
                       batch_size,seed,outcome,val_accuracy,val_loss,seconds\n"
                .to_owned();
        for Run { learning_rate, batch_size, seed, outcome } in &self.runs {
            let outcome = match outcome {
                Outcome::Finished { validation, seconds } => {
                    format!("finished,{},{},{seconds}", validation.metric, validation.loss)
                }
                Outcome::Diverged => "diverged,,,".into(),
            };
            csv += &format!(
                "{model},{preset},{optimizer},{schedule},{epochs},{train_samples},{validation_samples},{learning_rate},{batch_size},{seed},{outcome}\n"
            );
        }
        csv
    }
}
