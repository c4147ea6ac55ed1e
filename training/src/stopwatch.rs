//! Time that a training takes.

use std::time::{Duration, Instant};

/// Whether the target has a clock: WebAssembly outside of WASI has none, and asking for it panics.
const HAS_CLOCK: bool = !cfg!(all(target_family = "wasm", target_os = "unknown"));

/// The time since it was started; no time where the target has no clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopwatch(Option<Instant>);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(HAS_CLOCK.then(Instant::now))
    }

    pub(super) fn elapsed(self) -> Duration {
        self.0.map_or(Duration::ZERO, |start| start.elapsed())
    }
}
