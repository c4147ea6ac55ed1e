//! Writes and reads a model as a Rust module, which the firmware compiles in.

use dense_core::PixelTable;
use dense_core::math::BACKEND;

use super::{ModelFileError, TITLE, TrainedModel, Weights, check_backend, pixel_table};
use crate::model::ModelName;

/// Numbers on a line.
const LINE_LENGTH: usize = 16;
/// Characters of a faulty text that an error shows.
const MAX_QUOTED: usize = 60;

/// The comment that says which backend trained the weights.
const BACKEND_IS: &str = "//! - backend: ";

const SKIP: &str = "#[rustfmt::skip]";
const ROW: &str = "[";
const ROW_END: &str = "],";
const BIAS: &str = "], [";

/// The lines around the numbers.
struct Frame {
    /// What the module needs.
    uses: &'static [&'static str],
    /// Attributes of the static.
    attributes: &'static [&'static str],
    /// The line before the rows of each layer. The first one declares the static.
    starts: Vec<String>,
    /// The line after the last bias.
    end: String,
}

impl Frame {
    fn new(weights: &Weights) -> Self {
        if weights.model == ModelName::Linear {
            // The firmware's own layer.
            return Self {
                uses: &["use dense_core::{Dense, PixelTable};"],
                attributes: &[SKIP],
                starts: vec!["pub static MODEL: Dense<784, 10> = Dense::from_bits([".into()],
                end: "]);".into(),
            };
        }
        let (mut model, mut starts, mut end) = (String::new(), Vec::new(), "]);".to_owned());
        for layer in weights.layers.iter().rev() {
            let (inputs, outputs) = (layer.inputs, layer.outputs());
            let (kind, shape) = if model.is_empty() {
                ("Output", format!("Output<{inputs}, {outputs}, SparseCategoricalCrossEntropy>"))
            } else {
                ("Hidden", format!("Hidden<{inputs}, {outputs}, Relu, {model}>"))
            };
            model = shape;
            starts.insert(0, format!("]), {kind}::new(Dense::from_bits(["));
            end.insert(2, ')');
        }
        if let Some(first) = starts.first_mut() {
            *first = format!("pub static MODEL: {model} = Hidden::new(Dense::from_bits([");
        }
        let uses = &[
            "use dense_core::activations::Relu;",
            "use dense_core::{Dense, Hidden, Output, PixelTable, SparseCategoricalCrossEntropy};",
        ];
        // The compiler suspects an endless loop where it has so many numbers to go through.
        Self { uses, attributes: &[SKIP, "#[allow(long_running_const_eval)]"], starts, end }
    }
}

/// The model as a Rust module: a comment on how it was made, `pub static PIXEL_TABLE`, through which pixels go first, and
/// `pub static MODEL`, whose numbers are, for each layer, the bits of the weights, a row for each output, and of the
/// biases. The same model gives the same text on every machine.
pub fn to_rust_source(model: &TrainedModel<'_>) -> String {
    let origin: String = model.origin.lines().iter().map(|line| format!("//! - {line}\n")).collect();
    let frame = Frame::new(model.weights);
    let what = match model.weights.model {
        ModelName::Linear => "a row for each class, and of the biases",
        _ => "a row for each unit, and of the biases, layer after layer",
    };
    let mut text = format!(
        "\
{TITLE}
//!
//! - made by: `host-trainer {}`
//! - data set: {}
//! - model: `{}`
{BACKEND_IS}{}
{origin}//! - test accuracy: {:.4}
//! - test loss: {:.4}

{}

{}
/// The bits of the weights, {what}.
{}
",
        model.origin.command(),
        // Escaped, as the name of a folder can be anything.
        model.origin.data_set().escape_debug(),
        model.weights.description(),
        BACKEND.name(),
        model.test_accuracy,
        model.test_loss,
        frame.uses.join("\n"),
        pixel_table::to_source(&model.weights.pixel_table),
        frame.attributes.join("\n"),
    );
    let last = model.weights.layers.len() - 1;
    for (index, (layer, start)) in model.weights.layers.iter().zip(&frame.starts).enumerate() {
        text += &format!("{start}\n");
        for (output, row) in layer.weights.chunks(layer.inputs).enumerate() {
            if index == last {
                // Escaped, so that a name can neither end the comment nor hide what follows it.
                text += &format!("    // {}\n", model.class_names[output].escape_debug());
            }
            text += &format!("    {ROW}\n{}    {ROW_END}\n", numbers(row));
        }
        text += &format!("{BIAS}\n{}", numbers(&layer.bias));
    }
    text + &frame.end + "\n"
}

/// Lines of numbers, each as the bits of an `f32`.
fn numbers(values: &[f32]) -> String {
    let mut text = String::new();
    for line in values.chunks(LINE_LENGTH) {
        let line = line.iter().map(|value| format!("{:#010x},", value.to_bits()));
        text += &format!("        {}\n", line.collect::<Vec<_>>().join(" "));
    }
    text
}

/// The model in a Rust module made by [`to_rust_source`]; the type of the static says which one it is. Comments but that
/// on the backend, blank lines and indentation are free; all else has to be as it was written.
///
/// # Errors
///
/// If a line is not as it was written, a row has too few or too many numbers, or a number is not
/// finite: the error names the line. If the weights were trained with another backend.
pub fn from_rust_source(text: &str) -> Result<Weights, ModelFileError> {
    check_backend(text.lines().find_map(|line| line.trim().strip_prefix(BACKEND_IS)))?;
    let declares = |weights: &Weights| {
        let declaration = Frame::new(weights).starts.swap_remove(0);
        text.lines().any(|line| line.trim() == declaration)
    };
    // A module without any declaration lacks that of the firmware's model.
    let mut weights = Weights::all().find(declares).unwrap_or_else(|| Weights::zero(ModelName::Linear));
    let frame = Frame::new(&weights);
    let mut lines = Lines { lines: text.lines(), number: 0 };
    for wanted in frame.uses {
        lines.expect(wanted)?;
    }
    weights.pixel_table = lines.read_table()?;
    let start = frame.starts.first().map(String::as_str);
    for wanted in frame.attributes.iter().copied().chain(start) {
        lines.expect(wanted)?;
    }
    let ends = frame.starts.iter().skip(1).chain([&frame.end]);
    for (layer, end) in weights.layers.iter_mut().zip(ends) {
        for row in layer.weights.chunks_mut(layer.inputs) {
            lines.expect(ROW)?;
            lines.read_numbers(row, ROW_END, number)?;
        }
        lines.expect(BIAS)?;
        lines.read_numbers(&mut layer.bias, end, number)?;
    }
    match lines.next() {
        Some(line) => {
            let found = quoted(line);
            Err(lines.fault(format!("found {found}, wanted the end of the file")))
        }
        None => Ok(weights),
    }
}

/// The lines of a module that are neither blank nor comments, without indentation.
struct Lines<'a> {
    lines: std::str::Lines<'a>,
    /// Number of the line last read, from 1.
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a str> {
        loop {
            self.number += 1;
            let line = self.lines.next()?.trim();
            if !line.is_empty() && !line.starts_with("//") {
                return Some(line);
            }
        }
    }

    /// Reads the next line, which has to be `wanted`.
    fn expect(&mut self, wanted: &str) -> Result<(), ModelFileError> {
        match self.next() {
            Some(line) if line == wanted => Ok(()),
            Some(line) => Err(self.fault(format!("found {}, wanted `{wanted}`", quoted(line)))),
            None => Err(self.fault(format!("the file ends, wanted `{wanted}`"))),
        }
    }

    /// Reads the table of pixels.
    fn read_table(&mut self) -> Result<PixelTable, ModelFileError> {
        let [attribute, start] = pixel_table::START;
        match self.next() {
            Some(pixel_table::IDENTITY) => return Ok(PixelTable::IDENTITY),
            Some(line) if line == attribute => self.expect(start)?,
            Some(line) => return Err(self.fault(format!("found {}, wanted the table of pixels", quoted(line)))),
            None => return Err(self.fault("the file ends, wanted the table of pixels".into())),
        }
        let mut values = [0; 256];
        self.read_numbers(&mut values, pixel_table::END, grey)?;
        Ok(PixelTable::new(values))
    }

    /// Reads lines of numbers until the line `end`, and `parse`s each word to one of the `values`.
    fn read_numbers<T>(
        &mut self,
        values: &mut [T],
        end: &str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Result<(), ModelFileError> {
        let mut found = 0;
        loop {
            let Some(line) = self.next() else {
                return Err(self.fault(format!("the file ends, wanted `{end}`")));
            };
            if line == end {
                break;
            }
            for word in line.split(' ') {
                let value = parse(word).map_err(|fault| self.fault(fault))?;
                if let Some(place) = values.get_mut(found) {
                    *place = value;
                }
                found += 1;
            }
        }
        if found != values.len() {
            let wanted = values.len();
            return Err(self.fault(format!("found {found} numbers in the array that ends here, wanted {wanted}")));
        }
        Ok(())
    }

    fn fault(&self, fault: String) -> ModelFileError {
        ModelFileError::RustSource { line: self.number, fault }
    }
}

/// The grey in `word`: a number from 0 to 255, and a comma.
fn grey(word: &str) -> Result<u8, String> {
    let digits = word.strip_suffix(',').filter(|digits| !digits.starts_with('+'));
    let grey = digits.and_then(|digits| digits.parse().ok());
    grey.ok_or_else(|| format!("found {}, wanted a number from 0 to 255 and a comma", quoted(word)))
}

/// The finite number in `word`: its bits as eight hexadecimal digits, and a comma.
fn number(word: &str) -> Result<f32, String> {
    let digits = word.strip_prefix("0x").and_then(|word| word.strip_suffix(','));
    let value = digits
        .filter(|digits| digits.len() == 8 && !digits.starts_with('+'))
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .map(f32::from_bits)
        .ok_or_else(|| format!("found {}, wanted a number such as `0x3f800000,`", quoted(word)))?;
    if value.is_finite() { Ok(value) } else { Err(format!("{} is {value}, wanted a finite number", quoted(word))) }
}

/// The beginning of a text, fit for a terminal.
fn quoted(text: &str) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(MAX_QUOTED).collect();
    let rest = if characters.next().is_some() { "..." } else { "" };
    format!("`{}{rest}`", start.escape_debug())
}

#[cfg(test)]
mod tests;
