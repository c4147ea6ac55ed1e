//! CRC-32C, of bytes and of models.
//!
//! Castagnoli's polynomial rather than the more usual one of Ethernet: in a record as long as the saved weights,
//! 251,520 bits, the latter misses some errors of three bits.

use crate::parameters;
use crc::{CRC_32_ISCSI, Crc, Digest, Table};
use dense_core::{Dense, PixelTable};

/// How many bytes are taken at once. Each costs a kilobyte of tables, of which a host has plenty.
const LANES: usize = if cfg!(target_os = "none") { 1 } else { 16 };

static CRC_32C: Crc<u32, Table<LANES>> = Crc::<u32, Table<LANES>>::new(&CRC_32_ISCSI);

/// A checksum in the making.
#[derive(Clone)]
pub struct Checksum(Digest<'static, u32, Table<LANES>>);

impl Default for Checksum {
    fn default() -> Self {
        Self(CRC_32C.digest())
    }
}

impl Checksum {
    /// One that has taken in the table that pixels go through, if there is one: weights that belong to another table are
    /// then others.
    #[must_use]
    pub fn with_table(table: Option<&PixelTable>) -> Self {
        let mut checksum = Self::default();
        if let Some(table) = table {
            checksum.update(table.values());
        }
        checksum
    }

    /// Takes in some more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The CRC-32C of all bytes taken in.
    #[must_use]
    pub fn finish(self) -> u32 {
        self.0.finalize()
    }
}

/// The CRC-32C of a model: of the table that pixels go through before it, if there is one, then of the
/// [parameters] of its layer in their order, each as the four bytes of its bits, the lowest first.
#[must_use]
pub fn of_model<const IN: usize, const OUT: usize>(table: Option<&PixelTable>, layer: &Dense<IN, OUT>) -> u32 {
    let mut checksum = Checksum::with_table(table);
    for value in parameters::values(layer) {
        checksum.update(&value.to_le_bytes());
    }
    checksum.finish()
}
