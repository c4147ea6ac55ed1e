//! A line chart: where its lines, ticks and labels are, drawn as SVG for the page or on a canvas for a picture.

use std::fmt::Write as _;

use super::text::escape;
use crate::plot::axis::{keep_apart, tick_text, ticks};
use crate::plot::canvas::{Anchor, Canvas, Font};
use crate::plot::palette::{Hue, Palette};

/// Units from side to side, of which one is about a pixel of a web page.
pub(super) const WIDTH: f32 = 440.0;
/// Units from top to bottom.
pub(super) const HEIGHT: f32 = 264.0;
/// Where the lines may go.
const LEFT: f32 = 44.0;
const RIGHT: f32 = WIDTH - 104.0;
const TOP: f32 = 40.0;
const BOTTOM: f32 = HEIGHT - 40.0;
const TITLE: Font = Font { size: 13.0, bold: true };
const LABEL: Font = Font { size: 12.0, bold: true };
const TICK: Font = Font { size: 11.0, bold: false };

/// One line of the chart.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// What it shows.
    pub name: &'static str,
    pub hue: Hue,
    /// Epochs, the first being 1, and what was measured after them.
    pub points: Vec<(usize, f64)>,
}

/// A chart, laid out.
pub(super) struct Chart {
    title: &'static str,
    /// Height and text of each line across.
    across: Vec<(f32, String)>,
    /// Place and text of each epoch that is named.
    epochs: Vec<(f32, String)>,
    lines: Vec<(Hue, Vec<(f32, f32)>)>,
    /// Baseline, colour and text of each label at the end of a line.
    labels: Vec<(f32, Hue, String)>,
    /// Left, width and text of what is shown where a pointer rests.
    hints: Vec<(f32, f32, String)>,
    /// The chart in words.
    description: String,
}

impl Chart {
    /// Lays out the series over so many epochs; `number` writes a number of theirs.
    pub(super) fn new(title: &'static str, series: &[Series], epochs: usize, number: impl Fn(f64) -> String) -> Self {
        let finite =
            |series: &Series| series.points.iter().copied().filter(|(_, value)| value.is_finite()).collect::<Vec<_>>();
        let series: Vec<Series> =
            series.iter().map(|series| Series { points: finite(series), ..series.clone() }).collect();
        let values = series.iter().flat_map(|series| series.points.iter().map(|&(_, value)| value));
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        let ticks = if low <= high { ticks(low, high) } else { vec![0.0, 1.0] };
        let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
        let y = |value: f64| TOP + ((high - value) / (high - low)) as f32 * (BOTTOM - TOP);
        let x = |epoch: usize| match epochs {
            0 | 1 => (LEFT + RIGHT) / 2.0,
            _ => LEFT + (epoch - 1) as f32 / (epochs - 1) as f32 * (RIGHT - LEFT),
        };
        let step = (ticks[1] - ticks[0]).abs();
        let line =
            |series: &Series| (series.hue, series.points.iter().map(|&(epoch, value)| (x(epoch), y(value))).collect());
        Self {
            title,
            across: ticks.iter().map(|&tick| (y(tick), tick_text(tick, step))).collect(),
            epochs: epoch_ticks(epochs).into_iter().map(|epoch| (x(epoch), epoch.to_string())).collect(),
            lines: series.iter().map(line).collect(),
            labels: labels(&series, y, &number),
            hints: hints(&series, x, &number),
            description: describe(title, &series, epochs, &number),
        }
    }

    /// The chart as an element of the page, coloured by the style sheet.
    pub(super) fn svg(&self) -> String {
        let Self { title, across, epochs, lines, labels, hints, description } = self;
        let mut svg = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n\
             <text class=\"title\" x=\"0\" y=\"16\">{title}</text>\n",
            escape(description)
        );
        for (y, text) in across {
            let _ = writeln!(
                svg,
                "<path class=\"rule\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/><text class=\"tick end\" x=\"{}\" y=\"{:.1}\">{text}</text>",
                LEFT - 8.0,
                y + 4.0
            );
        }
        for (x, text) in epochs {
            let _ = writeln!(svg, "<text class=\"tick middle\" x=\"{x:.1}\" y=\"{}\">{text}</text>", BOTTOM + 18.0);
        }
        let _ = writeln!(svg, "<text class=\"tick\" x=\"{}\" y=\"{}\">epoch</text>", RIGHT + 12.0, BOTTOM + 18.0);
        for (hue, points) in lines {
            let hue = hue.name();
            let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
            if path.len() > 1 {
                let _ = writeln!(svg, "<path class=\"line {hue}\" d=\"M{}\"/>", path.join("L"));
            }
            if let Some((x, y)) = points.last() {
                let _ = writeln!(svg, "<circle class=\"{hue}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
            }
        }
        for (y, hue, text) in labels {
            let hue = hue.name();
            let _ = writeln!(svg, "<text class=\"label {hue}\" x=\"{}\" y=\"{y:.1}\">{text}</text>", RIGHT + 12.0);
        }
        for (left, width, text) in hints {
            let height = BOTTOM - TOP;
            let _ = writeln!(
                svg,
                "<rect class=\"hint\" x=\"{left:.1}\" y=\"{TOP}\" width=\"{width:.1}\" height=\"{height}\"><title>{text}</title></rect>"
            );
        }
        svg + "</svg>\n"
    }

    /// The chart as part of a picture.
    pub(super) fn draw(&self, canvas: &mut Canvas, (left, top): (f32, f32)) {
        let colours = Palette::LIGHT;
        canvas.text((left, top + 16.0), Anchor::Start, TITLE, colours.ink, self.title);
        for (y, text) in &self.across {
            canvas.line(&[(left + LEFT, top + y), (left + RIGHT, top + y)], 1.0, colours.rule);
            canvas.text((left + LEFT - 8.0, top + y + 4.0), Anchor::End, TICK, colours.muted, text);
        }
        let below = top + BOTTOM + 18.0;
        for (x, text) in &self.epochs {
            canvas.text((left + x, below), Anchor::Middle, TICK, colours.muted, text);
        }
        canvas.text((left + RIGHT + 12.0, below), Anchor::Start, TICK, colours.muted, "epoch");
        for (hue, points) in &self.lines {
            let points: Vec<_> = points.iter().map(|(x, y)| (left + x, top + y)).collect();
            canvas.line(&points, 2.0, colours.hue(*hue));
            if let Some(&end) = points.last() {
                canvas.dot(end, 3.0, colours.hue(*hue));
            }
        }
        for (y, hue, text) in &self.labels {
            canvas.text((left + RIGHT + 12.0, top + y), Anchor::Start, LABEL, colours.hue(*hue), text);
        }
    }
}

/// The epochs to name: ten at most, round numbers, and the first one.
fn epoch_ticks(epochs: usize) -> Vec<usize> {
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|multiple| multiple * 10_usize.pow(power)));
    let step = steps.into_iter().find(|step| epochs <= 10 * step).unwrap_or(epochs);
    let round = (1..=epochs / step).map(|tick| tick * step);
    let first = (step > 2).then_some(1);
    first.into_iter().chain(round).collect()
}

/// What stands at the end of each line: name and last value, one below the other without touching.
fn labels(series: &[Series], y: impl Fn(f64) -> f32, number: impl Fn(f64) -> String) -> Vec<(f32, Hue, String)> {
    let label = |series: &Series| {
        let &(_, value) = series.points.last()?;
        Some((y(value) + 4.0, series.hue, format!("{} {}", series.name, number(value))))
    };
    let mut labels: Vec<_> = series.iter().filter_map(label).collect();
    labels.sort_by(|one, other| one.0.total_cmp(&other.0));
    keep_apart(labels.iter_mut().map(|label| &mut label.0), BOTTOM + 4.0);
    labels
}

/// For each epoch of the longest series, what was measured.
fn hints(series: &[Series], x: impl Fn(usize) -> f32, number: impl Fn(f64) -> String) -> Vec<(f32, f32, String)> {
    let longest = series.iter().map(|series| &series.points).max_by_key(|points| points.len());
    let epochs: Vec<usize> = longest.into_iter().flatten().map(|&(epoch, _)| epoch).collect();
    let middle = |one: usize, other: usize| (x(one) + x(other)) / 2.0;
    let hint = |(index, &epoch): (usize, &usize)| {
        let left = if index > 0 { middle(epochs[index - 1], epoch) } else { LEFT };
        let right = epochs.get(index + 1).map_or(RIGHT, |&next| middle(epoch, next));
        let mut text = format!("epoch {epoch}");
        for series in series {
            if let Some((_, value)) = series.points.iter().find(|point| point.0 == epoch) {
                let _ = write!(text, "\n{} {}", series.name, number(*value));
            }
        }
        (left, right - left, text)
    };
    epochs.iter().enumerate().map(hint).collect()
}

fn describe(title: &str, series: &[Series], epochs: usize, number: impl Fn(f64) -> String) -> String {
    let mut text = format!("{title} over {epochs} epoch{}", if epochs == 1 { "" } else { "s" });
    for series in series {
        if let (Some((_, first)), Some((_, last))) = (series.points.first(), series.points.last()) {
            let _ = match series.points.len() {
                1 => write!(text, "; {} {}", series.name, number(*last)),
                _ => write!(text, "; {} from {} to {}", series.name, number(*first), number(*last)),
            };
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::axis::LABEL_PITCH;

    #[test]
    fn few_epochs_are_named() {
        for (epochs, wanted) in [
            (1, &[1][..]),
            (3, &[1, 2, 3]),
            (12, &[2, 4, 6, 8, 10, 12]),
            (30, &[1, 5, 10, 15, 20, 25, 30]),
            (100, &[1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]),
        ] {
            assert_eq!(epoch_ticks(epochs), wanted);
        }
        assert!(epoch_ticks(100_000).len() <= 11);
    }

    #[test]
    fn labels_keep_apart_and_in_order() {
        let series = |name, value| Series { name, hue: Hue::Blue, points: vec![(1, value)] };
        let all = [series("low", 0.1), series("same", 0.1), series("high", 0.9)];
        let labels = labels(&all, |value| BOTTOM - value as f32 * 100.0, |value| format!("{value}"));
        let names: Vec<&str> = labels.iter().map(|(_, _, text)| text.split(' ').next().unwrap()).collect();
        assert_eq!(names, ["high", "low", "same"]);
        assert!(labels.windows(2).all(|pair| pair[1].0 - pair[0].0 >= LABEL_PITCH), "{labels:?}");
        assert!(labels[2].0 <= BOTTOM + 4.0);
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        let series = Series { name: "train", hue: Hue::Blue, points: vec![(1, f64::NAN), (2, f64::INFINITY)] };
        for points in [vec![], series.points.clone(), vec![(1, 0.5), (2, f64::NAN)]] {
            let svg = Chart::new("Loss", &[Series { points, ..series.clone() }], 2, |value| value.to_string()).svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
