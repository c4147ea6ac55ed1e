//! The faults of a sensor.

use bmi160::Error;
use core::fmt;
use embedded_hal::i2c::{self, ErrorKind};

/// Why there is no sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not acknowledge its address, or its identifier cannot be read.
    Absent(ErrorKind),
    /// Another chip answers, or the bus is stuck at one level.
    WrongChip {
        /// Its identifier.
        found: u8,
    },
    /// An error on the bus.
    Bus(ErrorKind),
    /// It was told to measure, and does not.
    Suspended,
    /// Its readings or its clock do not change.
    Stuck,
    /// The program asked later than half a period after a sample was due.
    Late {
        /// Microseconds that it was late.
        by_us: u32,
    },
}

impl<E: i2c::Error> From<Error<E>> for Fault {
    fn from(error: Error<E>) -> Self {
        match error {
            Error::Comm(error) => match error.kind() {
                kind @ ErrorKind::NoAcknowledge(_) => Self::Absent(kind),
                kind => Self::Bus(kind),
            },
            // The driver has no input of ours to refuse.
            Error::InvalidInputData => Self::Bus(ErrorKind::Other),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(kind) => write!(formatter, "absent: {kind}"),
            Self::WrongChip { found } => write!(formatter, "absent: a chip with the identifier {found:#04x} answers"),
            Self::Bus(kind) => write!(formatter, "an error on the bus: {kind}"),
            Self::Suspended => formatter.write_str("suspended: it was told to measure, and does not"),
            Self::Stuck => formatter.write_str("stuck: its readings or its clock do not change"),
            Self::Late { by_us } => write!(formatter, "late: it was read {by_us} microseconds after a sample was due"),
        }
    }
}

impl core::error::Error for Fault {}
