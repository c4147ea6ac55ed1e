//! The serial line to the host, by the traits of `embedded-io`.

use crate::{Model, Samples, Session};
use core::hint;
use embedded_hal_nb::nb::{self, block};
use embedded_hal_nb::serial;
use embedded_io::{ErrorKind, ErrorType, Read, Write};
use embedded_storage::nor_flash::NorFlash;

/// Answers the requests on `line`, and calls `answered` after each. Returns when the line ends, which a UART does not.
///
/// A byte that cannot be read is left out, and an answer that cannot be sent is given up: the checksum of the frame tells,
/// and the host asks again.
pub fn serve<M: Model, F: NorFlash, S: Samples, const REQUEST: usize, const ANSWER: usize>(
    session: &mut Session<'_, M, F, REQUEST, ANSWER, S>,
    line: &mut (impl Read + Write),
    mut answered: impl FnMut(),
) {
    loop {
        let mut bytes = [0];
        match line.read(&mut bytes) {
            Ok(0) => return,
            Ok(_) => {}
            Err(_) => continue,
        }
        let [byte] = bytes;
        if let Some(answer) = session.receive(byte) {
            send(line, answer);
            answered();
        }
    }
}

/// Answers the requests that have arrived on `line`, for a program that has other work: returns whether a byte had arrived,
/// without waiting for more. Calls `answered` after each.
pub fn serve_received<M: Model, F: NorFlash, S: Samples, const REQUEST: usize, const ANSWER: usize>(
    session: &mut Session<'_, M, F, REQUEST, ANSWER, S>,
    line: &mut Blocking<impl serial::Read<u8> + serial::Write<u8>>,
    mut answered: impl FnMut(),
) -> bool {
    let mut received = false;
    loop {
        let byte = match line.serial.read() {
            Ok(byte) => byte,
            Err(nb::Error::WouldBlock) => return received,
            // A byte that was lost is also a sign that the host is sending.
            Err(nb::Error::Other(_)) => return true,
        };
        received = true;
        if let Some(answer) = session.receive(byte) {
            send(line, answer);
            answered();
        }
    }
}

/// Sends all of `bytes`, as far as `line` takes them. The trait's `write_all` panics where a line takes none.
fn send(line: &mut impl Write, mut bytes: &[u8]) {
    while let Ok(sent @ 1..) = line.write(bytes) {
        bytes = bytes.get(sent..).unwrap_or_default();
        if bytes.is_empty() {
            // Whether the last bytes arrive, the host sees.
            let _ = line.flush();
            return;
        }
    }
}

/// A serial port with the traits of `embedded-hal-nb`, which do not wait, as one with those of `embedded-io`, which do.
#[derive(Debug)]
pub struct Blocking<S> {
    serial: S,
    idle: fn(),
}

impl<S> Blocking<S> {
    /// Waits by looking again at once.
    pub const fn new(serial: S) -> Self {
        Self { serial, idle: hint::spin_loop }
    }

    /// The same with `idle` called as long as there is no byte to read; it may sleep until there is one.
    #[must_use]
    pub fn with_idle(self, idle: fn()) -> Self {
        Self { idle, ..self }
    }
}

impl<S> ErrorType for Blocking<S> {
    type Error = ErrorKind;
}

impl<S: serial::Read<u8>> Read for Blocking<S> {
    /// Reads one byte.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        let Some(place) = bytes.first_mut() else { return Ok(0) };
        loop {
            match self.serial.read() {
                Ok(byte) => {
                    *place = byte;
                    return Ok(1);
                }
                Err(nb::Error::WouldBlock) => (self.idle)(),
                Err(nb::Error::Other(_)) => return Err(ErrorKind::Other),
            }
        }
    }
}

impl<S: serial::Write<u8>> Write for Blocking<S> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        for &byte in bytes {
            block!(self.serial.write(byte)).map_err(|_| ErrorKind::Other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        block!(self.serial.flush()).map_err(|_| ErrorKind::Other)
    }
}
