//! A barrier for threads that meet every few microseconds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::{hint, thread};

/// Rounds of waiting that burn time before the processor is offered to others.
const SPINS: u32 = 10_000;

/// Holds threads until all of them have arrived, again and again.
///
/// The standard library's barrier puts a thread to sleep, which takes longer than a training step; this one spins.
#[derive(Debug)]
pub struct SpinBarrier {
    threads: usize,
    arrived: AtomicUsize,
    round: AtomicUsize,
}

impl SpinBarrier {
    /// For so many threads.
    #[must_use]
    pub const fn new(threads: usize) -> Self {
        Self { threads, arrived: AtomicUsize::new(0), round: AtomicUsize::new(0) }
    }

    /// Returns when all threads have called it. What they wrote before, all see after.
    pub fn wait(&self) {
        let round = self.round.load(Ordering::Relaxed);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == self.threads {
            self.arrived.store(0, Ordering::Relaxed);
            self.round.store(round.wrapping_add(1), Ordering::Release);
            return;
        }
        let mut spins = 0;
        while self.round.load(Ordering::Acquire) == round {
            if spins < SPINS {
                spins += 1;
                hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_a_round_ahead() {
        const THREADS: usize = 3;
        const ROUNDS: usize = 2_000;
        let barrier = SpinBarrier::new(THREADS);
        let counts = [const { AtomicUsize::new(0) }; THREADS];
        thread::scope(|scope| {
            for own in &counts {
                let (barrier, counts) = (&barrier, &counts);
                scope.spawn(move || {
                    for round in 1..=ROUNDS {
                        own.store(round, Ordering::Relaxed);
                        barrier.wait();
                        for count in counts {
                            assert!((round..=round + 1).contains(&count.load(Ordering::Relaxed)));
                        }
                    }
                });
            }
        });
    }
}
