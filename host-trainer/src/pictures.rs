//! Draws pictures in a grid, as text for the terminal or as a PNG.

use std::fmt::Write as _;

use image::{ExtendedColorType, ImageResult};

use crate::plot::png::encode;
use crate::terminal::Palette;
use crate::terminal::table::{pad, shorten};

/// The greys of text without colour, from 0 up to 255.
const RAMP: &[u8] = b" .:-=+*#%@";
/// Blank columns between two pictures of text.
const GAP: &str = "  ";
/// A picture of text has no more columns.
const WIDEST: usize = 64;
/// Pixels of a PNG along each side of a small picture's pixel.
const SCALE: usize = 4;
/// A PNG's picture is enlarged to no more pixels than this along its longer side.
const ENLARGED: usize = 160;
/// White pixels of a PNG around each picture.
const BORDER: usize = 8;

/// Pictures of one channel and equal size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pictures<'a> {
    pub height: usize,
    pub width: usize,
    /// `[pictures][height][width]`.
    pub pixels: &'a [u8],
}

impl<'a> Pictures<'a> {
    fn iter(self) -> std::slice::ChunksExact<'a, u8> {
        self.pixels.chunks_exact((self.height * self.width).max(1))
    }

    /// Pixels along each side that one pixel of text stands for.
    const fn reduction(self) -> usize {
        self.width.div_ceil(WIDEST)
    }

    /// Columns of a picture of text.
    const fn columns(self) -> usize {
        self.width.div_ceil(self.reduction())
    }

    /// How many pictures of text fit beside each other into a terminal of so many columns; one at least.
    pub(crate) const fn across(self, columns: usize) -> usize {
        let across = (columns + GAP.len()) / (self.columns() + GAP.len());
        if across == 0 { 1 } else { across }
    }

    /// The pictures and their captions as text, `across` of them beside each other.
    ///
    /// Each character stands for two pixels, one above the other; a picture of more than 64 columns is reduced by taking
    /// every second pixel, or every third and so on, along both sides. A line below has the caption, cut off where the
    /// picture ends. In colours the text has ANSI escape codes; without them a character stands for the mean of its two
    /// pixels, blank for 0.
    pub(crate) fn text(self, captions: &[String], across: usize, palette: Palette) -> String {
        let (columns, step) = (self.columns(), self.reduction());
        let pictures: Vec<&[u8]> = self.iter().collect();
        let captions = captions.iter().map(String::as_str).chain(std::iter::repeat(""));
        let captions: Vec<&str> = captions.take(pictures.len()).collect();
        let mut text = String::new();
        for (pictures, captions) in pictures.chunks(across.max(1)).zip(captions.chunks(across.max(1))) {
            for row in (0..self.height).step_by(2 * step) {
                let pixels = |picture: &[u8], row: usize| -> Vec<u8> {
                    let pixels = picture.get(row * self.width..).unwrap_or_default();
                    let pixels = pixels.iter().copied().take(self.width).step_by(step);
                    pixels.chain(std::iter::repeat(0)).take(columns).collect()
                };
                let line = |picture: &&[u8]| line(&pixels(picture, row), &pixels(picture, row + step), palette);
                push_line(&mut text, pictures.iter().map(line));
            }
            push_line(&mut text, captions.iter().map(|caption| pad(&shorten(caption, columns), columns)));
        }
        text
    }

    /// The pictures as a PNG in greys, `across` beside each other, with white borders of 8 pixels around and between.
    /// Small ones are enlarged, each pixel to 4 × 4 at most.
    pub(crate) fn png_grid(self, across: usize) -> ImageResult<Vec<u8>> {
        let (across, count) = (across.max(1), self.iter().len());
        let scale = (ENLARGED / self.height.max(self.width).max(1)).clamp(1, SCALE);
        let (across_pitch, down_pitch) = (self.width * scale + BORDER, self.height * scale + BORDER);
        let width = across * across_pitch + BORDER;
        let height = count.div_ceil(across) * down_pitch + BORDER;
        let mut greys = vec![u8::MAX; width * height];
        for (index, picture) in self.iter().enumerate() {
            let top = index / across * down_pitch + BORDER;
            let left = index % across * across_pitch + BORDER;
            for row in 0..self.height * scale {
                let pixels = &picture[row / scale * self.width..][..self.width];
                let target = &mut greys[(top + row) * width + left..][..self.width * scale];
                for (target, &pixel) in target.chunks_mut(scale).zip(pixels) {
                    target.fill(pixel);
                }
            }
        }
        encode(&greys, width, height, ExtendedColorType::L8)
    }

    /// The pictures as a PNG to look at, in about as many columns as rows; a single one as it is, which
    /// [`prepare`](crate::data::picture::prepare) reads back unchanged.
    pub(crate) fn png(self) -> ImageResult<Vec<u8>> {
        match self.iter().len() {
            1 => encode(self.pixels, self.width, self.height, ExtendedColorType::L8),
            count => self.png_grid(count.isqrt() + usize::from(count.isqrt().pow(2) < count)),
        }
    }
}

fn push_line(text: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    text.push_str(cells.join(GAP).trim_end());
    text.push('\n');
}

/// Two rows of pixels as one line of text.
fn line(upper: &[u8], lower: &[u8], palette: Palette) -> String {
    let pairs = upper.iter().copied().zip(lower.iter().copied());
    match palette {
        Palette::Characters => pairs.map(|(upper, lower)| shade(upper, lower)).collect(),
        Palette::Greys => {
            half_blocks(pairs.map(|(upper, lower)| [upper, lower].map(grey_of_256_colours)), |grey| format!("5;{grey}"))
        }
        Palette::TrueColour => {
            half_blocks(pairs.map(|(upper, lower)| [upper, lower]), |grey| format!("2;{grey};{grey};{grey}"))
        }
    }
}

/// The character for two pixels.
fn shade(upper: u8, lower: u8) -> char {
    let sum = usize::from(upper) + usize::from(lower);
    char::from(RAMP[(sum * (RAMP.len() - 1) + 255) / 510])
}

/// The nearest of the 24 greys from 8 to 238 of the usual 256 colours, or their black or white.
fn grey_of_256_colours(grey: u8) -> u8 {
    match grey {
        0..=3 => 16,
        4..=246 => 232 + ((grey - 3) / 10).min(23),
        247.. => 231,
    }
}

/// Characters whose upper half has one colour and the lower half another, changed only where they change.
fn half_blocks(pairs: impl Iterator<Item = [u8; 2]>, code: impl Fn(u8) -> String) -> String {
    let mut text = String::new();
    let mut last = None;
    for [upper, lower] in pairs {
        if last != Some([upper, lower]) {
            let _ = write!(text, "\x1b[38;{};48;{}m", code(upper), code(lower));
            last = Some([upper, lower]);
        }
        text.push('▀');
    }
    text + "\x1b[0m"
}

#[cfg(test)]
mod tests;
