//! The first and the last bytes of a record.

use dense_core::math::BACKEND;

/// Begins a record: "DENS".
pub const MAGIC: u32 = u32::from_le_bytes(*b"DENS");
/// Begins the end of a record: "DONE".
pub const COMMIT_MAGIC: u32 = u32::from_le_bytes(*b"DONE");
/// The version of the format.
const VERSION: u16 = 2;
/// What a parameter is: an f32.
const PARAMETER_BITS: u8 = 32;

/// Every part of a record is a multiple of this many bytes, as large as the words of any flash.
pub(super) const UNIT: usize = 16;
/// Bytes of what comes before the parameters.
pub(super) const HEADER: usize = 2 * UNIT;

/// What comes before the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// How many parameters follow.
    pub(super) parameters: u32,
    /// Number of the save.
    pub(super) save: u32,
    /// Checksum of the network that the firmware was built with when the parameters were saved.
    pub(super) factory: u32,
}

impl Header {
    pub(super) fn to_bytes(self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let words = [
            MAGIC,
            // Learned with another backend, the weights belong to other bits than those computed here.
            u32::from(VERSION) | u32::from(PARAMETER_BITS) << 16 | (BACKEND as u32) << 24,
            self.parameters,
            self.save,
            self.factory,
        ];
        for (place, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        bytes
    }

    /// The header, of whichever network; none where it is not of this version and backend.
    pub(super) fn from_bytes(bytes: &[u8; HEADER]) -> Option<Self> {
        let [_, _, parameters, save, factory, ..] = bytes.as_chunks().0 else { return None };
        let [parameters, save, factory] = [parameters, save, factory].map(|word| u32::from_le_bytes(*word));
        let header = Self { parameters, save, factory };
        (header.to_bytes() == *bytes).then_some(header)
    }
}

/// What comes after them.
pub(super) struct Commit {
    pub(super) save: u32,
    pub(super) checksum: u32,
}

impl Commit {
    pub(super) const fn to_bytes(&self) -> [u8; UNIT] {
        let [a, b, c, d] = COMMIT_MAGIC.to_le_bytes();
        let [e, f, g, h] = self.save.to_le_bytes();
        let [i, j, k, l] = self.checksum.to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, !i, !j, !k, !l]
    }

    pub(super) fn from_bytes(bytes: [u8; UNIT]) -> Option<Self> {
        let [_, _, _, _, a, b, c, d, e, f, g, h, ..] = bytes;
        let commit = Self { save: u32::from_le_bytes([a, b, c, d]), checksum: u32::from_le_bytes([e, f, g, h]) };
        (commit.to_bytes() == bytes).then_some(commit)
    }
}
