//! The learning curves: loss and metric, epoch after epoch.

use formats::{Task, four_digits};
use training::metrics::metric_name;
use training::{Epoch, Metrics};

use super::Report;
use super::page;
use super::text::seconds;
use crate::plot::chart::{Axis, Chart};
use crate::plot::figure::Figure;
use crate::plot::palette::Hue;

/// Epochs shown, at most: of more, some are left out.
const MOST_EPOCHS: usize = 200;

/// One of the two quantities of an epoch.
struct Quantity {
    name: &'static str,
    title: String,
    of: fn(Metrics) -> f64,
    write: fn(f64) -> String,
}

/// The loss, and the metric of the task.
fn quantities(report: &Report) -> [Quantity; 2] {
    let loss = report.model.loss.name().replace('_', " ");
    let plain = four_digits::<f64>;
    [
        Quantity { name: "loss", title: format!("Loss ({loss})"), of: |metrics| metrics.loss, write: plain },
        match report.model.loss.task() {
            Task::Multiclass | Task::Binary => Quantity {
                name: "accuracy, %",
                title: "Accuracy, %".into(),
                of: |metrics| 100.0 * metrics.metric,
                write: |value| format!("{value:.2}"),
            },
            Task::Regression => Quantity {
                name: "MAE",
                title: "Mean absolute error".into(),
                of: |metrics| metrics.metric,
                write: plain,
            },
        },
    ]
}

/// The epochs that are shown, with their numbers.
fn shown<'a>(report: &Report<'a>) -> Vec<(usize, &'a Epoch)> {
    let epochs = report.epochs.len();
    let stride = epochs.div_ceil(MOST_EPOCHS).max(1);
    let all = (1..).zip(report.epochs);
    let is_shown = |epoch: usize| epoch.is_multiple_of(stride) || epoch == epochs || Some(epoch) == report.best_epoch;
    all.filter(|&(epoch, _)| is_shown(epoch)).collect()
}

/// The test samples' metrics after an epoch. Those of the model itself are known even where no epoch was tested.
fn test(report: &Report, number: usize, epoch: &Epoch) -> Option<Metrics> {
    let metric = report.metric(metric_name(report.model.loss.task()));
    let is_the_models = number == report.best_epoch.unwrap_or(report.epochs.len());
    epoch.test.or_else(|| is_the_models.then_some(Metrics { loss: report.metric("loss"), metric }))
}

/// A chart of each quantity.
pub(super) fn figures(report: &Report) -> Vec<Figure> {
    let shown = shown(report);
    let epochs = report.epochs.len();
    quantities(report)
        .into_iter()
        .map(|Quantity { title, of, write, .. }| {
            let line = |metrics: &dyn Fn(usize, &Epoch) -> Option<Metrics>| -> Vec<(f64, f64)> {
                let point = |&(number, epoch): &(usize, &Epoch)| Some((number as f64, of(metrics(number, epoch)?)));
                shown.iter().filter_map(point).collect()
            };
            let lines = [
                ("train", Hue::Blue, line(&|_, epoch| Some(epoch.train))),
                ("validation", Hue::Green, line(&|_, epoch| epoch.validation)),
                ("test", Hue::Orange, line(&|number, epoch| test(report, number, epoch))),
            ];
            let legend: Vec<(Hue, String)> = lines
                .iter()
                .filter_map(|(name, hue, points)| Some((*hue, format!("{name} {}", write(points.last()?.1)))))
                .collect();
            let texts: Vec<&str> = legend.iter().map(|(_, text)| text.as_str()).collect();
            let plural = if epochs == 1 { "" } else { "s" };
            let description = format!("{title} over {epochs} epoch{plural}; at the end: {}", texts.join(", "));
            let y = Axis::of(lines.iter().flat_map(|(.., points)| points.iter().map(|point| point.1)), "");
            let mut chart = Chart::new(&title, description, Axis::epochs(epochs), y);
            chart.legend(&legend);
            if let Some(best) = report.best_epoch {
                chart.mark(best as f64, &format!("best epoch: {best}"));
            }
            for (_, hue, points) in &lines {
                chart.line(points, *hue);
            }
            for (index, &(number, _)) in shown.iter().enumerate() {
                let middle = |other: Option<&(usize, &Epoch)>, edge: f64| {
                    other.map_or(edge, |&(other, _)| (number + other) as f64 / 2.0)
                };
                let from = middle(index.checked_sub(1).and_then(|before| shown.get(before)), 0.0);
                let to = middle(shown.get(index + 1), epochs as f64 + 1.0);
                let mut text = format!("epoch {number}");
                for (name, _, points) in &lines {
                    if let Some((_, value)) = points.iter().find(|point| point.0 == number as f64) {
                        text += &format!("\n{name} {}", write(*value));
                    }
                }
                chart.hint(from, to, text);
            }
            chart.figure()
        })
        .collect()
}

/// The charts, and their numbers in a table to unfold.
pub(super) fn html(report: &Report, figures: &[Figure]) -> String {
    let charts: String = figures.iter().map(Figure::svg).collect();
    let validated = report.epochs.iter().any(|epoch| epoch.validation.is_some());
    let sets: &[&str] = if validated { &["train", "validation", "test"] } else { &["train", "test"] };
    let quantities = quantities(report);
    let headings: Vec<String> =
        quantities.iter().flat_map(|quantity| sets.iter().map(|set| format!("{set} {}", quantity.name))).collect();
    let mut headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    headings.insert(0, "Epoch");
    headings.push("time");
    let rows: Vec<Vec<String>> = shown(report)
        .into_iter()
        .map(|(number, epoch)| {
            let mut sets = vec![Some(epoch.train), test(report, number, epoch)];
            if validated {
                sets.insert(1, epoch.validation);
            }
            let best = if Some(number) == report.best_epoch { " (best)" } else { "" };
            let mut row = vec![format!("{number}{best}")];
            for Quantity { of, write, .. } in &quantities {
                row.extend(sets.iter().map(|set| set.map_or_else(|| "–".into(), |metrics| write(of(metrics)))));
            }
            row.push(seconds(epoch.seconds));
            row
        })
        .collect();
    let table = page::table("numbers", "Numbers of the learning curves", &headings, &rows);
    // Of a regression the targets are standardised where the inputs are.
    let scaled = report.recipe.smallest_deviation.is_some() && report.model.loss.task() == Task::Regression;
    let units = if scaled { " Targets are standardised here: an error of 1 is their standard deviation." } else { "" };
    format!(
        "<div class=\"charts\">\n{charts}</div>\n<p class=\"note\">The values for training are means over an epoch, taken \
         while the weights change; all others are taken after it.{units}</p>\n<details>\n<summary>The numbers</summary>\n{table}\
         </details>\n"
    )
}
