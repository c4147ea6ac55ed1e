//! Raspberry Pi Pico 2: UART0 on GP0 (transmit) and GP1 (receive), the LED on GP25. It learns but does not save: the HAL
//! has no driver for the external flash, and the program runs from it.

use super::{BAUD_RATE, cycle_counter};
use crate::runtime::semihosting;
use dense_protocol::messages::ClockSource;
use embedded_storage::nor_flash::{ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};
use hal::clocks::init_clocks_and_plls;
use hal::fugit::RateExtU32;
use hal::gpio::bank0::{Gpio0, Gpio1, Gpio25};
use hal::gpio::{FunctionSioOutput, FunctionUart, Pin, PinState, Pins, PullDown};
use hal::pac::{self, UART0};
use hal::uart::{DataBits, Enabled, StopBits, UartConfig, UartPeripheral};
use hal::{Clock, Sio, Watchdog};
use rp235x_hal as hal;

/// Tells the boot ROM that this is a program to be started.
// SAFETY: the memory map has that section where the boot ROM looks, and the block is one that it knows.
#[allow(unsafe_code)]
#[unsafe(link_section = ".start_block")]
#[used]
static IMAGE_DEFINITION: hal::block::ImageDef = hal::block::ImageDef::secure_exe();

/// The crystal on the board.
const CRYSTAL_HZ: u32 = 12_000_000;
/// Bytes of both slots, as the memory map has them.
const CAPACITY: usize = 256 * 1024;

/// The status LED, lit by a high level.
pub type Led = Pin<Gpio25, FunctionSioOutput, PullDown>;

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
    pub const NAME: &str = "pico2";
    /// The addresses of all of [`Board::flash`].
    pub const FLASH_REGION: core::ops::Range<u32> = 0..CAPACITY as u32;

    /// Starts the board; `None` where it was started before, or its clocks do not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        let mut core = cortex_m::Peripherals::take()?;
        let mut chip = pac::Peripherals::take()?;
        semihosting::connect();
        cycle_counter::start(&mut core.DCB, &mut core.DWT);

        let mut watchdog = Watchdog::new(chip.WATCHDOG);
        let (clocks_of_chip, resets) = (chip.CLOCKS, &mut chip.RESETS);
        let clocks = init_clocks_and_plls(
            CRYSTAL_HZ,
            chip.XOSC,
            clocks_of_chip,
            chip.PLL_SYS,
            chip.PLL_USB,
            resets,
            &mut watchdog,
        )
        .ok()?;
        let pins = Pins::new(chip.IO_BANK0, chip.PADS_BANK0, Sio::new(chip.SIO).gpio_bank0, resets);
        let line = (pins.gpio0.into_function(), pins.gpio1.into_function());
        let config = UartConfig::new(BAUD_RATE.Hz(), DataBits::Eight, None, StopBits::One);
        let uart = UartPeripheral::new(chip.UART0, line, resets).enable(config, clocks.peripheral_clock.freq()).ok()?;

        Some(Self {
            serial: Serial(uart),
            led: pins.gpio25.into_push_pull_output_in_state(PinState::High),
            flash: Flash,
            clock_hz: clocks.system_clock.freq().to_Hz(),
            clock_source: ClockSource::Crystal,
        })
    }
}

type Line = (Pin<Gpio0, FunctionUart, PullDown>, Pin<Gpio1, FunctionUart, PullDown>);

/// The line to the host.
pub struct Serial(UartPeripheral<Enabled, UART0, Line>);

impl Serial {
    /// Waits for the next byte. One that arrives broken is left out; the frame's checksum tells. The chip keeps 32 that
    /// were not fetched.
    pub fn read(&mut self) -> u8 {
        let mut byte = [0];
        loop {
            if self.0.read_full_blocking(&mut byte).is_ok() {
                let [byte] = byte;
                return byte;
            }
        }
    }

    /// Sends all of `bytes`; returns when the last has been handed to the transmitter.
    pub fn write(&mut self, bytes: &[u8]) {
        self.0.write_full_blocking(bytes);
    }
}

/// No flash: everything that it is asked fails, so that a save is refused.
#[derive(Debug)]
pub struct Flash;

impl ErrorType for Flash {
    type Error = NoFlash;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, _offset: u32, _bytes: &mut [u8]) -> Result<(), NoFlash> {
        Err(NoFlash)
    }

    fn capacity(&self) -> usize {
        CAPACITY
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = 4096;

    fn erase(&mut self, _from: u32, _to: u32) -> Result<(), NoFlash> {
        Err(NoFlash)
    }

    fn write(&mut self, _offset: u32, _bytes: &[u8]) -> Result<(), NoFlash> {
        Err(NoFlash)
    }
}

/// There is none.
#[derive(Debug)]
pub struct NoFlash;

impl NorFlashError for NoFlash {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}
