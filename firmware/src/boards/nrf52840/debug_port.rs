//! The debug port. From build code F on, the chip closes it at every reset unless both its configuration and the program open
//! it, and a closed one opens only by erasing all flash, saved weights included.
//!
//! Source: Nordic, *nRF52840 Product Specification*, "Debug and trace", APPROTECT.

use crate::boards::nvmc;
use cortex_m::peripheral::SCB;
use hal::pac::{FICR, NVMC, UICR};
use nrf52840_hal as hal;

/// Opens the port, in the words of `UICR.APPROTECT` and of `APPROTECT.DISABLE`.
const OPEN: u32 = 0x5A;
/// Value of an erased configuration word in `UICR`.
const ERASED: u32 = u32::MAX;
/// `APPROTECT.DISABLE`, which the register definitions of the HAL lack.
const DISABLE: *mut u32 = core::ptr::without_provenance_mut(0x4000_0558);

/// Keeps the port open, unless somebody closed it on purpose. May reset the chip once, for its configuration to count.
pub(super) fn keep_open(information: &FICR, configuration: &UICR, controller: &NVMC) {
    // Four letters, of which the third is the build code. On older chips the port is open.
    let [_, _, code, _] = information.info.variant.read().bits().to_be_bytes();
    if !(b'F'..=b'Z').contains(&code) {
        return;
    }
    if configuration.approtect.read().bits() == ERASED {
        controller.config.write(|w| w.wen().wen());
        // SAFETY: it is a word of the configuration that is erased, and the controller lets it be written.
        #[allow(unsafe_code)]
        configuration.approtect.write(|w| unsafe { w.bits(OPEN) });
        // The reset does not come before the controller is ready, or is given up.
        let _ = nvmc::wait();
        controller.config.write(|w| w.wen().ren());
        SCB::sys_reset();
    }
    if configuration.approtect.read().bits() == OPEN {
        // SAFETY: it is a register that has no effect but this.
        #[allow(unsafe_code)]
        unsafe {
            DISABLE.write_volatile(OPEN);
        }
    }
}
