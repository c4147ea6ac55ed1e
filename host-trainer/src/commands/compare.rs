//! The command `compare`: several trainings beside each other.

use std::path::PathBuf;

use clap::Args;

use formats::four_digits;

use super::ending::Ending;
use super::shared::{shown, tell_written};
use crate::events::{ComparedRun, Event, Start};
use crate::failure::Failure;
use crate::options::in_workspace;
use crate::outputs::Outputs;
use crate::report::comparison;
use crate::runs::{Run, cautions, differences};
use crate::terminal::table::{Heading, table};
use crate::terminal::{Verbosity, wrap};

pub(crate) const EXAMPLES: &str = "\
Examples:
  host-trainer train --out out/linear && host-trainer train --hidden 32 --out out/hidden
  host-trainer compare out/linear out/hidden --out out/comparison
      Which network is better, and by how much, with overlaid learning curves
  host-trainer compare out/*/history.json --json | jq 'select(.event == \"run\").accuracy'
      Print the test accuracies with jq";

/// Options of `compare`.
#[derive(Args, Debug)]
pub struct CompareArgs {
    /// Folders that trainings have written, or the files history.json in them
    #[arg(value_name = "RUN", required = true, num_args = 2..)]
    runs: Vec<PathBuf>,

    /// Folder for comparison.html and its curves, comparison.png [default: out]
    #[arg(long, value_name = "DIR", default_value_os_t = in_workspace("out"), hide_default_value = true)]
    out: PathBuf,

    /// Replace files in DIR that this program has not written
    #[arg(long)]
    force: bool,

    /// Print events for other programs to read: a JSON object on each line, and nothing else
    #[arg(long)]
    json: bool,
}

/// Compares trainings by their tests, and draws their learning curves.
///
/// # Errors
/// A run has no history, is given twice, or the outputs cannot be written. Runs of different data or tasks are compared,
/// and that is said.
pub(crate) fn compare(arguments: &CompareArgs) -> Result<(), Failure> {
    let verbosity = Verbosity::new(1, arguments.json);
    let runs = arguments.runs.iter().map(|path| Run::load(path)).collect::<Result<Vec<Run>, _>>()?;
    for (index, path) in arguments.runs.iter().enumerate() {
        if arguments.runs[..index]
            .iter()
            .any(|before| std::fs::canonicalize(before).ok() == std::fs::canonicalize(path).ok())
        {
            return Err(Failure::new(format!("{}: is given twice", path.display())));
        }
    }
    let [html, png] = ["comparison.html", "comparison.png"].map(|name| arguments.out.join(name));
    let mut outputs = Outputs::new(arguments.force);
    let inputs: Vec<_> = arguments.runs.iter().map(PathBuf::as_path).collect();
    outputs.check(&[&html, &png], &inputs)?;

    let cautions = cautions(&runs);
    verbosity.event(&Event::Start(Start::Compare { runs: runs.iter().map(|run| &*run.name).collect() }));
    let differences = differences(&runs);
    for (index, run) in runs.iter().enumerate() {
        verbosity.event(&Event::Run(ComparedRun {
            run: &run.name,
            widths: &run.widths,
            parameters: run.parameters,
            epochs: run.epochs.len(),
            best_epoch: run.best_epoch,
            test_samples: run.test_samples,
            metrics: &run.test,
            accuracy_interval: run.accuracy_interval(),
            fit_seconds: run.fit_seconds,
            differences: differences.iter().map(|(name, values)| (&**name, &*values[index])).collect(),
        }));
    }
    cautions.iter().for_each(|text| verbosity.event(&Event::Caution { text }));
    verbosity.text(|| {
        let (headings, rows) = comparison::rows(&runs);
        let headings: Vec<_> = headings
            .iter()
            .enumerate()
            .map(|(column, name)| match column {
                0 | 1 => Heading::Left(name, 0),
                // The metrics are in the order of what a task is judged by.
                4 => Heading::Main(name),
                _ => Heading::Right(name),
            })
            .collect();
        let notes: String = cautions.iter().map(|caution| wrap(&format!("note: {caution}\n"), 2)).collect();
        format!("{}{notes}", table(&headings, &rows))
    });
    outputs.stage(&html, comparison::html(&runs).as_bytes())?;
    outputs.stage(&png, &comparison::png(&runs)?)?;
    tell_written(verbosity, outputs.commit()?);
    let result = comparison::best(&runs).map(|(index, metric)| {
        let run = &runs[index];
        format!("best test {metric} {}: {}", four_digits(run.metric(metric)), run.name)
    });
    Ending { result, open: Some(shown(&html)), ..Ending::default() }.tell(verbosity);
    Ok(())
}
