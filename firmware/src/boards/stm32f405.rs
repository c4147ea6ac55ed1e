//! STM32F405 and F407: USART1 on PB6 (transmit) and PB7 (receive), an LED on PC1, weights in the last two sectors,
//! lessons in the two before.

use super::stm32f4::flash::{Flash, LESSON_REGION, SAVE_REGION};
use super::stm32f4::{self, Line, clocks};
use super::{Board, Parts, cycle_counter};
use core::ops::Range;
use hal::gpio::{Output, PC1, PinState};
use hal::prelude::*;
use stm32f4xx_hal as hal;

/// The board.
#[derive(Debug)]
pub struct Stm32f405;

impl Board for Stm32f405 {
    const NAME: &'static str = "stm32f405";
    const FLASH_REGION: Range<u32> = SAVE_REGION;
    const LESSON_REGION: Range<u32> = LESSON_REGION;
    type Serial = Line;
    /// On Adafruit's Feather STM32F405 it is the red one, lit by a high level.
    type Led = PC1<Output>;
    type Flash = Flash;

    fn start() -> Result<Parts<Self>, &'static str> {
        let chip = stm32f4::take()?;
        let (mut rcc, clock_source) = clocks::start(chip.RCC, chip.TIM11, 168);
        let port_b = chip.GPIOB.split(&mut rcc);
        let port_c = chip.GPIOC.split(&mut rcc);
        Ok(Parts {
            serial: stm32f4::line(chip.USART1, port_b.pb6, port_b.pb7, &mut rcc)?,
            led: port_c.pc1.into_push_pull_output_in_state(PinState::High),
            flash: Flash::new(chip.FLASH),
            clock_hz: rcc.clocks.hclk().raw(),
            clock_source,
        })
    }

    fn cycles() -> u32 {
        cycle_counter::cycles()
    }
}
