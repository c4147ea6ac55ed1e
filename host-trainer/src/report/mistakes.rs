//! The mistakes that the network is most sure of.

use ::image::{ExtendedColorType, ImageResult};
use std::fmt::Write as _;

use super::Report;
use super::image;
use super::text::{confidence, escape};
use crate::idx::CLASSES;
use crate::plot::canvas::{Anchor, Canvas, Font};
use crate::plot::palette::{Colour, Hue, Palette};

/// How many are shown, at most.
pub(super) const SHOWN: usize = 24;

/// A sample taken for a wrong class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mistake {
    /// Its number in the test set, from 0.
    pub sample: usize,
    /// What it is.
    pub label: u8,
    /// What it was taken for.
    pub class: u8,
    /// The probability of that class.
    pub probability: f32,
}

/// The most confident mistakes, the worst first; of equal ones, the first sample.
pub(super) fn mistakes(report: &Report) -> Vec<Mistake> {
    let judged = report.labels.iter().zip(report.classes).zip(report.probabilities).enumerate();
    let wrong = judged.filter(|(_, ((label, class), _))| label != class);
    let mistake = |(sample, ((&label, &class), probabilities)): (usize, ((&u8, &u8), &[f32; CLASSES]))| Mistake {
        sample,
        label,
        class,
        probability: probabilities[usize::from(class)],
    };
    let mut mistakes: Vec<Mistake> = wrong.map(mistake).collect();
    mistakes.sort_by(|one, other| other.probability.total_cmp(&one.probability));
    mistakes.truncate(SHOWN);
    mistakes
}

/// The gallery.
///
/// # Errors
///
/// Whatever the encoder of PNG reports.
pub(super) fn html(report: &Report, mistakes: &[Mistake]) -> ImageResult<String> {
    if mistakes.is_empty() {
        return Ok("<p>There are none.</p>\n".into());
    }
    let mut html = String::from("<ol class=\"gallery\">\n");
    for &Mistake { sample, label, class, probability } in mistakes {
        let [label, class] = [label, class].map(|class| escape(&report.class_names[usize::from(class)]));
        let address = image::address(ExtendedColorType::L8, &report.images[sample])?;
        let _ = writeln!(
            html,
            "<li><figure title=\"test image {sample}\"><img src=\"{address}\" width=\"28\" height=\"28\" alt=\"Test image \
             {sample}\"><figcaption><b>{label}</b> <span class=\"orange\">{class}</span> <span \
             class=\"muted\">{}</span></figcaption></figure></li>",
            confidence(probability)
        );
    }
    Ok(html + "</ol>\n")
}

/// The gallery as a picture.
pub(super) fn picture(report: &Report, mistakes: &[Mistake]) -> Canvas {
    const COLUMNS: usize = 8;
    const SCALE: f32 = 3.5;
    const SIDE: f32 = 28.0 * SCALE;
    const GAP: f32 = 20.0;
    const PITCH: f32 = SIDE + 66.0;
    const LABEL: Font = Font { size: 12.0, bold: true };
    const CLASS: Font = Font { size: 12.0, bold: false };
    let colours = Palette::LIGHT;
    let rows = mistakes.len().div_ceil(COLUMNS).max(1);
    let height = GAP + rows as f32 * PITCH + 16.0;
    let mut canvas = Canvas::new((GAP + COLUMNS as f32 * (SIDE + GAP)) as u32, height as u32);
    for (place, &Mistake { sample, label, class, probability }) in mistakes.iter().enumerate() {
        let left = GAP + (place % COLUMNS) as f32 * (SIDE + GAP);
        let top = GAP + (place / COLUMNS) as f32 * PITCH;
        let image = &report.images[sample];
        canvas.image((left, top), SCALE, |pixel| Colour([255 - image[pixel]; 3]));
        let [label, class] = [(label, LABEL), (class, CLASS)]
            .map(|(class, font)| font.shorten(&report.class_names[usize::from(class)], SIDE + GAP - 6.0));
        canvas.text((left, top + SIDE + 16.0), Anchor::Start, LABEL, colours.ink, &label);
        canvas.text((left, top + SIDE + 31.0), Anchor::Start, CLASS, colours.hue(Hue::Orange), &class);
        canvas.text((left, top + SIDE + 46.0), Anchor::Start, CLASS, colours.muted, &confidence(probability));
    }
    let note = "Bold: the label. Below: what it is taken for, and how surely. Shown as negatives.";
    let font = Font { size: 11.0, bold: false };
    canvas.text((GAP, height - 14.0), Anchor::Start, font, colours.muted, note);
    canvas
}
