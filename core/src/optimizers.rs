//! How far a weight goes against its gradient.

mod adam;
mod gradients;
mod momentum;
mod rate;
mod rmsprop;
mod sgd;

use crate::kernels::{Element, Kernel};
use crate::layers::UnitsMut;
use crate::memory::Memory;
use crate::{Batch, Error};

pub use adam::{Adam, AdamState};
pub use gradients::Gradients;
pub use momentum::{Momentum, SMALLEST_MOMENTUM, Velocities};
pub use rate::{LARGEST_LEARNING_RATE, SMALLEST_LEARNING_RATE, Schedule};
pub use rmsprop::{MeanSquares, Rmsprop};
pub use sgd::Sgd;

/// A rule that turns gradients into new weights. One serves all layers of a network.
pub trait Optimizer {
    /// What it keeps between steps for a layer of this shape.
    type State<const IN: usize, const OUT: usize>: Memory;

    /// Counts one more step: once a batch, before any layer's step.
    fn advance(&mut self);

    /// Backward and update of some units in one pass. `deltas` is sample × unit, `state` that of the same units.
    ///
    /// # Errors
    /// [`Error::Length`] where `deltas` is not sample × unit; nothing has changed then.
    fn step<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        units: UnitsMut<'_, IN>,
        batch: Batch<'_, T, IN>,
        deltas: &[f32],
        state: &mut Self::State<IN, OUT>,
    ) -> Result<(), Error>;
}
