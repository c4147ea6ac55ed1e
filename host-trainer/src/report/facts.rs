//! Recipe, sizes and times, as lists of names and values.

use std::fmt::Write as _;

use super::Report;
use super::text::{escape, seconds, size};
use crate::summary::thousands;

/// The three lists, side by side.
pub(super) fn html(report: &Report) -> String {
    let mut html = String::from("<div class=\"facts\">\n");
    for (title, rows) in [("Recipe", recipe(report)), ("Sizes", sizes(report)), ("Times", times(report))] {
        let _ = writeln!(html, "<section>\n<h3>{title}</h3>\n<dl>");
        for (name, value) in rows {
            let _ = writeln!(html, "<div><dt>{}</dt><dd>{}</dd></div>", escape(&name), escape(&value));
        }
        html += "</dl>\n</section>\n";
    }
    html + "</div>\n"
}

type Rows = Vec<(String, String)>;

fn recipe(report: &Report) -> Rows {
    let history = report.history;
    let pixels = match (history.pixel_exponent, history.smallest_deviation) {
        (1.0, None) => "as they are".into(),
        (exponent, None) => format!("to the power of {exponent}"),
        (exponent, Some(least)) => format!("to the power of {exponent}, standardised (deviation {least} or more)"),
    };
    let mut rows = vec![
        ("data set", report.data_set.to_owned()),
        ("model", history.model.clone()),
        ("preset", history.preset.clone()),
        ("pixels", pixels),
        ("loss", history.loss.name().replace('-', " ")),
        ("training images", thousands(history.samples)),
        ("optimizer", history.optimizer.clone()),
        ("learning rate", history.learning_rate.to_string()),
        ("schedule", history.schedule.clone()),
        ("batch size", thousands(history.batch_size)),
        ("epochs", thousands(history.epochs.len())),
        ("seed", history.seed.to_string()),
    ];
    if history.validation_samples > 0 {
        rows.insert(6, ("validation images", thousands(history.validation_samples)));
    }
    if let Some(patience) = history.early_stopping {
        rows.push(("early stopping", format!("after {patience} without improvement")));
    }
    rows.extend(history.best_epoch.map(|best| ("weights of epoch", thousands(best))));
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn sizes(report: &Report) -> Rows {
    let mut rows = vec![
        ("parameters".to_owned(), thousands(report.parameters())),
        ("as 32-bit floats".to_owned(), size(report.float_bytes())),
        ("as 8-bit whole numbers".to_owned(), size(report.int8_bytes)),
    ];
    rows.extend(report.model_files.iter().map(|&(name, bytes)| (name.to_owned(), size(bytes))));
    rows
}

fn times(report: &Report) -> Rows {
    let history = report.history;
    let mut epochs: Vec<f64> = history.epochs.iter().map(|epoch| epoch.seconds).collect();
    epochs.sort_by(f64::total_cmp);
    let median = epochs.get(epochs.len() / 2).copied().unwrap_or_default();
    [
        ("training in all", seconds(history.fit_seconds)),
        ("an epoch (median)", seconds(median)),
        ("images a second", thousands(report.images_per_second())),
        ("threads", history.threads.to_string()),
        ("kernel", history.kernel.clone()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
