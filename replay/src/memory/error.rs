//! Errors of the memory of lessons.

use crate::format::WrongLength;
use core::fmt;
use embedded_storage::nor_flash::{NorFlashError, NorFlashErrorKind};

/// Operations of a NOR flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Set all bits of a sector.
    Erase,
    /// Clear bits of a word.
    Write,
    /// Read some bytes.
    Read,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Erase => "erase",
            Self::Write => "write",
            Self::Read => "read",
        })
    }
}

/// Why a lesson was not kept, read or forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryError {
    /// The region is no room for lessons.
    Region {
        /// Its first address.
        start: u32,
        /// The address after its last.
        end: u32,
        /// The fewest bytes that would do.
        least: usize,
        /// Both halves must be multiples of this.
        sector: u32,
        /// The lessons that are to be kept.
        capacity: usize,
    },
    /// The sample is not as long as those of the memory.
    WrongLength(WrongLength),
    /// The flash reports a failure.
    Flash {
        /// The operation that failed.
        operation: Operation,
        /// Kind of the error that the flash driver returned.
        kind: NorFlashErrorKind,
    },
    /// The flash reports success, but what is read is not what was written.
    Verify,
    /// A lesson is not as it was written.
    Damaged {
        /// Its number.
        number: u32,
    },
}

impl From<WrongLength> for MemoryError {
    fn from(error: WrongLength) -> Self {
        Self::WrongLength(error)
    }
}

pub(super) fn failed<E: NorFlashError>(operation: Operation) -> impl Fn(E) -> MemoryError {
    move |error| MemoryError::Flash { operation, kind: error.kind() }
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Region { start, end, least, sector, capacity } => write!(
                f,
                "flash from {start:#x} to {end:#x} does not hold {capacity} lessons: {least} bytes at least, in two halves \
                 of whole sectors of {sector} bytes, wanted"
            ),
            Self::WrongLength(error) => write!(f, "{error}"),
            Self::Flash { operation, kind } => write!(f, "the flash failed to {operation}: {kind}"),
            Self::Verify => write!(f, "the flash did not keep what was written"),
            Self::Damaged { number } => write!(f, "lesson number {number} is damaged"),
        }
    }
}

impl core::error::Error for MemoryError {}
