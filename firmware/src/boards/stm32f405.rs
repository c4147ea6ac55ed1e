//! STM32F405 and F407: USART1 on PB6 (transmit) and PB7 (receive), an LED on PC1, weights in the last two sectors,
//! lessons in the two before. A sensor may be on I2C1, PB8 (clock) and PB9 (data).

use super::stm32f4::bus::Bus;
use super::stm32f4::flash::{BOOT_REGION, Flash, LESSON_REGION, SAVE_REGION};
use super::stm32f4::{self, Line, clocks, watchdog};
use super::{Board, Parts, cycle_counter};
use core::ops::Range;
use hal::gpio::{Output, PB8, PB9, PC1, PinState};
use hal::pac::{I2C1, TIM5};
use hal::prelude::*;
use hal::rcc::Rcc;
use hal::timer::CounterUs;
use stm32f4xx_hal as hal;

/// The board.
#[derive(Debug)]
pub struct Stm32f405;

impl Board for Stm32f405 {
    const NAME: &'static str = "stm32f405";
    const FLASH_REGION: Range<u32> = SAVE_REGION;
    const LESSON_REGION: Range<u32> = LESSON_REGION;
    const BOOT_REGION: Range<u32> = BOOT_REGION;
    type Serial = Line;
    /// On Adafruit's Feather STM32F405 it is the red one, lit by a high level.
    type Led = PC1<Output>;
    type Flash = Flash;

    fn start() -> Result<Parts<Self>, &'static str> {
        start().map(|(parts, _)| parts)
    }

    fn cycles() -> u32 {
        cycle_counter::cycles()
    }

    fn feed_watchdog() {
        watchdog::feed();
    }
}

/// Peripherals that are started only for a sensor: those of its bus, and a timer.
struct Rest {
    i2c: I2C1,
    timer: TIM5,
    clock: PB8,
    data: PB9,
    rcc: Rcc,
}

/// A counter of microseconds, modulo 2³². QEMU's runs faster.
pub struct Microseconds(CounterUs<TIM5>);

impl Microseconds {
    /// Those since the start.
    #[must_use]
    pub fn now(&self) -> u32 {
        self.0.now().ticks()
    }
}

impl Stm32f405 {
    /// Starts it, with the bus of a sensor and a clock. To be called once.
    ///
    /// # Errors
    /// A message, where a part does not start or the board was started before.
    pub fn start_with_bus() -> Result<(Parts<Self>, Bus, Microseconds), &'static str> {
        let (parts, mut rest) = start()?;
        let bus = Bus::new(rest.i2c, (rest.clock, rest.data), &mut rest.rcc);
        let mut timer = rest.timer.counter_us(&mut rest.rcc);
        timer.start(u32::MAX.micros()).map_err(|_| "the timer does not count so far")?;
        Ok((parts, bus, Microseconds(timer)))
    }
}

fn start() -> Result<(Parts<Stm32f405>, Rest), &'static str> {
    let (chip, timer) = stm32f4::take()?;
    let (mut rcc, clock_source) = clocks::start(chip.RCC, chip.PWR, chip.TIM11, 168)?;
    let port_b = chip.GPIOB.split(&mut rcc);
    let port_c = chip.GPIOC.split(&mut rcc);
    let parts = Parts {
        serial: stm32f4::line((chip.IWDG, timer), chip.USART1, port_b.pb6, port_b.pb7, &mut rcc)?,
        led: port_c.pc1.into_push_pull_output_in_state(PinState::High),
        flash: Flash::new(chip.FLASH),
        clock_hz: rcc.clocks.hclk().raw(),
        clock_source,
    };
    Ok((parts, Rest { i2c: chip.I2C1, timer: chip.TIM5, clock: port_b.pb8, data: port_b.pb9, rcc }))
}
