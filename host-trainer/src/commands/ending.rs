//! The last lines of a command's output: its result, the report, and the next command.

use std::collections::BTreeMap;
use std::path::Path;

use formats::{Input, Output, four_digits};

use super::shared::shown;
use crate::interval::wilson;
use crate::program::{program, quoted};
use crate::report::noun;
use crate::terminal::summary::thousands;
use crate::terminal::{Verbosity, bold, wrap};

/// The last lines of a command.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ending {
    /// The result, in a sentence.
    pub result: Option<String>,
    /// A sentence about a missing part of the result.
    pub note: Option<String>,
    /// The path of the report or figure, as it is printed.
    pub open: Option<String>,
    /// The arguments of the command that comes next.
    pub next: Option<String>,
}

impl Ending {
    /// Prints the lines, an empty one before them.
    pub(crate) fn tell(&self, verbosity: Verbosity) {
        verbosity.text(|| {
            let mut text = String::from("\n");
            if let Some(result) = &self.result {
                text += &wrap(result, 0).lines().map(|line| bold(line) + "\n").collect::<String>();
            }
            if let Some(note) = &self.note {
                text += &wrap(&format!("{note}\n"), 2);
            }
            if let Some(open) = &self.open {
                text += &format!("open  {open}\n");
            }
            // Not wrapped: a line that the terminal has wrapped can be pasted.
            if let Some(next) = &self.next {
                text += &format!("next  {} {next}\n", program());
            }
            text
        });
    }
}

/// The result of a test of so many samples, in a sentence: the accuracy with its confidence interval, of two classes the
/// AUC before it; of a regression R² and the mean absolute error.
pub(crate) fn result(metrics: &BTreeMap<String, f64>, samples: usize, input: &Input, output: &Output) -> String {
    let metric = |name| metrics.get(name).copied().unwrap_or(f64::NAN);
    let tested = format!("on {} test {}", thousands(samples), noun(input));
    if let Output::Values { .. } = output {
        return format!(
            "R² {}, mean absolute error {} {tested}",
            four_digits(metric("r2")),
            four_digits(metric("mae"))
        );
    }
    let accuracy = metric("accuracy");
    let [low, high] = wilson(accuracy, samples).map(|share| 100.0 * share);
    let auc = metrics.get("auc").map_or_else(String::new, |auc| format!(", AUC {}", four_digits(*auc)));
    format!("test accuracy {:.2} % (95 % interval {low:.1} to {high:.1} %){auc} {tested}", 100.0 * accuracy)
}

/// Arguments of the command `name` for the model at `path`.
pub(crate) fn with_model(name: &str, path: &Path) -> String {
    let path = shown(path);
    // The default needs no option.
    if path == crate::options::MODEL { name.to_owned() } else { format!("{name} --weights {}", quoted(&path)) }
}
