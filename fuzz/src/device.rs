//! The network and the machine of fuzzed devices.

use dense_core::{Mse, Output};
use dense_device::Machine;
use dense_protocol::messages::{ClockSource, Window};

/// A regression: two numbers of three inputs.
pub type Numbers = Output<3, 2, Mse>;

/// Its factory weights, all 0.
pub static NUMBERS: Numbers = Numbers::ZERO;

/// Windows of three channels, for [`Numbers`].
pub const WINDOW: Window = Window { channels: 3, length: 2, stride: 1, downsample: 2 };

/// A machine without a clock or a watchdog.
pub const MACHINE: Machine = Machine {
    board: "fuzzed",
    clock_hz: 1,
    clock_source: ClockSource::Host,
    static_bytes: 0,
    cycles: || 0,
    feed_watchdog: || (),
};
