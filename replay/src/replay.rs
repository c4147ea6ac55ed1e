//! Practice: samples to step on, drawn by a seed from lessons and factory samples.

use crate::factory::FactorySet;
use crate::memory::{Memory, MemoryError};
use crate::quantization::Value;
use crate::target::Target;
use dense_core::Random;
use embedded_storage::nor_flash::NorFlash;

/// The stream of random numbers that samples are drawn by.
const STREAM: u64 = 5;

/// Which sample is practised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The lesson of that index.
    Lesson(usize),
    /// The factory sample of that index.
    Factory(usize),
}

/// Draws samples: a lesson every third time on average, all alike, and else a factory sample, each in proportion to the
/// training samples that it stands for.
///
/// On held-back images of Fashion-MNIST, lessons half of the time kept 0.6 points less of what the network knew, and taught
/// half a point more; factory samples that were all alike kept 0.6 points less and taught 0.2 less.
#[derive(Clone, Debug)]
pub struct Sampler(Random);

impl Sampler {
    /// The sequence of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Random::new(seed, STREAM))
    }

    /// The next sample, of so many lessons and of a factory set; of the one where the other has none.
    pub fn next(&mut self, lessons: usize, factory: &FactorySet<'_>) -> Option<Source> {
        let is_lesson = match (lessons, factory.count()) {
            (0, 0) => return None,
            (_, 0) => true,
            (0, _) => false,
            _ => self.0.below(3) == 0,
        };
        Some(if is_lesson {
            Source::Lesson(self.0.below(lessons as u32) as usize)
        } else {
            Source::Factory(factory.index_of(self.0.below(factory.count())))
        })
    }
}

/// Samples that a network practises: the last lessons, where there is flash for them, and the factory set.
#[derive(Clone)]
pub struct Replay<'a> {
    /// The last lessons.
    pub memory: Option<Memory<'a>>,
    /// The samples that the program came with.
    pub factory: FactorySet<'a>,
}

impl Replay<'_> {
    /// The number of lessons.
    #[must_use]
    pub fn lessons(&self) -> usize {
        self.memory.as_ref().map_or(0, Memory::len)
    }

    /// Reads the sample that `sampler` draws next, and says which it is. Where there is no sample, there is none to read.
    ///
    /// # Errors
    /// [`MemoryError::WrongLength`] of the input or the target; [`MemoryError::Flash`] and [`MemoryError::Damaged`] where a
    /// lesson cannot be read: the input and the target may have changed.
    pub fn read_next<F: NorFlash, V: Value, T: Target + ?Sized>(
        &self,
        flash: &mut F,
        sampler: &mut Sampler,
        input: &mut [V],
        target: &mut T,
    ) -> Result<Option<Source>, MemoryError> {
        let source = sampler.next(self.lessons(), &self.factory);
        match (source, &self.memory) {
            (Some(Source::Lesson(index)), Some(memory)) => memory.read(flash, index, input, target)?,
            (Some(Source::Factory(index)), _) => self.factory.read(index, input, target)?,
            _ => return Ok(None),
        };
        Ok(source)
    }
}
