//! Shared test helpers: random numbers, a simulated flash, networks of every kind, and conversations with a device.
#![allow(unreachable_pub, reason = "a test program has no outside")]

pub mod conversation;
pub mod flash;
#[macro_use]
pub mod networks;
pub mod twins;

use dense_device::Machine;
use dense_protocol::messages::ClockSource;
use std::cell::Cell;
use std::ops::Range;
use std::thread;

/// SplitMix64.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A source of other numbers.
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// A number from −2 to 2.
    pub fn feature(&mut self) -> f32 {
        (self.below(1 << 14) as f32 - 8192.0) / 4096.0
    }

    /// Any finite f32.
    pub fn finite(&mut self) -> f32 {
        let value = f32::from_bits(self.next() as u32);
        if value.is_finite() { value } else { 1.0 }
    }
}

/// A machine whose counter moves by 7 at every look.
pub const MACHINE: Machine = Machine {
    board: "simulated",
    clock_hz: 168_000_000,
    clock_source: ClockSource::Crystal,
    static_bytes: 34_567,
    feed_watchdog: || FED.set(FED.get() + 1),
    cycles: || CYCLES.replace(CYCLES.get().wrapping_add(7)),
};

thread_local! {
    /// One for each test: they run side by side.
    static CYCLES: Cell<u32> = const { Cell::new(u32::MAX - 20) };
    /// How often the watchdog was fed.
    pub static FED: Cell<u32> = const { Cell::new(0) };
}

/// Runs `work` on shares of `range`, on every processor.
pub fn in_parallel(range: Range<u64>, work: impl Fn(Range<u64>) + Sync) {
    let threads = thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let share = (range.end - range.start).div_ceil(threads);
    thread::scope(|scope| {
        for start in range.clone().step_by(share.max(1) as usize) {
            let end = range.end.min(start + share);
            let work = &work;
            scope.spawn(move || work(start..end));
        }
    });
}
