//! The weights in flash, in a way that a power cut at any moment leaves either the old ones or the new ones.
//!
//! There are two slots, and a save goes into the one that does not hold the newest. It erases the slot, writes a record
//! into it, and reads it back. A record is
//!
//! | bytes | what |
//! |---|---|
//! | 16 | header: [`MAGIC`], version, bits of a parameter, [backend](dense_core::math::BACKEND), shape, save number |
//! | 4 each | the [parameters], then ones up to a multiple of 16 bytes |
//! | 16 | commit: [`COMMIT_MAGIC`], save number, CRC-32C of all before it, the same inverted |
//!
//! with all numbers little-endian. Where [pixels go through a table](crate::pixels::TABLE), the CRC begins with the table, so
//! that weights that were learned under another are not found. The commit is written last, so a record without it is none; with it, the checksum
//! tells. Every word is written once after an erase, as flash with error correction demands, and the words may be of
//! any size that divides 16.

mod record;

pub use record::{COMMIT_MAGIC, MAGIC};

use crate::{parameters, pixels};
use core::fmt;
use core::ops::Range;
use dense_core::{Dense, PixelTable};
use dense_protocol::checksum::Checksum;
use embedded_storage::nor_flash::{NorFlash, NorFlashError, NorFlashErrorKind};
use record::{Commit, Header, UNIT};

/// How many bytes are read or written at once.
const CHUNK: usize = 256;

/// The two slots, for layers of `IN` inputs and `OUT` outputs. It remembers nothing: what counts is in the flash.
#[derive(Debug)]
pub struct Store<F, const IN: usize, const OUT: usize> {
    flash: F,
    start: u32,
    slot_bytes: u32,
}

/// A record in flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its number: one more than that of the record before.
    pub save: u32,
    /// Which slot it is in, 0 or 1.
    pub slot: u8,
}

impl Saved {
    /// Whether it was saved after `other`. Numbers wrap around; those of two slots are never far apart.
    const fn is_newer_than(self, other: Self) -> bool {
        self.save.wrapping_sub(other.save).cast_signed() > 0
    }
}

// What is not inlined keeps its buffers off the stack of callers that are busy with something else.
impl<F: NorFlash, const IN: usize, const OUT: usize> Store<F, IN, OUT> {
    /// Where the parameters of a record end, from its start.
    const PARAMETERS_END: usize = UNIT + size_of::<f32>() * (IN * OUT + OUT);
    /// Where its commit is.
    const COMMIT: usize = Self::PARAMETERS_END.next_multiple_of(UNIT);
    /// The bytes of a record.
    pub const RECORD_BYTES: usize = Self::COMMIT + UNIT;

    /// The two halves of a `region` of `flash`, from one address to another.
    ///
    /// # Errors
    /// [`StoreError::Region`] where they are not in the flash, are not whole sectors, or are too small for a record.
    pub fn new(flash: F, region: Range<u32>) -> Result<Self, StoreError> {
        const {
            assert!(UNIT.is_multiple_of(F::WRITE_SIZE) && UNIT.is_multiple_of(F::READ_SIZE), "words of 1 to 16 bytes");
            assert!(IN <= u16::MAX as usize && OUT <= u16::MAX as usize, "the shape must fit the header");
            assert!(Self::RECORD_BYTES <= u32::MAX as usize / 2, "two records must fit an address");
        }
        let slot_bytes = region.end.saturating_sub(region.start) / 2;
        let sector = F::ERASE_SIZE as u32;
        let fits = region.end as usize <= flash.capacity()
            && region.start.is_multiple_of(sector)
            && slot_bytes.is_multiple_of(sector)
            && slot_bytes as usize >= Self::RECORD_BYTES;
        if !fits {
            return Err(StoreError::Region {
                start: region.start,
                end: region.end,
                least: 2 * (Self::RECORD_BYTES as u32).next_multiple_of(sector),
                sector,
            });
        }
        Ok(Self { flash, start: region.start, slot_bytes })
    }

    /// The bytes of a slot.
    #[must_use]
    pub const fn slot_bytes(&self) -> u32 {
        self.slot_bytes
    }

    /// The flash, given back.
    pub fn into_flash(self) -> F {
        self.flash
    }

    /// The newest record that is whole. A slot that cannot be read holds none.
    #[inline(never)]
    pub fn newest(&mut self) -> Option<Saved> {
        let [first, second] = [0, 1].map(|slot| self.read(slot, |_, _| ()).unwrap_or(None));
        match (first, second) {
            (Some(first), Some(second)) => Some(if second.is_newer_than(first) { second } else { first }),
            (first, second) => first.or(second),
        }
    }

    /// Makes `layer` what the newest whole record says. The record is read twice, and `layer` does not change before the
    /// whole of it was found to be good.
    ///
    /// # Errors
    /// [`StoreError::NothingSaved`]; `layer` is then as it was. [`StoreError::Flash`] or [`StoreError::Verify`] where
    /// the second reading fails although the first did not; `layer` is then partly changed.
    #[inline(never)]
    pub fn load(&mut self, layer: &mut Dense<IN, OUT>) -> Result<Saved, StoreError> {
        let saved = self.newest().ok_or(StoreError::NothingSaved)?;
        let again = self.read(saved.slot, |index, value| parameters::set(layer, index, value))?;
        if again == Some(saved) { Ok(saved) } else { Err(StoreError::Verify) }
    }

    /// Saves `layer`. When this returns `Ok`, it is in the flash and has been read back.
    ///
    /// # Errors
    /// [`StoreError::NotFinite`] where a parameter is not a number to be saved, [`StoreError::Flash`] and
    /// [`StoreError::Verify`] where the flash fails. The newest record is then still there.
    #[inline(never)]
    pub fn save(&mut self, layer: &Dense<IN, OUT>) -> Result<Saved, StoreError> {
        if let Some(index) = parameters::values(layer).position(|value| !value.is_finite()) {
            return Err(StoreError::NotFinite { index });
        }
        let saved = match self.newest() {
            Some(Saved { save, slot }) => Saved { save: save.wrapping_add(1), slot: 1 - slot },
            None => Saved { save: 1, slot: 0 },
        };
        self.erase_slot(saved.slot)?;
        self.write(saved, layer)?;
        match self.read(saved.slot, |_, _| ())? {
            Some(found) if found == saved => Ok(saved),
            _ => Err(StoreError::Verify),
        }
    }

    /// Erases what was saved. When this returns `Ok`, there is nothing to load; until then, there is the newest record
    /// or nothing.
    ///
    /// # Errors
    /// [`StoreError::Flash`] and [`StoreError::Verify`] where the flash fails.
    #[inline(never)]
    pub fn erase(&mut self) -> Result<(), StoreError> {
        // The newest goes last, or a power cut in between would bring back the one before.
        let last = self.newest().map_or(1, |saved| saved.slot);
        for slot in [1 - last, last] {
            self.erase_slot(slot)?;
            if self.read(slot, |_, _| ())?.is_some() {
                return Err(StoreError::Verify);
            }
        }
        Ok(())
    }

    fn address(&self, slot: u8, offset: usize) -> u32 {
        self.start + u32::from(slot) * self.slot_bytes + offset as u32
    }

    fn erase_slot(&mut self, slot: u8) -> Result<(), StoreError> {
        let start = self.address(slot, 0);
        self.flash.erase(start, start + self.slot_bytes).map_err(failed(Operation::Erase))
    }

    /// Writes a record into an erased slot.
    fn write(&mut self, saved: Saved, layer: &Dense<IN, OUT>) -> Result<(), StoreError> {
        let header = Header { inputs: IN as u16, outputs: OUT as u16, save: saved.save }.to_bytes();
        let padding = [0xff; UNIT].into_iter().take(Self::COMMIT - Self::PARAMETERS_END);
        let mut bytes = header.into_iter().chain(parameters::values(layer).flat_map(f32::to_le_bytes)).chain(padding);
        let mut checksum = Checksum::with_pixel_table(pixels::TABLE.map(PixelTable::values));
        for offset in (0..Self::COMMIT).step_by(CHUNK) {
            let mut chunk = [0; CHUNK];
            let length = CHUNK.min(Self::COMMIT - offset);
            for (place, byte) in chunk.iter_mut().zip(bytes.by_ref().take(length)) {
                *place = byte;
            }
            let chunk = chunk.get(..length).unwrap_or_default();
            checksum.update(chunk);
            self.flash.write(self.address(saved.slot, offset), chunk).map_err(failed(Operation::Write))?;
        }
        let commit = Commit { save: saved.save, checksum: checksum.finish() }.to_bytes();
        self.flash.write(self.address(saved.slot, Self::COMMIT), &commit).map_err(failed(Operation::Write))
    }

    /// Reads a slot and calls `take` with the place and the value of each parameter. Returns the record if it is whole,
    /// and nothing as soon as it is found not to be.
    fn read(&mut self, slot: u8, mut take: impl FnMut(usize, f32)) -> Result<Option<Saved>, StoreError> {
        let mut commit = [0; UNIT];
        self.flash.read(self.address(slot, Self::COMMIT), &mut commit).map_err(failed(Operation::Read))?;
        let Some(commit) = Commit::from_bytes(commit) else { return Ok(None) };
        let expected = Header { inputs: IN as u16, outputs: OUT as u16, save: commit.save }.to_bytes();
        let mut checksum = Checksum::with_pixel_table(pixels::TABLE.map(PixelTable::values));
        let mut header = [0; UNIT];
        self.flash.read(self.address(slot, 0), &mut header).map_err(failed(Operation::Read))?;
        if header != expected {
            return Ok(None);
        }
        checksum.update(&header);
        let mut chunk = [0; CHUNK];
        let mut index = 0;
        for offset in (UNIT..Self::COMMIT).step_by(CHUNK) {
            let length = CHUNK.min(Self::COMMIT - offset);
            let chunk = chunk.get_mut(..length).unwrap_or_default();
            self.flash.read(self.address(slot, offset), chunk).map_err(failed(Operation::Read))?;
            checksum.update(chunk);
            for bits in chunk.as_chunks().0.iter().take(IN * OUT + OUT - index) {
                let value = f32::from_le_bytes(*bits);
                if !value.is_finite() {
                    return Ok(None);
                }
                take(index, value);
                index += 1;
            }
        }
        let whole = checksum.finish() == commit.checksum;
        Ok(whole.then_some(Saved { save: commit.save, slot }))
    }
}

/// What a flash can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Set all bits of a sector.
    Erase,
    /// Clear bits of a word.
    Write,
    /// Read some bytes.
    Read,
}

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
    /// There is no whole record.
    NothingSaved,
    /// A parameter is NaN or infinite.
    NotFinite {
        /// Its place among the [parameters].
        index: usize,
    },
    /// The flash reports a failure.
    Flash {
        /// What it was to do.
        operation: Operation,
        /// What it says.
        kind: NorFlashErrorKind,
    },
    /// The flash reports success, but what is read is not what was written.
    Verify,
}

fn failed<E: NorFlashError>(operation: Operation) -> impl Fn(E) -> StoreError {
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
            Self::NothingSaved => write!(f, "no weights are saved"),
            Self::NotFinite { index } => write!(f, "parameter {index} is not finite"),
            Self::Flash { operation, kind } => {
                let operation = match operation {
                    Operation::Erase => "erase",
                    Operation::Write => "write",
                    Operation::Read => "read",
                };
                write!(f, "the flash failed to {operation}: {kind}")
            }
            Self::Verify => write!(f, "the flash did not keep what was written"),
        }
    }
}

impl core::error::Error for StoreError {}
