//! The independent watchdog, which resets the chip where it was not fed for 32 s, by an oscillator of its own of 17 to 47 kHz:
//! 22 s at least, more than the longest request takes, a reset that erases four sectors.
//!
//! Source: ST, RM0090 and RM0383, *Independent watchdog*.

use hal::pac::IWDG;
use stm32f4xx_hal as hal;

/// Keys for the register `IWDG_KR`: to feed the watchdog, to unlock its settings, and to start it.
const FEED: u16 = 0xAAAA;
const UNLOCK: u16 = 0x5555;
const START: u16 = 0xCCCC;
/// Divides the oscillator by 256.
const PRESCALER: u16 = 6;
/// Reload value of the down-counter: the maximum.
const RELOAD: u16 = 0xFFF;

/// Starts it. Nothing but a reset stops it.
#[allow(unsafe_code)]
pub(super) fn start(watchdog: &IWDG) {
    // SAFETY: the registers take these numbers.
    unsafe {
        watchdog.kr().write(|w| w.bits(START));
        watchdog.kr().write(|w| w.bits(UNLOCK));
        watchdog.pr().write(|w| w.bits(PRESCALER));
        watchdog.rlr().write(|w| w.bits(RELOAD));
    }
    feed();
}

/// Feeds it.
#[allow(unsafe_code)]
pub(in crate::boards) fn feed() {
    // SAFETY: a single write, of what the register takes at any time.
    unsafe {
        (*IWDG::ptr()).kr().write(|w| w.bits(FEED));
    }
}
