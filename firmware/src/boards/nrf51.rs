//! The BBC micro:bit as QEMU has it, with an nRF51822: the serial line is the host's console, there is neither a clock nor an
//! LED, and the flash is the chip's, which QEMU simulates with its controller. It has no room for the network.

use super::host::{Console, Led};
use super::nvmc::Pages;
use super::{Board, Parts};
use core::ops::Range;
use dense_protocol::messages::ClockSource;

/// Bytes of a page.
const PAGE: usize = 1024;
/// Bytes in the pages, as the memory map has them.
const CAPACITY: usize = 8 * PAGE;

/// The board.
#[derive(Debug)]
pub struct Microbit;

impl Board for Microbit {
    const NAME: &'static str = "microbit";
    const FLASH_REGION: Range<u32> = 0..CAPACITY as u32;
    type Serial = Console;
    type Led = Led;
    type Flash = Pages<CAPACITY, PAGE>;

    fn start() -> Result<Parts<Self>, &'static str> {
        let flash = Pages::new();
        Ok(Parts { serial: Console, led: Led::LIT, flash, clock_hz: 0, clock_source: ClockSource::Internal })
    }
}
