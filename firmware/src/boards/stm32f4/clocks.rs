//! The clocks: from the crystal where it starts and has the frequency that it should, else 16 MHz from the oscillator inside
//! the chip.

use crate::boards::number;
use dense_protocol::messages::ClockSource;
use hal::pac::{RCC, TIM11};
use hal::prelude::*;
use hal::rcc::{Config, Rcc};
use stm32f4xx_hal as hal;

/// The crystal's frequency, from the machine's cargo configuration.
const CRYSTAL_HZ: u32 = number(env!("CRYSTAL_HZ"));
/// What the phase-locked loop and the timer are given, at least.
const REFERENCE_HZ: u32 = 1_000_000;
/// The crystal's frequency in that.
const DIVISOR: u8 = (CRYSTAL_HZ / REFERENCE_HZ) as u8;
/// How often to look before giving up: at least 100 ms at 16 MHz; a crystal takes 2 ms.
const PATIENCE: u32 = 400_000;
/// Periods of the reference that are timed, and how long they take in those of 16 MHz.
const PERIODS: u16 = 8;
const EXPECTED: u16 = PERIODS * 16;
/// The oscillator inside the chip is that far off, from -8 to 4.5 % over all temperatures, and a period of its own.
const TOLERANCE: u16 = EXPECTED / 10;

const _: () = assert!(
    CRYSTAL_HZ.is_multiple_of(REFERENCE_HZ) && CRYSTAL_HZ >= 4_000_000 && CRYSTAL_HZ <= 26_000_000,
    "CRYSTAL_HZ is not a multiple of 1 MHz from 4 to 26 MHz"
);

/// Starts the clocks; the processor's has so many MHz where the crystal works.
pub(in crate::boards) fn start(rcc: RCC, timer: TIM11, megahertz: u32) -> (Rcc, ClockSource) {
    leave_loop(&rcc);
    if crystal_works(&rcc, &timer, megahertz) {
        (rcc.freeze(Config::hse(CRYSTAL_HZ.Hz()).sysclk(megahertz.MHz())), ClockSource::Crystal)
    } else {
        (rcc.freeze(Config::hsi()), ClockSource::Internal)
    }
}

/// Makes the clock the oscillator inside the chip, as after a reset: what jumped here may have left the loop running, which
/// can only be set up anew when it is off.
fn leave_loop(rcc: &RCC) {
    rcc.cr().modify(|_, w| w.hsion().set_bit());
    if rcc.cfgr().read().sws().is_hsi() {
        return;
    }
    wait(|| rcc.cr().read().hsirdy().bit_is_set());
    rcc.cfgr().modify(|_, w| w.sw().hsi());
    wait(|| rcc.cfgr().read().sws().is_hsi());
    rcc.cfgr().reset();
    rcc.cr().modify(|_, w| w.pllon().clear_bit());
    wait(|| rcc.cr().read().pllrdy().bit_is_clear());
}

/// Rehearses what [`RccExt::freeze`](hal::rcc::RccExt::freeze) does, which would wait for ever for a crystal that is
/// not there: whether the crystal starts, with its frequency, and the loop locks on it. Leaves the crystal on where they do.
fn crystal_works(rcc: &RCC, timer: &TIM11, megahertz: u32) -> bool {
    rcc.cr().modify(|_, w| w.hseon().set_bit());
    let works = wait(|| rcc.cr().read().hserdy().bit_is_set()) && is_as_configured(rcc, timer) && {
        // SAFETY: twice the processor's clock is within the loop's limits, and nothing runs from it.
        #[allow(unsafe_code)]
        rcc.pllcfgr().modify(|_, w| unsafe {
            w.pllsrc().hse();
            w.pllm().bits(DIVISOR);
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

/// Whether the crystal has its frequency, by the timer that can see it, in periods of the oscillator inside the chip.
///
/// Source: ST, RM0090 and RM0383, *Internal/external clock measurement using TIM5 and TIM11*.
fn is_as_configured(rcc: &RCC, timer: &TIM11) -> bool {
    // SAFETY: the divisor is from 4 to 26, and 2 is the crystal's number among the timer's inputs.
    #[allow(unsafe_code)]
    unsafe {
        rcc.cfgr().modify(|_, w| w.rtcpre().bits(DIVISOR));
        rcc.apb2enr().modify(|_, w| w.tim11en().set_bit());
        // The timer needs a moment until it can be written to.
        let _ = rcc.apb2enr().read();
        timer.or().write(|w| w.rmp().bits(2));
        // Captures channel 1 at every eighth edge.
        timer.ccmr1_input().write(|w| w.cc1s().bits(1).ic1psc().bits(3));
    }
    timer.ccer().write(|w| w.cc1e().set_bit());
    timer.cr1().write(|w| w.cen().set_bit());
    let capture = || {
        // Reading what was captured also clears that something was.
        wait(|| timer.sr().read().cc1if().bit_is_set()).then(|| timer.ccr1().read().bits() as u16)
    };
    let measured = capture().zip(capture()).map(|(first, second)| second.wrapping_sub(first));
    rcc.apb2rstr().modify(|_, w| w.tim11rst().set_bit());
    rcc.apb2rstr().modify(|_, w| w.tim11rst().clear_bit());
    rcc.apb2enr().modify(|_, w| w.tim11en().clear_bit());
    measured.is_some_and(|measured| measured.abs_diff(EXPECTED) <= TOLERANCE)
}

/// Waits until `ready`, but not for ever.
fn wait(ready: impl Fn() -> bool) -> bool {
    (0..PATIENCE).any(|_| ready())
}
