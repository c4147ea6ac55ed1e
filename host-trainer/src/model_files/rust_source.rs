//! Writes and reads a model as a Rust module, which the firmware compiles in.

use dense_core::Dense;

use super::{INPUTS, MODEL, ModelFileError, OUTPUTS, TITLE, TrainedModel};

/// Numbers on a line.
const LINE_LENGTH: usize = 16;
/// Characters of a faulty text that an error shows.
const MAX_QUOTED: usize = 60;

const USE: &str = "use dense_core::Dense;";
const SKIP: &str = "#[rustfmt::skip]";
const DECLARATION: &str = "pub static MODEL: Dense<784, 10> = Dense::from_bits([";
const ROW: &str = "[";
const ROW_END: &str = "],";
const BIAS: &str = "], [";
const END: &str = "]);";

/// The model as a Rust module: a comment on how it was made, then `pub static MODEL`, whose numbers
/// are the bits of the weights, a row for each class, and of the biases. The same model gives the
/// same text on every machine.
pub fn to_rust_source(model: &TrainedModel<'_>) -> String {
    let recipe = &model.recipe;
    let mut text = format!(
        "\
{TITLE}
//!
//! - made by: `host-trainer train`
//! - data set: {}
//! - model: `{MODEL}`
//! - optimizer: {}
//! - learning rate: {}
//! - batch size: {}
//! - epochs: {}
//! - training samples: {}
//! - seed: {}
//! - test accuracy: {:.4}
//! - test loss: {:.4}

{USE}

/// The bits of the weights, a row for each class, and of the biases.
{SKIP}
{DECLARATION}
",
        // Escaped, as the name of a folder can be anything.
        recipe.data_set.escape_debug(),
        recipe.optimizer,
        recipe.learning_rate,
        recipe.batch_size,
        recipe.epochs,
        recipe.samples,
        recipe.seed,
        model.test_accuracy,
        model.test_loss,
    );
    let weights: Vec<f32> = model.layer.weights().collect();
    for (row, name) in weights.chunks(INPUTS).zip(model.class_names) {
        // Escaped, so that a name can neither end the comment nor hide what follows it.
        let name = name.escape_debug();
        text += &format!("    // {name}\n    {ROW}\n{}    {ROW_END}\n", numbers(row));
    }
    text + BIAS + "\n" + &numbers(model.layer.bias()) + END + "\n"
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

/// The model in a Rust module made by [`to_rust_source`]. Comments, blank lines and indentation are
/// free; all else has to be as it was written.
///
/// # Errors
///
/// If a line is not as it was written, a row has too few or too many numbers, or a number is not
/// finite. The error names the line.
pub fn from_rust_source(text: &str) -> Result<Dense<784, 10>, ModelFileError> {
    let mut lines = Lines { lines: text.lines(), number: 0 };
    let mut layer = Dense::ZERO;
    for wanted in [USE, SKIP, DECLARATION] {
        lines.expect(wanted)?;
    }
    let mut weights = vec![0.0; OUTPUTS * INPUTS];
    for row in weights.chunks_mut(INPUTS) {
        lines.expect(ROW)?;
        lines.read_numbers(row, ROW_END)?;
    }
    layer.set_weights(weights);
    lines.expect(BIAS)?;
    lines.read_numbers(layer.bias_mut(), END)?;
    match lines.next() {
        Some(line) => {
            let found = quoted(line);
            Err(lines.fault(format!("found {found}, wanted the end of the file")))
        }
        None => Ok(layer),
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

    /// Reads lines of numbers until the line `end`.
    fn read_numbers(&mut self, values: &mut [f32], end: &str) -> Result<(), ModelFileError> {
        let mut found = 0;
        loop {
            let Some(line) = self.next() else {
                return Err(self.fault(format!("the file ends, wanted `{end}`")));
            };
            if line == end {
                break;
            }
            for word in line.split(' ') {
                let value = number(word).map_err(|fault| self.fault(fault))?;
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
