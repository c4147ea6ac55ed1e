//! A chart with x and y axis, grid, legend and title.

use super::axis::{bounds, tick_text, ticks};
use super::canvas::{Anchor, Font};
use super::figure::Figure;
use super::palette::Hue;

/// Narrow enough for a phone.
const WIDTH: f32 = 360.0;
const HEIGHT: f32 = 264.0;
const LEFT: f32 = 46.0;
const RIGHT: f32 = WIDTH - 8.0;
const TOP: f32 = 46.0;
const BOTTOM: f32 = HEIGHT - 42.0;
const TITLE: Font = Font { size: 13.0, bold: true };
const LEGEND: Font = Font { size: 12.0, bold: true };
const TICK: Font = Font { size: 11.0, bold: false };

/// An axis: its range, its ticks with their texts, and the quantity.
pub(crate) struct Axis {
    low: f64,
    high: f64,
    ticks: Vec<(f64, String)>,
    name: String,
}

impl Axis {
    /// An axis of round numbers from at or below to at or above all values that are finite.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>, name: impl Into<String>) -> Self {
        let (low, high) = bounds(values.into_iter().filter(|value| value.is_finite()));
        let ticks = if low <= high { ticks(low, high) } else { vec![0.0, 1.0] };
        let step = (ticks[1] - ticks[0]).abs();
        let texts = ticks.iter().map(|&tick| (tick, tick_text(tick, step))).collect();
        Self { low: ticks[0], high: ticks[ticks.len() - 1], ticks: texts, name: name.into() }
    }

    /// An axis of so many epochs, the first being 1.
    pub(crate) fn epochs(epochs: usize) -> Self {
        let ticks = epoch_ticks(epochs.max(1)).into_iter().map(|epoch| (epoch as f64, epoch.to_string())).collect();
        let (low, high) = if epochs > 1 { (1.0, epochs as f64) } else { (0.0, 2.0) };
        Self { low, high, ticks, name: "epoch".into() }
    }

    fn share(&self, value: f64) -> f32 {
        ((value - self.low) / (self.high - self.low)) as f32
    }
}

/// A chart that data is drawn on.
pub(crate) struct Chart {
    figure: Figure,
    x: Axis,
    y: Axis,
}

impl Chart {
    /// A chart without data.
    pub(crate) fn new(title: &str, description: String, x: Axis, y: Axis) -> Self {
        let mut chart = Self { figure: Figure::new((WIDTH, HEIGHT), description), x, y };
        chart.figure.text((0.0, 14.0), Anchor::Start, TITLE, Hue::Ink, title);
        for (tick, text) in chart.y.ticks.clone() {
            let y = chart.y(tick);
            chart.figure.line(vec![(LEFT, y), (RIGHT, y)], 1.0, Hue::Rule);
            chart.figure.text((LEFT - 6.0, y + 4.0), Anchor::End, TICK, Hue::Muted, text);
        }
        for (tick, text) in chart.x.ticks.clone() {
            chart.figure.text((chart.x(tick), BOTTOM + 18.0), Anchor::Middle, TICK, Hue::Muted, text);
        }
        let name = TICK.shorten(&chart.x.name, RIGHT - LEFT);
        chart.figure.text(((LEFT + RIGHT) / 2.0, HEIGHT - 6.0), Anchor::Middle, TICK, Hue::Muted, name);
        chart
    }

    fn x(&self, value: f64) -> f32 {
        LEFT + self.x.share(value) * (RIGHT - LEFT)
    }

    fn y(&self, value: f64) -> f32 {
        BOTTOM - self.y.share(value) * (BOTTOM - TOP)
    }

    /// Adds texts in their colours, beside each other below the title.
    pub(crate) fn legend(&mut self, texts: &[(Hue, String)]) {
        let mut left = 0.0;
        for (hue, text) in texts {
            self.figure.text((left, 32.0), Anchor::Start, LEGEND, *hue, text.clone());
            // Pages have another font, which may be wider.
            left += 1.15 * LEGEND.width(text) + 12.0;
        }
    }

    /// Adds a line through the points that are finite, and a dot at its end.
    pub(crate) fn line(&mut self, points: &[(f64, f64)], hue: Hue) {
        let finite = points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        let points: Vec<_> = finite.map(|&(x, y)| (self.x(x), self.y(y))).collect();
        let Some(&end) = points.last() else { return };
        self.figure.dot(end, 3.0, hue, 1.0);
        if points.len() > 1 {
            self.figure.line(points, 2.0, hue);
        }
    }

    /// Adds a thin line from one point to another.
    pub(crate) fn reference(&mut self, from: (f64, f64), to: (f64, f64)) {
        let line = [from, to].map(|(x, y)| (self.x(x), self.y(y)));
        self.figure.line(line.to_vec(), 1.0, Hue::Muted);
    }

    /// Adds a vertical line from the lower to the upper border, and its name above the border, where no curve is.
    pub(crate) fn mark(&mut self, x: f64, name: &str) {
        self.reference((x, self.y.low), (x, self.y.high));
        let x = self.x(x);
        let (x, anchor) = if x > (LEFT + RIGHT) / 2.0 { (x - 4.0, Anchor::End) } else { (x + 4.0, Anchor::Start) };
        self.figure.text((x, TOP - 4.0), anchor, TICK, Hue::Muted, name);
    }

    /// Adds a ring around a point.
    pub(crate) fn ring(&mut self, (x, y): (f64, f64), hue: Hue) {
        if x.is_finite() && y.is_finite() {
            let point = (self.x(x), self.y(y));
            self.figure.dot(point, 6.0, hue, 0.35);
            self.figure.dot(point, 3.0, hue, 1.0);
        }
    }

    /// Adds a small dot that others may cover.
    pub(crate) fn dot(&mut self, (x, y): (f64, f64), hue: Hue) {
        if x.is_finite() && y.is_finite() {
            self.figure.dot((self.x(x), self.y(y)), 1.6, hue, 0.6);
        }
    }

    /// Adds a bar from 0 to `y` between two places.
    pub(crate) fn bar(&mut self, from: f64, to: f64, y: f64, title: String) {
        let (left, right, top) = (self.x(from), self.x(to), self.y(y));
        self.figure.rectangle([left, top, right - left - 0.5, self.y(0.0) - top], Hue::Blue, 0.8, title);
    }

    /// Adds a text that is shown where a pointer rests between two places.
    pub(crate) fn hint(&mut self, from: f64, to: f64, text: String) {
        let (left, right) = (self.x(from).max(LEFT), self.x(to).min(RIGHT));
        self.figure.rectangle([left, TOP, right - left, BOTTOM - TOP], Hue::Ink, 0.0, text);
    }

    /// The finished figure.
    pub(crate) fn figure(self) -> Figure {
        self.figure
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_name_of_a_mark_is_above_curves_and_grid() {
        let mut chart = Chart::new("Accuracy, %", String::new(), Axis::epochs(30), Axis::of([0.0, 100.0], ""));
        chart.mark(30.0, "best epoch: 30");
        let svg = chart.figure().svg();
        let name = svg.lines().find(|line| line.contains("best epoch")).unwrap();
        let baseline: f32 = name.split(" y=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        // A curve of 2 units' width along the border, and the descenders of the name.
        assert!(baseline + 0.25 * TICK.size < TOP - 1.0, "{name}");
        assert!(baseline - 0.75 * TICK.size > 32.0, "the legend: {name}");
    }

    #[test]
    fn what_is_not_finite_is_left_out() {
        for points in [vec![], vec![(1.0, f64::NAN), (2.0, f64::INFINITY)], vec![(1.0, 0.5), (2.0, f64::NAN)]] {
            let y = Axis::of(points.iter().map(|point| point.1), "loss");
            let mut chart = Chart::new("Loss", String::new(), Axis::epochs(2), y);
            chart.line(&points, Hue::Blue);
            let svg = chart.figure().svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
