//! Where a fit takes its samples from, batch by batch.

use heapless::Vec;

use crate::kernels::Element;
use crate::{Batch, Error, Random, error};

/// A batch, with a target for each of its samples.
pub type Labelled<'a, T, Target, const IN: usize> = (Batch<'a, T, IN>, &'a [Target]);

/// Samples with their targets, to be gone through as often as wanted.
pub trait Samples<T, Target, const IN: usize> {
    /// Starts an epoch.
    fn start(&mut self);

    /// The next samples of the epoch and their targets: `most` of them, fewer at the end, and none after it.
    ///
    /// # Errors
    /// What is wrong with `most`.
    fn next_batch(&mut self, most: usize) -> Result<Option<Labelled<'_, T, Target, IN>>, Error>;
}

/// Samples in the order in which they lie.
#[derive(Clone, Debug)]
pub struct InOrder<'a, T, Target, const IN: usize> {
    samples: &'a [[T; IN]],
    targets: &'a [Target],
    done: usize,
}

impl<'a, T, Target, const IN: usize> InOrder<'a, T, Target, IN> {
    /// All samples, with one target each.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] without samples, [`Error::Length`] where the targets are not as many.
    pub fn new(samples: &'a [[T; IN]], targets: &'a [Target]) -> Result<Self, Error> {
        check(samples.len(), targets.len())?;
        Ok(Self { samples, targets, done: 0 })
    }
}

impl<T: Element, Target, const IN: usize> Samples<T, Target, IN> for InOrder<'_, T, Target, IN> {
    fn start(&mut self) {
        self.done = 0;
    }

    fn next_batch(&mut self, most: usize) -> Result<Option<Labelled<'_, T, Target, IN>>, Error> {
        let batch = next(&mut self.done, self.samples.len(), most);
        match (self.samples.get(batch.clone()), self.targets.get(batch)) {
            (Some(samples), Some(targets)) if !samples.is_empty() => Ok(Some((Batch::new(samples)?, targets))),
            _ => Ok(None),
        }
    }
}

/// Samples in another order in each epoch, for batches of up to `BATCH`.
#[derive(Debug)]
pub struct Shuffled<'a, T, Target, const IN: usize, const BATCH: usize> {
    samples: &'a [[T; IN]],
    targets: &'a [Target],
    order: &'a mut [u32],
    random: Random,
    done: usize,
    batch_targets: Vec<Target, BATCH>,
}

impl<'a, T, Target, const IN: usize, const BATCH: usize> Shuffled<'a, T, Target, IN, BATCH> {
    /// All samples, with one target each. `order` is memory for as many numbers; each epoch shuffles the order of the
    /// one before it with `random`.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] without samples, [`Error::Length`] where the targets or the order are not as many.
    pub fn new(
        samples: &'a [[T; IN]],
        targets: &'a [Target],
        order: &'a mut [u32],
        random: Random,
    ) -> Result<Self, Error> {
        check(samples.len(), targets.len())?;
        error::check_length("order", order.len(), samples.len())?;
        for (number, place) in (0..).zip(&mut *order) {
            *place = number;
        }
        Ok(Self { samples, targets, order, random, done: 0, batch_targets: Vec::new() })
    }
}

impl<T: Element, Target: Copy, const IN: usize, const BATCH: usize> Samples<T, Target, IN>
    for Shuffled<'_, T, Target, IN, BATCH>
{
    fn start(&mut self) {
        self.random.shuffle(self.order);
        self.done = 0;
    }

    fn next_batch(&mut self, most: usize) -> Result<Option<Labelled<'_, T, Target, IN>>, Error> {
        check_size(most, BATCH)?;
        let batch = next(&mut self.done, self.order.len(), most);
        let upcoming = next(&mut batch.end.clone(), self.order.len(), most);
        let (Some(order), Some(upcoming)) = (self.order.get(batch), self.order.get(upcoming)) else { return Ok(None) };
        if order.is_empty() {
            return Ok(None);
        }
        self.batch_targets.clear();
        self.batch_targets.extend(order.iter().filter_map(|&sample| self.targets.get(sample as usize)).copied());
        let batch = Batch::indexed(self.samples, order)?.followed_by(upcoming)?;
        Ok(Some((batch, &self.batch_targets)))
    }
}

/// Samples from an iterator that can be cloned to start again, for batches of up to `BATCH`, which are kept here: for
/// samples that come from a flash memory or are made up on the way.
#[derive(Clone, Debug)]
pub struct Stream<I, T, Target, const IN: usize, const BATCH: usize> {
    all: I,
    left: I,
    samples: Vec<[T; IN], BATCH>,
    targets: Vec<Target, BATCH>,
}

impl<I: Iterator<Item = ([T; IN], Target)> + Clone, T, Target, const IN: usize, const BATCH: usize>
    Stream<I, T, Target, IN, BATCH>
{
    /// What the iterator returns, from its beginning in each epoch.
    pub fn new(all: I) -> Self {
        Self { left: all.clone(), all, samples: Vec::new(), targets: Vec::new() }
    }
}

impl<I: Iterator<Item = ([T; IN], Target)> + Clone, T: Element, Target, const IN: usize, const BATCH: usize>
    Samples<T, Target, IN> for Stream<I, T, Target, IN, BATCH>
{
    fn start(&mut self) {
        self.left = self.all.clone();
    }

    fn next_batch(&mut self, most: usize) -> Result<Option<Labelled<'_, T, Target, IN>>, Error> {
        check_size(most, BATCH)?;
        self.samples.clear();
        self.targets.clear();
        self.left.by_ref().take(most).for_each(|(sample, target)| {
            self.samples.extend([sample]);
            self.targets.extend([target]);
        });
        if self.samples.is_empty() {
            return Ok(None);
        }
        Ok(Some((Batch::new(&self.samples)?, &self.targets)))
    }
}

/// The numbers of up to `most` samples from `done` on, which are then done.
fn next(done: &mut usize, samples: usize, most: usize) -> core::ops::Range<usize> {
    let end = samples.min(done.saturating_add(most));
    let batch = *done..end;
    *done = end;
    batch
}

fn check(samples: usize, targets: usize) -> Result<(), Error> {
    if samples == 0 {
        return Err(Error::EmptyBatch);
    }
    error::check_length("targets", targets, samples)
}

fn check_size(found: usize, most: usize) -> Result<(), Error> {
    if found > most { Err(Error::BatchTooLarge { found, most }) } else { Ok(()) }
}
