//! Precision, recall and F1 of each class.

use std::fmt::Write as _;

use super::text::{escape, percent_or_dash};
use crate::confusion::Confusion;
use crate::idx::CLASSES;
use crate::summary::thousands;

/// How well one class is recognised; nothing where there is nothing to take a share of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    /// Of the samples taken for the class, the share that is of it.
    pub precision: Option<f64>,
    /// Of the samples of the class, the share taken for it.
    pub recall: Option<f64>,
    /// The harmonic mean of the two, 2 · precision · recall / (precision + recall).
    pub f1: Option<f64>,
}

impl Score {
    /// The score of one class.
    pub(super) fn new(confusion: &Confusion, class: usize) -> Self {
        let right = f64::from(confusion.count(class, class));
        let share = |all: u32| (all > 0).then(|| right / f64::from(all));
        let (answered, labelled) = (confusion.answered(class), confusion.labelled(class));
        // The same as the harmonic mean, and 0 where precision and recall both are.
        let f1 = (answered > 0 && labelled > 0).then(|| 2.0 * right / f64::from(answered + labelled));
        Self { precision: share(answered), recall: share(labelled), f1 }
    }

    /// The mean over the classes for which each is defined.
    pub(super) fn mean(scores: &[Self; CLASSES]) -> Self {
        let mean = |part: fn(&Self) -> Option<f64>| {
            let known: Vec<f64> = scores.iter().filter_map(part).collect();
            (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
        };
        Self {
            precision: mean(|score| score.precision),
            recall: mean(|score| score.recall),
            f1: mean(|score| score.f1),
        }
    }
}

/// The scores of all classes.
pub(super) fn scores(confusion: &Confusion) -> [Score; CLASSES] {
    std::array::from_fn(|class| Score::new(confusion, class))
}

/// The scores as a table.
pub(super) fn html(confusion: &Confusion, names: &[String; CLASSES]) -> String {
    let scores = scores(confusion);
    let mut html = String::from(
        "<div class=\"scroll\" role=\"region\" aria-label=\"Scores of the classes\" tabindex=\"0\">\n\
         <table class=\"scores\">\n<thead><tr><th scope=\"col\">Class</th><th scope=\"col\">Precision</th>\
         <th scope=\"col\">Recall</th><th scope=\"col\">F1</th><th scope=\"col\">Samples</th></tr></thead>\n<tbody>\n",
    );
    for (class, (name, score)) in names.iter().zip(&scores).enumerate() {
        push_row(&mut html, &escape(name), score, confusion.labelled(class));
    }
    html += "</tbody>\n<tfoot>\n";
    push_row(&mut html, "Mean", &Score::mean(&scores), confusion.total());
    html + "</tfoot>\n</table>\n</div>\n"
}

fn push_row(html: &mut String, name: &str, score: &Score, samples: u32) {
    let _ = write!(html, "<tr><th scope=\"row\">{name}</th>");
    for share in [score.precision, score.recall, score.f1] {
        let bar = share.map_or_else(String::new, |share| format!(" class=\"bar\" style=\"--v:{share:.4}\""));
        let _ = write!(html, "<td{bar}>{}</td>", percent_or_dash(share));
    }
    let _ = writeln!(html, "<td>{}</td></tr>", thousands(samples as usize));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_as_defined() {
        let mut confusion = Confusion::default();
        for (label, class, count) in [(0, 0, 6), (0, 1, 2), (1, 1, 3), (2, 1, 1), (4, 0, 2)] {
            (0..count).for_each(|_| confusion.add(label, class));
        }
        let score = |precision, recall, f1| Score { precision, recall, f1 };
        let mut wanted = [score(None, None, None); CLASSES];
        wanted[0] = score(Some(0.75), Some(0.75), Some(0.75));
        wanted[1] = score(Some(0.5), Some(1.0), Some(2.0 / 3.0));
        wanted[2] = score(None, Some(0.0), None);
        wanted[4] = score(None, Some(0.0), None);
        assert_eq!(scores(&confusion), wanted);
        let mean = Score::mean(&wanted);
        assert_eq!((mean.precision, mean.recall), (Some(0.625), Some(0.4375)));
        assert_eq!(Score::mean(&[score(None, None, None); CLASSES]), score(None, None, None));

        let html = html(&confusion, &std::array::from_fn(|class| format!("<{class}>")));
        let row = |name: &str| {
            let name = format!("<tr><th scope=\"row\">{name}</th>");
            html.lines().find(|line| line.starts_with(&name)).unwrap().replace('\u{a0}', " ")
        };
        let none = "<td>–</td>";
        assert!(row("&lt;0&gt;").contains("style=\"--v:0.7500\">75.0 %</td>"), "{html}");
        assert!(
            row("&lt;2&gt;").contains(&format!("</th>{none}<td class=\"bar\" style=\"--v:0.0000\">0.0 %</td>{none}"))
        );
        assert!(row("&lt;9&gt;").contains(&format!("</th>{none}{none}{none}<td>0</td>")), "{html}");
        assert!(row("Mean").contains(">43.8 %<") && row("Mean").ends_with("<td>14</td></tr>"), "{html}");
    }
}
