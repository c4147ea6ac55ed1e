//! Gradient descent as it is taught.

use super::rate::Rate;
use super::{Optimizer, Schedule};
use crate::kernels::{Element, Kernel};
use crate::layers::UnitsMut;
use crate::{Batch, Error};

/// Gradient descent: w ← w − learning rate · gradient.
///
/// It keeps nothing between steps: training needs the weights and the deltas of one batch. With all samples in a batch
/// it is plain gradient descent, with one it is the stochastic kind, and anything between is mini-batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    rate: Rate,
}

impl Sgd {
    /// Keras's default learning rate for this optimizer.
    pub const DEFAULT_LEARNING_RATE: f32 = 0.01;

    /// # Errors
    /// [`Error::Setting`] where the learning rate is not from
    /// [`SMALLEST_LEARNING_RATE`](super::SMALLEST_LEARNING_RATE) to
    /// [`LARGEST_LEARNING_RATE`](super::LARGEST_LEARNING_RATE).
    pub const fn new(learning_rate: f32) -> Result<Self, Error> {
        match Rate::new(learning_rate) {
            Ok(rate) => Ok(Self { rate }),
            Err(error) => Err(error),
        }
    }

    /// The same with a learning rate that changes.
    ///
    /// # Errors
    /// [`Error::Setting`] where a number of the schedule is out of its range.
    pub const fn with_schedule(self, schedule: Schedule) -> Result<Self, Error> {
        match self.rate.with_schedule(schedule) {
            Ok(rate) => Ok(Self { rate }),
            Err(error) => Err(error),
        }
    }

    /// The same with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101): before each step every parameter,
    /// biases too, as in Keras, loses `weight_decay` · learning rate of itself.
    ///
    /// # Errors
    /// [`Error::Setting`] where it is not from 0 to 1.
    pub const fn with_weight_decay(self, weight_decay: f32) -> Result<Self, Error> {
        match self.rate.with_weight_decay(weight_decay) {
            Ok(rate) => Ok(Self { rate }),
            Err(error) => Err(error),
        }
    }

    /// The step a weight makes for a gradient of 1.
    #[must_use]
    pub const fn learning_rate(&self) -> f32 {
        self.rate.current()
    }

    /// What each parameter loses of itself before a step.
    pub(crate) fn decay(&self) -> f32 {
        self.rate.decay()
    }
}

impl Optimizer for Sgd {
    type State<const IN: usize, const OUT: usize> = ();

    fn advance(&mut self) {
        self.rate.advance();
    }

    fn step<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        mut units: UnitsMut<'_, IN>,
        batch: Batch<'_, T, IN>,
        deltas: &[f32],
        (): &mut (),
    ) -> Result<(), Error> {
        units.step_sgd(kernel, batch, deltas, self)
    }
}
