//! A flash that is memory.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// Bytes in RAM as a flash of words and sectors of one byte: for a host that keeps what a device keeps, and for a board
/// whose flash cannot be written.
#[derive(Clone, Debug)]
pub struct RamFlash<B>(B);

impl<B: AsRef<[u8]> + AsMut<[u8]>> RamFlash<B> {
    /// A flash of these bytes.
    pub const fn new(bytes: B) -> Self {
        Self(bytes)
    }

    fn bytes(&mut self, offset: u32, length: usize) -> Result<&mut [u8], NorFlashErrorKind> {
        let bytes = self.0.as_mut().get_mut(offset as usize..).and_then(|bytes| bytes.get_mut(..length));
        bytes.ok_or(NorFlashErrorKind::OutOfBounds)
    }
}

impl<B> ErrorType for RamFlash<B> {
    type Error = NorFlashErrorKind;
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> ReadNorFlash for RamFlash<B> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        bytes.copy_from_slice(self.bytes(offset, bytes.len())?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.as_ref().len()
    }
}

impl<B: AsRef<[u8]> + AsMut<[u8]>> NorFlash for RamFlash<B> {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = 1;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        self.bytes(from, (to - from) as usize)?.fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        self.bytes(offset, bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }
}
