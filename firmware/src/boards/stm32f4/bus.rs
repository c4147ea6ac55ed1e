//! An I2C bus as its master, of which every wait has an end. The HAL's waits for ever where nothing holds the bus up, or a
//! chip holds it down.
//!
//! Source: ST, RM0090, *I2C master mode*.

use core::hint;
use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use hal::i2c::Mode;
use hal::pac::I2C1;
use hal::pac::i2c1::sr1;
use hal::prelude::*;
use hal::rcc::Rcc;
use stm32f4xx_hal as hal;

type Clock = <I2C1 as hal::gpio::alt::I2cCommon>::Scl;
type Data = <I2C1 as hal::gpio::alt::I2cCommon>::Sda;
/// Bits a second.
const BIT_RATE: u32 = 400_000;
/// How often to look before giving up: some ms at 16 MHz, and at least 0.3 at 168; a byte takes 0.03.
const PATIENCE: u32 = 10_000;
/// The bit of an address that says that the master reads.
const READ: u16 = 1;

/// The bus.
#[derive(Debug)]
pub struct Bus {
    i2c: I2C1,
}

impl Bus {
    /// The bus on two pins, whose external resistors hold it up.
    pub(in crate::boards) fn new(i2c: I2C1, pins: (impl Into<Clock>, impl Into<Data>), rcc: &mut Rcc) -> Self {
        let (i2c, _) = i2c.i2c(pins, Mode::fast(BIT_RATE.Hz(), hal::i2c::DutyCycle::Ratio2to1), rcc).release();
        Self { i2c }
    }

    /// Waits for a flag, but not for ever.
    fn wait(&self, flag: impl Fn(&sr1::R) -> bool) -> Result<(), ErrorKind> {
        for _ in 0..PATIENCE {
            let status = self.i2c.sr1().read();
            if status.af().bit_is_set() {
                return Err(ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown));
            }
            if status.arlo().bit_is_set() {
                return Err(ErrorKind::ArbitrationLoss);
            }
            if status.ovr().bit_is_set() {
                return Err(ErrorKind::Overrun);
            }
            if flag(&status) {
                return Ok(());
            }
            hint::spin_loop();
        }
        Err(ErrorKind::Bus)
    }

    #[allow(unsafe_code)]
    fn send(&self, byte: u16) {
        // SAFETY: the register takes any byte.
        self.i2c.dr().write(|w| unsafe { w.bits(byte) });
    }

    /// Begins to write to an address, or to read from it. The address's flag stays set, and with it the bus waits.
    fn begin(&self, address: u16) -> Result<(), ErrorKind> {
        self.i2c.cr1().modify(|_, w| w.start().set_bit().ack().set_bit());
        self.wait(|status| status.sb().bit_is_set())?;
        self.send(address);
        self.wait(|status| status.addr().bit_is_set()).map_err(|error| match error {
            ErrorKind::NoAcknowledge(_) => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address),
            error => error,
        })
    }

    /// Lets the bus go on: the second of the two reads that clear the address's flag.
    fn go_on(&self) {
        let _ = self.i2c.sr2().read();
    }

    fn write<'a>(&self, bytes: impl Iterator<Item = &'a u8>) -> Result<(), ErrorKind> {
        self.go_on();
        for &byte in bytes {
            self.send(byte.into());
            self.wait(|status| status.btf().bit_is_set())?;
        }
        Ok(())
    }

    /// Reads `count` bytes, of which the last is not acknowledged, and with which the transaction ends where it `is_last`.
    fn read<'a>(&self, bytes: impl Iterator<Item = &'a mut u8>, count: usize, is_last: bool) -> Result<(), ErrorKind> {
        // What becomes of a byte is decided before it arrives, of a first one before the bus goes on.
        if count == 1 {
            self.i2c.cr1().modify(|_, w| w.ack().clear_bit());
        }
        self.go_on();
        for (index, place) in (1..).zip(bytes) {
            if index == count {
                self.i2c.cr1().modify(|_, w| w.ack().clear_bit().stop().bit(is_last));
            }
            self.wait(|status| status.rx_ne().bit_is_set())?;
            *place = self.i2c.dr().read().bits() as u8;
        }
        Ok(())
    }

    fn converse(&self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        let address = u16::from(address) << 1;
        let is_read = |operation: &Operation<'_>| matches!(operation, Operation::Read(_));
        let mut left = operations.len();
        for run in operations.chunk_by_mut(|first, second| is_read(first) == is_read(second)) {
            left -= run.len();
            if run.iter().any(is_read) {
                let length =
                    |operation: &Operation<'_>| if let Operation::Read(part) = operation { part.len() } else { 0 };
                let count = run.iter().map(length).sum();
                if count == 0 {
                    // A byte that nobody wants cannot be read.
                    return Err(ErrorKind::Other);
                }
                self.begin(address | READ)?;
                let bytes = run.iter_mut().flat_map(|operation| match operation {
                    Operation::Read(part) => part.iter_mut(),
                    Operation::Write(_) => [].iter_mut(),
                });
                self.read(bytes, count, left == 0)?;
            } else {
                self.begin(address)?;
                self.write(run.iter().flat_map(|operation| match operation {
                    Operation::Write(part) => part.iter(),
                    Operation::Read(_) => [].iter(),
                }))?;
                if left == 0 {
                    self.stop();
                }
            }
        }
        Ok(())
    }

    fn stop(&self) {
        self.i2c.cr1().modify(|_, w| w.stop().set_bit());
    }

    /// Leaves the bus as a reset does, with its settings.
    #[allow(unsafe_code)]
    fn reset(&self) {
        let frequency = self.i2c.cr2().read().bits();
        let (clock, rise) = (self.i2c.ccr().read().bits(), self.i2c.trise().read().bits());
        self.i2c.cr1().write(|w| w.swrst().set_bit());
        self.i2c.cr1().write(|w| w.swrst().clear_bit());
        // SAFETY: these are the settings that it had.
        unsafe {
            self.i2c.cr2().write(|w| w.bits(frequency));
            self.i2c.ccr().write(|w| w.bits(clock));
            self.i2c.trise().write(|w| w.bits(rise));
        }
        self.i2c.cr1().write(|w| w.pe().set_bit());
    }
}

impl ErrorType for Bus {
    type Error = ErrorKind;
}

impl I2c for Bus {
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        let done = self.converse(address, operations);
        if done.is_err() {
            self.stop();
        }
        let stopped = (0..PATIENCE).any(|_| self.i2c.cr1().read().stop().bit_is_clear());
        if done.is_err() || !stopped {
            self.reset();
        }
        done
    }
}
