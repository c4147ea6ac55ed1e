//! SVG: shapes by class, on a white card, so that it reads on a light and on a dark page.

use std::fmt::Write;

/// A place, x to the right and y down.
pub(crate) type Point = [f64; 2];

/// A drawing in progress.
pub(crate) struct Drawing {
    size: [f64; 2],
    title: &'static str,
    body: String,
}

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.small{font-size:11px;fill:#57606a}\
    .large{font-size:19px;font-weight:600}.medium{font-size:16px}\
    .value{fill:#0550ae}.gradient{fill:#a40e26}.line{fill:none;stroke-width:2}.axis{stroke:#8c959f;stroke-width:1}\
    .thin{stroke:#8c959f;stroke-width:1.2;fill:none}.blue{stroke:#0969da}.red{stroke:#cf222e}.green{stroke:#1a7f37}\
    .fill-blue{fill:#0969da}.fill-red{fill:#cf222e}.fill-green{fill:#1a7f37}.fill-black{fill:#000}\
    .bar{stroke:#0969da;stroke-width:17}.node{fill:#ddf4ff;stroke:#0969da;stroke-width:1.5}";

impl Drawing {
    pub(crate) fn new(width: f64, height: f64, title: &'static str) -> Self {
        Self { size: [width, height], title, body: String::new() }
    }

    pub(crate) fn line(&mut self, from: Point, to: Point, class: &str) {
        self.polyline(&[from, to], class);
    }

    pub(crate) fn polyline(&mut self, points: &[Point], class: &str) {
        let points: Vec<String> = points.iter().map(|[x, y]| format!("{x:.1},{y:.1}")).collect();
        self.put(format_args!("<polyline class=\"{class}\" fill=\"none\" points=\"{}\"/>", points.join(" ")));
    }

    /// A row of boxes, each of the first length, with gaps of the second.
    pub(crate) fn dashes(&mut self, [x1, y1]: Point, [x2, y2]: Point, [dash, gap]: [f64; 2], class: &str) {
        let ends = format!("x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"");
        self.put(format_args!("<line class=\"{class}\" {ends} stroke-dasharray=\"{dash:.2} {gap:.2}\"/>"));
    }

    pub(crate) fn circle(&mut self, [x, y]: Point, radius: f64, class: &str) {
        self.put(format_args!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"));
    }

    pub(crate) fn rectangle(&mut self, [x, y]: Point, [width, height]: [f64; 2], class: &str) {
        let size = format!("width=\"{width:.1}\" height=\"{height:.1}\"");
        self.put(format_args!("<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" {size}/>"));
    }

    /// A square of a grey: 0 black, 255 white.
    pub(crate) fn pixel(&mut self, [x, y]: Point, side: f64, grey: u8) {
        let size = format!("width=\"{side}\" height=\"{side}\"");
        self.put(format_args!("<rect x=\"{x:.0}\" y=\"{y:.0}\" {size} fill=\"#{grey:02x}{grey:02x}{grey:02x}\"/>"));
    }

    /// `anchor` is start, middle or end.
    pub(crate) fn text(&mut self, [x, y]: Point, anchor: &str, class: &str, content: &str) {
        let place = format!("x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\"");
        self.put(format_args!("<text class=\"{class}\" {place}>{content}</text>"));
    }

    pub(crate) fn finish(self) -> String {
        let ([width, height], title, body) = (self.size, self.title, self.body);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#fff\"/>\n{body}</svg>\n"
        )
    }

    fn put(&mut self, shape: std::fmt::Arguments<'_>) {
        writeln!(self.body, "{shape}").expect("a string takes all");
    }
}

/// Axes in a part of a drawing.
pub(crate) struct Plot {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// Least and greatest value.
    pub(crate) x: [f64; 2],
    pub(crate) y: [f64; 2],
}

impl Plot {
    /// The place of a pair of values.
    pub(crate) fn at(&self, x: f64, y: f64) -> Point {
        let share = |value: f64, [least, greatest]: [f64; 2]| (value - least) / (greatest - least);
        [self.left + self.width * share(x, self.x), self.top + self.height * (1.0 - share(y, self.y))]
    }

    /// Both axes with their names and the numbers at their ends.
    pub(crate) fn axes(&self, drawing: &mut Drawing, x_name: &str, y_name: &str) {
        let (bottom, right) = (self.top + self.height, self.left + self.width);
        drawing.line([self.left, self.top], [self.left, bottom], "axis");
        drawing.line([self.left, bottom], [right, bottom], "axis");
        drawing.text([self.left, bottom + 16.0], "middle", "small", &self.x[0].to_string());
        drawing.text([right, bottom + 16.0], "middle", "small", &self.x[1].to_string());
        drawing.text([self.left + self.width / 2.0, bottom + 16.0], "middle", "small", x_name);
        drawing.text([self.left - 6.0, bottom], "end", "small", &self.y[0].to_string());
        drawing.text([self.left - 6.0, self.top + 8.0], "end", "small", &self.y[1].to_string());
        drawing.text([self.left - 20.0, self.top - 8.0], "start", "small", y_name);
    }

    /// A function over the range of x, as far as its values are in the range of y.
    pub(crate) fn curve(&self, drawing: &mut Drawing, class: &str, function: impl Fn(f64) -> f64) {
        const POINTS: u32 = 120;
        let values = (0..=POINTS).map(|point| {
            let x = self.x[0] + (self.x[1] - self.x[0]) * f64::from(point) / f64::from(POINTS);
            (x, function(x))
        });
        let inside = values.filter(|(_, y)| (self.y[0]..=self.y[1]).contains(y));
        drawing.polyline(&inside.map(|(x, y)| self.at(x, y)).collect::<Vec<_>>(), class);
    }
}
