//! Standard output: where nobody reads it any more, that is no reason to stop a fit.

use std::env;
use std::io::{self, IsTerminal, Write};

use terminal_size::{Width, terminal_size_of};

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

/// Prints a text as it is.
pub fn print(text: &str) {
    let mut output = io::stdout().lock();
    let _ = output.write_all(text.as_bytes());
    let _ = output.flush();
}

/// How many characters fit on a line of the terminal; 80 where it does not say.
#[must_use]
pub fn columns() -> usize {
    terminal_size_of(io::stdout()).map_or(80, |(Width(columns), _)| usize::from(columns))
}

/// Whether pictures can be drawn in 24-bit greys.
pub fn has_colours() -> bool {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    io::stdout().is_terminal() && !plain
}
