//! Nordic's nRF52840-DK: UARTE0 on P0.06 (transmit) and P0.08 (receive), which the debugger shows as a USB serial port,
//! LED 1 on P0.13, and weights in the last 256 KB of flash.

use super::{BAUD_RATE, cycle_counter};
use crate::runtime::semihosting;
use dense_protocol::messages::ClockSource;
use hal::clocks::Clocks;
use hal::gpio::{Level, Output, Pin, PushPull, p0};
use hal::nvmc::Nvmc;
use hal::pac::{self, NVMC, UARTE0};
use hal::uarte::{Baudrate, Parity, Pins, Uarte};
use nrf52840_hal as hal;

/// The status LED, lit by a low level.
pub type Led = Pin<Output<PushPull>>;

/// Where weights are kept: flash in pages of 4 KB.
pub type Flash = Nvmc<NVMC>;

/// Bytes of both slots, as the memory map has them.
const CAPACITY: usize = 256 * 1024;
/// What the processor runs at, always.
const CLOCK_HZ: u32 = 64_000_000;

const _: () = assert!(BAUD_RATE == 115_200, "the chip's baud rates are an enumeration");

#[allow(unsafe_code)]
unsafe extern "C" {
    /// The first byte of the slots.
    static mut _slots_start: [u8; CAPACITY];
}

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
    pub const NAME: &str = "nrf52840-dk";
    /// The addresses of all of [`Board::flash`].
    pub const FLASH_REGION: core::ops::Range<u32> = 0..CAPACITY as u32;

    /// Starts the board; `None` where it was started before.
    #[must_use]
    pub fn start() -> Option<Self> {
        let mut core = cortex_m::Peripherals::take()?;
        let chip = pac::Peripherals::take()?;
        semihosting::connect();
        cycle_counter::start(&mut core.DCB, &mut core.DWT);

        // The processor starts on the internal oscillator, and the chip itself changes to the crystal.
        Clocks::new(chip.CLOCK).enable_ext_hfosc();
        let port = p0::Parts::new(chip.P0);
        let pins = Pins {
            txd: port.p0_06.into_push_pull_output(Level::High).degrade(),
            rxd: port.p0_08.into_floating_input().degrade(),
            cts: None,
            rts: None,
        };
        // SAFETY: the memory map keeps these bytes for this, and this is the only reference to them, made once.
        #[allow(unsafe_code)]
        let slots = unsafe { (&raw mut _slots_start).as_mut() }?;

        Some(Self {
            serial: Serial(Uarte::new(chip.UARTE0, pins, Parity::EXCLUDED, Baudrate::BAUD115200)),
            led: port.p0_13.into_push_pull_output(Level::Low).degrade(),
            flash: Nvmc::new(chip.NVMC, slots),
            clock_hz: CLOCK_HZ,
            clock_source: ClockSource::Crystal,
        })
    }
}

/// The line to the host.
pub struct Serial(Uarte<UARTE0>);

impl Serial {
    /// Waits for the next byte. One that arrives broken is left out; the frame's checksum tells. The chip keeps up to six
    /// that were not fetched.
    pub fn read(&mut self) -> u8 {
        let mut byte = [0];
        loop {
            if self.0.read(&mut byte).is_ok() {
                let [byte] = byte;
                return byte;
            }
        }
    }

    /// Sends all of `bytes`, which must be in RAM, and returns when they are sent.
    pub fn write(&mut self, bytes: &[u8]) {
        // Where the chip stops in the middle, the host asks again.
        let _ = self.0.write(bytes);
    }
}
