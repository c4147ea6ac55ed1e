//! Raster canvas: rectangles, lines, circles, images and text, encoded as PNG.

mod letters;
mod system_fonts;

use image::ImageResult;
use tiny_skia::{FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};

use super::palette::{Colour, Palette};
use super::png;

pub(crate) use self::letters::{Anchor, Font};

/// Pixels along a unit of the drawing, which is as large as a pixel of a web page.
const SCALE: f32 = 2.0;

/// A drawing on light paper.
pub(crate) struct Canvas {
    pixmap: Pixmap,
}

impl Canvas {
    /// A blank canvas of this width and height in units.
    ///
    /// # Panics
    /// If a side is zero or too long for memory.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let [width, height] = [width, height].map(|side| side * SCALE as u32);
        let mut pixmap = Pixmap::new(width, height).expect("paper has two sides");
        let Colour([red, green, blue]) = Palette::Light.paper();
        pixmap.fill(tiny_skia::Color::from_rgba8(red, green, blue, 255));
        Self { pixmap }
    }

    /// Fills a rectangle.
    pub(crate) fn rectangle(&mut self, [left, top, width, height]: [f32; 4], colour: Colour) {
        if let Some(rectangle) = Rect::from_xywh(left, top, width, height) {
            self.pixmap.fill_rect(rectangle, &paint(colour), transform(), None);
        }
    }

    /// Draws a line through the points.
    pub(crate) fn line(&mut self, points: &[(f32, f32)], width: f32, colour: Colour) {
        let mut path = PathBuilder::new();
        for (index, &(x, y)) in points.iter().enumerate() {
            if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        if let Some(path) = path.finish() {
            let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
            self.pixmap.stroke_path(&path, &paint(colour), &stroke, transform(), None);
        }
    }

    /// Draws a dot.
    pub(crate) fn dot(&mut self, (x, y): (f32, f32), radius: f32, colour: Colour) {
        let dot = PathBuilder::from_circle(x, y, radius);
        self.fill(dot, colour);
    }

    /// Draws an image of rows of `columns` pixels, each a square with sides of `scale` units.
    pub(crate) fn image(&mut self, (left, top): (f32, f32), scale: f32, columns: usize, pixels: &[Colour]) {
        for (pixel, &colour) in pixels.iter().enumerate() {
            let (x, y) = ((pixel % columns) as f32, (pixel / columns) as f32);
            self.rectangle([left + x * scale, top + y * scale, scale, scale], colour);
        }
    }

    /// Writes a line of text whose baseline begins, or ends, or has its middle, at a point.
    pub(crate) fn text(&mut self, point: (f32, f32), anchor: Anchor, font: Font, colour: Colour, text: &str) {
        let path = letters::outline(point, anchor, font, text);
        self.fill(path, colour);
    }

    /// The same upwards, from the point on.
    pub(crate) fn text_upwards(&mut self, (x, y): (f32, f32), font: Font, colour: Colour, text: &str) {
        let path = letters::outline((0.0, 0.0), Anchor::Start, font, text);
        let turned = Transform::from_row(0.0, -1.0, 1.0, 0.0, x, y);
        self.fill(path.and_then(|path| path.transform(turned)), colour);
    }

    fn fill(&mut self, path: Option<Path>, colour: Colour) {
        if let Some(path) = path {
            self.pixmap.fill_path(&path, &paint(colour), FillRule::Winding, transform(), None);
        }
    }

    /// The drawing as a PNG.
    pub(crate) fn png(&self) -> ImageResult<Vec<u8>> {
        // All pixels are opaque.
        let colours: Vec<u8> =
            self.pixmap.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
        let [width, height] = [self.pixmap.width(), self.pixmap.height()].map(|side| side as usize);
        png::encode(&colours, width, height, image::ExtendedColorType::Rgb8)
    }
}

fn paint(Colour([red, green, blue]): Colour) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}

fn transform() -> Transform {
    Transform::from_scale(SCALE, SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Colour = Colour([200, 0, 0]);

    fn colours(canvas: &Canvas) -> Vec<Vec<[u8; 3]>> {
        let bytes = canvas.png().unwrap();
        let image::DynamicImage::ImageRgb8(image) = image::load_from_memory(&bytes).unwrap() else {
            panic!("not of three bytes a pixel");
        };
        let width = 3 * image.width() as usize;
        image.into_raw().chunks(width).map(|row| row.as_chunks().0.to_vec()).collect()
    }

    #[test]
    fn shapes_lie_where_they_were_put() {
        let mut canvas = Canvas::new(60, 40);
        canvas.rectangle([1.0, 2.0, 3.0, 4.0], RED);
        canvas.dot((20.0, 20.0), 3.0, RED);
        canvas.line(&[(30.0, 10.0), (50.0, 10.0)], 2.0, RED);
        let rows = colours(&canvas);
        assert_eq!((rows.len(), rows[0].len()), (80, 120));
        for (x, y, inked) in [
            (1, 4, false),
            (2, 3, false),
            (2, 4, true),
            (7, 11, true),
            (8, 11, false),
            (7, 12, false),
            (40, 40, true),
            (47, 40, false),
            (80, 20, true),
            (80, 23, false),
        ] {
            assert_eq!(rows[y][x] == RED.0, inked, "at {x}, {y}");
        }
    }

    #[test]
    fn images_are_enlarged() {
        let mut canvas = Canvas::new(28, 28);
        let mut pixels = [Colour([9; 3]); 3 * 28];
        pixels[28 + 2] = RED;
        canvas.image((0.0, 0.0), 1.0, 28, &pixels);
        let rows = colours(&canvas);
        let inked: Vec<_> =
            (0..56 * 56).map(|place| (place % 56, place / 56)).filter(|&(x, y)| rows[y][x] == RED.0).collect();
        assert_eq!(inked, [(4, 2), (5, 2), (4, 3), (5, 3)]);
    }

    #[test]
    fn text_keeps_to_its_side() {
        let font = Font { size: 10.0, bold: false };
        for (anchor, left, right) in
            [(Anchor::Start, false, true), (Anchor::Middle, true, true), (Anchor::End, true, false)]
        {
            let mut canvas = Canvas::new(100, 20);
            canvas.text((50.0, 15.0), anchor, font, RED, "HH");
            let rows = colours(&canvas);
            let inked = |columns: std::ops::Range<usize>| {
                rows.iter().any(|row| row[columns.clone()].iter().any(|colour| colour[1] < 200))
            };
            assert_eq!((inked(0..99), inked(101..200)), (left, right));
            assert!(!inked(0..60) && !inked(140..200));
        }
    }
}
