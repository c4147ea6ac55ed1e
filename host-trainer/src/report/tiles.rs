//! Small pictures with captions in a grid, for the page and as PNG.

use std::fmt::Write as _;

use image::{ExtendedColorType, ImageResult};

use crate::plot::canvas::{Anchor, Canvas, Font};
use crate::plot::figure::escape;
use crate::plot::palette::{Colour, Hue, Palette};
use crate::plot::png;

/// Side of the square that a picture of a PNG fits into, and what is between two of them.
const SIDE: f32 = 112.0;
const GAP: f32 = 20.0;
/// From one line of text to the next.
const LINE: f32 = 15.0;
const COLUMNS: usize = 8;

/// Pictures of equal size.
pub(super) struct Tiles {
    /// Columns of a picture.
    pub(super) width: usize,
    /// Rows of a picture.
    pub(super) height: usize,
    pub(super) tiles: Vec<Tile>,
    /// A line below all of them.
    pub(super) note: String,
}

/// A picture.
pub(super) struct Tile {
    /// Colour and opacity of each pixel: red, green, blue, alpha.
    pub(super) pixels: Vec<[u8; 4]>,
    /// Text alternative: the `alt` and `title` of the picture.
    pub(super) description: String,
    /// The lines below it.
    pub(super) captions: Vec<Caption>,
}

/// A line of text.
pub(super) struct Caption {
    pub(super) text: String,
    /// Replacement of the whole text in a PNG, where no font has one of its letters.
    pub(super) substitute: String,
    pub(super) hue: Hue,
}

impl Tiles {
    /// The grid as part of the page.
    pub(super) fn html(&self) -> ImageResult<String> {
        if self.tiles.is_empty() {
            return Ok("<p>There are none.</p>\n".into());
        }
        let (width, height) = (self.width, self.height);
        let mut html = String::from("<ul class=\"tiles\">\n");
        for Tile { pixels, description, captions } in &self.tiles {
            let png = png::encode(pixels.as_flattened(), width, height, ExtendedColorType::Rgba8)?;
            let (address, description) = (png::data_url(&png), escape(description));
            let _ = write!(
                html,
                "<li><figure title=\"{description}\"><img src=\"{address}\" width=\"{width}\" height=\"{height}\" \
                 alt=\"{description}\"><figcaption>"
            );
            for Caption { text, hue, .. } in captions {
                let _ = write!(html, "<span class=\"{}\">{}</span>", hue.name(), escape(text));
            }
            html += "</figcaption></figure></li>\n";
        }
        Ok(format!("{html}</ul>\n<p class=\"note\">{}</p>\n", escape(&self.note)))
    }

    /// The grid as PNG.
    pub(super) fn png(&self) -> ImageResult<Vec<u8>> {
        const NOTE: Font = Font { size: 11.0, bold: false };
        let colours = Palette::Light;
        let columns = COLUMNS.min(self.tiles.len().max(5));
        let lines = self.tiles.iter().map(|tile| tile.captions.len()).max().unwrap_or(0) as f32;
        let scale = SIDE / self.width.max(self.height) as f32;
        let pitch = scale * self.height as f32 + LINE * lines + GAP;
        let height = GAP + self.tiles.len().div_ceil(columns) as f32 * pitch + 2.0 * LINE;
        let mut canvas = Canvas::new((GAP + columns as f32 * (SIDE + GAP)) as u32, height as u32);
        for (place, Tile { pixels, captions, .. }) in self.tiles.iter().enumerate() {
            let left = GAP + (place % columns) as f32 * (SIDE + GAP);
            let top = GAP + (place / columns) as f32 * pitch;
            let (width, height) = (scale * self.width as f32, scale * self.height as f32);
            canvas.rectangle([left - 1.0, top - 1.0, width + 2.0, height + 2.0], colours.hue(Hue::Rule));
            let over = |&[red, green, blue, alpha]: &[u8; 4]| {
                Colour([red, green, blue]).over(f64::from(alpha) / 255.0, colours.paper())
            };
            // No more pixels than can be seen.
            let step = self.width.max(self.height).div_ceil(2 * SIDE as usize);
            let rows = pixels.chunks(self.width).step_by(step);
            let shown: Vec<Colour> = rows.flat_map(|row| row.iter().step_by(step).map(over)).collect();
            canvas.image((left, top), scale * step as f32, self.width.div_ceil(step), &shown);
            for (line, Caption { text, substitute, hue }) in captions.iter().enumerate() {
                let font = Font { size: 12.0, bold: *hue == Hue::Ink };
                let text = font.shorten(&font.with_known_letters(text, substitute), SIDE + GAP - 6.0);
                let baseline = top + height + LINE * (line as f32 + 1.0);
                canvas.text((left, baseline), Anchor::Start, font, colours.hue(*hue), &text);
            }
        }
        canvas.text((GAP, height - 14.0), Anchor::Start, NOTE, colours.hue(Hue::Muted), &self.note);
        canvas.png()
    }
}
