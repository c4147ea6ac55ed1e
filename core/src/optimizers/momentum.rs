//! Gradient descent that gathers speed.

use super::rate::{self, Rate};
use super::{Optimizer, Schedule};
use crate::kernels::{Element, Kernel, MomentumStep};
use crate::layers::UnitsMut;
use crate::{Batch, Dense, Error};

/// The smallest momentum, 2⁻²⁰; without any, this is [`Sgd`](crate::Sgd).
pub const SMALLEST_MOMENTUM: f32 = 1.0 / (1_u32 << 20) as f32;

/// Gradient descent with momentum, in the form of Keras's `SGD`: v ← momentum · v − learning rate · gradient; w ← w + v.
///
/// In Nesterov's form (Sutskever and others 2013), w ← w + momentum · v − learning rate · gradient, with the new v.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Momentum {
    rate: Rate,
    momentum: f32,
    nesterov: bool,
}

/// The velocities of a layer's parameters: as large as the layer.
pub type Velocities<const IN: usize, const OUT: usize> = Dense<IN, OUT>;

impl Momentum {
    /// # Errors
    /// [`Error::Setting`] where the learning rate is not from
    /// [`SMALLEST_LEARNING_RATE`](super::SMALLEST_LEARNING_RATE) to
    /// [`LARGEST_LEARNING_RATE`](super::LARGEST_LEARNING_RATE), or the momentum not from [`SMALLEST_MOMENTUM`] to 1.
    pub const fn new(learning_rate: f32, momentum: f32) -> Result<Self, Error> {
        match (Rate::new(learning_rate), rate::check("momentum", momentum, SMALLEST_MOMENTUM, 1.0)) {
            (Ok(rate), Ok(())) => Ok(Self { rate, momentum, nesterov: false }),
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }

    /// The same in Nesterov's form.
    #[must_use]
    pub const fn with_nesterov(self) -> Self {
        Self { nesterov: true, ..self }
    }

    /// As [`Sgd::with_schedule`](crate::Sgd::with_schedule).
    ///
    /// # Errors
    /// As there.
    pub const fn with_schedule(self, schedule: Schedule) -> Result<Self, Error> {
        match self.rate.with_schedule(schedule) {
            Ok(rate) => Ok(Self { rate, ..self }),
            Err(error) => Err(error),
        }
    }

    /// As [`Sgd::with_weight_decay`](crate::Sgd::with_weight_decay).
    ///
    /// # Errors
    /// As there.
    pub const fn with_weight_decay(self, weight_decay: f32) -> Result<Self, Error> {
        match self.rate.with_weight_decay(weight_decay) {
            Ok(rate) => Ok(Self { rate, ..self }),
            Err(error) => Err(error),
        }
    }
}

impl Optimizer for Momentum {
    type State<const IN: usize, const OUT: usize> = Velocities<IN, OUT>;

    fn advance(&mut self) {
        self.rate.advance();
    }

    fn step<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        mut units: UnitsMut<'_, IN>,
        batch: Batch<'_, T, IN>,
        deltas: &[f32],
        velocities: &mut Velocities<IN, OUT>,
    ) -> Result<(), Error> {
        units.check_deltas(batch, deltas)?;
        units.decay(kernel, self.rate.decay());
        let step =
            MomentumStep { learning_rate: self.rate.current(), momentum: self.momentum, nesterov: self.nesterov };
        units.step_momentum(kernel, batch, deltas, &mut velocities.units_mut(), &step)
    }
}
