//! The micro:bit's serial line, 115200 8N1: P0.24 transmits and P0.25 receives, which the debugger shows as a USB serial
//! port.
//!
//! Without a HAL, because the nRF51's sends a byte before the transmitter has started, for which QEMU waits for ever.

use nrf51_pac::{Peripherals, UART0};

const TRANSMIT: usize = 24;
const RECEIVE: usize = 25;

/// The line to the host.
pub(crate) struct Serial(UART0);

impl Serial {
    /// Starts the line; `None` where it was started before.
    #[allow(unsafe_code)]
    pub(crate) fn start() -> Option<Self> {
        let chip = Peripherals::take()?;
        // The processor starts on the internal oscillator, and the chip itself changes to the crystal.
        // SAFETY: writing 1 is how any task is started.
        chip.CLOCK.tasks_hfclkstart.write(|w| unsafe { w.bits(1) });
        chip.GPIO.outset.write(|w| w.pin24().set());
        chip.GPIO.pin_cnf[TRANSMIT].write(|w| w.dir().output());
        chip.GPIO.pin_cnf[RECEIVE].write(|w| w.dir().input().input().connect());
        let uart = chip.UART0;
        // SAFETY: these are numbers of pins, and no other peripheral has them.
        unsafe {
            uart.pseltxd.write(|w| w.bits(TRANSMIT as u32));
            uart.pselrxd.write(|w| w.bits(RECEIVE as u32));
        }
        uart.baudrate.write(|w| w.baudrate().baud115200());
        uart.enable.write(|w| w.enable().enabled());
        // SAFETY: as above.
        unsafe {
            uart.tasks_starttx.write(|w| w.bits(1));
            uart.tasks_startrx.write(|w| w.bits(1));
        }
        Some(Self(uart))
    }

    /// Waits for the next byte. The chip keeps up to six that were not fetched.
    pub(crate) fn read(&mut self) -> u8 {
        while self.0.events_rxdrdy.read().bits() == 0 {}
        self.0.events_rxdrdy.reset();
        self.0.rxd.read().rxd().bits()
    }

    /// Sends all of `bytes` and returns when they are sent.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            // SAFETY: any byte can be sent.
            #[allow(unsafe_code)]
            self.0.txd.write(|w| unsafe { w.txd().bits(byte) });
            while self.0.events_txdrdy.read().bits() == 0 {}
            self.0.events_txdrdy.reset();
        }
    }
}
