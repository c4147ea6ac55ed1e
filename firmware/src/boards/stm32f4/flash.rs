//! Where weights and lessons are kept: the last sectors of the chip's flash, or a file of the host that simulates the chip.

use super::chip_flash::{ChipFlash, ChipFlashError};
use crate::runtime::host_flash::{HostFlash, HostFlashError};
use core::ops::Range;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use hal::pac::FLASH;
use stm32f4xx_hal as hal;

/// Bytes of a sector.
pub(super) const SECTOR: usize = 128 * 1024;
/// Bytes of the two sectors for saved weights and, where the flash is large, the two before them for lessons. With a key, two
/// small sectors for the numbers of starts follow, as if they were as large as the others.
const CAPACITY: usize = LESSON_BYTES + 2 * SECTOR + BOOT_BYTES;
const BOOT_BYTES: usize = if cfg!(feature = "key") { 2 * SECTOR } else { 0 };
const LESSON_BYTES: usize = if cfg!(board = "stm32f405") { 2 * SECTOR } else { 0 };
/// The addresses for lessons.
pub(in crate::boards) const LESSON_REGION: Range<u32> = 0..LESSON_BYTES as u32;
/// The addresses for saved weights.
pub(in crate::boards) const SAVE_REGION: Range<u32> = LESSON_BYTES as u32..(LESSON_BYTES + 2 * SECTOR) as u32;
/// Those for the numbers of starts.
pub(in crate::boards) const BOOT_REGION: Range<u32> = SAVE_REGION.end..CAPACITY as u32;
/// Bytes that are written at once.
const WORD: usize = 4;

/// The sectors: one for each save, and one for each half of the lessons.
#[derive(Debug)]
pub enum Flash {
    /// Those of the chip. Nothing runs while it erases one, up to 4 s.
    Chip(ChipFlash),
    /// Those of a simulated chip.
    Host(HostFlash<CAPACITY, SECTOR>),
}

impl Flash {
    /// That of the host, where there is one, else that of the chip.
    pub(in crate::boards) fn new(controller: FLASH) -> Self {
        match HostFlash::open() {
            Ok(flash) => Self::Host(flash),
            Err(_) => Self::Chip(ChipFlash::new(controller)),
        }
    }
}

impl ErrorType for Flash {
    type Error = FlashError;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        check_read(self, offset, bytes.len())?;
        check_boots(offset, bytes.len())?;
        match self {
            Self::Chip(flash) => flash.read(offset, bytes),
            Self::Host(flash) => flash.read(offset, bytes)?,
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        CAPACITY
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        check_erase(self, from, to)?;
        match self {
            Self::Chip(flash) => Ok(flash.erase(from, to)?),
            Self::Host(flash) => Ok(flash.erase(from, to)?),
        }
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        check_write(self, offset, bytes.len())?;
        check_boots(offset, bytes.len())?;
        match self {
            Self::Chip(flash) => Ok(flash.write(offset, bytes)?),
            Self::Host(flash) => Ok(flash.write(offset, bytes)?),
        }
    }
}

/// Refuses addresses behind the end of a small sector.
#[cfg(feature = "key")]
fn check_boots(offset: u32, length: usize) -> Result<(), NorFlashErrorKind> {
    let end = offset as usize % SECTOR + length;
    let is_outside = offset >= BOOT_REGION.start && end > super::chip_flash::BOOT_SECTOR;
    if is_outside { Err(NorFlashErrorKind::OutOfBounds) } else { Ok(()) }
}

/// There are none without a key.
#[cfg(not(feature = "key"))]
#[expect(clippy::unnecessary_wraps, reason = "with a key it does more")]
const fn check_boots(_: u32, _: usize) -> Result<(), NorFlashErrorKind> {
    Ok(())
}

/// Why the flash did not do it.
#[derive(Clone, Copy, Debug)]
pub enum FlashError {
    /// The chip's controller says so.
    Chip(ChipFlashError),
    /// The host's file says so.
    Host(HostFlashError),
    /// Something is not aligned, or out of bounds.
    Rule(NorFlashErrorKind),
}

impl From<ChipFlashError> for FlashError {
    fn from(error: ChipFlashError) -> Self {
        Self::Chip(error)
    }
}

impl From<HostFlashError> for FlashError {
    fn from(error: HostFlashError) -> Self {
        Self::Host(error)
    }
}

impl From<NorFlashErrorKind> for FlashError {
    fn from(kind: NorFlashErrorKind) -> Self {
        Self::Rule(kind)
    }
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match *self {
            Self::Chip(_) => NorFlashErrorKind::Other,
            Self::Host(error) => error.kind(),
            Self::Rule(kind) => kind,
        }
    }
}
