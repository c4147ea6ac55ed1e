//! A flash in RAM that always works, as long as a byte is written once after an erase.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};

static CHANGES: AtomicUsize = AtomicUsize::new(0);

/// How often any flash was erased or written.
pub fn flash_changes() -> usize {
    CHANGES.load(Relaxed)
}

/// A flash of `BYTES` bytes in sectors of `SECTOR`.
#[derive(Debug)]
pub struct Flash<const BYTES: usize, const SECTOR: usize>(pub [u8; BYTES]);

impl<const BYTES: usize, const SECTOR: usize> Flash<BYTES, SECTOR> {
    fn range(&mut self, from: u32, to: u32) -> Result<&mut [u8], NorFlashErrorKind> {
        self.0.get_mut(from as usize..to as usize).ok_or(NorFlashErrorKind::OutOfBounds)
    }
}

impl<const BYTES: usize, const SECTOR: usize> ErrorType for Flash<BYTES, SECTOR> {
    type Error = NorFlashErrorKind;
}

impl<const BYTES: usize, const SECTOR: usize> ReadNorFlash for Flash<BYTES, SECTOR> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let end = offset + bytes.len() as u32;
        bytes.copy_from_slice(self.range(offset, end)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        BYTES
    }
}

impl<const BYTES: usize, const SECTOR: usize> NorFlash for Flash<BYTES, SECTOR> {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        CHANGES.fetch_add(1, Relaxed);
        self.range(from, to)?.fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let end = offset + bytes.len() as u32;
        CHANGES.fetch_add(1, Relaxed);
        let place = self.range(offset, end)?;
        if place.iter().any(|&byte| byte != 0xff) {
            return Err(NorFlashErrorKind::Other);
        }
        place.copy_from_slice(bytes);
        Ok(())
    }
}
