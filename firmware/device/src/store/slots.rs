//! Records in the two slots: which one counts, and how they are read and written.

use super::error::{StoreError, failed};
use super::record::{self, HEADER, Header, SEAL_BYTES};
use super::{Saved, Store, commit_offset, parameters, record_bytes};
use crate::Model;
use dense_protocol::checksum::Checksum;
use dense_replay::Operation;
use embedded_storage::nor_flash::NorFlash;

/// Bytes read or written at once.
const CHUNK: usize = 256;

/// A whole record, of this network or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) header: Header,
    pub(super) slot: u8,
    /// Number of valid seals, at least 1: the commit.
    pub(super) seals: usize,
}

impl Record {
    /// Whether it was saved after `other`. Numbers wrap around; those of two slots are never far apart.
    pub(super) const fn is_newer_than(self, other: Self) -> bool {
        self.header.save.wrapping_sub(other.header.save).cast_signed() > 0
    }

    /// Whether it has the confirmation.
    const fn is_confirmed(self) -> bool {
        self.seals >= 2
    }

    pub(super) const fn saved(self) -> Saved {
        Saved { save: self.header.save, slot: self.slot }
    }
}

/// The records that count.
pub(super) struct Current {
    /// Of this network.
    pub(super) own: Option<Record>,
    /// Of any.
    pub(super) any: Option<Record>,
}

impl Store {
    /// The records that count.
    #[inline(never)]
    pub(super) fn current<F: NorFlash>(&self, flash: &mut F) -> Result<Current, StoreError> {
        if self.slot_bytes == 0 {
            return Err(StoreError::NoFlash);
        }
        let records = [self.read(flash, 0, &mut |_, _| ())?, self.read(flash, 1, &mut |_, _| ())?];
        let own = records.map(|record| record.filter(|record| self.is_own(record.header)));
        Ok(Current { own: counting(own), any: counting(records) })
    }

    pub(super) const fn is_own(&self, header: Header) -> bool {
        header.parameters == self.parameters && header.factory == self.factory
    }

    pub(super) fn address(&self, slot: u8, offset: usize) -> u32 {
        self.start + u32::from(slot) * self.slot_bytes + offset as u32
    }

    pub(super) fn erase_slot<F: NorFlash>(&self, flash: &mut F, slot: u8, bytes: u32) -> Result<(), StoreError> {
        let start = self.address(slot, 0);
        flash.erase(start, start + bytes.min(self.slot_bytes)).map_err(failed(Operation::Erase))
    }

    /// Writes a record without its seals into an erased slot, and returns its checksum.
    #[inline(never)]
    pub(super) fn write<F: NorFlash>(
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
    pub(super) fn is_same<F: NorFlash>(
        &self,
        flash: &mut F,
        record: Record,
        model: &impl Model,
    ) -> Result<bool, StoreError> {
        let (mut parameters, mut same) = (model.parameters(), true);
        let found = self.read(flash, record.slot, &mut |_, value| {
            same &= parameters.next().is_some_and(|parameter| parameter.to_bits() == value.to_bits());
        })?;
        Ok(same && found == Some(record))
    }

    /// Reads a slot and, where it holds parameters of this network, calls `take` with the index and the value of each.
    /// Returns the record if it is whole, and nothing as soon as it is found not to be.
    #[inline(never)]
    pub(super) fn read<F: NorFlash>(
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
