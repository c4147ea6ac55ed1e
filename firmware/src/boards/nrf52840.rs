//! Nordic's nRF52840-DK: UARTE0 on P0.06 (transmit) and P0.08 (receive), which the debugger shows as a USB serial port,
//! LED 1 on P0.13, weights in the last 256 KB of flash, and lessons in the 32 KB before.

mod debug_port;

use super::nvmc::Pages;
use super::{BAUD_RATE, Board, Parts, cycle_counter};
use core::ops::Range;
use dense_protocol::messages::ClockSource;
use embedded_io::{ErrorKind, ErrorType, Read, Write};
use hal::gpio::{Level, Output, Pin, PushPull, p0};
use hal::pac::{self, CLOCK, TIMER0, UARTE0, WDT};
use hal::timer::{OneShot, Timer};
use hal::uarte::{self, Baudrate, Parity, Pins, Uarte};
use nrf52840_hal as hal;

/// Bytes for lessons.
const LESSON_BYTES: usize = 32 * 1024;
/// Bytes of them and of both slots.
const SAVE_END: usize = LESSON_BYTES + 256 * 1024;
/// Bytes of all, as the memory map has them.
const CAPACITY: usize = SAVE_END + 2 * PAGE;
/// Bytes of a page.
const PAGE: usize = 4 * 1024;
/// Clock frequency of the processor, which is fixed.
const CLOCK_HZ: u32 = 64_000_000;

/// How often to look for the crystal before giving up: at least 60 ms; it takes 0.4 ms.
const PATIENCE: u32 = 1_000_000;

/// Reload request value of the watchdog, for its registers `RR`.
const WATCHDOG_FEED: u32 = 0x6E52_4635;
/// Microseconds until the wait for a byte begins anew, so that the watchdog is fed.
const LONGEST_WAIT: u32 = 1_000_000;

/// The rates of the chip that hosts have, too.
const BAUD: Baudrate = match BAUD_RATE {
    115_200 => Baudrate::BAUD115200,
    230_400 => Baudrate::BAUD230400,
    250_000 => Baudrate::BAUD250000,
    460_800 => Baudrate::BAUD460800,
    921_600 => Baudrate::BAUD921600,
    1_000_000 => Baudrate::BAUD1M,
    _ => panic!("BAUD is none of 115200, 230400, 250000, 460800, 921600 and 1000000"),
};

/// The board.
#[derive(Debug)]
pub struct Nrf52840Dk;

impl Board for Nrf52840Dk {
    const NAME: &'static str = "nrf52840-dk";
    const FLASH_REGION: Range<u32> = LESSON_BYTES as u32..SAVE_END as u32;
    const LESSON_REGION: Range<u32> = 0..LESSON_BYTES as u32;
    const BOOT_REGION: Range<u32> = SAVE_END as u32..CAPACITY as u32;
    type Serial = Line;
    /// Lit by a low level.
    type Led = Pin<Output<PushPull>>;
    type Flash = Pages<CAPACITY, PAGE>;

    fn start() -> Result<Parts<Self>, &'static str> {
        let (Some(mut core), Some(chip)) = (cortex_m::Peripherals::take(), pac::Peripherals::take()) else {
            return Err("the board was started before");
        };
        cycle_counter::start(&mut core.DCB, &mut core.DWT);
        debug_port::keep_open(&chip.FICR, &chip.UICR, &chip.NVMC);
        chip.NVMC.icachecnf.write(|w| w.cacheen().enabled());

        let clock_source = if crystal_starts(&chip.CLOCK) { ClockSource::Crystal } else { ClockSource::Internal };
        start_watchdog(&chip.WDT);
        let port = p0::Parts::new(chip.P0);
        let pins = Pins {
            txd: port.p0_06.into_push_pull_output(Level::High).degrade(),
            rxd: port.p0_08.into_floating_input().degrade(),
            cts: None,
            rts: None,
        };
        Ok(Parts {
            serial: Line {
                uarte: Uarte::new(chip.UARTE0, pins, Parity::EXCLUDED, BAUD),
                timer: Timer::new(chip.TIMER0),
            },
            led: port.p0_13.into_push_pull_output(Level::Low).degrade(),
            flash: Pages::new(),
            clock_hz: CLOCK_HZ,
            clock_source,
        })
    }

    fn cycles() -> u32 {
        cycle_counter::cycles()
    }

    fn feed_watchdog() {
        // SAFETY: a single write, of what the register takes at any time.
        #[allow(unsafe_code)]
        unsafe {
            (*WDT::ptr()).rr[0].write(|w| w.bits(WATCHDOG_FEED));
        }
    }
}

/// Starts the watchdog, which resets the chip where it was not fed for 32 s.
fn start_watchdog(watchdog: &WDT) {
    watchdog.config.write(|w| w.sleep().run().halt().pause());
    // SAFETY: the registers take any number; 1 starts the task.
    #[allow(unsafe_code)]
    unsafe {
        watchdog.crv.write(|w| w.bits(32 * 32_768));
        watchdog.rren.write(|w| w.bits(1));
        watchdog.tasks_start.write(|w| w.bits(1));
    }
}

/// Starts the crystal and says whether it did. The processor starts on the internal oscillator, and the chip itself changes to
/// the crystal.
fn crystal_starts(clock: &CLOCK) -> bool {
    // SAFETY: 1 starts the task.
    #[allow(unsafe_code)]
    clock.tasks_hfclkstart.write(|w| unsafe { w.bits(1) });
    (0..PATIENCE).any(|_| clock.events_hfclkstarted.read().bits() == 1)
}

/// The line to the host. The chip keeps up to four bytes that were not fetched.
pub struct Line {
    uarte: Uarte<UARTE0>,
    timer: Timer<TIMER0, OneShot>,
}

impl ErrorType for Line {
    type Error = ErrorKind;
}

impl Read for Line {
    /// Reads one byte.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        let Some(place) = bytes.get_mut(..1) else { return Ok(0) };
        loop {
            match self.uarte.read_timeout(place, &mut self.timer, LONGEST_WAIT) {
                Ok(()) => return Ok(1),
                Err(uarte::Error::Timeout(_)) => Nrf52840Dk::feed_watchdog(),
                Err(_) => return Err(ErrorKind::Other),
            }
        }
    }
}

impl Write for Line {
    /// Sends all of `bytes`, which must be in RAM.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.uarte.write(bytes).map_err(|_| ErrorKind::Other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}
