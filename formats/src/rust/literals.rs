//! Lines of numbers and texts of generated Rust.

use std::fmt::Display;

/// Lines of `count` numbers each, indented.
pub(super) fn lines(numbers: impl IntoIterator<Item = impl Display>, count: usize, indent: usize) -> String {
    let numbers: Vec<String> = numbers.into_iter().map(|number| format!("{number},")).collect();
    let indent = " ".repeat(indent);
    numbers.chunks(count).map(|line| format!("{indent}{}\n", line.join(" "))).collect()
}

/// The bits of numbers in lines.
pub(super) fn bits(values: &[f32]) -> String {
    lines(values.iter().map(|value| format!("{:#010x}", value.to_bits())), 16, 8)
}

/// A comment with the name of the unit below it.
///
/// It is escaped, so that it can neither end the comment nor hide what follows.
pub(super) fn comment(name: Option<&String>) -> String {
    name.map_or_else(String::new, |name| format!("    // {}\n", name.escape_debug()))
}

/// A `pub const` array of texts.
pub(super) fn texts(doc: &str, name: &str, texts: &[String]) -> String {
    let lines: String = texts.iter().map(|text| format!("    \"{}\",\n", text.escape_debug())).collect();
    format!("/// {doc}\n#[rustfmt::skip]\npub const {name}: [&str; {}] = [\n{lines}];\n", texts.len())
}
