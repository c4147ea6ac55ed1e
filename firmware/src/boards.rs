//! The boards. Each is one module with the same names in it: `Board`, what there is, and `Flash`, where weights are kept.
//!
//! `board` is a cfg that the machine's cargo configuration sets, `machines/<machine>.toml`.

#[cfg(board = "nrf52840")]
mod nrf52840;
#[cfg(board = "rp2350")]
mod rp2350;
#[cfg(board = "stm32f405")]
mod stm32f405;

#[cfg(board = "nrf52840")]
pub use nrf52840::{Board, Flash, Led, Serial};
#[cfg(board = "rp2350")]
pub use rp2350::{Board, Flash, Led, Serial};
#[cfg(board = "stm32f405")]
pub use stm32f405::{Board, Flash, Led, Serial};

// Logs go to the probe, and so does a panic, which then faults.
use defmt_rtt as _;
use panic_probe as _;

/// Bits a second on the serial line, each byte framed by one start and one stop bit, without parity.
pub const BAUD_RATE: u32 = 115_200;
