//! Standard output: where nobody reads it any more, that is no reason to stop a fit.

use std::env;
use std::io::{self, IsTerminal, Write};

/// Prints a text as it is.
pub fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Whether pictures can be drawn in 24-bit greys.
pub fn has_colours() -> bool {
    let plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    io::stdout().is_terminal() && !plain
}
