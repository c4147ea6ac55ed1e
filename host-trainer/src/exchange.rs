//! How threads that each compute some of the logits come to have all of them, every few microseconds.

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::{hint, thread};

use crate::idx::CLASSES;

/// Rounds of waiting that burn time before the processor is offered to others.
const SPINS: u32 = 300;

/// Where each thread leaves its logits for the others.
///
/// The standard library's barrier puts a thread to sleep, which takes longer than a training step; here a thread spins
/// until those it waits for have got as far as it has.
#[derive(Debug)]
pub struct Exchange {
    threads: usize,
    /// How many steps' logits each thread has left here.
    steps_left: Vec<OwnLine<AtomicUsize>>,
    /// The first step that is not made.
    end: OwnLine<AtomicUsize>,
    /// The logits of one thread after the other, each sample × class, so that threads write to different cache lines;
    /// one batch to be read, and one to be written meanwhile.
    logits: [Vec<AtomicU32>; 2],
}

/// A value that shares no cache line with another.
#[derive(Debug)]
#[repr(align(128))]
struct OwnLine<T>(T);

impl Exchange {
    /// For so many threads, 1 to [`CLASSES`], and batches of up to so many samples.
    #[must_use]
    pub fn new(threads: usize, batch_size: usize) -> Self {
        let threads = threads.clamp(1, CLASSES);
        let logits = || (0..batch_size * CLASSES).map(|_| AtomicU32::new(0)).collect();
        let steps_left = (0..threads).map(|_| OwnLine(AtomicUsize::new(0))).collect();
        let end = OwnLine(AtomicUsize::new(usize::MAX));
        Self { threads, steps_left, end, logits: [logits(), logits()] }
    }

    /// The classes whose logits thread `thread` computes.
    #[must_use]
    pub fn classes(&self, thread: usize) -> Range<usize> {
        classes(thread, self.threads)
    }

    /// Says that there will be no logits of `step`, nor of any after it: whoever waits for them need not.
    pub fn end(&self, step: usize) {
        self.end.0.store(step, Ordering::Release);
    }

    /// Leaves the `own` logits of `thread` (sample × its classes) for the others, and collects those of all classes.
    /// `step` counts the calls of this thread, from 0. Breaks, and collects nothing, where another thread has ended before
    /// this step.
    ///
    /// A thread that has left its logits of one step is done with reading those of the step before. So a thread that
    /// has seen all others come to step k may overwrite what it left for step k − 1: two batches are enough.
    pub fn swap(&self, step: usize, thread: usize, own: &[f32], logits: &mut [[f32; CLASSES]]) -> ControlFlow<()> {
        let shared = &self.logits[step % 2];
        let samples = logits.len();
        for (&logit, shared) in own.iter().zip(&shared[self.classes(thread).start * samples..]) {
            shared.store(logit.to_bits(), Ordering::Relaxed);
        }
        self.steps_left[thread].0.store(step + 1, Ordering::Release);
        copy(own.iter().copied(), self.classes(thread), logits);
        for other in (0..self.threads).filter(|&other| other != thread) {
            self.wait_for(other, step)?;
            let classes = self.classes(other);
            let part = shared[classes.start * samples..].iter().map(|shared| shared.load(Ordering::Relaxed));
            copy(part.map(f32::from_bits), classes, logits);
        }
        ControlFlow::Continue(())
    }

    /// Waits until `thread` has left its logits of `step`, or some thread has ended before it.
    fn wait_for(&self, thread: usize, step: usize) -> ControlFlow<()> {
        let mut spins = 0;
        while self.steps_left[thread].0.load(Ordering::Acquire) <= step {
            if self.end.0.load(Ordering::Acquire) <= step {
                return ControlFlow::Break(());
            }
            if spins < SPINS {
                spins += 1;
                hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
        ControlFlow::Continue(())
    }
}

/// The classes that one of so many threads has to do with.
#[must_use]
pub const fn classes(thread: usize, threads: usize) -> Range<usize> {
    thread * CLASSES / threads..(thread + 1) * CLASSES / threads
}

/// Copies logits, sample × class, to their classes.
fn copy(mut part: impl Iterator<Item = f32>, classes: Range<usize>, logits: &mut [[f32; CLASSES]]) {
    for logits in logits {
        for (place, logit) in logits[classes.clone()].iter_mut().zip(&mut part) {
            *place = logit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: usize = 500;
    const SAMPLES: usize = 5;

    /// A different number for every step, sample and class.
    fn logit(step: usize, sample: usize, class: usize) -> f32 {
        (step * 100 + sample * 10 + class) as f32
    }

    #[test]
    fn every_thread_gets_all_logits_of_every_step() {
        for threads in [1, 2, 3, 7, 10] {
            let exchange = &Exchange::new(threads, SAMPLES);
            thread::scope(|scope| {
                for thread in 0..threads {
                    scope.spawn(move || (0..STEPS).for_each(|step| swap_and_check(exchange, thread, step)));
                }
            });
        }
    }

    fn swap_and_check(exchange: &Exchange, thread: usize, step: usize) {
        // The last batch may be smaller.
        let samples = if step + 1 == STEPS { 2 } else { SAMPLES };
        let classes = exchange.classes(thread);
        let own = (0..samples).flat_map(|sample| classes.clone().map(move |class| logit(step, sample, class)));
        let own: Vec<f32> = own.collect();
        let mut logits = vec![[-1.0; CLASSES]; samples];
        assert!(exchange.swap(step, thread, &own, &mut logits).is_continue());
        for (sample, logits) in logits.iter().enumerate() {
            assert_eq!(*logits, std::array::from_fn(|class| logit(step, sample, class)));
        }
    }

    #[test]
    fn a_thread_that_ends_lets_the_others_go_after_the_same_step() {
        for (threads, end) in [(2, 0), (2, 1), (3, 7), (10, 100)] {
            let exchange = &Exchange::new(threads, SAMPLES);
            let made = |thread: usize| {
                let own = vec![0.0; SAMPLES * exchange.classes(thread).len()];
                let goes_on = |&step: &usize| {
                    if thread == 0 && step == end {
                        exchange.end(step);
                        return false;
                    }
                    exchange.swap(step, thread, &own, &mut [[0.0; CLASSES]; SAMPLES]).is_continue()
                };
                (0..STEPS).take_while(goes_on).count()
            };
            thread::scope(|scope| {
                let threads: Vec<_> = (0..threads).map(|thread| scope.spawn(move || made(thread))).collect();
                assert!(threads.into_iter().all(|thread| thread.join().unwrap() == end));
            });
        }
    }
}
