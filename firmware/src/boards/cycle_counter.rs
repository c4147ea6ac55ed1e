//! The counter of clock cycles that Cortex-M has from M3 on.

use cortex_m::peripheral::{DCB, DWT};

/// Starts it.
pub(super) fn start(dcb: &mut DCB, dwt: &mut DWT) {
    dcb.enable_trace();
    dwt.enable_cycle_counter();
}

/// Clock cycles since the board was started, modulo 2³². Always 0 in QEMU, which has no such counter.
#[must_use]
pub(super) fn cycles() -> u32 {
    DWT::cycle_count()
}
