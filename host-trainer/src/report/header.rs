//! The header of the page: the most important numbers.

use formats::{Task, four_digits};

use super::Report;
use super::page;
use super::text::{percent, percent_or_dash, seconds, size};
use crate::confusion::Confusion;
use crate::data::Targets;
use crate::interval::wilson;
use crate::terminal::summary::thousands;

/// The title of the page.
pub(super) fn title(report: &Report) -> String {
    let (number, name) = main_number(report);
    format!("{number} {name}: {} on {}", super::widths(report.model), report.data_set)
}

/// The number that the task is judged by, and its name.
fn main_number(report: &Report) -> (String, &'static str) {
    match report.model.loss.task() {
        Task::Multiclass | Task::Binary => (percent(report.metric("accuracy"), 2), "test accuracy"),
        Task::Regression => (four_digits(report.metric("r2")), "R² on the test set"),
    }
}

/// The content of the header.
pub(super) fn html(report: &Report) -> String {
    let widths = super::widths(report.model);
    let epochs = report.epochs.len();
    let lead = format!(
        "{} parameters, {} epoch{} on {} {noun}, tested on {} {noun}.",
        thousands(report.model.parameters()),
        thousands(epochs),
        if epochs == 1 { "" } else { "s" },
        thousands(report.training_samples),
        thousands(report.samples.len()),
        noun = report.noun(),
    );
    let mut cards = match &report.samples.targets {
        Targets::Labels(labels) => classifier_cards(report, &report.confusion(labels)),
        Targets::Numbers { .. } => regression_cards(report),
    };
    let int8 = report.int8.map_or_else(|_| String::new(), |int8| format!(", {} in int8", size(int8.bytes)));
    cards.push(("Size of the parameters", size(report.float_bytes()), format!("in f32{int8}")));
    let rate = format!("{} {} per second", thousands(report.samples_per_second()), report.noun());
    cards.push(("Training time", seconds(report.fit_seconds()), rate));
    let (number, name) = main_number(report);
    page::header(&format!("{widths} on {}", report.data_set), &number, name, &lead, &cards)
}

type Cards = Vec<(&'static str, String, String)>;

fn classifier_cards(report: &Report, confusion: &Confusion) -> Cards {
    let accuracy = report.metric("accuracy");
    let [low, high] = wilson(accuracy, report.samples.len()).map(|share| percent(share, 1));
    let mut cards = vec![
        ("95 % confidence interval", format!("{low} – {high}"), "of the test accuracy (Wilson)".to_owned()),
        ("Test loss", four_digits(report.metric("loss")), report.model.loss.name().replace('_', " ")),
    ];
    if let Some(&int8) = report.int8.ok().and_then(|int8| int8.metrics.get("accuracy")) {
        let difference = format!("{:+.2} points against f32", 100.0 * (int8 - accuracy)).replace('-', "−");
        cards.insert(0, ("Int8 accuracy", percent(int8, 2), difference));
    }
    if let Some(&auc) = report.test.get("auc") {
        cards.push(("AUC", four_digits(auc), "area under the ROC curve".into()));
        return cards;
    }
    let names = report.names();
    let scores = confusion.scores();
    let known = scores.iter().zip(names).filter_map(|(score, name)| Some((score.f1?, name)));
    if let Some((f1, name)) = known.min_by(|one, other| one.0.total_cmp(&other.0)) {
        cards.push(("Lowest F1", name.clone(), percent_or_dash(Some(f1))));
    }
    if let Some(&(label, class, count)) = confusion.mistakes().first() {
        let all = confusion.labelled(label);
        let share = percent(f64::from(count) / f64::from(all), 1);
        let often = format!("{} of {}, {share}", thousands(count as usize), thousands(all as usize));
        cards.push(("Most frequent mistake", format!("{} → {}", names[label], names[class]), often));
    }
    cards
}

fn regression_cards(report: &Report) -> Cards {
    let mae = report.metric("mae");
    let mut cards = vec![
        ("Mean absolute error", four_digits(mae), "on the test set".to_owned()),
        ("Test loss", four_digits(report.metric("loss")), report.model.loss.name().replace('_', " ")),
    ];
    if let Some(&int8) = report.int8.ok().and_then(|int8| int8.metrics.get("mae")) {
        cards.push(("Int8 mean absolute error", four_digits(int8), format!("{} in f32", four_digits(mae))));
    }
    cards
}
