//! The external flash of the Raspberry Pi Pico and Pico 2 by the functions of the boot ROM. The program executes from that flash,
//! so the function that erases a sector or writes a page is in RAM and runs with interrupts disabled. The boot ROM waits without
//! end for a flash that never gets ready: the watchdog then resets the chip.
//!
//! Source: Raspberry Pi, *RP2040 Datasheet*, 2.8.3.1.3, and *RP2350 Datasheet*, 5.4.8. Which bytes of a page may be written one
//! after the other: Winbond, *W25Q16JV*, 8.2.15.

use super::{Board, Selected};
use core::ops::Range;
use core::ptr::{null, without_provenance};
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use hal::rom_data::{
    connect_internal_flash, flash_exit_xip, flash_flush_cache, flash_range_erase, flash_range_program,
};
#[cfg(board = "rp2350")]
use rp235x_hal as hal;
#[cfg(board = "rp2040")]
use rp2040_hal as hal;

/// Where the flash can be read as memory.
const MEMORY: u32 = 0x1000_0000;
/// The function that prepares it for that: the second stage of the boot at its start, or what the boot ROM has left in RAM of
/// its own, where nothing can run.
const SETUP: u32 = if cfg!(board = "rp2040") { MEMORY } else { 0x400E_0000 };
/// Its words.
const SETUP_WORDS: usize = 64;
/// Bytes that are erased at once.
const SECTOR: usize = 4 * 1024;
/// Bytes for lessons, and for both slots; two sectors for the numbers of starts follow. The memory map has them.
const LESSON_BYTES: usize = 128 * 1024;
const SAVE_BYTES: usize = 256 * 1024;
/// The addresses for lessons.
pub(super) const LESSON_REGION: Range<u32> = 0..LESSON_BYTES as u32;
/// Those for saved weights.
pub(super) const SAVE_REGION: Range<u32> = LESSON_REGION.end..(LESSON_BYTES + SAVE_BYTES) as u32;
/// Those for the numbers of starts.
pub(super) const BOOT_REGION: Range<u32> = SAVE_REGION.end..CAPACITY as u32;
/// Bytes of all.
const CAPACITY: usize = LESSON_BYTES + SAVE_BYTES + 2 * SECTOR;
/// Bytes that the boot ROM writes at once. Those that are ones stay as they are.
const PAGE: usize = 256;
/// Bytes that must be written at once.
const WORD: usize = 4;
/// A larger block, and the command that erases it. It is never used: `SECTOR` bytes are fewer.
const BLOCK: (u32, u8) = (64 * 1024, 0xD8);

#[allow(unsafe_code)]
unsafe extern "C" {
    /// The address of the first of the sectors.
    static _slots_start: u8;
}

/// The sectors, from where the memory map has them.
#[derive(Debug)]
pub struct Sectors {
    setup: [u32; SETUP_WORDS],
}

impl Sectors {
    /// The sectors. To be called once.
    pub(super) fn new() -> Self {
        let mut setup = [0; SETUP_WORDS];
        for (word, address) in setup.iter_mut().zip((SETUP..).step_by(4)) {
            // SAFETY: it is memory that can be read, and aligned.
            #[allow(unsafe_code)]
            (*word = unsafe { without_provenance::<u32>(address as usize).read_volatile() });
        }
        Self { setup }
    }

    fn address(offset: u32) -> *const u8 {
        (&raw const _slots_start).wrapping_add(offset as usize)
    }

    /// Erases the sector at `offset`, or writes a page there.
    fn operate(&mut self, offset: u32, page: Option<&[u8; PAGE]>) {
        let operation = Operation {
            connect: connect_internal_flash::ptr(),
            exit: flash_exit_xip::ptr(),
            erase: flash_range_erase::ptr(),
            program: flash_range_program::ptr(),
            flush: flash_flush_cache::ptr(),
            setup: self.setup.as_ptr().wrapping_byte_add(1),
            address: Self::address(offset).addr() as u32 - MEMORY,
            page: page.map_or(null(), |page| page.as_ptr()),
        };
        // SAFETY: the sector is one of those that hold no program; the operation and the page are on the stack, the copy in the
        // device's static, so all are in RAM; no interrupt can read the flash meanwhile, and the second core is never started.
        #[allow(unsafe_code)]
        cortex_m::interrupt::free(|_| unsafe { operate(&operation) });
        Selected::feed_watchdog();
    }
}

/// One erase or page write, and the functions that it calls.
struct Operation {
    connect: unsafe extern "C" fn(),
    exit: unsafe extern "C" fn(),
    erase: unsafe extern "C" fn(u32, usize, u32, u8),
    program: unsafe extern "C" fn(u32, *const u8, usize),
    flush: unsafe extern "C" fn(),
    /// A copy of the function that prepares reading, in RAM, with the bit of Thumb.
    setup: *const u32,
    /// From the start of the flash.
    address: u32,
    /// Data of the page to write; null for an erase.
    page: *const u8,
}

/// Erases the sector, or writes the page, of `operation`. In RAM, because the flash cannot be read meanwhile; it calls only the
/// functions in `operation`.
///
/// # Safety
/// `operation`, the copy at `setup` and the page must be in RAM; `page` is null or points to [`PAGE`] bytes; `address` is that of
/// a sector without program, or of a page in one; the functions are those of the boot ROM; no interrupt or other core may read
/// the flash until this returns.
#[allow(unsafe_code)]
#[inline(never)]
#[unsafe(link_section = ".data.operate")]
unsafe extern "C" fn operate(operation: &Operation) {
    // SAFETY: as above, and in the order that the datasheets ask for.
    unsafe {
        (operation.connect)();
        (operation.exit)();
        if operation.page.is_null() {
            let (block, command) = BLOCK;
            (operation.erase)(operation.address, SECTOR, block, command);
        } else {
            (operation.program)(operation.address, operation.page, PAGE);
        }
        (operation.flush)();
        let setup = core::mem::transmute::<*const u32, unsafe extern "C" fn()>(operation.setup);
        setup();
    }
}

impl ErrorType for Sectors {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Sectors {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, bytes.len())?;
        let mut address = Self::address(offset);
        for byte in bytes {
            // SAFETY: it is within the sectors, which can be read as memory.
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

impl NorFlash for Sectors {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        (from..to).step_by(SECTOR).for_each(|offset| self.operate(offset, None));
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        if bytes.is_empty() {
            return Ok(());
        }
        let end = offset as usize + bytes.len();
        let mut bytes = bytes.iter();
        for start in (offset as usize & !(PAGE - 1)..end).step_by(PAGE) {
            let mut page = [0xFF; PAGE];
            let place = page.iter_mut().zip(start..).filter(|&(_, address)| address >= offset as usize);
            for ((byte, _), new) in place.zip(&mut bytes) {
                *byte = *new;
            }
            self.operate(start as u32, Some(&page));
        }
        Ok(())
    }
}
