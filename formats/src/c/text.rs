//! Names and literals of C, and what all headers have in common.

use std::fmt::Display;

use crate::{Error, Input, Model, Output, Task};

/// The note of origin near the start of every header.
const MARK: &str = "Made by host-trainer export";

/// Numbers in a line of an array.
const NUMBERS_IN_LINE: usize = 16;

/// The start of all names in a header, as given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefix<'a>(&'a str);

impl<'a> Prefix<'a> {
    /// A prefix that is an identifier of C.
    pub(super) fn new(prefix: &'a str) -> Result<Self, Error> {
        let mut characters = prefix.chars();
        let starts = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
        if starts && characters.all(|character| character.is_ascii_alphanumeric() || character == '_') {
            return Ok(Self(prefix));
        }
        let prefix = prefix.escape_debug();
        Err(Error::Model(format!("prefix `{prefix}`: must be a letter, then letters, digits and underscores")))
    }

    /// `text` with this prefix in the place of `model` and `MODEL`.
    pub(super) fn apply(self, text: &str) -> String {
        text.replace("model_", &format!("{}_", self.0.to_lowercase()))
            .replace("MODEL_", &format!("{}_", self.0.to_uppercase()))
    }
}

/// The parts of a header, as C source.
#[derive(Default)]
pub(super) struct Header {
    /// Lines of the comment at its start.
    pub(super) comment: String,
    /// The standard headers that it needs.
    pub(super) includes: &'static [&'static str],
    /// The arrays of parameters.
    pub(super) arrays: String,
    /// Functions for its own use.
    pub(super) functions: String,
    /// Functions for its users.
    pub(super) interface: String,
}

impl Header {
    /// The text. Names of the model are not part of what a prefix replaces.
    pub(super) fn text(&self, model: &Model, prefix: Prefix<'_>) -> String {
        let includes: String = self.includes.iter().map(|include| format!("#include <{include}>\n")).collect();
        let apply = |text: &str| prefix.apply(text);
        format!(
            "/* {MARK}: {}.\n{} */\n{}\n{includes}\n{}\n{}{}{}{}{}\n#endif\n",
            model.description(),
            self.comment,
            apply("#ifndef MODEL_H\n#define MODEL_H\n"),
            apply(&sizes(model)),
            names(model, prefix),
            apply(&pixel_table(model)),
            apply(&self.arrays),
            apply(&self.functions),
            apply(&self.interface),
        )
    }
}

/// The sizes of inputs and outputs, and the shape of a window.
fn sizes(model: &Model) -> String {
    let mut sizes = vec![("INPUTS", model.input.width()), ("OUTPUTS", model.output.width())];
    match &model.input {
        Input::Pixels(pixels) => sizes.extend([("HEIGHT", pixels.height), ("WIDTH", pixels.width)]),
        Input::Features { window: Some(window), .. } => sizes.extend([
            ("CHANNELS", window.channels.len()),
            ("WINDOW_LENGTH", window.length),
            ("STRIDE", window.stride),
            ("DOWNSAMPLE", window.downsample),
        ]),
        Input::Features { .. } => {}
    }
    let sizes: Vec<String> = sizes.iter().map(|(name, size)| format!("    MODEL_{name} = {size}")).collect();
    format!("enum {{\n{}\n}};\n", sizes.join(",\n"))
}

/// The names of classes or outputs.
fn names(model: &Model, prefix: Prefix<'_>) -> String {
    let kind = if matches!(model.output, Output::Values { .. }) { "OUTPUT" } else { "CLASS" };
    let names = model.output.names();
    let lines: String = names.iter().map(|name| format!("    {},\n", string_literal(name))).collect();
    let start = prefix.apply(&format!("static const char *const MODEL_{kind}_NAMES[{}] = {{", names.len()));
    format!("{start}\n{lines}}};\n\n")
}

fn pixel_table(model: &Model) -> String {
    let Some(table) = model.input.pixel_table() else { return String::new() };
    "/* What becomes of each pixel first. */\n".to_owned()
        + &array("uint8_t", "MODEL_PIXEL_TABLE", texts(table.values()))
}

/// The expression of an input after the pixel table.
pub(super) fn input(model: &Model) -> &'static str {
    if model.input.pixel_table().is_some() { "MODEL_PIXEL_TABLE[inputs[input]]" } else { "inputs[input]" }
}

/// The nouns for inputs and outputs in comments: an image, a window or a sample; values or logits.
pub(super) fn what(model: &Model) -> (&'static str, &'static str) {
    let input = match model.input {
        Input::Pixels(_) => "an image, a row of pixels after the other",
        Input::Features { window: Some(_), .. } => "a window, a row of channels after the other",
        Input::Features { .. } => "a sample",
    };
    (input, if model.loss.task() == Task::Regression { "values" } else { "logits" })
}

/// The function that returns the class of a sample, whose logits are of type `logit`; `arguments` stand before its inputs.
pub(super) fn class(model: &Model, logit: &str, input: &str, network: [&str; 2]) -> String {
    let [parameter, argument] = network;
    let (comment, body) = match model.loss.task() {
        Task::Regression => return String::new(),
        Task::Binary => ("1 where the logit is positive, else 0", "    return logits[0] > 0;\n".to_owned()),
        Task::Multiclass => (
            "the number of the largest logit; of equal ones, of the first",
            "    int best = 0;\n    for (int label = 1; label < MODEL_OUTPUTS; label++) {\n        \
             if (logits[label] > logits[best]) {\n            best = label;\n        }\n    }\n    return best;\n"
                .to_owned(),
        ),
    };
    format!(
        "\n/* The class of a sample: {comment}. */\n\
         static inline int model_class({parameter}const {input} inputs[MODEL_INPUTS])\n{{\n    \
         {logit} logits[MODEL_OUTPUTS];\n    model_logits({argument}inputs, logits);\n{body}}}\n"
    )
}

/// Decimals that only this float is nearest to.
pub(super) fn floats(values: &[f32]) -> impl ExactSizeIterator<Item = String> {
    values.iter().map(|value| format!("{value:e}f"))
}

pub(super) fn texts(values: &[impl Display]) -> impl ExactSizeIterator<Item = String> {
    values.iter().map(ToString::to_string)
}

pub(super) fn array(kind: &str, name: &str, values: impl ExactSizeIterator<Item = String>) -> String {
    format!("static const {kind} {name}[{}] = {{\n{}}};\n\n", values.len(), lines(values))
}

/// Lines of values, never all of them as texts of their own.
pub(super) fn lines(values: impl ExactSizeIterator<Item = String>) -> String {
    let last = values.len().saturating_sub(1);
    let mut text = String::new();
    for (index, value) in values.enumerate() {
        text += if index % NUMBERS_IN_LINE == 0 { "    " } else { " " };
        text += &value;
        text += if index == last || index % NUMBERS_IN_LINE == NUMBERS_IN_LINE - 1 { ",\n" } else { "," };
    }
    text
}

/// A text in quotes, whatever it holds.
pub(super) fn string_literal(text: &str) -> String {
    let characters = text.bytes().map(|byte| match byte {
        // A question mark could be part of a trigraph.
        b'"' | b'\\' | b'?' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    });
    format!("\"{}\"", characters.collect::<String>())
}
