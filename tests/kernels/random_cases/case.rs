//! Random shapes, and inputs of every kind of value, each slice at a guard page.

use dense_core::Random;
use dense_core::kernels::Rows;
use dense_core::math::flush_below;

use crate::cases::{Samples, Values};
use crate::guarded::{End, Guarded};

pub(super) const WIDEST: u32 = if cfg!(miri) { 18 } else { 70 };
pub(super) const MOST_UNITS: u32 = if cfg!(miri) { 3 } else { 20 };
pub(super) const LARGEST_BATCH: u32 = if cfg!(miri) { 2 } else { 9 };

pub(super) const VALUES: [Values; 8] = [
    Values::Ordinary,
    Values::Zeros,
    Values::NegativeZeros,
    Values::Denormal,
    Values::Huge,
    Values::Ties,
    Values::AnyExponent,
    Values::NotFinite,
];

/// The arrangement of a batch in memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arrangement {
    Contiguous,
    Indexed,
    /// Indexed, and the indices of the next batch are known.
    Followed,
    Repeated,
}

pub(super) const ARRANGEMENTS: [Arrangement; 4] =
    [Arrangement::Contiguous, Arrangement::Indexed, Arrangement::Followed, Arrangement::Repeated];

/// A shape, a kind of values and a seed, from which the inputs of a kernel function are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub(super) width: usize,
    pub(super) units: usize,
    pub(super) batch: usize,
    pub(super) arrangement: Arrangement,
    pub(super) values: Values,
    /// The end of every slice that touches a guard page.
    pub(super) end: End,
    pub(super) seed: u64,
}

impl Case {
    pub(super) fn draw(random: &mut Random, widest: u32) -> Self {
        Self {
            width: random.below(widest) as usize + 1,
            units: random.below(MOST_UNITS) as usize + 1,
            batch: random.below(LARGEST_BATCH) as usize + 1,
            arrangement: ARRANGEMENTS[random.below(4) as usize],
            values: VALUES[random.below(8) as usize],
            end: [End::First, End::Last][random.below(2) as usize],
            seed: u64::from(random.next_u32()),
        }
    }

    pub(super) fn inputs(self) -> Inputs {
        Inputs { case: self, random: Random::new(self.seed, 1) }
    }

    pub(super) fn is_finite(self) -> bool {
        !matches!(self.values, Values::NotFinite)
    }

    /// The number of products, to report the smallest failure.
    pub(super) fn size(self) -> usize {
        self.width * self.units * self.batch
    }
}

/// Draws the inputs and outputs of a kernel function, each slice at a guard page.
pub(super) struct Inputs {
    case: Case,
    pub(super) random: Random,
}

impl Inputs {
    pub(super) fn samples<T: Samples>(&mut self) -> Batch<T> {
        let Case { width, batch, arrangement, values, end, .. } = self.case;
        let stored = if matches!(arrangement, Arrangement::Repeated) { 1 } else { batch };
        let samples = T::fill(values, &mut self.random, stored * width);
        let order: Vec<u32> = (0..batch).map(|_| self.random.below(stored as u32)).collect();
        Batch { case: self.case, samples: Guarded::new(&samples, end), order: Guarded::new(&order, end) }
    }

    pub(super) fn floats(&mut self, count: usize) -> Guarded<f32> {
        Guarded::new(&self.case.values.fill(&mut self.random, count), self.case.end)
    }

    /// Of magnitudes that are at least `limit`, or zero, as kernels leave them.
    pub(super) fn floats_from(&mut self, limit: f32, count: usize) -> Guarded<f32> {
        let mut floats = self.floats(count);
        floats.iter_mut().for_each(|value| *value = flush_below(*value, limit));
        floats
    }

    pub(super) fn outputs(&self, count: usize) -> Guarded<f32> {
        Guarded::new(&vec![7.0; count], self.case.end)
    }

    /// The scale of a gradient: that of a batch, or of any magnitude.
    pub(super) fn scale<T: Samples>(&mut self) -> f32 {
        let scale = Values::AnyExponent.fill(&mut self.random, 1)[0].abs();
        if self.random.below(8) == 0 { scale } else { T::SCALE / 9.0 }
    }

    /// Ordinary, or of any magnitude.
    pub(super) fn learning_rate(&mut self) -> f32 {
        let rate = Values::AnyExponent.fill(&mut self.random, 1)[0].abs();
        if self.random.below(4) == 0 { rate } else { 0.01 }
    }
}

pub(super) struct Batch<T> {
    case: Case,
    samples: Guarded<T>,
    order: Guarded<u32>,
}

impl<T: Samples> Batch<T> {
    pub(super) fn rows(&self) -> Rows<'_, T> {
        let Case { width, batch, arrangement, .. } = self.case;
        match arrangement {
            Arrangement::Contiguous => Rows::contiguous(&self.samples, width, batch),
            Arrangement::Indexed => Rows::indexed(&self.samples, width, &self.order).unwrap(),
            Arrangement::Followed => {
                Rows::indexed(&self.samples, width, &self.order).and_then(|rows| rows.followed_by(&self.order)).unwrap()
            }
            Arrangement::Repeated => Rows::repeated(&self.samples, batch),
        }
    }
}
