//! STM32F411, as on WeAct's Black Pill: USART1 on PA9 (transmit) and PA10 (receive), the LED on PC13, weights in the last two
//! sectors.

use super::stm32f4::flash::{BOOT_REGION, Flash, LESSON_REGION, SAVE_REGION};
use super::stm32f4::{self, Line, clocks, watchdog};
use super::{Board, Parts, cycle_counter};
use core::ops::Range;
use hal::gpio::{Output, PC13, PinState};
use hal::prelude::*;
use stm32f4xx_hal as hal;

/// The board.
#[derive(Debug)]
pub struct Stm32f411;

impl Board for Stm32f411 {
    const NAME: &'static str = "stm32f411";
    const FLASH_REGION: Range<u32> = SAVE_REGION;
    const LESSON_REGION: Range<u32> = LESSON_REGION;
    const BOOT_REGION: Range<u32> = BOOT_REGION;
    type Serial = Line;
    /// Lit by a low level.
    type Led = PC13<Output>;
    type Flash = Flash;

    fn start() -> Result<Parts<Self>, &'static str> {
        let (chip, timer) = stm32f4::take()?;
        let (mut rcc, clock_source) = clocks::start(chip.RCC, chip.PWR, chip.TIM11, 100)?;
        let port_a = chip.GPIOA.split(&mut rcc);
        let port_c = chip.GPIOC.split(&mut rcc);
        Ok(Parts {
            serial: stm32f4::line((chip.IWDG, timer), chip.USART1, port_a.pa9, port_a.pa10, &mut rcc)?,
            led: port_c.pc13.into_push_pull_output_in_state(PinState::Low),
            flash: Flash::new(chip.FLASH),
            clock_hz: rcc.clocks.hclk().raw(),
            clock_source,
        })
    }

    fn cycles() -> u32 {
        cycle_counter::cycles()
    }

    fn feed_watchdog() {
        watchdog::feed();
    }
}
