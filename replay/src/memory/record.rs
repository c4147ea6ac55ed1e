//! The record of a lesson.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | the number of the lesson |
//! | those of a [sample](SampleFormat::sample_bytes) | its target and its input |
//! | up to 15 | ones, so that the record is a multiple of 16 bytes |
//! | 4 | CRC-32C of a checksum of what it belongs to, of the [generation](Seed) of its half, and of all before it |
//!
//! with all numbers little-endian. The words of the flash may be of any size that divides 16.

use super::error::{MemoryError, Operation, failed};
use crate::format::SampleFormat;
use core::iter;
use core::ops::Range;
use dense_protocol::checksum::Checksum;
use embedded_storage::nor_flash::NorFlash;

/// Records are a multiple of this many bytes, as large as the words of any flash.
pub(super) const UNIT: usize = 16;
/// How many bytes are read or written at once.
const CHUNK: usize = 4 * UNIT;
/// The bytes of the checksum, and of the number.
const WORD: usize = size_of::<u32>();

/// The bytes of flash that a lesson takes.
#[must_use]
pub fn record_bytes(format: &SampleFormat<'_>) -> usize {
    // They are never 0, which the compiler is told, so that dividing by them cannot panic.
    (WORD + format.sample_bytes() + WORD).next_multiple_of(UNIT).max(UNIT)
}

/// Prefix that the checksum of a record includes: origin and generation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed {
    /// The checksum of the format and the identity.
    pub(super) origin: u32,
    /// The generation of the half: one more than that of the half that it was copied from, modulo [`GENERATIONS`].
    pub(super) generation: u8,
}

/// Two halves have the same generation or one after the other.
pub(super) const GENERATIONS: u8 = 4;

impl Seed {
    /// The checksum of a record, before its first byte.
    fn begin(self) -> Checksum {
        let mut checksum = Checksum::default();
        checksum.update(&self.origin.to_le_bytes());
        checksum.update(&[self.generation]);
        checksum
    }
}

/// Writes a record of so many bytes into erased flash.
pub(super) fn write<F: NorFlash>(
    flash: &mut F,
    address: u32,
    seed: Seed,
    number: u32,
    sample: impl Iterator<Item = u8>,
    bytes: usize,
) -> Result<(), MemoryError> {
    let mut checksum = seed.begin();
    let mut content = number.to_le_bytes().into_iter().chain(sample).chain(iter::repeat(0xff));
    for start in (0..bytes).step_by(CHUNK) {
        let mut chunk = [0; CHUNK];
        let chunk = chunk.get_mut(..CHUNK.min(bytes - start)).unwrap_or_default();
        chunk.iter_mut().zip(&mut content).for_each(|(place, byte)| *place = byte);
        if start + CHUNK < bytes {
            checksum.update(chunk);
        } else if let Some((rest, end)) = chunk.split_last_chunk_mut() {
            checksum.update(rest);
            *end = checksum.clone().finish().to_le_bytes();
        }
        flash.write(address + start as u32, chunk).map_err(failed(Operation::Write))?;
    }
    Ok(())
}

/// Copies a record of so many bytes, with another seed, into erased flash.
///
/// # Errors
/// [`MemoryError::Flash`]; [`MemoryError::Verify`] where the checksum of the source is wrong: then the copy has none.
pub(super) fn copy<F: NorFlash>(
    flash: &mut F,
    [source, target]: [(u32, Seed); 2],
    bytes: usize,
) -> Result<(), MemoryError> {
    let [mut before, mut after] = [source, target].map(|(_, seed)| seed.begin());
    for start in (0..bytes).step_by(CHUNK) {
        let mut chunk = [0; CHUNK];
        let chunk = chunk.get_mut(..CHUNK.min(bytes - start)).unwrap_or_default();
        flash.read(source.0 + start as u32, chunk).map_err(failed(Operation::Read))?;
        if start + CHUNK < bytes {
            before.update(chunk);
            after.update(chunk);
        } else if let Some((rest, end)) = chunk.split_last_chunk_mut() {
            before.update(rest);
            after.update(rest);
            if *end != before.clone().finish().to_le_bytes() {
                return Err(MemoryError::Verify);
            }
            *end = after.clone().finish().to_le_bytes();
        }
        flash.write(target.0 + start as u32, chunk).map_err(failed(Operation::Write))?;
    }
    Ok(())
}

/// The bytes of a record, as an iterator; [`finish`](Self::finish) says whether they are to be trusted.
pub(super) struct Reader<'f, F> {
    flash: &'f mut F,
    /// Where the next chunk is, and how many bytes follow from there.
    address: u32,
    left: usize,
    chunk: [u8; CHUNK],
    /// Which bytes of the chunk are still to come.
    ahead: Range<usize>,
    checksum: Checksum,
    /// The checksum in the record.
    stored: [u8; WORD],
    failure: Option<MemoryError>,
}

impl<'f, F: NorFlash> Reader<'f, F> {
    /// A record of so many bytes.
    pub(super) fn new(flash: &'f mut F, address: u32, bytes: usize, seed: Seed) -> Self {
        let (chunk, stored) = ([0; CHUNK], [0; WORD]);
        Self { flash, address, left: bytes, chunk, ahead: 0..0, checksum: seed.begin(), stored, failure: None }
    }

    /// The first four bytes.
    pub(super) fn number(&mut self) -> u32 {
        u32::from_le_bytes([0; WORD].map(|_: u8| self.next().unwrap_or_default()))
    }

    /// Reads what is left. Returns whether the record is whole.
    pub(super) fn finish(mut self) -> Result<bool, MemoryError> {
        while self.left > 0 {
            self.read_chunk();
        }
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(self.checksum.finish().to_le_bytes() == self.stored),
        }
    }

    fn read_chunk(&mut self) {
        let length = CHUNK.min(self.left);
        let chunk = self.chunk.get_mut(..length).unwrap_or_default();
        if let Err(error) = self.flash.read(self.address, chunk) {
            self.failure = Some(failed(Operation::Read)(error));
            self.left = 0;
            return;
        }
        self.address += length as u32;
        self.left -= length;
        self.ahead = 0..length;
        if self.left > 0 {
            self.checksum.update(chunk);
        } else if let Some((rest, end)) = chunk.split_last_chunk() {
            self.checksum.update(rest);
            self.stored = *end;
        }
    }
}

impl<F: NorFlash> Iterator for Reader<'_, F> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if self.ahead.is_empty() && self.left > 0 {
            self.read_chunk();
        }
        self.chunk.get(self.ahead.next()?).copied()
    }
}
