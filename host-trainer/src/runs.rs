//! Trainings beside each other, each read from the `history.json` that it has written.

use std::collections::BTreeMap;
use std::path::Path;

use formats::bounded::{self, MAX_TEXT};
use formats::{Recipe, Task};
use serde::Deserialize;

use crate::failure::Failure;
use crate::interval::wilson;
use crate::report::recipe_rows;
use crate::terminal::summary::hyphenated;

/// A training, as its history tells.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Run {
    /// Its path, as it was given.
    #[serde(skip)]
    pub name: String,
    /// Each epoch by Keras's names; `None` for a number that was not finite.
    pub epochs: Vec<BTreeMap<String, Option<f64>>>,
    pub test: BTreeMap<String, Option<f64>>,
    pub best_epoch: Option<usize>,
    pub fit_seconds: f64,
    /// Inputs, units of each hidden layer, and outputs.
    pub widths: Vec<usize>,
    pub parameters: usize,
    pub data_set: String,
    pub data_checksum: u32,
    pub samples: usize,
    pub test_samples: usize,
    pub recipe: Recipe,
}

impl Run {
    /// Reads a history, or that in a folder.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let file = if path.is_dir() { path.join("history.json") } else { path.to_owned() };
        if !file.exists() {
            let missing =
                if path.is_dir() { "holds no history.json, as `train` writes it" } else { "no such file or folder" };
            return Err(Failure::about(path.display(), missing));
        }
        let bytes = bounded::read(&file, MAX_TEXT).map_err(|error| Failure::about(file.display(), error))?;
        let no_history = |error| Failure::about(file.display(), format!("not a history.json of `train`: {error}"));
        let mut run: Self = serde_json::from_slice(&bytes).map_err(no_history)?;
        if run.epochs.is_empty() {
            return Err(Failure::about(file.display(), "not a history.json of `train`: no epochs"));
        }
        run.name = path.display().to_string();
        Ok(run)
    }

    pub(crate) const fn task(&self) -> Task {
        self.recipe.loss.task()
    }

    /// A metric of the test, or NaN where it is not known.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        self.test.get(name).copied().flatten().unwrap_or(f64::NAN)
    }

    /// The confidence interval of the test accuracy, of a classifier.
    pub(crate) fn accuracy_interval(&self) -> Option<[f64; 2]> {
        self.test.get("accuracy").copied().flatten().map(|accuracy| wilson(accuracy, self.test_samples))
    }

    /// The widths of the network: `784-32-10`.
    pub(crate) fn network(&self) -> String {
        hyphenated(&self.widths)
    }

    /// A quantity after each epoch, where it is known.
    pub(crate) fn curve(&self, quantity: &str) -> Vec<(f64, f64)> {
        let value = |(epoch, values): (usize, &BTreeMap<String, Option<f64>>)| {
            Some((epoch as f64, values.get(quantity).copied().flatten()?))
        };
        (1..).zip(&self.epochs).filter_map(value).collect()
    }
}

/// The settings in which the recipes of runs differ: the name of each, and its value in each run.
pub(crate) fn differences(runs: &[Run]) -> Vec<(String, Vec<String>)> {
    let rows: Vec<Vec<(String, String)>> = runs
        .iter()
        .map(|run| {
            let mut rows = recipe_rows(&run.recipe);
            rows.push(("training samples".into(), run.samples.to_string()));
            rows
        })
        .collect();
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let values = |name: &String| -> Vec<String> {
        let value = |rows: &Vec<(String, String)>| rows.iter().find(|row| row.0 == *name).map(|row| row.1.clone());
        rows.iter().map(|rows| value(rows).unwrap_or_else(|| "–".into())).collect()
    };
    let all = names.into_iter().map(|name| (name.clone(), values(name)));
    all.filter(|(_, values)| values.iter().any(|value| *value != values[0])).collect()
}

/// Why the results of runs are not to be compared without care: one sentence each.
pub(crate) fn cautions(runs: &[Run]) -> Vec<String> {
    let differ = |of: &dyn Fn(&Run) -> String| {
        let first = of(&runs[0]);
        runs.iter().any(|run| of(run) != first)
    };
    let list = |of: &dyn Fn(&Run) -> String| {
        runs.iter().map(|run| format!("{} {}", run.name, of(run))).collect::<Vec<_>>().join(", ")
    };
    let mut cautions = Vec::new();
    if differ(&|run| run.task().name().to_owned()) {
        cautions.push(format!("the tasks differ: {}", list(&|run| run.task().name().to_owned())));
    }
    if differ(&|run| run.data_set.clone()) {
        cautions.push(format!("the data sets differ: {}", list(&|run| run.data_set.clone())));
    } else if differ(&|run| run.data_checksum.to_string()) {
        let of = |run: &Run| format!("CRC {:08x}", run.data_checksum);
        cautions.push(format!("the training samples differ: {}", list(&of)));
    }
    if differ(&|run| run.test_samples.to_string()) {
        cautions.push(format!("the numbers of test samples differ: {}", list(&|run| run.test_samples.to_string())));
    }
    if differ(&|run| run.recipe.loss.name().to_owned()) {
        cautions.push("the losses are different functions: compare metrics, not losses".into());
    }
    cautions
}

#[cfg(test)]
mod tests;
