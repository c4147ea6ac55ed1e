//! The page itself: title, key numbers, and a section for each figure.

use ::image::ImageResult;
use std::fmt::Write as _;

use super::Report;
use super::curves::Curves;
use super::mistakes::Mistake;
use super::scores::{Score, scores};
use super::text::{escape, percent, percent_or_dash, seconds, size};
use super::weight_maps::WeightMaps;
use super::{facts, matrix, mistakes, scores};
use crate::confusion::Confusion;
use crate::idx::CLASSES;
use crate::plot::palette::Palette;
use crate::summary::thousands;

const STYLE: &str = include_str!("style.css");

/// The whole page.
///
/// # Errors
///
/// Whatever the encoder of PNG reports.
pub(super) fn html(
    report: &Report,
    curves: &Curves,
    confusion: &Confusion,
    maps: &WeightMaps,
    mistakes: &[Mistake],
) -> ImageResult<String> {
    let names = report.class_names;
    let accuracy = percent(report.history.test.accuracy, 2);
    let (light, dark) = (Palette::LIGHT.variables(), Palette::DARK.variables());
    let (data_set, model) = (escape(report.data_set), escape(&report.history.model));
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{accuracy}: {model} on {data_set}</title>\n\
         <style>\n:root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{STYLE}</style>\n\
         </head>\n<body>\n"
    );
    push_header(&mut html, report, confusion);
    html += "<main>\n";
    section(&mut html, "curves", "Learning curves", "", &curves.html());
    let shading = "A row for each label, a column for each class that its samples are taken for. The shade is the square \
                   root of the share of the row, which brings out mistakes.";
    section(&mut html, "confusion", "What is taken for what", shading, &matrix::html(confusion, names));
    let meaning = "Precision: of the images taken for a class, the share that is of it. Recall: of the images of a class, \
                   the share taken for it. F1: their harmonic mean.";
    section(&mut html, "scores", "Class by class", meaning, &scores::html(confusion, names));
    section(&mut html, "maps", "What each class looks for", &maps.explanation(), &maps.html(names)?);
    let sure = "The wrong answers that the network gives most surely: the label in bold, then what it is taken for and \
                the probability given to that.";
    section(&mut html, "mistakes", "Most confident mistakes", sure, &mistakes::html(report, mistakes)?);
    section(&mut html, "facts", "Recipe, sizes and times", "", &facts::html(report));
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(html, "</main>\n<footer>Written by host-trainer {version}.</footer>\n</body>\n</html>\n");
    Ok(html)
}

/// Appends a section; what explains it may be empty.
fn section(html: &mut String, id: &str, title: &str, explanation: &str, content: &str) {
    let explanation = if explanation.is_empty() { String::new() } else { format!("<p>{explanation}</p>\n") };
    let _ = write!(
        html,
        "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n{explanation}{content}\
         </section>\n"
    );
}

fn push_header(html: &mut String, report: &Report, confusion: &Confusion) {
    let history = report.history;
    let (epochs, parameters) = (history.epochs.len(), thousands(report.parameters()));
    let _ = write!(
        html,
        "<header>\n<p class=\"above\">{} on {}</p>\n<h1><strong>{}</strong> of {} test images are recognised</h1>\n\
         <p class=\"lead\">{}, {parameters} parameters, after {} epoch{} on {} images.</p>\n<dl class=\"cards\">\n",
        escape(&history.model),
        escape(report.data_set),
        percent(history.test.accuracy, 2),
        thousands(report.labels.len()),
        escape(&report.weights.description().replace("->", "→")),
        thousands(epochs),
        if epochs == 1 { "" } else { "s" },
        thousands(history.samples),
    );
    let change = 100.0 * (history.int8_test_accuracy - history.test.accuracy);
    let change = match format!("{change:+.2}").as_str() {
        "+0.00" | "-0.00" => "as good as in floats".to_owned(),
        change => format!("{} points beside floats", change.replace('-', "−")),
    };
    let (weakest, score) = weakest(confusion, report.class_names);
    let (mixed_up, how_often) = commonest_mistake(confusion, report.class_names);
    for (name, value, remark) in [
        ("In whole numbers (int8)", percent(history.int8_test_accuracy, 2), change),
        ("Test loss", format!("{:.4}", history.test.loss), "mean cross-entropy of an image".to_owned()),
        ("Weakest class", weakest, score),
        ("Commonest mistake", mixed_up, how_often),
        ("Memory", size(report.float_bytes()), format!("as floats, {} as whole numbers", size(report.int8_bytes))),
        (
            "Training",
            seconds(history.fit_seconds),
            format!("{} images a second", thousands(report.images_per_second())),
        ),
    ] {
        let (value, remark) = (escape(&value), escape(&remark));
        let _ = writeln!(html, "<div><dt>{name}</dt><dd>{value}</dd><dd class=\"remark\">{remark}</dd></div>");
    }
    *html += "</dl>\n</header>\n";
}

/// The class of the smallest F1, and that.
fn weakest(confusion: &Confusion, names: &[String; CLASSES]) -> (String, String) {
    let known = scores(confusion).into_iter().zip(names).filter_map(|(Score { f1, .. }, name)| Some((f1?, name)));
    match known.min_by(|one, other| one.0.total_cmp(&other.0)) {
        Some((f1, name)) => (name.clone(), format!("F1 {}", percent_or_dash(Some(f1)))),
        None => ("–".into(), "no class has samples and answers".into()),
    }
}

/// The label that is most often taken for a certain other class, and how often.
fn commonest_mistake(confusion: &Confusion, names: &[String; CLASSES]) -> (String, String) {
    let pairs = (0..CLASSES).flat_map(|label| (0..CLASSES).map(move |class| (label, class)));
    let wrong = pairs.filter(|(label, class)| label != class);
    let count = |&(label, class): &(usize, usize)| confusion.count(label, class);
    match wrong.rev().max_by_key(count).filter(|pair| count(pair) > 0) {
        Some((label, class)) => {
            let (count, all) = (confusion.count(label, class), confusion.labelled(label));
            let share = percent(f64::from(count) / f64::from(all), 1);
            let often = format!("{} of {}, {share}", thousands(count as usize), thousands(all as usize));
            (format!("{} → {}", names[label], names[class]), often)
        }
        None => ("–".into(), "every image is recognised".into()),
    }
}
