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

mod error;
mod record;
mod slots;

pub use dense_replay::Operation;
pub use error::StoreError;
pub use record::{ACKNOWLEDGEMENT_MAGIC, COMMIT_MAGIC, CONFIRMATION_MAGIC, MAGIC};

use crate::Model;
use core::ops::Range;
use embedded_storage::nor_flash::NorFlash;
use error::failed;
use record::{HEADER, Header, SEAL_BYTES, SEALS, UNIT};
use slots::{Current, Record};

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
}

fn parameters<M: Model>(_: &M) -> usize {
    M::PARAMETERS
}
