//! The colours that a terminal can show.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

use clap::ValueEnum;

/// When pictures are drawn in colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColourChoice {
    /// In a terminal that has them
    Auto,
    /// Even into a file or a pipe
    Always,
    /// Never: in plain characters
    Never,
}

/// The colours of pictures in a terminal: none, 256-colour greys, or 24-bit colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Palette {
    /// Plain characters.
    Characters,
    /// The greys of the usual 256 colours.
    Greys,
    /// 24-bit colours.
    TrueColour,
}

impl Palette {
    /// The palette for standard output, by the user's choice, whether it is a terminal, and the environment.
    pub(crate) fn of_standard_output(choice: ColourChoice) -> Self {
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
