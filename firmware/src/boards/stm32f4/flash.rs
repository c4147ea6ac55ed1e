//! Where weights and lessons are kept: the last sectors of the chip's flash, or a file of the host that simulates the chip.

use crate::runtime::host_flash::{HostFlash, HostFlashError};
use core::ops::Range;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use hal::flash::FlashExt;
use hal::pac::FLASH;
use stm32f4xx_hal as hal;

/// Bytes of a sector.
const SECTOR: usize = 128 * 1024;
/// The number of the first sector of that size; the smaller ones before it take as much as one.
const FIRST_OF_SIZE: usize = 5;
/// Bytes of the two sectors for saved weights and, where the flash is large, the two before them for lessons.
const CAPACITY: usize = LESSON_BYTES + 2 * SECTOR;
const LESSON_BYTES: usize = if cfg!(board = "stm32f405") { 2 * SECTOR } else { 0 };
/// The addresses for lessons.
pub(in crate::boards) const LESSON_REGION: Range<u32> = 0..LESSON_BYTES as u32;
/// The addresses for saved weights.
pub(in crate::boards) const SAVE_REGION: Range<u32> = LESSON_BYTES as u32..CAPACITY as u32;
/// Bytes that are written at once.
const WORD: usize = 4;

#[allow(unsafe_code)]
unsafe extern "C" {
    /// The address of the first of the sectors.
    static _slots_start: u8;
}

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
            Err(_) => Self::Chip(ChipFlash { controller }),
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
        match self {
            Self::Chip(flash) => flash.read(offset, bytes),
            Self::Host(flash) => Ok(flash.read(offset, bytes)?),
        }
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
            Self::Chip(flash) => flash.erase(from, to),
            Self::Host(flash) => Ok(flash.erase(from, to)?),
        }
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        check_write(self, offset, bytes.len())?;
        match self {
            Self::Chip(flash) => flash.write(offset, bytes),
            Self::Host(flash) => Ok(flash.write(offset, bytes)?),
        }
    }
}

/// The chip's own. What it is asked for is within the sectors.
#[derive(Debug)]
pub struct ChipFlash {
    controller: FLASH,
}

impl ChipFlash {
    fn read(&self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        let mut address = (&raw const _slots_start).wrapping_add(offset as usize);
        for byte in bytes {
            // SAFETY: it is within the sectors, which can be read as memory at any time.
            #[allow(unsafe_code)]
            (*byte = unsafe { address.read_volatile() });
            address = address.wrapping_add(1);
        }
        Ok(())
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.clear_errors();
        let result = (from..to).step_by(SECTOR).try_for_each(|offset| {
            let sector = FIRST_OF_SIZE + self.offset_in_chip(offset) / SECTOR - 1;
            self.controller.unlocked().erase(sector as u8)
        });
        // Some of it may be erased even where it failed.
        self.forget_cached_data();
        Ok(result?)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.clear_errors();
        let offset = self.offset_in_chip(offset);
        Ok(self.controller.unlocked().program(offset, bytes.iter())?)
    }

    fn offset_in_chip(&self, offset: u32) -> usize {
        (&raw const _slots_start).addr() - self.controller.address() + offset as usize
    }

    /// The HAL takes an error of earlier for one of now, since the controller keeps them until they are cleared.
    fn clear_errors(&mut self) {
        self.controller.sr().write(|w| {
            w.pgserr().clear_bit_by_one();
            w.pgperr().clear_bit_by_one();
            w.pgaerr().clear_bit_by_one();
            w.wrperr().clear_bit_by_one();
            w.operr().clear_bit_by_one()
        });
    }

    /// The data cache does not notice that a sector was erased.
    fn forget_cached_data(&mut self) {
        let cache = self.controller.acr();
        cache.modify(|_, w| w.dcen().clear_bit());
        cache.modify(|_, w| w.dcrst().set_bit());
        cache.modify(|_, w| w.dcrst().clear_bit());
        cache.modify(|_, w| w.dcen().set_bit());
    }
}

/// Why the flash did not do it.
#[derive(Clone, Copy, Debug)]
pub enum FlashError {
    /// The chip's controller says so.
    Chip(hal::flash::Error),
    /// The host's file says so.
    Host(HostFlashError),
    /// Something is not aligned, or out of bounds.
    Rule(NorFlashErrorKind),
}

impl From<hal::flash::Error> for FlashError {
    fn from(error: hal::flash::Error) -> Self {
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
            Self::Chip(error) => error.kind(),
            Self::Host(error) => error.kind(),
            Self::Rule(kind) => kind,
        }
    }
}
