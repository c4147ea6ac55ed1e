//! RMSprop: gradient descent with gradients divided by the root of their running mean square.

use super::Optimizer;
use super::learning_rate::check_learning_rate;
use crate::kernels::updates::RmspropUpdate;
use crate::kernels::{Element, Kernel};
use crate::{Batch, Dense, Error};

/// RMSprop (Tieleman and Hinton 2012) in the form of Keras's `RMSprop`, without momentum and not centred:
/// v ← ρ · v + (1 − ρ) · g²; w ← w − learning rate · g / √(v + ε).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rmsprop {
    update: RmspropUpdate,
}

/// The state of [`Rmsprop`] for a layer: the running mean square of each parameter's gradient.
pub type MeanSquares<const IN: usize, const OUT: usize> = Dense<IN, OUT>;

impl Rmsprop {
    /// Keras's default learning rate for this optimizer.
    pub const DEFAULT_LEARNING_RATE: f32 = 0.001;
    /// ρ, the decay rate of the running mean square.
    pub const RHO: f64 = 0.9;
    /// ε, which keeps the division finite.
    pub const EPSILON: f32 = 1e-7;

    /// # Errors
    /// [`Error::Setting`] where the learning rate is not from
    /// [`SMALLEST_LEARNING_RATE`](super::SMALLEST_LEARNING_RATE) to
    /// [`LARGEST_LEARNING_RATE`](super::LARGEST_LEARNING_RATE).
    pub const fn new(learning_rate: f32) -> Result<Self, Error> {
        let share = (1.0 - Self::RHO) as f32;
        match check_learning_rate(learning_rate) {
            Ok(()) => Ok(Self { update: RmspropUpdate { learning_rate, share, epsilon: Self::EPSILON } }),
            Err(error) => Err(error),
        }
    }

    /// The rule of a step.
    #[must_use]
    pub const fn rule(&self) -> &RmspropUpdate {
        &self.update
    }
}

impl Optimizer for Rmsprop {
    type State<const IN: usize, const OUT: usize> = MeanSquares<IN, OUT>;

    fn advance(&mut self) {}

    fn learning_rate(&self) -> f32 {
        self.update.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        check_learning_rate(learning_rate)?;
        self.update.learning_rate = learning_rate;
        Ok(())
    }

    fn update<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        squares: &mut MeanSquares<IN, OUT>,
    ) -> Result<(), Error> {
        super::update_layer(kernel, batch, deltas, &self.update, [layer, squares])
    }
}
