//! Where weights are saved: the last two sectors of the chip's flash.
//!
//! The HAL erases and writes. Its own reading asks the chip for the size of its flash, which QEMU's does not tell, and it
//! leaves in the cache what was erased.

use core::ops::Range;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use stm32f4xx_hal::flash::FlashExt;
use stm32f4xx_hal::pac::FLASH;

const SECTOR: usize = 128 * 1024;
/// The number of the first of the two sectors, and where it is from the start of the flash.
const FIRST: u8 = 10;
const OFFSET: usize = 768 * 1024;

/// Two sectors.
pub struct Sectors(pub FLASH);

impl Sectors {
    /// The addresses for saves: all.
    pub const REGION: Range<u32> = 0..2 * SECTOR as u32;
}

impl ErrorType for Sectors {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Sectors {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        let start = self.0.address() + OFFSET + offset as usize;
        for (byte, address) in bytes.iter_mut().zip(start..) {
            // SAFETY: it is within the two sectors, which can be read as memory.
            *byte = unsafe { core::ptr::with_exposed_provenance::<u8>(address).read_volatile() };
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        2 * SECTOR
    }
}

impl NorFlash for Sectors {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        let sectors = from / SECTOR as u32..to / SECTOR as u32;
        let erased = sectors.into_iter().try_for_each(|sector| self.0.unlocked().erase(FIRST + sector as u8));
        let cache = self.0.acr();
        cache.modify(|_, w| w.dcen().clear_bit());
        cache.modify(|_, w| w.dcrst().set_bit());
        cache.modify(|_, w| w.dcrst().clear_bit());
        cache.modify(|_, w| w.dcen().set_bit());
        erased.map_err(|_| NorFlashErrorKind::Other)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        let offset = OFFSET + offset as usize;
        self.0.unlocked().program(offset, bytes.iter()).map_err(|_| NorFlashErrorKind::Other)
    }
}
