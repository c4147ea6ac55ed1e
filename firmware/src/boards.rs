//! The boards. Each is a type that implements [`Board`], and the machine's cargo configuration, `machines/<machine>.toml`,
//! selects one of them by the cfg `board`.

use crate::runtime;
use core::convert::Infallible;
use core::ops::Range;
use dense_protocol::messages::ClockSource;
use embedded_hal::digital::StatefulOutputPin;
use embedded_io::{Read, Write};
use embedded_storage::nor_flash::NorFlash;

// Neither QEMU nor a Cortex-M0 has one.
#[cfg(not(any(board = "nrf51", board = "rp2040", board = "simulated")))]
mod cycle_counter;
#[cfg(any(board = "nrf51", board = "simulated"))]
mod host;
#[cfg(board = "nrf51")]
mod nrf51;
#[cfg(board = "nrf52840")]
mod nrf52840;
#[cfg(any(board = "nrf51", board = "nrf52840"))]
mod nvmc;
#[cfg(any(board = "rp2040", board = "rp2350"))]
mod pico_flash;
#[cfg(board = "rp2040")]
mod rp2040;
#[cfg(board = "rp2350")]
mod rp2350;
#[cfg(board = "simulated")]
mod simulated;
#[cfg(any(board = "stm32f405", board = "stm32f411"))]
mod stm32f4;
#[cfg(board = "stm32f405")]
mod stm32f405;
#[cfg(board = "stm32f411")]
mod stm32f411;

#[cfg(board = "nrf51")]
pub use nrf51::Microbit as Selected;
#[cfg(board = "nrf52840")]
pub use nrf52840::Nrf52840Dk as Selected;
#[cfg(board = "rp2040")]
pub use rp2040::Pico as Selected;
#[cfg(board = "rp2350")]
pub use rp2350::Pico2 as Selected;
#[cfg(board = "simulated")]
pub use simulated::Simulated as Selected;
#[cfg(board = "stm32f405")]
pub use stm32f4::bus::Bus;
#[cfg(board = "stm32f405")]
pub use stm32f405::{Microseconds, Stm32f405 as Selected};
#[cfg(board = "stm32f411")]
pub use stm32f411::Stm32f411 as Selected;

/// Bits a second on the serial line, each byte framed by one start and one stop bit, without parity; from the machine's
/// cargo configuration.
#[cfg(not(any(board = "nrf51", board = "simulated")))]
const BAUD_RATE: u32 = number(env!("BAUD"));

/// A number of the machine's cargo configuration.
#[cfg(not(any(board = "nrf51", board = "simulated")))]
const fn number(text: &str) -> u32 {
    match u32::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => panic!("the machine's configuration has something else where a number is wanted"),
    }
}

/// A board.
pub trait Board {
    /// Its name.
    const NAME: &'static str;
    /// The addresses in its flash for saved weights; none where it has no flash.
    const FLASH_REGION: Range<u32>;
    /// Those for lessons; none where it has no room.
    const LESSON_REGION: Range<u32> = 0..0;
    /// Those for the numbers of starts, two sectors, on a device with a key; none where it has no room.
    const BOOT_REGION: Range<u32> = 0..0;
    /// The line to the host.
    type Serial: Read + Write;
    /// The status LED.
    type Led: StatefulOutputPin<Error = Infallible>;
    /// Where weights are kept.
    type Flash: NorFlash;

    /// Starts it. To be called once.
    ///
    /// # Errors
    /// A message, where a part does not start or the board was started before.
    fn start() -> Result<Parts<Self>, &'static str>;

    /// Feeds the watchdog, which resets a board that does not end a request; nothing where there is none.
    fn feed_watchdog() {}

    /// Clock cycles since the start, modulo 2³²; always 0 where there is no counter.
    #[must_use]
    fn cycles() -> u32 {
        0
    }
}

/// Peripherals of a started board, and its clock.
#[derive(Debug)]
pub struct Parts<B: Board + ?Sized> {
    /// The line to the host.
    pub serial: B::Serial,
    /// The status LED.
    pub led: B::Led,
    /// Where weights are kept.
    pub flash: B::Flash,
    /// Clock cycles a second.
    pub clock_hz: u32,
    /// Source of the clock: crystal, internal oscillator or host.
    pub clock_source: ClockSource,
}

/// The selected board, started. To be called once.
///
/// # Panics
/// Where something does not start: then there is nobody to report an error to but the probe.
#[must_use]
pub fn start() -> Parts<Selected> {
    runtime::start();
    Selected::start().unwrap_or_else(|cause| panic!("{cause}"))
}

/// The same with the bus of a sensor and a clock.
///
/// # Panics
/// As [`start`].
#[cfg(board = "stm32f405")]
#[must_use]
pub fn start_with_bus() -> (Parts<Selected>, Bus, Microseconds) {
    runtime::start();
    Selected::start_with_bus().unwrap_or_else(|cause| panic!("{cause}"))
}
