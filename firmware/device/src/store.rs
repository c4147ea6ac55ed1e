//! Weights in flash, so that a power cut at any moment leaves either the old ones or the new ones.
//!
//! There are two slots, and a save goes into the one that does not hold the record that counts. It erases as many sectors
//! as it needs, writes a record into them, and reads it back. A record is
//!
//! | bytes | what |
//! |---|---|
//! | 32 | header: [`MAGIC`], version, bits of a parameter and [backend](dense_core::math::BACKEND), number of parameters, save number, [factory checksum](crate::Model::factory_checksum), twelve zeros |
//! | 4 each | the parameters, then ones up to a multiple of 16 bytes |
//! | 16 | commit: [`COMMIT_MAGIC`], save number, CRC-32C of all before it, the same inverted |
//! | 16 | confirmation: [`CONFIRMATION_MAGIC`], then as in the commit |
//! | 16 | acknowledgement: [`ACKNOWLEDGEMENT_MAGIC`], then as in the commit |
//!
//! with all numbers little-endian. Every word is written once after an erase, as flash with error correction demands, and
//! the words may be of any size that divides 16. Records of earlier versions are none.
//!
//! # Power cuts
//!
//! The word that a power cut falls into may read differently each time, until it is erased. So the last three parts, the
//! seals, are written one after the other, each after the record with those before it was read back:
//!
//! - A record with its commit is whole. While that may change from reading to reading, there is no confirmation.
//! - A record with its confirmation as well is confirmed: read once, it says that the record stays whole. The newest
//!   confirmed record counts. Where there is none, the older whole one does: the newer was written while that was kept.
//! - A record with all three is acknowledged: the confirmation stays, and so it counts unless a newer one is confirmed. Where
//!   there is no newer one, a save of the same parameters returns without writing.
//!
//! A save that was cut before its confirmation has changed nothing; one that was cut in it may count after one start and
//! not after the next, until another save or an erase returns. What is assumed is that an erase which was cut short has
//! changed so many bits that the record is no longer read as whole.
//!
//! # Other weights and failures
//!
//! A record whose factory checksum is not that of the firmware grew from other weights: it is never loaded, and it stays
//! until its slot is needed. A slot that cannot be read is not an empty one: nothing is loaded or saved then.
//!
//! # Wear
//!
//! A save erases each sector of its slot once, and saves alternate between the slots: 20,000 saves take 10,000 erasures of
//! a sector, which is what flash of microcontrollers endures as a rule. Saving what was acknowledged already erases nothing.

mod record;

pub use record::{ACKNOWLEDGEMENT_MAGIC, COMMIT_MAGIC, CONFIRMATION_MAGIC, MAGIC};

use crate::Model;
use core::fmt;
use core::ops::Range;
use dense_protocol::checksum::Checksum;
use embedded_storage::nor_flash::{NorFlash, NorFlashError, NorFlashErrorKind};
use record::{HEADER, Header, SEAL_BYTES, SEALS, UNIT};

/// How many bytes are read or written at once.
const CHUNK: usize = 256;

/// The two slots for the parameters of one network.
#[derive(Debug)]
pub struct Store {
    start: u32,
    slot_bytes: u32,
    parameters: u32,
    factory: u32,
}

/// A record in flash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its number: one more than that of the record in the other slot when it was saved; 1 where there was none.
    pub save: u32,
    /// Which slot it is in, 0 or 1.
    pub slot: u8,
}

/// A whole record, of this network or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    header: Header,
    slot: u8,
    /// Number of valid seals, at least 1: the commit.
    seals: usize,
}

impl Record {
    /// Whether it was saved after `other`. Numbers wrap around; those of two slots are never far apart.
    const fn is_newer_than(self, other: Self) -> bool {
        self.header.save.wrapping_sub(other.header.save).cast_signed() > 0
    }

    /// Whether it has the confirmation.
    const fn is_confirmed(self) -> bool {
        self.seals >= 2
    }

    const fn saved(self) -> Saved {
        Saved { save: self.header.save, slot: self.slot }
    }
}

/// The records that count.
struct Current {
    /// Of this network.
    own: Option<Record>,
    /// Of any.
    any: Option<Record>,
}

/// Bytes of a record of so many parameters.
#[must_use]
pub const fn record_bytes(parameters: usize) -> usize {
    commit_offset(parameters) + SEAL_BYTES
}

/// Where the commit of a record is, from its start.
const fn commit_offset(parameters: usize) -> usize {
    (HEADER + size_of::<f32>() * parameters).next_multiple_of(UNIT)
}

// What is not inlined keeps its buffers off the stack of callers that are busy with something else.
impl Store {
    /// The two halves of a `region` of `flash`, from one address to another, for the parameters of `model`. An empty
    /// region is that of a board without flash.
    ///
    /// # Errors
    /// [`StoreError::Region`] where they are not in the flash, are not whole sectors, or are too small for a record.
    pub fn new<F: NorFlash>(flash: &F, region: Range<u32>, model: &impl Model) -> Result<Self, StoreError> {
        const {
            assert!(UNIT.is_multiple_of(F::WRITE_SIZE) && UNIT.is_multiple_of(F::READ_SIZE), "words of 1 to 16 bytes");
        }
        let parameters = parameters(model);
        let slot_bytes = region.end.saturating_sub(region.start) / 2;
        let (sector, least) = (F::ERASE_SIZE as u32, record_bytes(parameters) as u32);
        let fits = region.end as usize <= flash.capacity()
            && region.start.is_multiple_of(sector)
            && slot_bytes.is_multiple_of(sector)
            && slot_bytes >= least;
        if !fits && !region.is_empty() {
            let least = 2 * least.next_multiple_of(sector);
            return Err(StoreError::Region { start: region.start, end: region.end, least, sector });
        }
        let factory = model.factory_checksum();
        Ok(Self { start: region.start, slot_bytes, parameters: parameters as u32, factory })
    }

    /// The bytes of a slot.
    #[must_use]
    pub const fn slot_bytes(&self) -> u32 {
        self.slot_bytes
    }

    /// The factory checksum of its records.
    #[must_use]
    pub const fn factory_checksum(&self) -> u32 {
        self.factory
    }

    /// Whether the record that counts grew from other weights than the firmware's.
    ///
    /// # Errors
    /// [`StoreError::Flash`] where a slot cannot be read, [`StoreError::NoFlash`].
    #[inline(never)]
    pub fn is_foreign<F: NorFlash>(&self, flash: &mut F) -> Result<bool, StoreError> {
        let Current { own, any } = self.current(flash)?;
        Ok(own != any)
    }

    /// Makes the parameters of `model` what the record of this network that counts says. The record is read twice, and
    /// `model` does not change before the whole of it was found to be good. Where the second reading is not as the first,
    /// the other record of this network is loaded.
    ///
    /// # Errors
    /// [`StoreError::NothingSaved`], [`StoreError::Flash`] where a slot cannot be read, [`StoreError::NoFlash`]; `model` is
    /// then as it was. [`StoreError::Verify`] where the second reading is not as the first, and there is no other record;
    /// `model` may then be partly changed.
    #[inline(never)]
    pub fn load<F: NorFlash>(&self, flash: &mut F, model: &mut impl Model) -> Result<Saved, StoreError> {
        let Record { slot, .. } = self.current(flash)?.own.ok_or(StoreError::NothingSaved)?;
        for slot in [slot, 1 - slot] {
            match self.read(flash, slot, &mut |index, value| model.set_parameter(index, value)) {
                Ok(Some(record)) if self.is_own(record.header) => return Ok(record.saved()),
                Ok(_) => {}
                Err(_) => break,
            }
        }
        Err(StoreError::Verify)
    }

    /// Saves the parameters of `model`. When this returns `Ok`, they are in the flash and have been read back. Those that
    /// are saved already are not saved again.
    ///
    /// # Errors
    /// [`StoreError::NotFinite`] where a parameter is not a number to be saved, [`StoreError::Flash`] and
    /// [`StoreError::Verify`] where the flash fails, [`StoreError::NoFlash`]. What counted is then still there, unless only
    /// the acknowledgement failed.
    #[inline(never)]
    pub fn save<F: NorFlash>(&self, flash: &mut F, model: &impl Model) -> Result<Saved, StoreError> {
        if let Some(index) = model.parameters().position(|value| !value.is_finite()) {
            return Err(StoreError::NotFinite { index });
        }
        let Current { own, any } = self.current(flash)?;
        if let Some(own) = own
            && own.seals == SEALS
            // A newer one may be confirmed at another reading.
            && self.read(flash, 1 - own.slot, &mut |_, _| ())?.is_none_or(|other| own.is_newer_than(other))
            && self.is_same(flash, own, model)?
        {
            return Ok(own.saved());
        }
        // The record of this network is kept. The new one must have a higher number: until both are confirmed, the numbers decide
        // which one counts. The other slot is erased, so its number does not matter.
        let kept = own.or(any);
        let save = kept.map_or(1, |kept| kept.header.save.wrapping_add(1));
        let slot = kept.map_or(0, |kept| 1 - kept.slot);
        let header = Header { parameters: self.parameters, save, factory: self.factory };
        let needed = (record_bytes(self.parameters as usize)).next_multiple_of(F::ERASE_SIZE) as u32;
        self.erase_slot(flash, slot, needed)?;
        let checksum = self.write(flash, header, slot, model)?;
        let mut record = Record { header, slot, seals: 0 };
        for seal in record::seals(save, checksum) {
            let offset = commit_offset(self.parameters as usize) + record.seals * UNIT;
            flash.write(self.address(slot, offset), &seal).map_err(failed(Operation::Write))?;
            record.seals += 1;
            if !self.is_same(flash, record, model)? {
                return Err(StoreError::Verify);
            }
        }
        Ok(record.saved())
    }

    /// Erases what was saved, of any network. When this returns `Ok`, there is nothing to load; until then, there is the
    /// record that counted or nothing. Where a slot cannot be read, nobody knows which one counts, and there may be the
    /// other.
    ///
    /// # Errors
    /// [`StoreError::Flash`] and [`StoreError::Verify`] where the flash fails, [`StoreError::NoFlash`].
    #[inline(never)]
    pub fn erase<F: NorFlash>(&self, flash: &mut F) -> Result<(), StoreError> {
        // What counts goes last, or a power cut in between would bring back the one before. What cannot be read goes, too.
        let last = match self.current(flash) {
            Ok(Current { own, any }) => own.or(any).map_or(1, |kept| kept.slot),
            Err(StoreError::NoFlash) => return Err(StoreError::NoFlash),
            Err(_) => 1,
        };
        for slot in [1 - last, last] {
            self.erase_slot(flash, slot, self.slot_bytes)?;
            if self.read(flash, slot, &mut |_, _| ())?.is_some() {
                return Err(StoreError::Verify);
            }
        }
        Ok(())
    }

    /// The records that count.
    #[inline(never)]
    fn current<F: NorFlash>(&self, flash: &mut F) -> Result<Current, StoreError> {
        if self.slot_bytes == 0 {
            return Err(StoreError::NoFlash);
        }
        let records = [self.read(flash, 0, &mut |_, _| ())?, self.read(flash, 1, &mut |_, _| ())?];
        let own = records.map(|record| record.filter(|record| self.is_own(record.header)));
        Ok(Current { own: counting(own), any: counting(records) })
    }

    const fn is_own(&self, header: Header) -> bool {
        header.parameters == self.parameters && header.factory == self.factory
    }

    fn address(&self, slot: u8, offset: usize) -> u32 {
        self.start + u32::from(slot) * self.slot_bytes + offset as u32
    }

    fn erase_slot<F: NorFlash>(&self, flash: &mut F, slot: u8, bytes: u32) -> Result<(), StoreError> {
        let start = self.address(slot, 0);
        flash.erase(start, start + bytes.min(self.slot_bytes)).map_err(failed(Operation::Erase))
    }

    /// Writes a record without its seals into an erased slot, and returns its checksum.
    #[inline(never)]
    fn write<F: NorFlash>(
        &self,
        flash: &mut F,
        header: Header,
        slot: u8,
        model: &impl Model,
    ) -> Result<u32, StoreError> {
        let commit = commit_offset(parameters(model));
        let bytes = header.to_bytes();
        let mut checksum = Checksum::default();
        checksum.update(&bytes);
        flash.write(self.address(slot, 0), &bytes).map_err(failed(Operation::Write))?;
        let mut parameters = model.parameters();
        for offset in (HEADER..commit).step_by(CHUNK) {
            // What no parameter is written to stays erased.
            let mut chunk = [0xff; CHUNK];
            for (place, value) in chunk.as_chunks_mut().0.iter_mut().zip(&mut parameters) {
                *place = value.to_le_bytes();
            }
            let chunk = chunk.get(..CHUNK.min(commit - offset)).unwrap_or_default();
            checksum.update(chunk);
            flash.write(self.address(slot, offset), chunk).map_err(failed(Operation::Write))?;
        }
        Ok(checksum.finish())
    }

    /// Whether a record has the parameters of `model`, to the last bit.
    #[inline(never)]
    fn is_same<F: NorFlash>(&self, flash: &mut F, record: Record, model: &impl Model) -> Result<bool, StoreError> {
        let (mut parameters, mut same) = (model.parameters(), true);
        let found = self.read(flash, record.slot, &mut |_, value| {
            same &= parameters.next().is_some_and(|parameter| parameter.to_bits() == value.to_bits());
        })?;
        Ok(same && found == Some(record))
    }

    /// Reads a slot and, where it holds parameters of this network, calls `take` with the index and the value of each.
    /// Returns the record if it is whole, and nothing as soon as it is found not to be.
    #[inline(never)]
    fn read<F: NorFlash>(
        &self,
        flash: &mut F,
        slot: u8,
        take: &mut dyn FnMut(usize, f32),
    ) -> Result<Option<Record>, StoreError> {
        let mut bytes = [0; HEADER];
        flash.read(self.address(slot, 0), &mut bytes).map_err(failed(Operation::Read))?;
        let Some(header) = Header::from_bytes(&bytes) else { return Ok(None) };
        // A header of anything may ask for more than there is.
        let most = (self.slot_bytes as usize).saturating_sub(HEADER + SEAL_BYTES) / size_of::<f32>();
        let (count, is_own) = (header.parameters as usize, self.is_own(header));
        if count > most || record_bytes(count) > self.slot_bytes as usize {
            return Ok(None);
        }
        let mut seals = [0; SEAL_BYTES];
        flash.read(self.address(slot, commit_offset(count)), &mut seals).map_err(failed(Operation::Read))?;
        let mut checksum = Checksum::default();
        checksum.update(&bytes);
        let (mut chunk, mut index) = ([0; CHUNK], 0);
        for offset in (HEADER..commit_offset(count)).step_by(CHUNK) {
            let length = CHUNK.min(commit_offset(count) - offset);
            let chunk = chunk.get_mut(..length).unwrap_or_default();
            flash.read(self.address(slot, offset), chunk).map_err(failed(Operation::Read))?;
            checksum.update(chunk);
            for bits in chunk.as_chunks().0.iter().take(count - index) {
                let value = f32::from_le_bytes(*bits);
                if !value.is_finite() {
                    return Ok(None);
                }
                if is_own {
                    take(index, value);
                }
                index += 1;
            }
        }
        let expected = record::seals(header.save, checksum.finish());
        let seals = seals.as_chunks().0.iter().zip(&expected).take_while(|(found, expected)| found == expected).count();
        Ok((seals > 0).then_some(Record { header, slot, seals }))
    }
}

fn parameters<M: Model>(_: &M) -> usize {
    M::PARAMETERS
}

/// The record that counts: the newest confirmed one or, where none is confirmed, the older one.
fn counting(records: [Option<Record>; 2]) -> Option<Record> {
    match records {
        [Some(first), Some(second)] => {
            let [is_first, is_second] = [first.is_confirmed(), second.is_confirmed()];
            let takes_second = if is_first == is_second { second.is_newer_than(first) == is_first } else { is_second };
            Some(if takes_second { second } else { first })
        }
        [first, second] => first.or(second),
    }
}

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
            Self::NoFlash => write!(f, "the board has no flash to save in"),
            Self::NothingSaved => write!(f, "no weights of this network are saved"),
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
