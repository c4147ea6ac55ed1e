//! Common code of the STM32F4 boards: the clocks, a serial line on USART1, the flash, and an I2C bus.

#[cfg(board = "stm32f405")]
pub(super) mod bus;
mod chip_flash;
pub(super) mod clocks;
pub(super) mod flash;
pub(super) mod watchdog;

use super::{BAUD_RATE, cycle_counter};
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{DCB, NVIC, SCB, SYST};
use cortex_m::{asm, interrupt};
use dense_device::Blocking;
use hal::gpio::{PinPull, Pull, PushPull};
use hal::pac::{IWDG, Interrupt, Peripherals, USART1};
use hal::prelude::*;
use hal::rcc::Rcc;
use hal::serial::{Event, Serial};
use stm32f4xx_hal as hal;

/// The line to the host.
pub(super) type Line = Blocking<Serial<USART1>>;
/// Cycles of the longest sleep, the most that the timer counts: 0.1 s at 168 MHz.
const LONGEST_SLEEP: u32 = 0xFF_FFFF;
type TransmitPin = <USART1 as hal::serial::CommonPins>::Tx<PushPull>;
type ReceivePin = <USART1 as hal::serial::CommonPins>::Rx<PushPull>;

/// The chip, with its cycle counter started, and the processor's timer.
pub(super) fn take() -> Result<(Peripherals, SYST), &'static str> {
    let (Some(mut core), Some(chip)) = (cortex_m::Peripherals::take(), Peripherals::take()) else {
        return Err("the board was started before");
    };
    cycle_counter::start(&mut core.DCB, &mut core.DWT);
    Ok((chip, core.SYST))
}

/// The line on two pins, and the watchdog, which is fed as long as the line is idle. A pull-up keeps the pin that receives at
/// rest where nothing is connected.
pub(super) fn line(
    (watchdog, mut timer): (IWDG, SYST),
    usart: USART1,
    transmit: impl Into<TransmitPin>,
    receive: impl Into<ReceivePin>,
    rcc: &mut Rcc,
) -> Result<Line, &'static str> {
    let receive = receive.into().internal_resistor(Pull::Up);
    let mut serial: Serial<USART1> = usart
        .serial((transmit, receive), BAUD_RATE.bps(), rcc)
        .map_err(|_| "the serial line has no such baud rate at this clock")?;
    serial.listen(Event::RxNotEmpty);
    interrupt::disable();
    // SAFETY: interrupts are masked; this one only ends a sleep.
    #[allow(unsafe_code)]
    unsafe {
        NVIC::unmask(Interrupt::USART1);
    }
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(LONGEST_SLEEP);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
    watchdog::start(&watchdog);
    Ok(Blocking::new(serial).with_idle(sleep))
}

/// Until a byte arrives or the timer ends, which wakes the processor although interrupts are masked. A probe cannot fetch logs
/// from a chip that sleeps, so it stays awake for one.
fn sleep() {
    watchdog::feed();
    if !DCB::is_debugger_attached() {
        asm::wfi();
    }
    NVIC::unpend(Interrupt::USART1);
    SCB::clear_pendst();
}
