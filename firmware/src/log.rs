//! Logs for a debug probe, by `defmt`. Without the feature `defmt` they are nothing.

use crate::runtime::semihosting;
use core::fmt::Arguments;

#[cfg(feature = "defmt")]
pub use defmt::{error, info, warn};
#[cfg(feature = "defmt")]
use defmt_rtt as _;

/// Uses the values, and nothing more.
#[cfg(not(feature = "defmt"))]
#[macro_export]
macro_rules! no_log {
    ($format:literal $(, $value:expr)* $(,)?) => {
        { $( let _ = &$value; )* }
    };
}
#[cfg(not(feature = "defmt"))]
pub use no_log as error;
#[cfg(not(feature = "defmt"))]
pub use no_log as info;
#[cfg(not(feature = "defmt"))]
pub use no_log as warn;

/// Writes a line to the probe of a board, and to the host of a simulated one.
pub fn print(line: Arguments<'_>) {
    #[cfg(feature = "defmt")]
    info!("{}", defmt::Display2Format(&line));
    semihosting::print(line);
}
