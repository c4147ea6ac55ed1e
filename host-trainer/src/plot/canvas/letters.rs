//! Glyph outlines from the embedded fonts, and from those of the system for letters that these lack.

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::system_fonts;

pub(super) const REGULAR: &[u8] = include_bytes!("inter/Regular.otf");
const BOLD: &[u8] = include_bytes!("inter/SemiBold.otf");

/// Where the point of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// At its beginning.
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

/// How to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Font {
    /// Height of a line in units.
    pub size: f32,
    /// Whether the letters are semi-bold.
    pub bold: bool,
}

impl Font {
    fn face(self) -> Face<'static> {
        let bytes = if self.bold { BOLD } else { REGULAR };
        Face::parse(bytes, 0).expect("the program carries a sound font")
    }

    /// How wide the text is.
    pub(crate) fn width(self, text: &str) -> f32 {
        let face = self.face();
        text.chars().map(|character| self.glyph(&face, character).advance).sum()
    }

    /// The text, or, where neither this font nor one of the system has a letter of it, the substitute; without one, the text
    /// up to that letter and an ellipsis.
    pub(crate) fn with_known_letters(self, text: &str, substitute: &str) -> String {
        let face = self.face();
        match text.find(|character| self.glyph(&face, character).id.is_none()) {
            None => text.to_owned(),
            Some(unknown) if substitute.is_empty() => format!("{}…", &text[..unknown]),
            Some(_) => substitute.to_owned(),
        }
    }

    /// The text, or as much of it as fits into a width, with an ellipsis.
    pub(crate) fn shorten(self, text: &str, width: f32) -> String {
        if self.width(text) <= width {
            return text.to_owned();
        }
        let mut short: String = text.to_owned();
        while short.pop().is_some() && self.width(&format!("{}…", short.trim_end())) > width {}
        format!("{}…", short.trim_end())
    }

    /// The glyph of a character; of one that no font has, a square.
    fn glyph<'a>(self, own: &'a Face<'static>, character: char) -> Glyph<'a> {
        let other = || system_fonts::with(character).and_then(|face| Some((face, face.glyph_index(character)?)));
        let found = own.glyph_index(character).map(|id| (own, id)).or_else(other);
        let face = found.map_or(own, |(face, _)| face);
        let scale = self.size / f32::from(face.units_per_em());
        let id = found.map(|(_, id)| id);
        let advance = id.and_then(|id| face.glyph_hor_advance(id)).unwrap_or_else(|| face.units_per_em());
        Glyph { face, id, scale, advance: f32::from(advance) * scale }
    }
}

/// A glyph of a font.
struct Glyph<'a> {
    face: &'a Face<'static>,
    id: Option<GlyphId>,
    /// Units of the drawing in one of the font.
    scale: f32,
    /// From its left to the next one's, in units of the drawing.
    advance: f32,
}

/// The outlines of a text, or none where there is nothing to see.
pub(super) fn outline((x, y): (f32, f32), anchor: Anchor, font: Font, text: &str) -> Option<Path> {
    let face = font.face();
    let shift = match anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -font.width(text) / 2.0,
        Anchor::End => -font.width(text),
    };
    let mut pen = Pen { path: PathBuilder::new(), x: x + shift, y, scale: 1.0 };
    for character in text.chars() {
        let glyph = font.glyph(&face, character);
        pen.scale = glyph.scale;
        glyph.face.outline_glyph(glyph.id.unwrap_or_default(), &mut pen);
        pen.x += glyph.advance;
    }
    pen.path.finish()
}

/// Draws a letter at a place.
struct Pen {
    path: PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Pen {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        let font = Font { size: 10.0, bold: true };
        assert_eq!(font.shorten("Ankle boot", 100.0), "Ankle boot");
        let short = font.shorten("Ankle boot", 40.0);
        assert!(short.starts_with("Ankl") && short.ends_with('…') && font.width(&short) <= 40.0, "{short}");
        assert_eq!(font.shorten("Ankle boot", 0.0), "…");
    }

    #[test]
    fn every_letter_of_the_pictures_has_an_outline() {
        for bold in [false, true] {
            let face = Font { size: 1.0, bold }.face();
            for character in "AZaz09 .,%×→≤≥−–…äéßñŁΩЖ\u{a0}".chars() {
                assert!(face.glyph_index(character).is_some(), "{character}");
            }
        }
        let unknown = outline((0.0, 0.0), Anchor::Start, Font { size: 10.0, bold: false }, "\u{e000}");
        assert!(unknown.is_some(), "an unknown letter is a box");
    }
}
