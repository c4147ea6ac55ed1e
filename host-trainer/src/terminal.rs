//! Standard output: what a terminal there can do, and that nobody reading it any more is no reason to stop a fit.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use terminal_size::{Width, terminal_size};

use crate::events::Event;

/// How a command speaks on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// Not at all.
    Silent,
    /// In text, with a progress bar where that is a terminal.
    Bar,
    /// In text, a line an epoch.
    Lines,
    /// In events for other programs.
    Json,
}

impl Voice {
    /// The voice for these options; `verbose` is from 0 to 2.
    #[must_use]
    pub const fn new(verbose: u8, json: bool) -> Self {
        match (json, verbose) {
            (true, _) => Self::Json,
            (false, 0) => Self::Silent,
            (false, 1) => Self::Bar,
            (false, _) => Self::Lines,
        }
    }

    /// Whether it speaks in text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Bar | Self::Lines)
    }

    /// Prints a text, where it speaks in text.
    pub fn text(self, text: impl FnOnce() -> String) {
        if self.is_text() {
            print(&text());
        }
    }

    /// Prints an event, where it speaks in events.
    pub fn event(self, event: &Event<'_>) {
        if self == Self::Json {
            print(&event.line());
        }
    }
}

/// Columns of text that goes into a file or another program: three images beside each other.
const COLUMNS: usize = 88;

/// Prints a text as it is.
pub fn print(text: &str) {
    let mut output = io::stdout().lock();
    let _ = output.write_all(text.as_bytes());
    let _ = output.flush();
}

/// Columns of the terminal: what the variable `COLUMNS` says, or else the terminal itself.
#[must_use]
pub fn columns() -> usize {
    let wanted = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let found = || terminal_size().map(|(Width(columns), _)| usize::from(columns));
    wanted.or_else(found).filter(|&columns| columns > 0).unwrap_or(COLUMNS)
}

/// A share, from 0 to 1, as a bar of up to so many columns.
#[must_use]
pub fn gauge(share: f32, columns: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * (8 * columns) as f32).round() as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// When pictures are drawn in colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColourChoice {
    /// In a terminal that has them
    Auto,
    /// Even into a file or a pipe
    Always,
    /// Never: in plain characters
    Never,
}

/// What pictures are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// Plain characters.
    Characters,
    /// The greys of the usual 256 colours.
    Greys,
    /// 24-bit colours.
    TrueColour,
}

impl Palette {
    /// What the user wants and standard output can do.
    #[must_use]
    pub fn of_standard_output(choice: ColourChoice) -> Self {
        Self::choose(choice, io::stdout().is_terminal(), |name| env::var_os(name))
    }

    /// `NO_COLOR` (no-color.org) and `TERM=dumb` want plain characters; `COLORTERM` promises 24-bit colours, as the
    /// terminal of Windows does by `WT_SESSION`, and a `TERM` with 256 in it the usual 256.
    fn choose(choice: ColourChoice, is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let is = |name, value: &str| variable(name).is_some_and(|found| found == value);
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let promised = if is("COLORTERM", "truecolor") || is("COLORTERM", "24bit") || is_set("WT_SESSION") {
            Some(Self::TrueColour)
        } else {
            let greys = variable("TERM").is_some_and(|terminal| terminal.to_string_lossy().contains("256"));
            greys.then_some(Self::Greys)
        };
        match choice {
            ColourChoice::Never => Self::Characters,
            ColourChoice::Always => promised.unwrap_or(Self::TrueColour),
            ColourChoice::Auto if !is_terminal || is_set("NO_COLOR") || is("TERM", "dumb") => Self::Characters,
            ColourChoice::Auto => promised.unwrap_or(Self::Characters),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ColourChoice::{Always, Auto, Never};
    use Palette::{Characters, Greys, TrueColour};

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
    fn colours_are_those_that_the_terminal_has() {
        for (choice, is_terminal, variables, wanted) in [
            (Auto, true, "", Characters),
            (Auto, true, "TERM=xterm", Characters),
            (Auto, true, "TERM=xterm-256color", Greys),
            (Auto, true, "TERM=xterm-256color COLORTERM=truecolor", TrueColour),
            (Auto, true, "TERM=screen COLORTERM=24bit", TrueColour),
            (Auto, true, "WT_SESSION=1", TrueColour),
            (Auto, true, "TERM=dumb COLORTERM=truecolor", Characters),
            (Auto, true, "TERM=xterm-256color NO_COLOR=1", Characters),
            (Auto, true, "TERM=xterm-256color NO_COLOR=", Greys),
            (Auto, false, "TERM=xterm-256color COLORTERM=truecolor", Characters),
            (Always, false, "TERM=xterm-256color NO_COLOR=1", Greys),
            (Always, false, "", TrueColour),
            (Never, true, "COLORTERM=truecolor", Characters),
        ] {
            let variable = |name: &str| {
                let mut pairs = variables.split_whitespace().filter_map(|pair| pair.split_once('='));
                pairs.find(|pair| pair.0 == name).map(|pair| pair.1.into())
            };
            assert_eq!(
                Palette::choose(choice, is_terminal, variable),
                wanted,
                "{choice:?}, {is_terminal}, {variables}"
            );
        }
    }
}
