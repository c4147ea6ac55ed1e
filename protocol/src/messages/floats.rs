//! Numbers in a message.

use serde::{Deserialize, Serialize};

/// f32 numbers in a message, four bytes each, lowest byte first; they need no alignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Floats<'a>(&'a [u8]);

impl<'a> Floats<'a> {
    /// Numbers from their bytes.
    #[must_use]
    pub const fn from_bytes(bytes: &'a [[u8; 4]]) -> Self {
        Self(bytes.as_flattened())
    }

    /// The numbers, of which there are [`len`](Self::len).
    pub fn values(self) -> impl ExactSizeIterator<Item = f32> + Clone + use<'a> {
        self.0.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
    }

    /// How many there are. Bytes at the end that are no number do not count: see [`is_whole`](Self::is_whole).
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.len() / size_of::<f32>()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether there are four bytes for each number.
    #[must_use]
    pub const fn is_whole(self) -> bool {
        self.0.len().is_multiple_of(size_of::<f32>())
    }

    /// Their bytes.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }
}
