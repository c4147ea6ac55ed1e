//! All-gather between threads: each computes some columns of a matrix and gets those of all others, several times a step.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::{hint, thread};

use dense_core::Error;

use super::buffer::Buffer;

/// Rounds of waiting that burn time before the processor is offered to others.
const SPINS: u32 = 300;
/// Numbers in an [`OwnLines`].
const NUMBERS: usize = 32;

/// Columns of a matrix `[rows][width]`, some of which each thread computes and all of which each needs.
///
/// A barrier of the standard library puts a thread to sleep, which takes longer than a training step; here a thread
/// spins until those it waits for have got as far as it has. To pass a cache line from one processor to another takes
/// as long as thousands of multiply-adds, so that what a thread leaves is numbers and one count, without locks.
#[derive(Debug)]
pub(super) struct AllGather {
    parts: Vec<Part>,
    /// The first step that is not made.
    end: OwnLines<AtomicUsize>,
}

/// One thread's columns for the others, and its count of gathers.
#[derive(Debug)]
struct Part {
    /// How many gathers it has contributed to.
    done: OwnLines<AtomicUsize>,
    /// Its columns, as bits: one gather to be read, and one to be written meanwhile. `done` orders what is written before
    /// what is read.
    columns: [Vec<OwnLines<[AtomicU32; NUMBERS]>>; 2],
}

/// A value that shares no cache line with another; two lines, as processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct OwnLines<T>(T);

/// A thread that takes part.
#[derive(Debug)]
pub(super) struct Member {
    /// Its number, from 0.
    pub(super) thread: usize,
    /// The step, from 0.
    pub(super) step: usize,
    /// The number of gathers that it has taken part in.
    gathers: usize,
    columns: Buffer,
}

/// Another thread has ended before this step.
#[derive(Debug)]
pub(super) struct Ended;

impl AllGather {
    /// For so many threads, and matrices of up to so many numbers a thread.
    pub(super) fn new(threads: usize, numbers: usize) -> Self {
        let lines = || OwnLines([const { AtomicU32::new(0) }; NUMBERS]);
        let columns = || (0..numbers.div_ceil(NUMBERS)).map(|_| lines()).collect();
        let part = |_| Part { done: OwnLines(AtomicUsize::new(0)), columns: [columns(), columns()] };
        Self { parts: (0..threads).map(part).collect(), end: OwnLines(AtomicUsize::new(usize::MAX)) }
    }

    /// A thread, before its first step.
    pub(super) fn member(&self, thread: usize) -> Member {
        Member { thread, step: 0, gathers: 0, columns: Buffer::new(self.parts[thread].columns[0].len() * NUMBERS) }
    }

    /// Says that there will be nothing of `step`, nor of any after it: whoever waits for that need not.
    pub(super) fn end(&self, step: usize) {
        self.end.0.fetch_min(step, Ordering::AcqRel);
    }

    /// Computes this thread's [`range`] of the columns of `all`, `[rows][width]`, by `compute`, which is given room for
    /// them, and gathers those of all threads. Every thread takes part in the same gathers in the same order.
    ///
    /// A thread that has contributed to one gather is done with reading the one before. So a thread that has seen all
    /// others come to gather k may overwrite what it left for k − 1: two buffers are enough.
    pub(super) fn gather(
        &self,
        member: &mut Member,
        width: usize,
        all: &mut [f32],
        compute: impl FnOnce(&mut [f32]) -> Result<(), Error>,
    ) -> Result<Result<(), Ended>, Error> {
        let (thread, threads, gather) = (member.thread, self.parts.len(), member.gathers);
        member.gathers += 1;
        let own = range(thread, threads, width);
        let columns = &mut member.columns[..all.len() / width * own.len()];
        compute(columns)?;
        let part = &self.parts[thread];
        for (number, place) in columns.iter().zip(numbers(&part.columns[gather % 2])) {
            place.store(number.to_bits(), Ordering::Relaxed);
        }
        part.done.0.store(gather + 1, Ordering::Release);
        for (row, columns) in all.chunks_exact_mut(width).zip(columns.chunks_exact(own.len().max(1))) {
            row[own.clone()].copy_from_slice(columns);
        }
        // The next one first: not all read the same part at the same time.
        for other in (thread + 1..threads).chain(0..thread) {
            if self.wait_for(other, gather, member.step).is_err() {
                return Ok(Err(Ended));
            }
            let range = range(other, threads, width);
            let mut columns = numbers(&self.parts[other].columns[gather % 2]);
            for row in all.chunks_exact_mut(width) {
                for (place, number) in row[range.clone()].iter_mut().zip(&mut columns) {
                    *place = f32::from_bits(number.load(Ordering::Relaxed));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Waits until `thread` has contributed to a gather of `step`, or some thread has ended before that step.
    fn wait_for(&self, thread: usize, gather: usize, step: usize) -> Result<(), Ended> {
        let mut spins = 0;
        while self.parts[thread].done.0.load(Ordering::Acquire) <= gather {
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

/// The numbers of all lines.
fn numbers(lines: &[OwnLines<[AtomicU32; NUMBERS]>]) -> impl Iterator<Item = &AtomicU32> {
    lines.iter().flat_map(|OwnLines(numbers)| numbers)
}

/// Lets the other threads go where this one panics.
pub(super) struct EndOnPanic<'a>(pub(super) &'a AllGather);

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
    /// Of the two gathers of a step.
    const WIDTHS: [usize; 2] = [10, 17];

    /// A different number for every step, row and column.
    fn number(step: usize, row: usize, column: usize) -> f32 {
        (step * 1000 + row * 100 + column) as f32
    }

    fn gather_and_check(all_gather: &AllGather, member: &mut Member) -> Result<(), Ended> {
        // The last batch may be smaller.
        let rows = if member.step + 1 == STEPS { 2 } else { 5 };
        let (step, thread, threads) = (member.step, member.thread, all_gather.parts.len());
        for width in WIDTHS {
            let mut all = vec![-1.0; rows * width];
            let numbers = |columns: Range<usize>| {
                (0..rows).flat_map(move |row| columns.clone().map(move |column| number(step, row, column)))
            };
            let gathered = all_gather.gather(member, width, &mut all, |own| {
                own.iter_mut().zip(numbers(range(thread, threads, width))).for_each(|(place, number)| *place = number);
                Ok(())
            });
            gathered.unwrap()?;
            assert!(all.into_iter().eq(numbers(0..width)));
        }
        Ok(())
    }

    /// How many steps each thread makes until `last` says that it is the last one of thread 0.
    fn run(threads: usize, last: impl Fn(&AllGather, usize) -> bool + Sync) -> Vec<thread::Result<usize>> {
        let (all_gather, last) = (&AllGather::new(threads, 5 * 17), &last);
        let made = move |thread| {
            let _guard = EndOnPanic(all_gather);
            let mut member = all_gather.member(thread);
            for step in 0..STEPS {
                member.step = step;
                if gather_and_check(all_gather, &mut member).is_err() || thread == 0 && last(all_gather, step) {
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
            let made = run(threads, |all_gather, step| {
                if step == last {
                    all_gather.end(step + 1);
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
