//! Practice: steps on lessons and factory samples, drawn by a seed.

use crate::factory::FactorySet;
use crate::format::WrongLength;
use crate::memory::{Memory, MemoryError};
use crate::quantization::Value;
use crate::target::Target;
use core::fmt;
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

/// Draws samples: a lesson every third time on average, and within each set all alike.
///
/// On held-back images of Fashion-MNIST, lessons half of the time kept 0.6 points less of what the network knew, and taught
/// half a point more.
#[derive(Clone, Debug)]
pub struct Sampler(Random);

impl Sampler {
    /// The sequence of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(Random::new(seed, STREAM))
    }

    /// The next sample, of so many lessons and factory samples; of the one set where the other has none.
    pub const fn next(&mut self, lessons: usize, factory_samples: usize) -> Option<Source> {
        let is_lesson = match (lessons, factory_samples) {
            (0, 0) => return None,
            (_, 0) => true,
            (0, _) => false,
            _ => self.0.below(3) == 0,
        };
        Some(if is_lesson {
            Source::Lesson(self.0.below(lessons as u32) as usize)
        } else {
            Source::Factory(self.0.below(factory_samples as u32) as usize)
        })
    }
}

/// What a network practises: the last lessons, and what it came with.
#[derive(Clone)]
pub struct Replay<'a> {
    /// The last lessons.
    pub memory: Memory<'a>,
    /// The samples that the program came with.
    pub factory: FactorySet<'a>,
}

/// How many steps were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Practised {
    /// Those on lessons.
    pub lessons: u32,
    /// Those on factory samples.
    pub factory_samples: u32,
}

impl Replay<'_> {
    /// Makes `steps` steps: calls `step` with the input and the target of each sample, which are read into those given.
    /// Where there is no sample, there is no step.
    ///
    /// # Errors
    /// [`PractiseError::WrongLength`] of the input or the target, [`PractiseError::Memory`] where a lesson cannot be read,
    /// and [`PractiseError::Step`] with that of the first step that fails. The steps before it are made.
    pub fn practise<F: NorFlash, V: Value, T: Target + ?Sized, E>(
        &self,
        flash: &mut F,
        seed: u64,
        steps: u32,
        input: &mut [V],
        target: &mut T,
        mut step: impl FnMut(&[V], &T) -> Result<(), E>,
    ) -> Result<Practised, PractiseError<E>> {
        let mut sampler = Sampler::new(seed);
        let mut practised = Practised::default();
        for _ in 0..steps {
            match sampler.next(self.memory.len(), self.factory.len()) {
                Some(Source::Lesson(index)) => {
                    self.memory.read(flash, index, input, target)?;
                    practised.lessons += 1;
                }
                Some(Source::Factory(index)) => {
                    self.factory.read(index, input, target)?;
                    practised.factory_samples += 1;
                }
                None => break,
            }
            step(input, target).map_err(PractiseError::Step)?;
        }
        Ok(practised)
    }
}

/// Why practice ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PractiseError<E> {
    /// The input or the target is not as long as those of the samples.
    WrongLength(WrongLength),
    /// A lesson cannot be read.
    Memory(MemoryError),
    /// A step failed.
    Step(E),
}

impl<E> From<WrongLength> for PractiseError<E> {
    fn from(error: WrongLength) -> Self {
        Self::WrongLength(error)
    }
}

impl<E> From<MemoryError> for PractiseError<E> {
    fn from(error: MemoryError) -> Self {
        Self::Memory(error)
    }
}

impl<E: fmt::Display> fmt::Display for PractiseError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongLength(error) => write!(f, "{error}"),
            Self::Memory(error) => write!(f, "{error}"),
            Self::Step(error) => write!(f, "{error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for PractiseError<E> {}
