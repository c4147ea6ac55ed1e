//! Recipe, sizes and times, as lists of names and values.

use std::fmt::Write as _;

use formats::{Input, OptimizerName, Recipe};

use super::Report;
use super::text::{seconds, size};
use crate::plot::figure::escape;
use crate::terminal::summary::thousands;

/// The three lists, side by side.
pub(super) fn html(report: &Report) -> String {
    let mut html = String::from("<div class=\"facts\">\n");
    for (title, rows) in [("Recipe", recipe(report)), ("Sizes", sizes(report)), ("Times", times(report))] {
        let _ = write!(html, "<section>\n<h3>{title}</h3>\n{}</section>\n", list(&rows));
    }
    html + "</div>\n"
}

/// A list of names and values.
pub(super) fn list(rows: &[(String, String)]) -> String {
    let mut html = String::from("<dl class=\"list\">\n");
    for (name, value) in rows {
        let _ = writeln!(html, "<div><dt>{}</dt><dd>{}</dd></div>", escape(name), escape(value));
    }
    html + "</dl>\n"
}

type Rows = Vec<(String, String)>;

/// Name and value of what decides a training, in the words of the command line.
pub(crate) fn recipe_rows(recipe: &Recipe) -> Rows {
    let optimizer = &recipe.optimizer;
    let mut rows = vec![
        ("preset", recipe.preset.clone()),
        ("loss", recipe.loss.name().replace('_', " ")),
        ("optimizer", optimizer.name.name().into()),
        ("learning rate", optimizer.learning_rate.to_string()),
        ("schedule", recipe.schedule.to_string()),
        ("batch size", thousands(recipe.batch_size)),
        ("epochs", thousands(recipe.epochs)),
        ("seed", recipe.seed.to_string()),
    ];
    if !recipe.hidden.is_empty() {
        rows.insert(1, ("activation of hidden layers", recipe.activation.name().into()));
    }
    if optimizer.name == OptimizerName::Sgd && optimizer.momentum > 0.0 {
        let kind = if optimizer.nesterov { " (Nesterov)" } else { "" };
        rows.push(("momentum", format!("{}{kind}", optimizer.momentum)));
    }
    if optimizer.weight_decay > 0.0 {
        rows.push(("weight decay", optimizer.weight_decay.to_string()));
    }
    if recipe.pixel_exponent != 1.0 {
        rows.push(("pixels", format!("to the power of {}", recipe.pixel_exponent)));
    }
    if recipe.shift > 0 {
        rows.push(("augmentation", format!("shifts of up to {} pixels", recipe.shift)));
    }
    if let Some(least) = recipe.smallest_deviation {
        let least = if least > 0.0 { format!(", that of at least {least}") } else { String::new() };
        rows.push(("standardised", format!("to mean 0, deviation 1{least}")));
    }
    if let Some(share) = recipe.validation_split {
        rows.push(("validation split", share.to_string()));
    }
    if let Some(patience) = recipe.early_stopping {
        rows.push(("early stopping", format!("patience of {patience} epochs")));
    }
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn recipe(report: &Report) -> Rows {
    let mut rows = vec![
        ("data set".to_owned(), report.data_set.to_owned()),
        ("network".to_owned(), super::widths(report.model)),
        (format!("training {}", report.noun()), thousands(report.training_samples)),
    ];
    if report.validation_samples > 0 {
        rows.push((format!("validation {}", report.noun()), thousands(report.validation_samples)));
    }
    if let Input::Features { window: Some(window), .. } = &report.model.input {
        let channels = window.channels.len();
        rows.push(("window".into(), format!("{} rows of {channels} channels", window.rows())));
    }
    rows.extend(recipe_rows(report.recipe));
    rows.extend(report.best_epoch.map(|best| ("weights of epoch".into(), thousands(best))));
    rows
}

fn sizes(report: &Report) -> Rows {
    let products: usize = report.model.layers.iter().map(|layer| layer.weights.len()).sum();
    let mut rows = vec![
        ("parameters".to_owned(), thousands(report.model.parameters())),
        ("in f32".to_owned(), size(report.float_bytes())),
    ];
    rows.extend(report.int8.ok().map(|int8| ("in int8".to_owned(), size(int8.bytes))));
    rows.push(("multiply-adds of an inference".to_owned(), thousands(products)));
    rows.extend(report.model_files.iter().map(|&(name, bytes)| (name.to_owned(), size(bytes))));
    rows
}

fn times(report: &Report) -> Rows {
    let mut epochs: Vec<f64> = report.epochs.iter().map(|epoch| epoch.seconds).collect();
    epochs.sort_by(f64::total_cmp);
    let median = epochs.get(epochs.len() / 2).copied().unwrap_or_default();
    let mut rows: Rows = [
        ("training in all", seconds(report.fit_seconds())),
        ("an epoch (median)", seconds(median)),
        ("threads", report.threads.to_string()),
        ("kernel", report.kernel.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    rows.insert(2, (format!("{} per second", report.noun()), thousands(report.samples_per_second())));
    rows
}
