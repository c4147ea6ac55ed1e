//! The prediction for a sample, as text and as JSON.

use std::fmt::Write as _;

use formats::Output;
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::data::picture::Prepared;
use crate::terminal::table::pad;
use crate::terminal::{columns, gauge};

/// The prediction for a sample: probabilities or values, and the kind of the outputs.
pub(super) struct Prediction<'a> {
    output: &'a Output,
    /// The probability of each class, or the value of each output.
    values: Vec<f32>,
}

impl<'a> Prediction<'a> {
    pub(super) fn new(output: &'a Output, outputs: &[f32]) -> Self {
        let values = match (output, outputs) {
            (Output::Binary { .. }, &[positive]) => vec![1.0 - positive, positive],
            _ => outputs.to_vec(),
        };
        Self { output, values }
    }

    const fn is_class(&self) -> bool {
        !matches!(self.output, Output::Values { .. })
    }

    /// All classes, the likeliest first.
    fn ranked(&self) -> Vec<usize> {
        let mut classes: Vec<usize> = (0..self.values.len()).collect();
        classes.sort_by(|&one, &other| self.values[other].total_cmp(&self.values[one]));
        classes
    }

    /// The likeliest classes as bars, or all values.
    pub(super) fn list(&self, top: usize) -> String {
        let names = self.output.names();
        let width = names.iter().map(|name| name.width()).max().unwrap_or(0);
        let mut text = String::new();
        if !self.is_class() {
            for (name, value) in names.iter().zip(&self.values) {
                _ = writeln!(text, "{}  {value}", pad(name, width));
            }
            return text;
        }
        for class in self.ranked().into_iter().take(top) {
            let line = format!("{class:>3} {}  {:.4}", pad(&names[class], width), self.values[class]);
            let room = columns().saturating_sub(line.width() + 2).clamp(10, 50);
            _ = writeln!(text, "{}", format!("{line}  {}", gauge(self.values[class], room)).trim_end());
        }
        text
    }

    /// The likeliest class, or all values, of a row.
    pub(super) fn row(&self, file: &str, line: u64) -> String {
        let names = self.output.names();
        let text = if self.is_class() {
            let class = self.ranked()[0];
            format!("{}  {:.4}", names[class], self.values[class])
        } else {
            let values = names.iter().zip(&self.values).map(|(name, value)| format!("{name} {value}"));
            values.collect::<Vec<_>>().join("  ")
        };
        format!("{file}:{line}: {text}\n")
    }

    pub(super) fn json<'b>(&'b self, file: &'b str, line: Option<u64>, prepared: Option<&'b Prepared>) -> Success<'b> {
        let class = self.is_class().then(|| self.ranked()[0]);
        Success {
            file,
            line,
            source: prepared.map(|prepared| prepared.source.as_str()),
            steps: prepared.map(|prepared| prepared.steps.iter().map(ToString::to_string).collect()),
            class,
            name: class.map(|class| self.output.names()[class].as_str()),
            probabilities: class.map(|_| &self.values[..]),
            values: class.is_none().then_some(&self.values[..]),
        }
    }
}

/// The JSON object of a prediction from a picture or a row.
#[derive(Serialize)]
pub(super) struct Success<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probabilities: Option<&'a [f32]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<&'a [f32]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_class_comes_first_and_the_first_of_equals() {
        let output = Output::Classes { names: ["a", "b", "c", "d"].map(String::from).into() };
        let prediction = Prediction::new(&output, &[0.1, 0.4, 0.4, 0.1]);
        assert_eq!(prediction.ranked(), [1, 2, 0, 3]);
        assert_eq!(prediction.row("x.csv", 3), "x.csv:3: b  0.4000\n");
        let binary = Output::Binary { names: ["no", "yes"].map(String::from) };
        assert_eq!(Prediction::new(&binary, &[0.75]).row("x.csv", 3), "x.csv:3: yes  0.7500\n");
        assert_eq!(Prediction::new(&binary, &[0.25]).ranked(), [0, 1]);
        let values = Output::Values { names: ["u", "v"].map(String::from).into() };
        assert_eq!(Prediction::new(&values, &[2.5, -1.0]).row("x.csv", 3), "x.csv:3: u 2.5  v -1\n");
    }
}
