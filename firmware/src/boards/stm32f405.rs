//! STM32F405 and F407: USART1 on PB6 (transmit) and PB7 (receive), an LED on PC1, weights in the last two sectors.

mod clocks;
mod flash;

pub use flash::Flash;

use super::{BAUD_RATE, cycle_counter};
use crate::runtime::semihosting;
use cortex_m::peripheral::{DCB, NVIC};
use cortex_m::{asm, interrupt};
use dense_protocol::messages::ClockSource;
use hal::gpio::PinState;
use hal::nb::{self, block};
use hal::pac::{self, Interrupt, USART1};
use hal::prelude::*;
use hal::serial::Event;
use stm32f4xx_hal as hal;

/// The status LED. On Adafruit's Feather STM32F405 it is the red one, lit by a high level.
pub type Led = hal::gpio::PC1<hal::gpio::Output>;

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
    pub const NAME: &str = "stm32f405";
    /// The addresses of all of [`Board::flash`].
    pub const FLASH_REGION: core::ops::Range<u32> = 0..flash::CAPACITY as u32;

    /// Starts the board; `None` where it was started before.
    #[must_use]
    pub fn start() -> Option<Self> {
        let mut core = cortex_m::Peripherals::take()?;
        let chip = pac::Peripherals::take()?;
        semihosting::connect();
        cycle_counter::start(&mut core.DCB, &mut core.DWT);

        let (mut rcc, clock_source) = clocks::start(chip.RCC);
        let port_b = chip.GPIOB.split(&mut rcc);
        let port_c = chip.GPIOC.split(&mut rcc);
        let pins = (port_b.pb6, port_b.pb7);
        let mut serial = chip.USART1.serial(pins, BAUD_RATE.bps(), &mut rcc).ok()?;
        serial.listen(Event::RxNotEmpty);
        interrupt::disable();
        // SAFETY: interrupts are masked; this one only ends a sleep.
        #[allow(unsafe_code)]
        unsafe {
            NVIC::unmask(Interrupt::USART1);
        }

        Some(Self {
            serial: Serial(serial),
            led: port_c.pc1.into_push_pull_output_in_state(PinState::High),
            flash: Flash::new(chip.FLASH),
            clock_hz: rcc.clocks.hclk().raw(),
            clock_source,
        })
    }
}

/// The line to the host.
pub struct Serial(hal::serial::Serial<USART1>);

impl Serial {
    /// Waits for the next byte. One that arrives broken is left out; the frame's checksum tells.
    ///
    /// At 16 MHz a byte takes 1389 clock cycles to arrive, much more than a caller needs to put it into a frame.
    pub fn read(&mut self) -> u8 {
        loop {
            NVIC::unpend(Interrupt::USART1);
            match self.0.read() {
                Ok(byte) => return byte,
                Err(nb::Error::WouldBlock) => sleep(),
                Err(nb::Error::Other(_)) => {}
            }
        }
    }

    /// Sends all of `bytes`; returns when the last has been handed to the transmitter.
    pub fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            // Transmitting cannot fail, only wait for the byte before.
            let _ = block!(self.0.write(byte));
        }
    }
}

/// Until a byte arrives, which wakes the processor although interrupts are masked. A probe cannot fetch logs from a chip
/// that sleeps, so it stays awake for one.
fn sleep() {
    if !DCB::is_debugger_attached() {
        asm::wfi();
    }
}
