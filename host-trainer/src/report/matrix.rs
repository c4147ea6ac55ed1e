//! The confusion matrix as a figure.

use super::text::percent;
use crate::confusion::Confusion;
use crate::plot::canvas::{Anchor, Font};
use crate::plot::figure::{Figure, Text};
use crate::plot::palette::{Hue, Palette};
use crate::terminal::summary::thousands;

/// Introduction of the confusion matrix's section: axes and shading.
pub(super) const EXPLANATION: &str =
    "A row for each label, a column for each predicted class. Shade: square root of the share of the row.";

/// Cells are at most so large.
const LARGEST: f32 = 56.0;
/// Smaller cells have no numbers in them.
const SMALLEST_WITH_NUMBER: f32 = 22.0;
/// Room for names, at least and at most.
const NAMES: [f32; 2] = [88.0, 120.0];

/// The matrix: numbers in the cells of up to 40 classes, shades alone of more.
pub(super) fn figure(confusion: &Confusion, names: &[String]) -> Figure {
    let classes = confusion.classes();
    let cell = match classes {
        0..=40 => (460.0 / classes as f32).clamp(SMALLEST_WITH_NUMBER, LARGEST),
        _ => (960.0 / classes as f32).clamp(4.0, SMALLEST_WITH_NUMBER - 1.0),
    };
    let side = cell * classes as f32;
    let description = format!("Confusion matrix of {classes} classes, accuracy {}", percent(confusion.accuracy(), 2));
    let font = Font { size: (cell * 0.8).clamp(8.0, 12.0), bold: false };
    let longest = names.iter().map(|name| font.width(name)).fold(0.0, f32::max);
    let room = (1.1 * longest + 16.0).clamp(NAMES[0], NAMES[1]);
    let mut figure = Figure::new((room + side, room + side), description);
    figure.text((0.0, room - 12.0), Anchor::Start, font, Hue::Muted, "label ↓");
    figure.text((room - 10.0, 12.0), Anchor::End, font, Hue::Muted, "predicted →");
    // As many names as do not touch.
    for class in (0..classes).step_by((font.size / cell).ceil() as usize) {
        let offset = room + cell * (class as f32 + 0.5) + font.size / 3.0;
        let mut name = |at, anchor, upwards| {
            let text = Text {
                at,
                anchor,
                upwards,
                text: font.shorten(&names[class], room - 14.0),
                substitute: format!("class {class}"),
            };
            figure.name(font, Hue::Ink, text);
        };
        name((room - 8.0, offset), Anchor::End, false);
        name((offset, room - 8.0), Anchor::Start, true);
    }
    for label in 0..classes {
        for class in 0..classes {
            let count = confusion.count(label, class);
            let (left, top) = (room + cell * class as f32, room + cell * label as f32);
            let text = thousands(count as usize);
            if count > 0 {
                let all = confusion.labelled(label);
                let share = f64::from(count) / f64::from(all.max(1));
                // The root brings out mistakes, which are few beside what is right.
                let opacity = Palette::DARKEST_SHADE * share.sqrt();
                let hue = if label == class { Hue::Blue } else { Hue::Orange };
                let title = format!(
                    "{} predicted as {}: {text} of {}, {}",
                    names[label],
                    names[class],
                    thousands(all as usize),
                    percent(share, 1)
                );
                let title = if classes <= 64 { title } else { String::new() };
                figure.rectangle([left + 0.5, top + 0.5, cell - 1.0, cell - 1.0], hue, opacity, title);
            }
            if cell >= SMALLEST_WITH_NUMBER {
                let font = Font { size: 12.0, bold: label == class };
                let size = 12.0_f32.min(12.0 * (cell - 4.0) / font.width(&text));
                let hue = if count == 0 { Hue::Muted } else { Hue::Ink };
                let baseline = top + cell / 2.0 + size / 3.0;
                figure.text((left + cell / 2.0, baseline), Anchor::Middle, Font { size, ..font }, hue, text);
            }
        }
    }
    figure
}
