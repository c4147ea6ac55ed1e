//! The boards, as `firmware/machines` and `firmware/memory` have them.

use super::costs::Processor;

const KB: usize = 1024;

/// Overhead of a record of saved weights, in bytes.
pub(super) const RECORD_BYTES: usize = 80;

pub(super) struct Board {
    pub(super) name: &'static str,
    pub(super) processor: Processor,
    /// None where a simulator has no clock.
    pub(super) megahertz: Option<u32>,
    /// Flash for the program, in bytes.
    pub(super) flash: usize,
    /// Flash for each of two copies of saved weights, in bytes.
    pub(super) slot: usize,
    /// RAM, stack included, in bytes.
    pub(super) ram: usize,
}

const fn board(
    name: &'static str,
    processor: Processor,
    megahertz: Option<u32>,
    [flash, slot, ram]: [usize; 3],
) -> Board {
    Board { name, processor, megahertz, flash: flash * KB, slot: slot * KB, ram: ram * KB }
}

/// All of them; the last four are simulated.
pub(super) const BOARDS: [Board; 10] = [
    board("micro:bit", Processor::M0, Some(16), [248, 0, 16]),
    board("nRF52840-DK", Processor::M4, Some(64), [728, 128, 256]),
    board("STM32F405", Processor::M4, Some(168), [512, 128, 128]),
    board("STM32F411", Processor::M4, Some(100), [256, 128, 128]),
    // It has the instructions of a Cortex-M0.
    board("Pico", Processor::M0, Some(125), [1655, 128, 256]),
    board("Pico 2", Processor::M33, Some(150), [3704, 128, 512]),
    board("MPS2 AN385", Processor::M3, None, [4096, 128, 4096]),
    board("MPS2 AN500", Processor::M7, None, [4096, 128, 4096]),
    board("MPS2 AN505", Processor::M33, None, [4096, 128, 4096]),
    board("MPS3 AN547", Processor::M55, None, [512, 128, 512]),
];
