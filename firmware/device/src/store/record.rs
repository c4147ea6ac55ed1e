//! The first and the last bytes of a record.

use dense_core::math::BACKEND;

/// Begins a record: "DENS".
pub const MAGIC: u32 = u32::from_le_bytes(*b"DENS");
/// Begins the commit: "DONE".
pub const COMMIT_MAGIC: u32 = u32::from_le_bytes(*b"DONE");
/// Begins the confirmation: "SURE".
pub const CONFIRMATION_MAGIC: u32 = u32::from_le_bytes(*b"SURE");
/// Begins the acknowledgement: "TOLD".
pub const ACKNOWLEDGEMENT_MAGIC: u32 = u32::from_le_bytes(*b"TOLD");
/// The version of the format.
const VERSION: u16 = 3;
/// Width of a parameter: that of an f32.
const PARAMETER_BITS: u8 = 32;

/// Every part of a record is a multiple of this many bytes, as large as the words of any flash.
pub(super) const UNIT: usize = 16;
/// Bytes of what comes before the parameters.
pub(super) const HEADER: usize = 2 * UNIT;

/// Header of a record, in front of the parameters.
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

/// Magic numbers of the seals, in the order in which they are written.
const SEAL_MAGICS: [u32; 3] = [COMMIT_MAGIC, CONFIRMATION_MAGIC, ACKNOWLEDGEMENT_MAGIC];
/// Number of seals.
pub(super) const SEALS: usize = SEAL_MAGICS.len();
/// Bytes of all seals.
pub(super) const SEAL_BYTES: usize = SEALS * UNIT;

/// The seals of a record, which come after the parameters. `checksum` is that of all before.
pub(super) fn seals(save: u32, checksum: u32) -> [[u8; UNIT]; SEALS] {
    SEAL_MAGICS.map(|magic| {
        let mut seal = [0; UNIT];
        for (place, word) in seal.as_chunks_mut().0.iter_mut().zip([magic, save, checksum, !checksum]) {
            *place = word.to_le_bytes();
        }
        seal
    })
}
