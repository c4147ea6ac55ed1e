//! Gradient descent with momentum.

use super::Optimizer;
use super::learning_rate::{check, check_learning_rate};
use crate::kernels::updates::MomentumUpdate;
use crate::kernels::{Element, Kernel};
use crate::{Batch, Dense, Error};

/// Lower limit of [`Momentum`]'s factor, 2⁻²⁰: its product with a velocity is not subnormal. Without momentum, take
/// [`Sgd`](crate::Sgd).
pub const SMALLEST_MOMENTUM: f32 = 1.0 / (1_u32 << 20) as f32;

/// Gradient descent with momentum, in the form of Keras's `SGD`: v ← momentum · v − learning rate · gradient; w ← w +
/// v.
///
/// In Nesterov's form (Sutskever and others 2013), w ← w + momentum · v − learning rate · gradient, with the new v.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Momentum {
    step: MomentumUpdate,
}

/// The state of [`Momentum`] for a layer: a velocity of each parameter.
pub type Velocities<const IN: usize, const OUT: usize> = Dense<IN, OUT>;

impl Momentum {
    /// With a constant learning rate.
    ///
    /// # Errors
    /// [`Error::Setting`] where the learning rate is not from
    /// [`SMALLEST_LEARNING_RATE`](super::SMALLEST_LEARNING_RATE) to
    /// [`LARGEST_LEARNING_RATE`](super::LARGEST_LEARNING_RATE), or the momentum not from [`SMALLEST_MOMENTUM`] to 1.
    pub const fn new(learning_rate: f32, momentum: f32) -> Result<Self, Error> {
        match (check_learning_rate(learning_rate), check("momentum", momentum, SMALLEST_MOMENTUM, 1.0)) {
            (Ok(()), Ok(())) => Ok(Self { step: MomentumUpdate { learning_rate, momentum, nesterov: false } }),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    /// This optimizer in Nesterov's form.
    #[must_use]
    pub const fn with_nesterov(self) -> Self {
        Self { step: MomentumUpdate { nesterov: true, ..self.step } }
    }

    /// The rule of a step.
    #[must_use]
    pub const fn rule(&self) -> &MomentumUpdate {
        &self.step
    }
}

impl Optimizer for Momentum {
    type State<const IN: usize, const OUT: usize> = Velocities<IN, OUT>;

    fn advance(&mut self) {}

    fn learning_rate(&self) -> f32 {
        self.step.learning_rate
    }

    fn momentum(&self) -> f32 {
        self.step.momentum
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        check_learning_rate(learning_rate)?;
        self.step.learning_rate = learning_rate;
        Ok(())
    }

    fn update<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        velocities: &mut Velocities<IN, OUT>,
    ) -> Result<(), Error> {
        super::update_layer(kernel, batch, deltas, &self.step, [layer, velocities])
    }
}
