//! The report of a comparison: a table of trainings, and their learning curves in one chart.

use image::ImageResult;

use formats::four_digits;
use training::metrics::metric_name;

use super::page::{self, Page};
use super::text::{percent, seconds};
use crate::plot::chart::{Axis, Chart};
use crate::plot::figure::{self, Figure, escape};
use crate::plot::palette::Hue;
use crate::runs::{Run, cautions, differences};
use crate::terminal::summary::thousands;

/// The colours of the curves, and thereby how many are drawn.
const HUES: [Hue; 6] = [Hue::Blue, Hue::Orange, Hue::Green, Hue::Purple, Hue::Pink, Hue::Olive];

/// The headings of the table of runs and its rows, by letter.
pub(crate) fn rows(runs: &[Run]) -> (Vec<String>, Vec<Vec<String>>) {
    let differences = differences(runs);
    let metrics = metrics(runs);
    let mut headings: Vec<String> = ["", "run", "network", "parameters"].map(String::from).into();
    headings.extend(metrics.iter().map(|name| format!("test {name}")));
    headings.extend(["best epoch".to_owned(), "time".to_owned()]);
    headings.extend(differences.iter().map(|(name, _)| name.clone()));
    let row = |(index, run): (usize, &Run)| {
        let mut row = vec![letter(index), run.name.clone(), run.network(), thousands(run.parameters)];
        row.extend(metrics.iter().map(|name| metric_text(run, name)));
        let epochs = run.epochs.len();
        row.push(run.best_epoch.map_or_else(|| format!("last of {epochs}"), |best| format!("{best} of {epochs}")));
        row.push(seconds(run.fit_seconds).replace('\u{a0}', " "));
        row.extend(differences.iter().map(|(_, values)| values[index].clone()));
        row
    };
    (headings, runs.iter().enumerate().map(row).collect())
}

/// The label of a run in the table and in the charts: A to Z, then numbers from 27.
fn letter(index: usize) -> String {
    u8::try_from(index)
        .ok()
        .filter(|&index| index < 26)
        .map_or_else(|| (index + 1).to_string(), |index| char::from(b'A' + index).to_string())
}

/// The metrics of the tests, that by which a task is judged first.
fn metrics(runs: &[Run]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in ["accuracy", "auc", "f1_score", "r2", "mae", "loss"] {
        if runs.iter().any(|run| run.test.contains_key(name)) {
            names.push(name);
        }
    }
    names
}

fn metric_text(run: &Run, name: &str) -> String {
    match (run.test.get(name).copied().flatten(), run.accuracy_interval()) {
        (Some(accuracy), Some([low, high])) if name == "accuracy" => {
            let [low, high] = [low, high].map(|share| format!("{:.1}", 100.0 * share));
            format!("{:.2} % ({low} to {high})", 100.0 * accuracy)
        }
        (Some(value), _) => four_digits(value),
        (None, _) => "–".into(),
    }
}

/// The curves that all have, after each epoch: those of validation, else of the test.
fn prefix(runs: &[Run]) -> (&'static str, &'static str) {
    let all_have = |name: &str| runs.iter().all(|run| !run.curve(name).is_empty());
    match () {
        () if all_have("val_loss") => ("val_", "validation"),
        () if all_have("test_loss") => ("test_", "test"),
        () => ("", "training"),
    }
}

/// A chart of the loss, and one of each metric that a run is judged by, a line for each of the first runs.
fn figures(runs: &[Run]) -> Vec<Figure> {
    let (prefix, samples) = prefix(runs);
    let epochs = runs.iter().map(|run| run.epochs.len()).max().unwrap_or(1);
    let mut names = vec!["loss"];
    for run in runs {
        let name = metric_name(run.task());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let chart = |name: &str| {
        let curves: Vec<(usize, Vec<(f64, f64)>)> = runs
            .iter()
            .take(HUES.len())
            .map(|run| run.curve(&format!("{prefix}{name}")))
            .enumerate()
            .filter(|(_, curve)| !curve.is_empty())
            .collect();
        let values = curves.iter().flat_map(|(_, curve)| curve.iter().map(|point| point.1));
        let title = format!("{} {name}", samples[..1].to_uppercase() + &samples[1..]);
        let description = format!("{title} of {} runs over {epochs} epochs", curves.len());
        let mut chart = Chart::new(&title, description, Axis::epochs(epochs), Axis::of(values, ""));
        let legend: Vec<(Hue, String)> = curves.iter().map(|(index, _)| (HUES[*index], letter(*index))).collect();
        chart.legend(&legend);
        for (index, curve) in &curves {
            chart.line(curve, HUES[*index]);
            let best = runs[*index].best_epoch.and_then(|best| curve.iter().find(|point| point.0 == best as f64));
            if let Some(&best) = best {
                chart.ring(best, HUES[*index]);
            }
        }
        chart.figure()
    };
    names.into_iter().map(chart).collect()
}

/// The page.
pub(crate) fn html(runs: &[Run]) -> String {
    let best = best(runs);
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let (strong, title) = match best {
        Some((index, name)) => (
            match name {
                "accuracy" => percent(runs[index].metric(name), 2),
                _ => four_digits(runs[index].metric(name)),
            },
            format!("test {name} of {}, the best of {} runs", names[index], runs.len()),
        ),
        None => (runs.len().to_string(), "runs".into()),
    };
    let header = page::header("Comparison", &strong, &title, "", &[]);
    let mut page = Page::new(format!("{} runs compared", runs.len()), header);
    let (headings, rows) = rows(runs);
    let headings: Vec<String> = headings.iter().map(|heading| escape(heading)).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let hue = HUES.get(index).map_or("ink", |hue| hue.name());
            let mut row: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
            row[0] = format!("<strong class=\"letter {hue}\">{}</strong>", row[0]);
            row
        })
        .collect();
    let cautions: String =
        cautions(runs).iter().map(|caution| format!("<p class=\"note\">Note: {}.</p>\n", escape(caution))).collect();
    let table = page::table("numbers runs", "Runs", &headings, &rows);
    page.section("runs", "Runs", "Of the recipe, the settings that differ.", &format!("{table}{cautions}"));
    let charts: String = figures(runs).iter().map(Figure::svg).collect();
    let left = runs.len().saturating_sub(HUES.len());
    let rest = if left > 0 { format!(" {left} more runs are in the table only.") } else { String::new() };
    let explanation = format!("A ring marks the best epoch, where early stopping chose it.{rest}");
    page.section("curves", "Learning curves", &explanation, &format!("<div class=\"charts\">\n{charts}</div>\n"));
    page.html()
}

/// The curves as PNG.
pub(crate) fn png(runs: &[Run]) -> ImageResult<Vec<u8>> {
    figure::png(&figures(runs))
}

/// The best run and the metric that it is best in, where all have the same task.
pub(crate) fn best(runs: &[Run]) -> Option<(usize, &'static str)> {
    let task = runs.first()?.task();
    if runs.iter().any(|run| run.task() != task) {
        return None;
    }
    let (name, sign) = match metric_name(task) {
        "mae" => ("mae", -1.0),
        name => (name, 1.0),
    };
    let known = runs.iter().enumerate().filter(|(_, run)| run.metric(name).is_finite());
    let best = known.max_by(|one, other| {
        // Of equal ones the first.
        (sign * one.1.metric(name)).total_cmp(&(sign * other.1.metric(name))).then(other.0.cmp(&one.0))
    });
    best.map(|(index, _)| (index, name))
}
