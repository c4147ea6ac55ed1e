//! A machine that only QEMU has: the serial line is the host's console, weights are kept in the host's file, and there is
//! neither a clock nor an LED.

use super::host::{Console, Led};
use super::{Board, Parts};
use crate::runtime::host_flash::HostFlash;
use core::ops::Range;
use dense_protocol::messages::ClockSource;

/// Bytes for one save, for one half of the lessons, and for one half of the numbers of starts.
const SECTOR: usize = 128 * 1024;
const CAPACITY: usize = 6 * SECTOR;

type Flash = HostFlash<CAPACITY, SECTOR>;

/// The machine.
#[derive(Debug)]
pub struct Simulated;

impl Board for Simulated {
    const NAME: &'static str = env!("MEMORY");
    const FLASH_REGION: Range<u32> = 2 * SECTOR as u32..4 * SECTOR as u32;
    const LESSON_REGION: Range<u32> = 0..2 * SECTOR as u32;
    const BOOT_REGION: Range<u32> = 4 * SECTOR as u32..CAPACITY as u32;
    type Serial = Console;
    type Led = Led;
    type Flash = Flash;

    fn start() -> Result<Parts<Self>, &'static str> {
        let flash = Flash::open().map_err(|_| "the host has no file for the weights")?;
        Ok(Parts { serial: Console, led: Led::LIT, flash, clock_hz: 0, clock_source: ClockSource::Internal })
    }
}
