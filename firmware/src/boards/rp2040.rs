//! Raspberry Pi Pico: UART0 on GP0 (transmit) and GP1 (receive), the LED on GP25. Lessons, saved
//! weights and the numbers of starts are in the last 392 KB of the external flash.

use super::pico_flash::{self, Sectors};
use super::{BAUD_RATE, Board, Parts};
use core::ops::Range;
use dense_device::Blocking;
use dense_protocol::messages::ClockSource;
use hal::clocks::init_clocks_and_plls;
use hal::fugit::{ExtU32, RateExtU32};
use hal::gpio::bank0::{Gpio0, Gpio1, Gpio25};
use hal::gpio::{FunctionSioOutput, FunctionUart, Pin, PinState, Pins, PullDown, PullNone, PullUp};
use hal::pac::{Peripherals, UART0, WATCHDOG, XOSC};
use hal::uart::{DataBits, Enabled, StopBits, UartConfig, UartPeripheral};
use hal::xosc::CrystalOscillator;
use hal::{Clock, Sio, Watchdog};
use rp2040_hal as hal;

/// Second-stage bootloader, which the boot ROM starts to set up the external flash for the program.
// SAFETY: the memory map has that section where the boot ROM looks, and this is for the Pico's flash.
#[allow(unsafe_code)]
#[unsafe(link_section = ".boot2")]
#[used]
static SECOND_STAGE: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

/// The crystal on the board.
const CRYSTAL_HZ: u32 = 12_000_000;
/// How often to look for the crystal before giving up: at least 300 ms by the oscillator that the chip starts with. It takes some ms.
const PATIENCE: u32 = 1_000_000;

/// Load value of the watchdog, the maximum: 8.3 s. The counter goes down by two a microsecond (RP2040-E1).
const WATCHDOG_LOAD: u32 = 0xFF_FFFF;
/// The line to the host. The chip keeps 32 bytes that were not fetched. A pull-up keeps the pin that receives at rest where
/// nothing is connected.
type Line =
    Blocking<UartPeripheral<Enabled, UART0, (Pin<Gpio0, FunctionUart, PullNone>, Pin<Gpio1, FunctionUart, PullUp>)>>;

/// The board.
#[derive(Debug)]
pub struct Pico;

impl Board for Pico {
    const NAME: &'static str = "pico";
    const FLASH_REGION: Range<u32> = pico_flash::SAVE_REGION;
    const LESSON_REGION: Range<u32> = pico_flash::LESSON_REGION;
    const BOOT_REGION: Range<u32> = pico_flash::BOOT_REGION;
    type Serial = Line;
    /// Lit by a high level.
    type Led = Pin<Gpio25, FunctionSioOutput, PullDown>;
    type Flash = Sectors;

    fn start() -> Result<Parts<Self>, &'static str> {
        let chip = Peripherals::take().ok_or("the board was started before")?;
        let (mut resets, mut watchdog) = (chip.RESETS, Watchdog::new(chip.WATCHDOG));
        let clocks = init_clocks_and_plls(
            CRYSTAL_HZ,
            start_crystal(chip.XOSC)?,
            chip.CLOCKS,
            chip.PLL_SYS,
            chip.PLL_USB,
            &mut resets,
            &mut watchdog,
        )
        .map_err(|_| "the clocks do not start")?;
        let pins = Pins::new(chip.IO_BANK0, chip.PADS_BANK0, Sio::new(chip.SIO).gpio_bank0, &mut resets);
        let line = (pins.gpio0.reconfigure(), pins.gpio1.reconfigure());
        let config = UartConfig::new(BAUD_RATE.Hz(), DataBits::Eight, None, StopBits::One);
        let serial = UartPeripheral::new(chip.UART0, line, &mut resets)
            .enable(config, clocks.peripheral_clock.freq())
            .map_err(|_| "the serial line has no such baud rate at this clock")?;
        watchdog.start(8_300.millis());
        Ok(Parts {
            serial: Blocking::new(serial).with_idle(Self::feed_watchdog),
            led: pins.gpio25.into_push_pull_output_in_state(PinState::High),
            flash: Sectors::new(),
            clock_hz: clocks.system_clock.freq().to_Hz(),
            clock_source: ClockSource::Crystal,
        })
    }

    fn feed_watchdog() {
        // SAFETY: a single write, of what the register takes at any time.
        #[allow(unsafe_code)]
        unsafe {
            (*WATCHDOG::ptr()).load().write(|w| w.bits(WATCHDOG_LOAD));
        }
    }
}

/// Starts the crystal, for which [`init_clocks_and_plls`] would wait for ever.
fn start_crystal(oscillator: XOSC) -> Result<XOSC, &'static str> {
    const NOT_STARTED: &str = "the crystal does not start";
    let starting = CrystalOscillator::new(oscillator).initialize(CRYSTAL_HZ.Hz(), 1).map_err(|_| NOT_STARTED)?;
    let starts = (0..PATIENCE).any(|_| starting.await_stabilization().is_ok());
    if starts { Ok(starting.free()) } else { Err(NOT_STARTED) }
}
