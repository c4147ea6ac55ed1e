//! Stochastic gradient descent.

use super::Optimizer;
use super::learning_rate::check_learning_rate;
use crate::kernels::updates::SgdUpdate;
use crate::kernels::{Element, Kernel};
use crate::{Batch, Dense, Error};

/// Gradient descent: w ← w − learning rate · gradient.
///
/// It has no state, so training needs memory for the weights and the deltas of one batch only. With all samples in a
/// batch it is full-batch gradient descent, with one sample stochastic gradient descent, and mini-batches lie between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    learning_rate: f32,
}

impl Sgd {
    /// Keras's default learning rate for this optimizer.
    pub const DEFAULT_LEARNING_RATE: f32 = 0.01;

    /// With Keras's default learning rate.
    pub const DEFAULT: Self = Self { learning_rate: Self::DEFAULT_LEARNING_RATE };

    /// With a constant learning rate.
    ///
    /// # Errors
    /// [`Error::Setting`] where the learning rate is not from
    /// [`SMALLEST_LEARNING_RATE`](super::SMALLEST_LEARNING_RATE) to
    /// [`LARGEST_LEARNING_RATE`](super::LARGEST_LEARNING_RATE).
    pub const fn new(learning_rate: f32) -> Result<Self, Error> {
        match check_learning_rate(learning_rate) {
            Ok(()) => Ok(Self { learning_rate }),
            Err(error) => Err(error),
        }
    }

    /// The rule of a step.
    #[must_use]
    pub const fn rule(&self) -> SgdUpdate {
        SgdUpdate { learning_rate: self.learning_rate }
    }
}

impl Optimizer for Sgd {
    type State<const IN: usize, const OUT: usize> = ();

    fn advance(&mut self) {}

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        *self = Self::new(learning_rate)?;
        Ok(())
    }

    fn update<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        (): &mut (),
    ) -> Result<(), Error> {
        super::update_layer(kernel, batch, deltas, &self.rule(), [layer])
    }
}
