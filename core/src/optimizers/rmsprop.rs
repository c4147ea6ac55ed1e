//! RMSprop: gradient descent by gradients over their recent size.

use super::rate::Rate;
use super::{Optimizer, Schedule};
use crate::kernels::updates::RmspropUpdate;
use crate::kernels::{Element, Kernel};
use crate::layers::{UnitsMut, step};
use crate::{Batch, Dense, Error};

/// RMSprop (Tieleman and Hinton 2012) in the form of Keras's `RMSprop`, without momentum and not centred:
/// v ← ρ · v + (1 − ρ) · g²; w ← w − learning rate · g / √(v + ε).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rmsprop {
    rate: Rate,
}

/// The running mean squares of the gradients by a layer's parameters: as large as the layer.
pub type MeanSquares<const IN: usize, const OUT: usize> = Dense<IN, OUT>;

impl Rmsprop {
    /// Keras's default learning rate for this optimizer.
    pub const DEFAULT_LEARNING_RATE: f32 = 0.001;
    /// ρ, the part of the running mean square that is left after a step.
    pub const RHO: f64 = 0.9;
    /// ε, which keeps the division finite.
    pub const EPSILON: f32 = 1e-7;

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

    /// As [`Sgd::with_schedule`](crate::Sgd::with_schedule).
    ///
    /// # Errors
    /// As there.
    pub const fn with_schedule(self, schedule: Schedule) -> Result<Self, Error> {
        match self.rate.with_schedule(schedule) {
            Ok(rate) => Ok(Self { rate }),
            Err(error) => Err(error),
        }
    }

    /// As [`Sgd::with_weight_decay`](crate::Sgd::with_weight_decay).
    ///
    /// # Errors
    /// As there.
    pub const fn with_weight_decay(self, weight_decay: f32) -> Result<Self, Error> {
        match self.rate.with_weight_decay(weight_decay) {
            Ok(rate) => Ok(Self { rate }),
            Err(error) => Err(error),
        }
    }
}

impl Optimizer for Rmsprop {
    type State<const IN: usize, const OUT: usize> = MeanSquares<IN, OUT>;

    fn advance(&mut self) {
        self.rate.advance();
    }

    fn step<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        mut units: UnitsMut<'_, IN>,
        batch: Batch<'_, T, IN>,
        deltas: &[f32],
        squares: &mut MeanSquares<IN, OUT>,
    ) -> Result<(), Error> {
        units.check_deltas(batch, deltas)?;
        units.decay(kernel, self.rate.decay());
        let share = (1.0 - Self::RHO) as f32;
        let update = RmspropUpdate { learning_rate: self.rate.current(), share, epsilon: Self::EPSILON };
        step(kernel, batch, deltas, &update, [units, squares.units_mut()])
    }
}
