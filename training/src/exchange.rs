//! The exchange of results between threads, several times a step.

use std::ops::Range;
use std::sync::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{hint, thread};

use dense_core::Error;

use super::buffer::Buffer;

/// Rounds of waiting that burn time before the processor is offered to others.
const SPINS: u32 = 300;

/// Columns of a matrix `[rows][width]`, some of which each thread computes and all of which each needs.
///
/// A barrier of the standard library puts a thread to sleep, which takes longer than a training step; here a thread
/// spins until those it waits for have got as far as it has.
#[derive(Debug)]
pub(super) struct Exchange {
    parts: Vec<Part>,
    /// The first step that is not made.
    end: OwnLines<AtomicUsize>,
}

/// What one thread leaves for the others.
#[derive(Debug)]
struct Part {
    /// How many exchanges it has contributed to.
    done: OwnLines<AtomicUsize>,
    /// Its columns: one exchange to be read, and one to be written meanwhile. A lock is never waited for, since `done`
    /// says when to read.
    columns: [OwnLines<RwLock<Buffer>>; 2],
}

/// A value that shares no cache line with another.
#[derive(Debug)]
#[repr(align(128))]
struct OwnLines<T>(T);

/// Where a thread is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Its number, from 0.
    pub(super) thread: usize,
    /// The step, from 0.
    pub(super) step: usize,
    /// The number of exchanges that it has taken part in.
    pub(super) exchanges: usize,
}

/// Another thread has ended before this step.
#[derive(Debug)]
pub(super) struct Ended;

impl Exchange {
    /// For so many threads, and matrices of up to so many numbers a thread.
    pub(super) fn new(threads: usize, numbers: usize) -> Self {
        let columns = || OwnLines(RwLock::new(Buffer::new(numbers)));
        let part = |_| Part { done: OwnLines(AtomicUsize::new(0)), columns: [columns(), columns()] };
        Self { parts: (0..threads).map(part).collect(), end: OwnLines(AtomicUsize::new(usize::MAX)) }
    }

    /// Says that there will be nothing of `step`, nor of any after it: whoever waits for that need not.
    pub(super) fn end(&self, step: usize) {
        self.end.0.fetch_min(step, Ordering::AcqRel);
    }

    /// Computes this thread's [`range`] of the columns of `all`, `[rows][width]`, by `compute`, which is given room for
    /// them, and collects those of all threads. Every thread takes part in the same exchanges in the same order.
    ///
    /// A thread that has contributed to one exchange is done with reading the one before. So a thread that has seen all
    /// others come to exchange k may overwrite what it left for k − 1: two buffers are enough.
    pub(super) fn share(
        &self,
        place: &mut Place,
        width: usize,
        all: &mut [f32],
        compute: impl FnOnce(&mut [f32]) -> Result<(), Error>,
    ) -> Result<Result<(), Ended>, Error> {
        let Place { thread, step, exchanges } = *place;
        place.exchanges += 1;
        let (threads, rows) = (self.parts.len(), all.len() / width);
        {
            let own = &self.parts[thread];
            // Poisoned only by a panic in `compute`, which ends the thread.
            let Ok(mut columns) = own.columns[exchanges % 2].0.write() else { return Ok(Err(Ended)) };
            compute(&mut columns[..rows * range(thread, threads, width).len()])?;
            drop(columns);
            own.done.0.store(exchanges + 1, Ordering::Release);
        }
        // Its own first, while the others may still compute theirs.
        for other in (thread..threads).chain(0..thread) {
            if other != thread && self.wait_for(other, exchanges, step).is_err() {
                return Ok(Err(Ended));
            }
            let Ok(columns) = self.parts[other].columns[exchanges % 2].0.read() else { return Ok(Err(Ended)) };
            let range = range(other, threads, width);
            for (row, part) in all.chunks_exact_mut(width).zip(columns.chunks_exact(range.len())) {
                row[range.clone()].copy_from_slice(part);
            }
        }
        Ok(Ok(()))
    }

    /// Waits until `thread` has contributed to an exchange of `step`, or some thread has ended before that step.
    fn wait_for(&self, thread: usize, exchange: usize, step: usize) -> Result<(), Ended> {
        let mut spins = 0;
        while self.parts[thread].done.0.load(Ordering::Acquire) <= exchange {
            if self.end.0.load(Ordering::Acquire) <= step {
                return Err(Ended);
            }
            if spins < SPINS {
                spins += 1;
                hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
        Ok(())
    }
}

/// Lets the other threads go where this one panics.
pub(super) struct EndOnPanic<'a>(pub(super) &'a Exchange);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.end(0);
        }
    }
}

/// The columns, of so many, that one of so many threads computes.
pub(super) const fn range(thread: usize, threads: usize, columns: usize) -> Range<usize> {
    thread * columns / threads..(thread + 1) * columns / threads
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: usize = 500;
    /// Of the two exchanges of a step.
    const WIDTHS: [usize; 2] = [10, 17];

    /// A different number for every step, row and column.
    fn number(step: usize, row: usize, column: usize) -> f32 {
        (step * 1000 + row * 100 + column) as f32
    }

    fn share_and_check(exchange: &Exchange, place: &mut Place) -> Result<(), Ended> {
        // The last batch may be smaller.
        let rows = if place.step + 1 == STEPS { 2 } else { 5 };
        let (step, thread, threads) = (place.step, place.thread, exchange.parts.len());
        for width in WIDTHS {
            let mut all = vec![-1.0; rows * width];
            let numbers = |columns: Range<usize>| {
                (0..rows).flat_map(move |row| columns.clone().map(move |column| number(step, row, column)))
            };
            let shared = exchange.share(place, width, &mut all, |own| {
                own.iter_mut().zip(numbers(range(thread, threads, width))).for_each(|(place, number)| *place = number);
                Ok(())
            });
            shared.unwrap()?;
            assert!(all.into_iter().eq(numbers(0..width)));
        }
        Ok(())
    }

    /// How many steps each thread makes until `last` says that it is the last one of thread 0.
    fn run(threads: usize, last: impl Fn(&Exchange, usize) -> bool + Sync) -> Vec<thread::Result<usize>> {
        let (exchange, last) = (&Exchange::new(threads, 5 * 17), &last);
        let made = move |thread| {
            let _guard = EndOnPanic(exchange);
            let mut place = Place { thread, step: 0, exchanges: 0 };
            for step in 0..STEPS {
                place.step = step;
                if share_and_check(exchange, &mut place).is_err() || thread == 0 && last(exchange, step) {
                    return step;
                }
            }
            STEPS
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|thread| scope.spawn(move || made(thread))).collect();
            threads.into_iter().map(thread::ScopedJoinHandle::join).collect()
        })
    }

    #[test]
    fn every_thread_gets_all_columns_of_every_step() {
        for threads in [1, 2, 3, 7, 10] {
            assert!(run(threads, |_, _| false).into_iter().all(|made| made.unwrap() == STEPS), "{threads} threads");
        }
    }

    #[test]
    fn a_thread_that_ends_lets_the_others_go_before_the_same_step() {
        for (threads, last) in [(2, 0), (2, 1), (3, 7), (10, 100)] {
            let made = run(threads, |exchange, step| {
                if step == last {
                    exchange.end(step + 1);
                }
                step == last
            });
            let made: Vec<usize> = made.into_iter().map(Result::unwrap).collect();
            assert!(made[0] == last && made[1..].iter().all(|&made| made == last + 1), "{made:?}");
        }
    }

    #[test]
    fn a_thread_that_panics_lets_the_others_go() {
        for threads in [2, 5] {
            let made = run(threads, |_, step| if step == 3 { panic!("planted") } else { false });
            assert!(made[0].is_err());
            assert!(made[1..].iter().all(|made| made.as_ref().is_ok_and(|&made| made < STEPS)));
        }
    }
}
