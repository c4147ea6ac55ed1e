//! The confusion matrix: which label is taken for which class.

use std::fmt::Write as _;

use super::text::{escape, percent};
use crate::confusion::Confusion;
use crate::idx::CLASSES;
use crate::plot::canvas::{Anchor, Canvas, Font};
use crate::plot::palette::{Hue, Palette};
use crate::summary::thousands;

/// How opaque the colour of a cell is: most, where it has all samples of its label. The root brings out mistakes, which
/// are few beside what is right.
fn opacity(confusion: &Confusion, label: usize, class: usize) -> f64 {
    let share = f64::from(confusion.count(label, class)) / f64::from(confusion.labelled(label).max(1));
    Palette::DARKEST_SHADE * share.sqrt()
}

fn hue(label: usize, class: usize) -> Hue {
    if label == class { Hue::Blue } else { Hue::Orange }
}

/// The matrix as a table.
pub(super) fn html(confusion: &Confusion, names: &[String; CLASSES]) -> String {
    let names = names.each_ref().map(|name| escape(name));
    let mut html = String::from(
        "<div class=\"scroll\" role=\"region\" aria-label=\"Confusion matrix\" tabindex=\"0\">\n<table class=\"matrix\">\n\
         <thead><tr><td class=\"corner\">label\u{a0}↓ taken for\u{a0}→</td>",
    );
    for name in &names {
        let _ = write!(html, "<th scope=\"col\"><span>{name}</span></th>");
    }
    html += "</tr></thead>\n<tbody>\n";
    for (label, name) in names.iter().enumerate() {
        let _ = write!(html, "<tr><th scope=\"row\">{name}</th>");
        for (class, other) in names.iter().enumerate() {
            let (count, all) = (confusion.count(label, class), confusion.labelled(label));
            if count == 0 {
                html += "<td class=\"none\">0</td>";
                continue;
            }
            let share = percent(f64::from(count) / f64::from(all), 1);
            let [count, all] = [count, all].map(|count| thousands(count as usize));
            let _ = write!(
                html,
                "<td class=\"{}\" style=\"--o:{:.3}\" title=\"{name} taken for {other}: {count} of {all}, {share}\">{count}</td>",
                hue(label, class).name(),
                opacity(confusion, label, class),
            );
        }
        html += "</tr>\n";
    }
    html + "</tbody>\n</table>\n</div>\n"
}

/// The matrix as a picture.
pub(super) fn picture(confusion: &Confusion, names: &[String; CLASSES]) -> Canvas {
    const CELL: f32 = 46.0;
    const LEFT: f32 = 128.0;
    const TOP: f32 = 120.0;
    const BORDER: f32 = 24.0;
    const SIZE: f32 = CELL * CLASSES as f32;
    const NAME: Font = Font { size: 12.0, bold: false };
    let colours = Palette::LIGHT;
    let mut canvas = Canvas::new((LEFT + SIZE + BORDER) as u32, (TOP + SIZE + BORDER + 12.0) as u32);
    canvas.text((BORDER, TOP - 12.0), Anchor::Start, NAME, colours.muted, "label ↓");
    canvas.text((LEFT - 12.0, BORDER + 6.0), Anchor::End, NAME, colours.muted, "taken for →");
    for (class, name) in names.iter().enumerate() {
        let offset = CELL * (class as f32 + 0.5) + 4.0;
        let name = NAME.shorten(name, LEFT - BORDER - 12.0);
        canvas.text((LEFT - 12.0, TOP + offset), Anchor::End, NAME, colours.ink, &name);
        canvas.text_upwards((LEFT + offset, TOP - 10.0), NAME, colours.ink, &name);
    }
    for label in 0..CLASSES {
        for class in 0..CLASSES {
            let count = confusion.count(label, class);
            let (left, top) = (LEFT + CELL * class as f32, TOP + CELL * label as f32);
            let colour = colours.hue(hue(label, class)).over(opacity(confusion, label, class), colours.paper);
            canvas.rectangle([left + 0.5, top + 0.5, CELL - 1.0, CELL - 1.0], colour);
            let ink = if count == 0 { colours.muted } else { colours.ink };
            let font = Font { size: 12.0, bold: label == class };
            let text = thousands(count as usize);
            canvas.text((left + CELL / 2.0, top + CELL / 2.0 + 4.0), Anchor::Middle, font, ink, &text);
        }
    }
    let note = "Shade: square root of the share of the label's samples";
    let font = Font { size: 11.0, bold: false };
    canvas.text((LEFT, TOP + SIZE + 22.0), Anchor::Start, font, colours.muted, note);
    canvas
}
