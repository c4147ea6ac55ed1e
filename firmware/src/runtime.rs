//! What every board has around the application: faults, RAM, and the host where there is one.

pub mod faults;
pub mod host_flash;
pub mod ram;
pub mod semihosting;

use cortex_m::peripheral::{DCB, DWT};

/// Starts the cycle counter.
pub fn start_cycle_counter(dcb: &mut DCB, dwt: &mut DWT) {
    dcb.enable_trace();
    dwt.enable_cycle_counter();
}

/// Clock cycles since [`start_cycle_counter`], modulo 2³². Always 0 in QEMU, which has no such counter.
#[must_use]
pub fn cycles() -> u32 {
    DWT::cycle_count()
}
