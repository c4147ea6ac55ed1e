//! The boards. Each is one module with the same names in it: `Board`, what there is, and `Flash`, where weights are kept.
//!
//! `board` is a cfg that the machine's cargo configuration sets, `machines/<machine>.toml`.

#[cfg(not(board = "simulated"))]
mod cycle_counter;
#[cfg(board = "nrf52840")]
mod nrf52840;
#[cfg(board = "rp2350")]
mod rp2350;
#[cfg(board = "simulated")]
mod simulated;
#[cfg(board = "stm32f405")]
mod stm32f405;

#[cfg(not(board = "simulated"))]
pub use cycle_counter::cycles;
#[cfg(board = "nrf52840")]
pub use nrf52840::{Board, Flash, Led, Serial};
#[cfg(board = "rp2350")]
pub use rp2350::{Board, Flash, Led, Serial};
#[cfg(board = "simulated")]
pub use simulated::{Board, Flash, Led, Serial, cycles};
#[cfg(board = "stm32f405")]
pub use stm32f405::{Board, Flash, Led, Serial};

// Logs go to the probe.
use defmt_rtt as _;

/// Bits a second on the serial line, each byte framed by one start and one stop bit, without parity.
#[cfg(not(board = "simulated"))]
pub const BAUD_RATE: u32 = 115_200;
