//! Where weights are kept: flash in pages of 4 KB, by the HAL.
//!
//! The HAL reads the flash as memory that only the program changes, but an erase changes it, too, by a register. So the
//! compiler must not keep what was read before.

use core::sync::atomic::{Ordering, compiler_fence};
use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use hal::nvmc::{Nvmc, NvmcError};
use hal::pac::NVMC;
use nrf52840_hal as hal;

/// The pages of both slots.
pub struct Pages(pub(super) Nvmc<NVMC>);

impl ErrorType for Pages {
    type Error = NvmcError;
}

impl ReadNorFlash for Pages {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NvmcError> {
        self.0.read(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }
}

impl NorFlash for Pages {
    const WRITE_SIZE: usize = <Nvmc<NVMC> as NorFlash>::WRITE_SIZE;
    const ERASE_SIZE: usize = <Nvmc<NVMC> as NorFlash>::ERASE_SIZE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NvmcError> {
        let erased = self.0.erase(from, to);
        compiler_fence(Ordering::SeqCst);
        erased
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NvmcError> {
        let written = self.0.write(offset, bytes);
        compiler_fence(Ordering::SeqCst);
        written
    }
}
