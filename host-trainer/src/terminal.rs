//! Standard output: verbosity, width, and write errors.

pub(crate) mod bar;
mod palette;
pub(crate) mod progress;
pub mod summary;
pub(crate) mod table;

use std::env;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use formats::is_unprintable;
use terminal_size::{Width, terminal_size};
use unicode_width::UnicodeWidthStr;

use crate::events::Event;

pub(crate) use self::palette::{ColourChoice, Palette};

/// Verbosity of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    Silent,
    /// Text, with a progress bar on a terminal.
    Bar,
    /// Text, a line an epoch.
    Lines,
    /// JSON Lines.
    Json,
}

impl Verbosity {
    /// The verbosity that these options select; `verbose` is from 0 to 2.
    pub(crate) const fn new(verbose: u8, json: bool) -> Self {
        match (json, verbose) {
            (true, _) => Self::Json,
            (false, 0) => Self::Silent,
            (false, 1) => Self::Bar,
            (false, _) => Self::Lines,
        }
    }

    /// Prints a text, where it speaks in text.
    pub(crate) fn text(self, text: impl FnOnce() -> String) {
        if matches!(self, Self::Bar | Self::Lines) {
            print(&text());
        }
    }

    /// Prints an event, where it speaks in events.
    pub(crate) fn event(self, event: &Event<'_>) {
        if self == Self::Json {
            print(&event.line());
        }
    }
}

/// Columns of text that goes into a file or another program: three images beside each other.
const COLUMNS: usize = 88;

/// Why a text was lost first, and on which stream.
static LOST: OnceLock<(&'static str, io::Error)> = OnceLock::new();

/// Prints a text as it is. What cannot be written is no reason to stop: see [`lost`].
pub(crate) fn print(text: &str) {
    let mut output = io::stdout().lock();
    keep("standard output", output.write_all(text.as_bytes()).and_then(|()| output.flush()));
}

/// The first stream that did not take a text, and why.
pub fn lost() -> Option<&'static (&'static str, io::Error)> {
    LOST.get()
}

/// Remembers that a stream did not take a text.
pub fn keep(stream: &'static str, written: io::Result<()>) {
    if let Err(error) = written {
        drop(LOST.set((stream, error)));
    }
}

/// Prints a line to standard error, which may be closed or full. Control characters are escaped: a text may come from a
/// file.
pub fn complain(text: &str) {
    keep("standard error", writeln!(io::stderr(), "{}", printable(text)));
}

/// The text with what a terminal would obey escaped, but for the ends of lines.
pub(crate) fn printable(text: &str) -> String {
    let escaped = |c: char| if is_unprintable(c) && c != '\n' { c.escape_unicode().to_string() } else { c.into() };
    text.chars().map(escaped).collect()
}

/// Columns of the terminal: what the variable `COLUMNS` says, or else the terminal itself.
pub(crate) fn columns() -> usize {
    let wanted = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let found = || terminal_size().map(|(Width(columns), _)| usize::from(columns));
    wanted.or_else(found).filter(|&columns| columns > 0).unwrap_or(COLUMNS)
}

/// The width that lines have to keep: what the variable `COLUMNS` says, or else that of the terminal; none where text goes
/// into a file or another program.
pub(crate) fn width() -> Option<usize> {
    (env::var_os("COLUMNS").is_some() || io::stdout().is_terminal()).then(columns)
}

/// The text with line breaks between words where a line is wider than the terminal; what is broken off is indented.
pub(crate) fn wrap(text: &str, indent: usize) -> String {
    let Some(width) = width() else { return text.to_owned() };
    text.split_inclusive('\n').map(|line| wrapped(line, width, indent)).collect()
}

fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut wrapped = String::new();
    let mut column = 0;
    for word in text.split_inclusive(' ') {
        if column > indent && column + word.trim_end().width() > width {
            wrapped.truncate(wrapped.trim_end().len());
            wrapped += "\n";
            wrapped += &" ".repeat(indent);
            column = indent;
        }
        wrapped += word;
        column += word.width();
    }
    wrapped
}

/// The text in bold, where standard output is a terminal that has it.
pub(crate) fn bold(text: &str) -> String {
    let plain = |name, value: &str| env::var_os(name).is_some_and(|found| found == value);
    let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let has_bold = io::stdout().is_terminal() && !no_colour && !plain("TERM", "dumb");
    if has_bold { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

/// A share, from 0 to 1, as a bar of up to so many columns.
pub(crate) fn gauge(share: f32, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (8 * columns) as f32).round() as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauges_are_exact_to_an_eighth_of_a_column() {
        for (share, wanted) in
            [(0.0, ""), (0.005, ""), (0.02, "▏"), (0.25, "██"), (0.5, "████"), (0.6, "████▊"), (1.0, "████████")]
        {
            assert_eq!(gauge(share, 8), wanted, "{share}");
        }
        assert_eq!(gauge(f32::NAN, 8), "");
    }

    #[test]
    fn lines_break_between_words() {
        for (text, width, wanted) in [
            ("one two three", 80, "one two three"),
            ("one two three", 7, "one two\n  three"),
            ("one two three", 1, "one\n  two\n  three"),
            ("운동화 셔츠", 9, "운동화\n  셔츠"),
            ("", 3, ""),
        ] {
            assert_eq!(wrapped(text, width, 2), wanted, "{text}, {width}");
        }
    }
}
