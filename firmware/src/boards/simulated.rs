//! A machine that only QEMU has: the serial line is the host's console, weights are kept in the host's file, and there is
//! neither a clock nor an LED.

use crate::runtime::host_flash::HostFlash;
use crate::runtime::semihosting;
use core::convert::Infallible;
use dense_protocol::messages::ClockSource;
use embedded_hal::digital::{ErrorType, OutputPin, StatefulOutputPin};

/// Bytes for one save.
const SECTOR: usize = 128 * 1024;
/// Bytes of both.
const CAPACITY: usize = 2 * SECTOR;

/// Where weights are kept.
pub type Flash = HostFlash<CAPACITY, SECTOR>;

/// What there is on the board.
pub struct Board {
    /// The line to the host.
    pub serial: Serial,
    /// The status LED.
    pub led: Led,
    /// Where weights are kept.
    pub flash: Flash,
    /// Clock cycles a second.
    pub clock_hz: u32,
    /// What the clock follows.
    pub clock_source: ClockSource,
}

impl Board {
    /// Its name.
    pub const NAME: &str = env!("MEMORY");
    /// The addresses of all of [`Board::flash`].
    pub const FLASH_REGION: core::ops::Range<u32> = 0..CAPACITY as u32;

    /// Starts the board; `None` where the host has no file for the weights.
    #[must_use]
    pub fn start() -> Option<Self> {
        semihosting::connect();
        let flash = Flash::open().ok()?;
        Some(Self { serial: Serial, led: Led(true), flash, clock_hz: 0, clock_source: ClockSource::Internal })
    }
}

/// Clock cycles: there is no counter, so always 0.
#[must_use]
pub fn cycles() -> u32 {
    0
}

/// The line to the host.
pub struct Serial;

impl Serial {
    /// Waits for the next byte.
    pub fn read(&mut self) -> u8 {
        semihosting::read_byte()
    }

    /// Sends all of `bytes`.
    pub fn write(&mut self, bytes: &[u8]) {
        // Where the host has gone, nobody waits for the answer.
        let _ = semihosting::write_bytes(bytes);
    }
}

/// A light that nobody sees.
pub struct Led(bool);

impl ErrorType for Led {
    type Error = Infallible;
}

impl OutputPin for Led {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0 = false;
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0 = true;
        Ok(())
    }
}

impl StatefulOutputPin for Led {
    fn is_set_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.0)
    }

    fn is_set_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.0)
    }
}
