//! Precision, recall and F1 of each class as a table.

use super::page::{bar_cell, table};
use super::text::percent_or_dash;
use crate::confusion::{Confusion, Score};
use crate::plot::figure::escape;
use crate::terminal::summary::thousands;

/// The scores of all classes and their means.
pub(super) fn html(confusion: &Confusion, names: &[String]) -> String {
    let scores = confusion.scores();
    let row = |name: String, score: &Score, samples: String| {
        let cell = |share: Option<f64>| {
            let text = percent_or_dash(share);
            share.map_or_else(|| text.clone(), |share| bar_cell(share, &text))
        };
        vec![name, cell(score.precision), cell(score.recall), cell(score.f1), samples]
    };
    let mut rows: Vec<Vec<String>> = names
        .iter()
        .zip(&scores)
        .enumerate()
        .map(|(class, (name, score))| row(escape(name), score, thousands(confusion.labelled(class) as usize)))
        .collect();
    rows.push(row("Mean".into(), &Score::mean(&scores), String::new()));
    table("scores totalled", "Scores of the classes", &["Class", "Precision", "Recall", "F1", "Samples"], &rows)
}
