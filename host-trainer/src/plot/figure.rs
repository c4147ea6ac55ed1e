//! A figure as a list of shapes, drawn once and written as SVG for a page or as PNG.

use std::fmt::Write as _;

use image::ImageResult;

use super::canvas::{Anchor, Canvas, Font};
use super::palette::{Hue, Palette};

/// Around a figure in a PNG.
const BORDER: f32 = 20.0;

/// Shapes on an area of `width` × `height` units, about pixels of a page.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    width: f32,
    height: f32,
    /// The figure in words.
    description: String,
    shapes: Vec<Shape>,
}

#[derive(Clone, Debug)]
enum Shape {
    Line { points: Vec<(f32, f32)>, width: f32, hue: Hue },
    Dot { centre: (f32, f32), radius: f32, hue: Hue, opacity: f64 },
    Rectangle { area: [f32; 4], hue: Hue, opacity: f64, title: String },
    Text { text: Text, hue: Hue, font: Font },
}

/// A line of text, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    /// Where its baseline begins, or has its middle, or ends.
    pub(crate) at: (f32, f32),
    pub(crate) anchor: Anchor,
    /// Whether it runs upwards.
    pub(crate) upwards: bool,
    pub(crate) text: String,
    /// Replacement of the whole text in a PNG, where no font has one of its letters.
    pub(crate) substitute: String,
}

impl Figure {
    /// An empty figure.
    pub(crate) fn new((width, height): (f32, f32), description: String) -> Self {
        Self { width, height, description, shapes: Vec::new() }
    }

    /// Adds a line through the points.
    pub(crate) fn line(&mut self, points: Vec<(f32, f32)>, width: f32, hue: Hue) {
        self.shapes.push(Shape::Line { points, width, hue });
    }

    /// Adds a dot.
    pub(crate) fn dot(&mut self, centre: (f32, f32), radius: f32, hue: Hue, opacity: f64) {
        self.shapes.push(Shape::Dot { centre, radius, hue, opacity });
    }

    /// Adds a rectangle of left, top, width and height; the title is shown where a pointer rests on it.
    pub(crate) fn rectangle(&mut self, area: [f32; 4], hue: Hue, opacity: f64, title: String) {
        self.shapes.push(Shape::Rectangle { area, hue, opacity, title });
    }

    /// Adds horizontal text.
    pub(crate) fn text(&mut self, at: (f32, f32), anchor: Anchor, font: Font, hue: Hue, text: impl Into<String>) {
        let text = Text { at, anchor, upwards: false, text: text.into(), substitute: String::new() };
        self.name(font, hue, text);
    }

    /// Adds text that may have any letters.
    pub(crate) fn name(&mut self, font: Font, hue: Hue, text: Text) {
        self.shapes.push(Shape::Text { text, hue, font });
    }

    /// The figure as an element of a page, coloured by its style sheet.
    pub(crate) fn svg(&self) -> String {
        let Self { width, height, description, shapes } = self;
        let mut svg = format!(
            "<svg class=\"figure\" viewBox=\"0 0 {width} {height}\" style=\"--w:{width}\" role=\"img\" \
             aria-label=\"{}\">\n",
            escape(description)
        );
        for shape in shapes {
            match shape {
                Shape::Line { points, width, hue } => {
                    let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
                    let (hue, path) = (hue.name(), points.join("L"));
                    let _ = writeln!(svg, "<path class=\"line {hue}\" stroke-width=\"{width}\" d=\"M{path}\"/>");
                }
                Shape::Dot { centre: (x, y), radius, hue, opacity } => {
                    let hue = hue.name();
                    let _ = writeln!(
                        svg,
                        "<circle class=\"{hue}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" opacity=\"{opacity:.2}\"/>"
                    );
                }
                Shape::Rectangle { area: [x, y, width, height], hue, opacity, title } => {
                    let class = if *opacity == 0.0 { "hint" } else { hue.name() };
                    let title =
                        if title.is_empty() { String::new() } else { format!("<title>{}</title>", escape(title)) };
                    let _ = writeln!(
                        svg,
                        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
                         fill-opacity=\"{opacity:.3}\">{title}</rect>"
                    );
                }
                Shape::Text { text: Text { at: (x, y), anchor, upwards, text, .. }, hue, font } => {
                    let turn =
                        if *upwards { format!(" transform=\"rotate(-90 {x:.1} {y:.1})\"") } else { String::new() };
                    let anchor = match anchor {
                        Anchor::Start => "",
                        Anchor::Middle => " middle",
                        Anchor::End => " end",
                    };
                    let bold = if font.bold { " bold" } else { "" };
                    let _ = writeln!(
                        svg,
                        "<text class=\"{}{anchor}{bold}\" x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{:.1}\"{turn}>{}</text>",
                        hue.name(),
                        font.size,
                        escape(text)
                    );
                }
            }
        }
        svg + "</svg>\n"
    }

    fn draw(&self, canvas: &mut Canvas, left: f32) {
        let colours = Palette::Light;
        let place = |&(x, y): &(f32, f32)| (left + x, BORDER + y);
        for shape in &self.shapes {
            match shape {
                Shape::Line { points, width, hue } => {
                    canvas.line(&points.iter().map(place).collect::<Vec<_>>(), *width, colours.hue(*hue));
                }
                Shape::Dot { centre, radius, hue, opacity } => {
                    canvas.dot(place(centre), *radius, colours.hue(*hue).over(*opacity, colours.paper()));
                }
                Shape::Rectangle { area: [x, y, width, height], hue, opacity, .. } if *opacity > 0.0 => {
                    let (x, y) = place(&(*x, *y));
                    canvas.rectangle([x, y, *width, *height], colours.hue(*hue).over(*opacity, colours.paper()));
                }
                Shape::Rectangle { .. } => {}
                Shape::Text { text: Text { at, anchor, upwards, text, substitute }, hue, font } => {
                    let text = font.with_known_letters(text, substitute);
                    let (at, colour) = (place(at), colours.hue(*hue));
                    match upwards {
                        true => canvas.text_upwards(at, *font, colour, &text),
                        false => canvas.text(at, *anchor, *font, colour, &text),
                    }
                }
            }
        }
    }
}

/// The figures beside each other, as a PNG.
pub(crate) fn png(figures: &[Figure]) -> ImageResult<Vec<u8>> {
    let width: f32 = figures.iter().map(|figure| figure.width + BORDER).sum();
    let height = figures.iter().map(|figure| figure.height).fold(0.0, f32::max);
    let mut canvas = Canvas::new((width + BORDER) as u32, (height + 2.0 * BORDER) as u32);
    let mut left = BORDER;
    for figure in figures {
        figure.draw(&mut canvas, left);
        left += figure.width + BORDER;
    }
    canvas.png()
}

/// Text made safe for HTML, as content and between quotes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            character => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_html_reads_as_its_own_is_left() {
        assert_eq!(
            escape(r#"<b onclick="x('y')">T-shirt & Größe"#),
            "&lt;b onclick=&quot;x(&#39;y&#39;)&quot;&gt;T-shirt &amp; Größe"
        );
    }

    #[test]
    fn a_png_has_a_substitute_for_letters_that_the_font_lacks() {
        let font = Font { size: 12.0, bold: false };
        let figure = |text: &str, substitute: &str| {
            let mut figure = Figure::new((60.0, 20.0), String::new());
            let (text, substitute) = (text.to_owned(), substitute.to_owned());
            figure.name(
                font,
                Hue::Ink,
                Text { at: (0.0, 15.0), anchor: Anchor::Start, upwards: false, text, substitute },
            );
            figure
        };
        // Letters that join are not drawn, whatever fonts the system has.
        assert!(png(&[figure("قميص", "class 3")]).unwrap() == png(&[figure("class 3", "")]).unwrap());
        assert!(png(&[figure("Größe", "class 3")]).unwrap() == png(&[figure("Größe", "")]).unwrap());
        assert!(png(&[figure("true قميص", "")]).unwrap() == png(&[figure("true …", "")]).unwrap());
        // Others are, where it has one.
        let drawn = png(&[figure("셔츠", "class 3")]).unwrap();
        if font.with_known_letters("셔츠", "").ends_with('…') {
            eprintln!("NOT CHECKED: Hangul in figures, of which no font is installed");
            assert!(drawn == png(&[figure("class 3", "")]).unwrap());
        } else {
            assert!(
                drawn != png(&[figure("class 3", "")]).unwrap()
                    && drawn != png(&[figure("\u{e000}\u{e000}", "")]).unwrap()
            );
        }
        assert!(figure("셔츠", "class 3").svg().contains(">셔츠</text>"));
    }
}
