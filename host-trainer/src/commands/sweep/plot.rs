//! The plot of a sweep: validation accuracy against the learning rate, a line for each batch size.

use super::results::{Group, Results};
use crate::plot::axis::{bounds, keep_apart, tick_text, ticks};
use crate::plot::canvas::{Anchor, Canvas, Font};
use crate::plot::palette::{Colour, Hue, Palette};

const WIDTH: f32 = 640.0;
const HEIGHT: f32 = 400.0;
/// Where the lines may go.
const LEFT: f32 = 72.0;
const RIGHT: f32 = WIDTH - 128.0;
const TOP: f32 = 76.0;
const BOTTOM: f32 = HEIGHT - 84.0;
/// Between the border of that place and the first and the last learning rate.
const MARGIN: f32 = 24.0;
/// From the leftmost to the rightmost batch size at one learning rate, at most: beside each other, all can be seen.
const SPREAD: f32 = 18.0;
/// Half the length of the line at a mean.
const DASH: f32 = 4.0;
/// Between the names of two learning rates, at least.
const GAP: f32 = 12.0;
const TITLE: Font = Font { size: 13.0, bold: true };
const LABEL: Font = Font { size: 12.0, bold: true };
const TEXT: Font = Font { size: 11.0, bold: false };
/// All text, and all that is drawn but for the lines of data.
const COLOURS: Palette = Palette::Light;

/// Draws the results; `title` tells what all runs have in common.
pub(super) fn picture(results: &Results, title: &str) -> Canvas {
    let groups = results.groups();
    let mut canvas = Canvas::new(WIDTH as u32, HEIGHT as u32);
    canvas.text((LEFT, 32.0), Anchor::Start, TITLE, COLOURS.hue(Hue::Ink), "Validation accuracy, %");
    canvas.text((LEFT, 50.0), Anchor::Start, TEXT, COLOURS.hue(Hue::Muted), &TEXT.shorten(title, WIDTH - LEFT - 16.0));
    let y = draw_accuracies(&mut canvas, &groups);
    let mut batch_sizes: Vec<usize> = groups.iter().map(|group| group.batch_size).collect();
    batch_sizes.sort_unstable();
    batch_sizes.dedup();
    let x = draw_learning_rates(&mut canvas, &groups, batch_sizes.len());
    let mut labels = Vec::new();
    for (index, &batch_size) in batch_sizes.iter().enumerate() {
        let colour = colour(index, batch_sizes.len());
        let series: Vec<&Group> = groups.iter().filter(|group| group.batch_size == batch_size).collect();
        let means = series.iter().filter(|group| !group.accuracies.is_empty());
        let means: Vec<_> = means.map(|group| (x(group.learning_rate, index), y(group.accuracy))).collect();
        canvas.line(&means, 2.0, colour);
        for &(x, y) in &means {
            canvas.line(&[(x - DASH, y), (x + DASH, y)], 2.0, colour);
        }
        for group in series {
            let x = x(group.learning_rate, index);
            for &accuracy in &group.accuracies {
                canvas.dot((x, y(accuracy)), 2.5, colour);
            }
            if group.diverged > 0 {
                cross(&mut canvas, (x, BOTTOM), colour);
            }
        }
        let end = means.last().map_or(BOTTOM, |mean| mean.1);
        labels.push((end + 4.0, colour, format!("batch size {batch_size}")));
    }
    if let Some(best) = results.best() {
        let index = batch_sizes.iter().position(|&batch_size| batch_size == best.batch_size).unwrap_or(0);
        ring(&mut canvas, (x(best.learning_rate, index), y(best.accuracy)), colour(index, batch_sizes.len()));
    }
    labels.sort_by(|one, other| one.0.total_cmp(&other.0));
    keep_apart(labels.iter_mut().map(|label| &mut label.0), BOTTOM + 4.0);
    for (y, colour, text) in &labels {
        canvas.text((RIGHT + 12.0, *y), Anchor::Start, LABEL, *colour, text);
    }
    let note = "line: mean over the seeds; dot: a seed; ring: best; cross: diverged";
    canvas.text((LEFT, HEIGHT - 20.0), Anchor::Start, TEXT, COLOURS.hue(Hue::Muted), note);
    canvas
}

/// Draws the lines across. Returns where an accuracy from 0 to 1 lies.
fn draw_accuracies(canvas: &mut Canvas, groups: &[Group]) -> impl Fn(f64) -> f32 + use<> {
    let accuracies = groups.iter().flat_map(|group| &group.accuracies).map(|accuracy| 100.0 * accuracy);
    let (low, high) = bounds(accuracies);
    let ticks = if low <= high { ticks(low, high) } else { vec![0.0, 100.0] };
    let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
    let y = move |percent: f64| TOP + ((high - percent) / (high - low)) as f32 * (BOTTOM - TOP);
    for &tick in &ticks {
        canvas.line(&[(LEFT, y(tick)), (RIGHT, y(tick))], 1.0, COLOURS.hue(Hue::Rule));
        let text = tick_text(tick, ticks[1] - ticks[0]);
        canvas.text((LEFT - 8.0, y(tick) + 4.0), Anchor::End, TEXT, COLOURS.hue(Hue::Muted), &text);
    }
    move |accuracy| y(100.0 * accuracy)
}

/// Names the learning rates, as many as there is room for. Returns where one lies, on a scale of logarithms, with
/// which of the batch sizes.
fn draw_learning_rates(
    canvas: &mut Canvas,
    groups: &[Group],
    batch_sizes: usize,
) -> impl Fn(f32, usize) -> f32 + use<> {
    let mut rates: Vec<f32> = groups.iter().map(|group| group.learning_rate).collect();
    rates.dedup();
    let [low, high] = [rates.first(), rates.last()].map(|rate| rate.map_or(0.0, |rate| rate.ln()));
    let x = move |rate: f32| {
        let place = if high > low { (rate.ln() - low) / (high - low) } else { 0.5 };
        LEFT + MARGIN + place * (RIGHT - LEFT - 2.0 * MARGIN)
    };
    let mut right = f32::MIN;
    for &rate in &rates {
        let text = rate.to_string();
        let half = TEXT.width(&text) / 2.0;
        canvas.line(&[(x(rate), BOTTOM), (x(rate), BOTTOM + 5.0)], 1.0, COLOURS.hue(Hue::Muted));
        if x(rate) - half >= right + GAP {
            canvas.text((x(rate), BOTTOM + 20.0), Anchor::Middle, TEXT, COLOURS.hue(Hue::Muted), &text);
            right = x(rate) + half;
        }
    }
    let middle = (LEFT + RIGHT) / 2.0;
    canvas.text((middle, BOTTOM + 38.0), Anchor::Middle, TEXT, COLOURS.hue(Hue::Muted), "learning rate (logarithmic)");
    let narrowest = rates.windows(2).map(|pair| x(pair[1]) - x(pair[0])).fold(f32::MAX, f32::min);
    let spread = if batch_sizes > 1 { SPREAD.min(narrowest / 3.0) } else { 0.0 };
    let pitch = spread / batch_sizes.saturating_sub(1).max(1) as f32;
    move |rate, index| x(rate) + index as f32 * pitch - spread / 2.0
}

/// The colour of a batch size: as those are in order, so are their colours, from blue by green to orange.
fn colour(index: usize, count: usize) -> Colour {
    let [blue, green, orange] = [Hue::Blue, Hue::Green, Hue::Orange].map(|hue| COLOURS.hue(hue));
    let place = if count > 1 { 2.0 * index as f64 / (count - 1) as f64 } else { 0.0 };
    if place <= 1.0 { green.over(place, blue) } else { orange.over(place - 1.0, green) }
}

fn cross(canvas: &mut Canvas, (x, y): (f32, f32), colour: Colour) {
    for side in [-4.0, 4.0] {
        canvas.line(&[(x - side, y - 4.0), (x + side, y + 4.0)], 2.0, colour);
    }
}

fn ring(canvas: &mut Canvas, (x, y): (f32, f32), colour: Colour) {
    const PARTS: u8 = 48;
    let angle = |part: u8| std::f32::consts::TAU * f32::from(part) / f32::from(PARTS);
    let points: Vec<_> = (0..=PARTS).map(|part| (x + 8.0 * angle(part).cos(), y + 8.0 * angle(part).sin())).collect();
    canvas.line(&points, 1.5, colour);
}
