//! The flash inside the chip, by its controller: sectors are erased whole, and a byte is written by clearing bits.
//! Every wait has an end, and what the controller finds wrong is an error.
//!
//! Source: ST, RM0090 and RM0383, *Embedded Flash memory interface*.

#[cfg(feature = "key")]
use super::flash::BOOT_REGION;
use super::flash::SECTOR;
use crate::boards::cycle_counter;
use hal::pac::FLASH;
use stm32f4xx_hal as hal;

/// The address of the flash.
const BASE: usize = 0x0800_0000;
/// The number of the first sector of 128 KB; the smaller ones before it take as much as one.
const FIRST_OF_SIZE: usize = 5;
/// The small sectors for the numbers of starts: the number of the first one, and the bytes of each.
#[cfg(feature = "key")]
const FIRST_BOOT_SECTOR: usize = 1;
#[cfg(feature = "key")]
pub(super) const BOOT_SECTOR: usize = 16 * 1024;
/// Unlock keys of the flash controller, in this order. Anything else locks it until a reset.
const KEYS: [u32; 2] = [0x4567_0123, 0xCDEF_89AB];
/// Clock cycles until an operation is given up: 6 s at 168 MHz. An erasure takes 4 s at most.
const PATIENCE: u32 = 1 << 30;

#[allow(unsafe_code)]
unsafe extern "C" {
    /// The address of the first of the sectors.
    static _slots_start: u8;
    /// That of the first of the two small ones.
    #[cfg(feature = "key")]
    static _boots_start: u8;
}

/// The sectors. What they are asked for is within them. Nothing runs while one is erased.
#[derive(Debug)]
pub struct ChipFlash {
    controller: FLASH,
}

impl ChipFlash {
    pub(super) fn new(controller: FLASH) -> Self {
        Self { controller }
    }

    pub(super) fn read(&self, offset: u32, bytes: &mut [u8]) {
        let (mut address, _) = place(offset);
        for byte in bytes {
            // SAFETY: it is within the sectors, which can be read as memory at any time.
            #[allow(unsafe_code)]
            (*byte = unsafe { address.read_volatile() });
            address = address.wrapping_add(1);
        }
    }

    pub(super) fn erase(&mut self, from: u32, to: u32) -> Result<(), ChipFlashError> {
        let erased =
            self.unlocked(|flash| (from..to).step_by(SECTOR).try_for_each(|offset| flash.erase_sector(offset)));
        // Some of it may be erased even where it failed.
        self.forget_cached_data();
        erased
    }

    fn erase_sector(&self, offset: u32) -> Result<(), ChipFlashError> {
        let (_, sector) = place(offset);
        let control = self.controller.cr();
        // SAFETY: it is the number of one of the sectors.
        #[allow(unsafe_code)]
        control.write(|w| unsafe { w.lock().clear_bit().ser().set_bit().psize().psize8().snb().bits(sector) });
        control.modify(|_, w| w.strt().set_bit());
        self.wait()
    }

    pub(super) fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), ChipFlashError> {
        self.unlocked(|flash| {
            flash.controller.cr().write(|w| w.lock().clear_bit().pg().set_bit().psize().psize8());
            let mut address = place(offset).0.cast_mut();
            bytes.iter().try_for_each(|&byte| {
                // SAFETY: it is within the sectors, and the controller takes what is written there.
                #[allow(unsafe_code)]
                unsafe {
                    address.write_volatile(byte);
                }
                address = address.wrapping_add(1);
                flash.wait()
            })
        })
    }

    /// Unlocks the controller, for as long as `operate` takes.
    fn unlocked(&self, operate: impl FnOnce(&Self) -> Result<(), ChipFlashError>) -> Result<(), ChipFlashError> {
        // An error of before is not one of now, but the controller keeps it until it is cleared.
        if self.wait() == Err(ChipFlashError::Timeout) {
            return Err(ChipFlashError::Timeout);
        }
        let control = self.controller.cr();
        // It may have been left unlocked, and the keys are wrong then.
        if control.read().lock().bit_is_set() {
            for key in KEYS {
                // SAFETY: the register takes any number.
                #[allow(unsafe_code)]
                self.controller.keyr().write(|w| unsafe { w.bits(key) });
            }
        }
        if control.read().lock().bit_is_set() {
            return Err(ChipFlashError::Locked);
        }
        let done = operate(self);
        // While it is busy, a write to that register would not return.
        if done != Err(ChipFlashError::Timeout) {
            control.write(|w| w.lock().set_bit());
        }
        done
    }

    /// Waits until the controller is not busy, and clears the errors that it found.
    fn wait(&self) -> Result<(), ChipFlashError> {
        let start = cycle_counter::cycles();
        let status = self.controller.sr();
        while status.read().bsy().bit_is_set() {
            if cycle_counter::cycles().wrapping_sub(start) > PATIENCE {
                return Err(ChipFlashError::Timeout);
            }
        }
        let found = status.read();
        // What is written as 1 becomes 0.
        // SAFETY: these are bits that were read there.
        #[allow(unsafe_code)]
        status.write(|w| unsafe { w.bits(found.bits()) });
        if found.wrperr().bit_is_set() {
            Err(ChipFlashError::WriteProtection)
        } else if found.pgserr().bit_is_set() || found.pgperr().bit_is_set() || found.pgaerr().bit_is_set() {
            Err(ChipFlashError::Programming)
        } else {
            Ok(())
        }
    }

    /// The data cache does not notice that a sector was erased.
    fn forget_cached_data(&self) {
        let cache = self.controller.acr();
        cache.modify(|_, w| w.dcen().clear_bit());
        cache.modify(|_, w| w.dcrst().set_bit());
        cache.modify(|_, w| w.dcrst().clear_bit());
        cache.modify(|_, w| w.dcen().set_bit());
    }
}

/// Where an offset is, and the number of its sector.
fn place(offset: u32) -> (*const u8, u8) {
    #[cfg(feature = "key")]
    if let Some(offset) = offset.checked_sub(BOOT_REGION.start) {
        let (index, within) = (offset as usize / SECTOR, offset as usize % SECTOR);
        let start = (&raw const _boots_start).wrapping_add(index * BOOT_SECTOR);
        return (start.wrapping_add(within), (FIRST_BOOT_SECTOR + index) as u8);
    }
    let address = (&raw const _slots_start).wrapping_add(offset as usize);
    (address, (FIRST_OF_SIZE + (address.addr() - BASE) / SECTOR - 1) as u8)
}

/// Errors of the flash controller while it unlocks, erases or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipFlashError {
    /// It does not unlock before the next reset.
    Locked,
    /// It was busy for longer than any operation takes.
    Timeout,
    /// It was not set up for what was written.
    Programming,
    /// The sector is protected by the option bytes.
    WriteProtection,
}
