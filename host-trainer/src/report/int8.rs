//! The network in int8 beside that in f32.

use formats::four_digits;

use super::page::table;
use super::text::percent;
use super::{Int8, Report};
use crate::comparison::{Comparison, Decisions};
use crate::plot::figure::escape;
use crate::terminal::progress::ordered;
use crate::terminal::summary::thousands;

/// Introduction of the section: the int8 network, and the samples of the comparison.
pub(super) const EXPLANATION: &str = "8-bit weights, and bytes between the layers, on the same test samples.";

/// Of a classifier, the classes about whose samples the two differ; else their metrics.
pub(super) fn html(report: &Report, int8: &Int8) -> String {
    match int8.comparison {
        Some(comparison) => classes(report, comparison),
        None => {
            let known = ordered(int8.metrics).filter(|(name, _)| report.test.contains_key(*name));
            let rows: Vec<Vec<String>> = known
                .map(|(name, value)| vec![name.to_owned(), four_digits(report.metric(name)), four_digits(value)])
                .collect();
            table("scores", "Metrics in f32 and in int8", &["Metric", "f32", "int8"], &rows)
        }
    }
}

/// Why there is no network in int8.
pub(super) fn none(reason: &str) -> String {
    format!("<p>There is none: {}.</p>\n", escape(reason))
}

fn classes(report: &Report, comparison: &Comparison) -> String {
    let names = report.names();
    let Decisions { float, int8, different } = comparison.total();
    let samples = report.samples.len();
    let share = |right: usize| percent(right as f64 / samples.max(1) as f64, 2);
    let sentence = format!(
        "<p>Accuracy {} in int8, {} in f32: {} of {} predictions differ.</p>\n",
        share(int8),
        share(float),
        thousands(different),
        thousands(samples)
    );
    let rows: Vec<Vec<String>> = comparison
        .differing()
        .map(|(label, Decisions { float, int8, different })| {
            let counts = [different, float, int8].map(thousands);
            [vec![escape(&names[label])], counts.to_vec()].concat()
        })
        .collect();
    if rows.is_empty() {
        return sentence;
    }
    let headings = ["Class", "Predictions that differ", "Right in f32", "Right in int8"];
    sentence + &table("scores", "Predictions in f32 and in int8, by class", &headings, &rows)
}
