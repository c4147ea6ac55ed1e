//! Predictions of a regression: predicted against true values, residuals, and the usual scores.

use formats::four_digits;
use training::metrics;

use super::Report;
use super::page;
use crate::plot::axis::bounds;
use crate::plot::chart::{Axis, Chart};
use crate::plot::figure::{Figure, escape};
use crate::plot::palette::Hue;
use crate::terminal::summary::thousands;

/// Outputs whose predictions are drawn.
const DRAWN: usize = 3;
/// Outputs in the table.
const LISTED: usize = 40;
/// Dots of a scatter plot, at most.
const DOTS: usize = 2_000;
/// Bars of a histogram.
const BARS: usize = 24;

/// Predicted and true values of one output.
fn pairs(report: &Report, targets: &[f32], output: usize) -> Vec<(f64, f64)> {
    let width = report.names().len();
    let rows = report.outputs.chunks_exact(width).zip(targets.chunks_exact(width));
    rows.map(|(predicted, target)| (f64::from(predicted[output]), f64::from(target[output]))).collect()
}

/// For the first outputs, predicted against true values, and a histogram of the residuals.
pub(super) fn figures(report: &Report, targets: &[f32]) -> Vec<Figure> {
    let names = report.names().iter().enumerate().take(DRAWN);
    names
        .flat_map(|(output, name)| {
            let pairs = pairs(report, targets, output);
            [scatter(name, &pairs), histogram(name, &pairs)]
        })
        .collect()
}

fn scatter(name: &str, pairs: &[(f64, f64)]) -> Figure {
    let values = || pairs.iter().flat_map(|&(predicted, target)| [predicted, target]);
    let (low, high) = bounds(values());
    let description = format!("Predicted against true values of {name}");
    let title = format!("Predicted {name}");
    let mut chart = Chart::new(&title, description, Axis::of(values(), format!("true {name}")), Axis::of(values(), ""));
    chart.reference((low, low), (high, high));
    for &(predicted, target) in pairs.iter().step_by(pairs.len().div_ceil(DOTS).max(1)) {
        chart.dot((target, predicted), Hue::Blue);
    }
    chart.figure()
}

fn histogram(name: &str, pairs: &[(f64, f64)]) -> Figure {
    let residuals: Vec<f64> = pairs.iter().map(|(predicted, target)| predicted - target).collect();
    let (low, high) = bounds(residuals.iter().copied());
    let width = if high > low { (high - low) / BARS as f64 } else { 1.0 };
    let mut counts = [0_usize; BARS];
    for residual in &residuals {
        counts[(((residual - low) / width) as usize).min(BARS - 1)] += 1;
    }
    let edge = |bar: usize| low + bar as f64 * width;
    let x = Axis::of([low, edge(BARS)], "predicted − true");
    let y = Axis::of(counts.iter().map(|&count| count as f64).chain([0.0]), "");
    let mut chart =
        Chart::new(&format!("Residuals of {name}, samples"), format!("Histogram of the residuals of {name}"), x, y);
    for (bar, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let title = format!("{} to {}: {}", four_digits(edge(bar)), four_digits(edge(bar + 1)), thousands(count));
        chart.bar(edge(bar), edge(bar + 1), count as f64, title);
    }
    chart.figure()
}

/// The figures, and a table of scores.
pub(super) fn html(report: &Report, targets: &[f32], figures: &[Figure]) -> String {
    let figures: String = figures.iter().map(Figure::svg).collect();
    let row = |(output, name): (usize, &String)| {
        let pairs = pairs(report, targets, output);
        let (predicted, target): (Vec<f32>, Vec<f32>) =
            pairs.iter().map(|&(predicted, target)| (predicted as f32, target as f32)).unzip();
        let scores = metrics::regression(&predicted, 1, &target);
        let residuals = pairs.iter().map(|(predicted, target)| predicted - target);
        let mean = residuals.clone().sum::<f64>() / pairs.len().max(1) as f64;
        let largest = residuals.map(f64::abs).fold(0.0, f64::max);
        let numbers = [scores["r2"], scores["mae"], scores["mse"].sqrt(), mean, largest];
        let mut row = vec![escape(name)];
        row.extend(numbers.map(four_digits));
        row
    };
    let names = report.names();
    let rows: Vec<_> = names.iter().enumerate().take(LISTED).map(row).collect();
    let headings = ["Output", "R²", "MAE", "RMSE", "Mean residual", "Largest error"];
    let table = page::table("scores", "Scores of the outputs", &headings, &rows);
    let left = names.len().saturating_sub(LISTED);
    let rest = if left > 0 { format!("<p class=\"note\">And {left} more outputs.</p>\n") } else { String::new() };
    format!("<div class=\"charts\">\n{figures}</div>\n{table}{rest}")
}
