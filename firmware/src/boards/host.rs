//! Peripherals of machines that exist only in QEMU: the host's console as the line, and an LED in software.

use crate::runtime::semihosting;
use core::convert::Infallible;
use embedded_hal::digital::{ErrorType, OutputPin, StatefulOutputPin};
use embedded_io::{self as io, ErrorKind, Read, Write};

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

impl Led {
    pub(super) const LIT: Self = Self(true);
}

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
