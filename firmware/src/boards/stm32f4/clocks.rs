//! The clocks: from the crystal where it starts, else 16 MHz from the oscillator inside the chip.

use dense_protocol::messages::ClockSource;
use hal::pac::RCC;
use hal::prelude::*;
use hal::rcc::{Config, Rcc};
use stm32f4xx_hal as hal;

/// The crystal's frequency, from the machine's cargo configuration.
const CRYSTAL_HZ: u32 = match u32::from_str_radix(env!("CRYSTAL_HZ"), 10) {
    Ok(hz) => hz,
    Err(_) => panic!("CRYSTAL_HZ is not a number"),
};
/// What the phase-locked loop compares with, as its reference manual wants it.
const REFERENCE_HZ: u32 = 1_000_000;
/// How often to look before giving up: at least 100 ms at 16 MHz; a crystal takes 2 ms.
const PATIENCE: u32 = 400_000;

const _: () = assert!(CRYSTAL_HZ.is_multiple_of(REFERENCE_HZ), "CRYSTAL_HZ is not a multiple of 1 MHz");

/// Starts the clocks; the processor's has so many MHz where the crystal starts.
pub(in crate::boards) fn start(rcc: RCC, megahertz: u32) -> (Rcc, ClockSource) {
    if crystal_works(&rcc, megahertz) {
        (rcc.freeze(Config::hse(CRYSTAL_HZ.Hz()).sysclk(megahertz.MHz())), ClockSource::Crystal)
    } else {
        (rcc.freeze(Config::hsi()), ClockSource::Internal)
    }
}

/// Rehearses what [`RccExt::freeze`](hal::rcc::RccExt::freeze) does, which would wait for ever for a crystal that is
/// not there: whether the crystal starts and the loop locks on it. Leaves the crystal on where they do.
fn crystal_works(rcc: &RCC, megahertz: u32) -> bool {
    rcc.cr().modify(|_, w| w.hseon().set_bit());
    let works = wait(|| rcc.cr().read().hserdy().bit_is_set()) && {
        // SAFETY: twice the processor's clock is within the loop's limits, and nothing runs from it.
        #[allow(unsafe_code)]
        rcc.pllcfgr().modify(|_, w| unsafe {
            w.pllsrc().hse();
            w.pllm().bits((CRYSTAL_HZ / REFERENCE_HZ) as u8);
            w.plln().bits((2 * megahertz) as u16);
            w.pllp().div2()
        });
        rcc.cr().modify(|_, w| w.pllon().set_bit());
        let locks = wait(|| rcc.cr().read().pllrdy().bit_is_set());
        // It can only be set up anew when it is off.
        rcc.cr().modify(|_, w| w.pllon().clear_bit());
        locks && wait(|| rcc.cr().read().pllrdy().bit_is_clear())
    };
    if !works {
        rcc.cr().modify(|_, w| w.hseon().clear_bit());
    }
    works
}

/// Waits until `ready`, but not for ever.
fn wait(ready: impl Fn() -> bool) -> bool {
    (0..PATIENCE).any(|_| ready())
}
