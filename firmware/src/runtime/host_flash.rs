//! A flash that keeps its bytes in a file on the host, for simulators without a flash controller.
//!
//! It has the rules of the real one: erased bytes are 0xFF, only whole blocks are erased, and a word is written once
//! between two erasures.

use super::semihosting::{File, HostError, Mode};
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// The file, in the host's current directory.
const NAME: &core::ffi::CStr = c"flash.bin";
/// Value of an erased byte.
const ERASED: u8 = 0xFF;
/// Bytes written to the host at a time.
static ERASED_CHUNK: [u8; 256] = [ERASED; 256];

/// `CAPACITY` bytes in blocks of `BLOCK`.
#[derive(Debug)]
pub struct HostFlash<const CAPACITY: usize, const BLOCK: usize> {
    file: File,
}

impl<const CAPACITY: usize, const BLOCK: usize> HostFlash<CAPACITY, BLOCK> {
    /// Opens the file, or makes one. What a smaller one lacks, as that of a flash with fewer blocks, is erased.
    ///
    /// # Errors
    /// [`HostFlashError::Host`] where there is no host, or it cannot.
    pub fn open() -> Result<Self, HostFlashError> {
        let file = File::open(NAME, Mode::Existing).or_else(|_| File::open(NAME, Mode::Create))?;
        let size = file.size()?;
        let mut flash = Self { file };
        if size < CAPACITY {
            flash.fill(size as u32, CAPACITY as u32)?;
        }
        Ok(flash)
    }

    /// Makes the bytes from `from` to before `to` what erased ones are.
    fn fill(&mut self, from: u32, to: u32) -> Result<(), HostFlashError> {
        for offset in (from..to).step_by(ERASED_CHUNK.len()) {
            self.file.write(offset, &ERASED_CHUNK)?;
        }
        Ok(())
    }
}

impl<const CAPACITY: usize, const BLOCK: usize> ErrorType for HostFlash<CAPACITY, BLOCK> {
    type Error = HostFlashError;
}

impl<const CAPACITY: usize, const BLOCK: usize> ReadNorFlash for HostFlash<CAPACITY, BLOCK> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), HostFlashError> {
        check_read(self, offset, bytes.len())?;
        Ok(self.file.read(offset, bytes)?)
    }

    fn capacity(&self) -> usize {
        CAPACITY
    }
}

impl<const CAPACITY: usize, const BLOCK: usize> NorFlash for HostFlash<CAPACITY, BLOCK> {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = BLOCK;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), HostFlashError> {
        check_erase(self, from, to)?;
        self.fill(from, to)
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), HostFlashError> {
        check_write(self, offset, bytes.len())?;
        for (offset, word) in (offset..).step_by(Self::WRITE_SIZE).zip(bytes.chunks_exact(Self::WRITE_SIZE)) {
            let mut found = [0; 4];
            self.file.read(offset, &mut found)?;
            if found != [ERASED; 4] {
                return Err(HostFlashError::NotErased);
            }
            self.file.write(offset, word)?;
        }
        Ok(())
    }
}

/// Why it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostFlashError {
    /// The host failed.
    Host,
    /// A word was written twice.
    NotErased,
    /// Something is not aligned, or out of bounds.
    Rule(NorFlashErrorKind),
}

impl From<HostError> for HostFlashError {
    fn from(HostError: HostError) -> Self {
        Self::Host
    }
}

impl From<NorFlashErrorKind> for HostFlashError {
    fn from(kind: NorFlashErrorKind) -> Self {
        Self::Rule(kind)
    }
}

impl NorFlashError for HostFlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match *self {
            Self::Rule(kind) => kind,
            Self::Host | Self::NotErased => NorFlashErrorKind::Other,
        }
    }
}
