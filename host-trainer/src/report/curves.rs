//! The learning curves: loss and accuracy, epoch after epoch.

use std::fmt::Write as _;

use super::chart::{self, Chart, Series};
use super::text::{percent, seconds};
use crate::fit::Loss;
use crate::history::{Epoch, History, Metrics};
use crate::plot::canvas::{Anchor, Canvas, Font};
use crate::plot::palette::{Hue, Palette};

/// Epochs shown, at most: of more, some are left out.
const MOST_EPOCHS: usize = 200;

/// Two charts and the numbers behind them.
pub(super) struct Curves<'a> {
    /// The epochs that are shown, with their numbers.
    shown: Vec<(usize, &'a Epoch)>,
    test: Metrics,
    loss: Chart,
    accuracy: Chart,
}

impl<'a> Curves<'a> {
    /// Those of a training.
    pub(super) fn new(history: &'a History) -> Self {
        let epochs = history.epochs.len();
        let stride = epochs.div_ceil(MOST_EPOCHS).max(1);
        let all = (1..).zip(&history.epochs);
        let shown: Vec<_> = all.filter(|(epoch, _)| epoch % stride == 0 || *epoch == epochs).collect();
        let chart = |title, value: fn(Metrics) -> f64, number: fn(f64) -> String| {
            Chart::new(title, &series(&shown, history.test, value), epochs, number)
        };
        let title = match history.loss {
            Loss::CrossEntropy => "Loss",
            Loss::GeneralizedCrossEntropy => "Loss (generalized cross-entropy)",
        };
        let loss = chart(title, |metrics| metrics.loss, |loss| format!("{loss:.4}"));
        let accuracy = chart("Accuracy, %", |metrics| 100.0 * metrics.accuracy, |accuracy| format!("{accuracy:.2}"));
        Self { loss, accuracy, test: history.test, shown }
    }

    /// The charts, and their numbers in a table to unfold.
    pub(super) fn html(&self) -> String {
        let validated = self.shown.iter().any(|(_, epoch)| epoch.validation.is_some());
        let sets = if validated { &["train", "validation", "test"][..] } else { &["train", "test"] };
        let mut html = format!(
            "<div class=\"charts\">\n{}{}</div>\n<p class=\"note\">The values for training are means over an epoch, taken \
             while the weights change; all others are taken after it.</p>\n<details>\n<summary>The numbers</summary>\n\
             <div class=\"scroll\" role=\"region\" aria-label=\"Numbers of the learning curves\" tabindex=\"0\">\n\
             <table class=\"numbers\">\n<thead><tr><th scope=\"col\">Epoch</th>",
            self.loss.svg(),
            self.accuracy.svg()
        );
        for quantity in ["loss", "accuracy"] {
            for set in sets {
                let _ = write!(html, "<th scope=\"col\">{set} {quantity}</th>");
            }
        }
        html += "<th scope=\"col\">time</th></tr></thead>\n<tbody>\n";
        for &(number, epoch) in &self.shown {
            let test = epoch.test.or_else(|| is_last(&self.shown, number).then_some(self.test));
            let metrics = match validated {
                true => vec![Some(epoch.metrics), epoch.validation, test],
                false => vec![Some(epoch.metrics), test],
            };
            let _ = write!(html, "<tr><th scope=\"row\">{number}</th>");
            for write in
                [|metrics: Metrics| format!("{:.4}", metrics.loss), |metrics: Metrics| percent(metrics.accuracy, 2)]
            {
                for metrics in &metrics {
                    let _ = write!(html, "<td>{}</td>", metrics.map_or_else(|| "–".into(), write));
                }
            }
            let _ = writeln!(html, "<td>{}</td></tr>", seconds(epoch.seconds));
        }
        html + "</tbody>\n</table>\n</div>\n</details>\n"
    }

    /// Both charts as a picture, side by side.
    pub(super) fn picture(&self) -> Canvas {
        const BORDER: f32 = 28.0;
        let width = 2.0 * chart::WIDTH + 3.0 * BORDER - 16.0;
        let mut canvas = Canvas::new(width as u32, (chart::HEIGHT + 2.0 * BORDER) as u32);
        self.loss.draw(&mut canvas, (BORDER, BORDER));
        self.accuracy.draw(&mut canvas, (2.0 * BORDER + chart::WIDTH, BORDER));
        let note = "train: means over an epoch, while the weights change; all others: after it";
        let font = Font { size: 11.0, bold: false };
        let below = chart::HEIGHT + 2.0 * BORDER - 16.0;
        canvas.text((BORDER, below), Anchor::Start, font, Palette::LIGHT.muted, note);
        canvas
    }
}

fn is_last(shown: &[(usize, &Epoch)], number: usize) -> bool {
    shown.last().is_some_and(|&(last, _)| last == number)
}

/// One line for each set of samples that something is known about. What the test found at the end is known always.
fn series(shown: &[(usize, &Epoch)], test: Metrics, value: fn(Metrics) -> f64) -> Vec<Series> {
    let line = |name, hue, metrics: &dyn Fn(usize, &Epoch) -> Option<Metrics>| {
        let point = |&(number, epoch): &(usize, &Epoch)| Some((number, value(metrics(number, epoch)?)));
        Series { name, hue, points: shown.iter().filter_map(point).collect() }
    };
    vec![
        line("train", Hue::Blue, &|_, epoch| Some(epoch.metrics)),
        line("validation", Hue::Green, &|_, epoch| epoch.validation),
        line("test", Hue::Orange, &|number, epoch| epoch.test.or_else(|| is_last(shown, number).then_some(test))),
    ]
}
