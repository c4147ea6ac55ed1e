//! The flash of Nordic's nRF51 and nRF52 by its controller, whose registers are the same in both: pages are erased whole, and a
//! word is written by clearing bits. Every wait has an end.
//!
//! Source: Nordic, *nRF52840 Product Specification* and *nRF51 Series Reference Manual*, NVMC.

use core::ptr::without_provenance_mut;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};

/// 1 when the controller is ready.
const READY: *mut u32 = without_provenance_mut(0x4001_E400);
/// Access mode of the controller: read, write or erase.
const CONFIG: *mut u32 = without_provenance_mut(0x4001_E504);
/// Erases the page at the address that is written here.
const ERASEPAGE: *mut u32 = without_provenance_mut(0x4001_E508);
/// The values of `CONFIG`.
const READING: u32 = 0;
const WRITING: u32 = 1;
const ERASING: u32 = 2;
/// Bytes that are written at once.
const WORD: usize = 4;
/// How often to look before giving up: at least 93 ms at 64 MHz. An erasure takes 88 ms at most.
const PATIENCE: u32 = 1_500_000;

#[allow(unsafe_code)]
unsafe extern "C" {
    /// The address of the first of the pages.
    static _slots_start: u8;
}

/// `CAPACITY` bytes in pages of `PAGE`, from where the memory map has them. Nothing runs while one is erased.
#[derive(Debug)]
pub struct Pages<const CAPACITY: usize, const PAGE: usize>(());

impl<const CAPACITY: usize, const PAGE: usize> Pages<CAPACITY, PAGE> {
    /// The pages. To be called once.
    pub(super) fn new() -> Self {
        Self(())
    }

    fn address(offset: u32) -> *const u8 {
        (&raw const _slots_start).wrapping_add(offset as usize)
    }

    /// Lets the controller do something else than read while `operate` runs.
    fn with(what: u32, operate: impl FnOnce() -> Result<(), NvmcError>) -> Result<(), NvmcError> {
        wait()?;
        set(CONFIG, what);
        let done = operate();
        set(CONFIG, READING);
        done
    }
}

impl<const CAPACITY: usize, const PAGE: usize> ErrorType for Pages<CAPACITY, PAGE> {
    type Error = NvmcError;
}

impl<const CAPACITY: usize, const PAGE: usize> ReadNorFlash for Pages<CAPACITY, PAGE> {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NvmcError> {
        check_read(self, offset, bytes.len())?;
        wait()?;
        let mut address = Self::address(offset);
        for byte in bytes {
            // SAFETY: it is within the pages, which can be read as memory while the controller is ready.
            #[allow(unsafe_code)]
            (*byte = unsafe { address.read_volatile() });
            address = address.wrapping_add(1);
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        CAPACITY
    }
}

impl<const CAPACITY: usize, const PAGE: usize> NorFlash for Pages<CAPACITY, PAGE> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NvmcError> {
        check_erase(self, from, to)?;
        Self::with(ERASING, || {
            (from..to).step_by(PAGE).try_for_each(|offset| {
                set(ERASEPAGE, Self::address(offset).addr() as u32);
                wait()
            })
        })
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NvmcError> {
        check_write(self, offset, bytes.len())?;
        Self::with(WRITING, || {
            (offset..).step_by(WORD).zip(bytes.as_chunks::<WORD>().0).try_for_each(|(offset, word)| {
                set(Self::address(offset).cast_mut().cast(), u32::from_ne_bytes(*word));
                wait()
            })
        })
    }
}

/// Writes a register of the controller, or a word of the pages.
fn set(address: *mut u32, value: u32) {
    // SAFETY: both are aligned, and nothing else writes them.
    #[allow(unsafe_code)]
    unsafe {
        address.write_volatile(value);
    }
}

/// Waits until the controller is ready.
pub(super) fn wait() -> Result<(), NvmcError> {
    // SAFETY: it is a register that can be read at any time.
    #[allow(unsafe_code)]
    let is_ready = |_| unsafe { READY.read_volatile() } & 1 != 0;
    if (0..PATIENCE).any(is_ready) { Ok(()) } else { Err(NvmcError::Timeout) }
}

/// Why the flash did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NvmcError {
    /// The controller was busy for longer than any operation takes.
    Timeout,
    /// Something is not aligned, or out of bounds.
    Rule(NorFlashErrorKind),
}

impl From<NorFlashErrorKind> for NvmcError {
    fn from(kind: NorFlashErrorKind) -> Self {
        Self::Rule(kind)
    }
}

impl NorFlashError for NvmcError {
    fn kind(&self) -> NorFlashErrorKind {
        match *self {
            Self::Timeout => NorFlashErrorKind::Other,
            Self::Rule(kind) => kind,
        }
    }
}
