//! Errors of the store.

use core::fmt;
use dense_replay::Operation;
use embedded_storage::nor_flash::{NorFlashError, NorFlashErrorKind};

/// Why something was not saved, loaded or erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The region does not hold two slots.
    Region {
        /// Its first address.
        start: u32,
        /// The address after its last.
        end: u32,
        /// The fewest bytes that would do.
        least: u32,
        /// Both slots must start at a multiple of this.
        sector: u32,
    },
    /// The board has no flash.
    NoFlash,
    /// There is no whole record of this network.
    NothingSaved,
    /// A parameter is NaN or infinite.
    NotFinite {
        /// Its index.
        index: usize,
    },
    /// The flash reports a failure.
    Flash {
        /// The operation that failed.
        operation: Operation,
        /// Kind of the error that the flash driver returned.
        kind: NorFlashErrorKind,
    },
    /// The flash reports success, but what is read is not what was written.
    Verify,
}

/// Makes an error of a flash driver's.
pub(super) fn failed<E: NorFlashError>(operation: Operation) -> impl Fn(E) -> StoreError {
    move |error| StoreError::Flash { operation, kind: error.kind() }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Region { start, end, least, sector } => write!(
                f,
                "flash from {start:#x} to {end:#x} does not hold two slots of {least} bytes in all, each of whole \
                 sectors of {sector} bytes"
            ),
            Self::NoFlash => write!(f, "the board has no flash to save in"),
            Self::NothingSaved => write!(f, "no weights of this network are saved"),
            Self::NotFinite { index } => write!(f, "parameter {index} is not finite"),
            Self::Flash { operation, kind } => write!(f, "the flash failed to {operation}: {kind}"),
            Self::Verify => write!(f, "the flash did not keep what was written"),
        }
    }
}

impl core::error::Error for StoreError {}
