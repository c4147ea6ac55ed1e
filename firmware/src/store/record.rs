//! The first and the last 16 bytes of a record.

use dense_core::math::BACKEND;

/// Begins a record: "DENS".
pub const MAGIC: u32 = u32::from_le_bytes(*b"DENS");
/// Begins the end of a record: "DONE".
pub const COMMIT_MAGIC: u32 = u32::from_le_bytes(*b"DONE");
/// The version of the format.
const VERSION: u16 = 1;
/// What a parameter is: an f32.
const PARAMETER_BITS: u8 = 32;

/// Every part of a record is a multiple of this many bytes, as large as the words of any flash.
pub(super) const UNIT: usize = 16;

/// What comes before the parameters.
pub(super) struct Header {
    pub(super) inputs: u16,
    pub(super) outputs: u16,
    pub(super) save: u32,
}

impl Header {
    pub(super) const fn to_bytes(&self) -> [u8; UNIT] {
        let [a, b, c, d] = MAGIC.to_le_bytes();
        let [e, f] = VERSION.to_le_bytes();
        // Learned with another backend, the weights belong to other bits than those computed here.
        let [g, h] = [PARAMETER_BITS, BACKEND as u8];
        let [i, j] = self.inputs.to_le_bytes();
        let [k, l] = self.outputs.to_le_bytes();
        let [m, n, o, p] = self.save.to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
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
