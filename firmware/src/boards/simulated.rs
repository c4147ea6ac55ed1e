//! A machine that only QEMU has: the serial line is the host's console, weights are kept in the host's file, and there is
//! neither a clock nor an LED.

use super::{Board, Parts};
use crate::runtime::host_flash::HostFlash;
use crate::runtime::semihosting;
use core::convert::Infallible;
use core::ops::Range;
use dense_protocol::messages::ClockSource;
use embedded_hal::digital::{ErrorType, OutputPin, StatefulOutputPin};
use embedded_io::{self as io, ErrorKind, Read, Write};

/// Bytes for one save, for one half of the lessons, and for one half of the numbers of starts.
const SECTOR: usize = 128 * 1024;
const CAPACITY: usize = 6 * SECTOR;

type Flash = HostFlash<CAPACITY, SECTOR>;

/// The machine.
#[derive(Debug)]
pub struct Simulated;

impl Board for Simulated {
    const NAME: &'static str = env!("MEMORY");
    const FLASH_REGION: Range<u32> = 2 * SECTOR as u32..4 * SECTOR as u32;
    const LESSON_REGION: Range<u32> = 0..2 * SECTOR as u32;
    const BOOT_REGION: Range<u32> = 4 * SECTOR as u32..CAPACITY as u32;
    type Serial = Console;
    type Led = Led;
    type Flash = Flash;

    fn start() -> Result<Parts<Self>, &'static str> {
        let flash = Flash::open().map_err(|_| "the host has no file for the weights")?;
        Ok(Parts { serial: Console, led: Led(true), flash, clock_hz: 0, clock_source: ClockSource::Internal })
    }
}

/// The line to the host: its console.
#[derive(Debug)]
pub struct Console;

impl io::ErrorType for Console {
    type Error = ErrorKind;
}

impl Read for Console {
    /// Reads one byte.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        let Some(place) = bytes.first_mut() else { return Ok(0) };
        *place = semihosting::read_byte();
        Ok(1)
    }
}

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        semihosting::write_bytes(bytes).map_err(|_| ErrorKind::Other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// A light that nobody sees.
#[derive(Debug)]
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
