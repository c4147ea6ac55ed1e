//! Learning-rate schedules.

use super::learning_rate::check;
use super::{Optimizer, SMALLEST_LEARNING_RATE};
use crate::kernels::{Element, Kernel};
use crate::{Batch, Dense, Error};

/// A learning-rate schedule. No rate falls below [`SMALLEST_LEARNING_RATE`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Schedule {
    /// The initial rate in all steps.
    Constant,
    /// Cosine decay to a fraction of the initial rate, then constant (Loshchilov and Hutter, arXiv 1608.03983; Keras's
    /// `CosineDecay`): rate · ((1 − alpha) · (1 + cos(π · step / steps)) / 2 + alpha).
    Cosine {
        /// Number of steps to decay over; at least 1.
        steps: u32,
        /// The final rate as a fraction of the initial one, from 0 to 1.
        alpha: f32,
    },
    /// Step decay (Keras's `ExponentialDecay` with `staircase`): rate · factorᵏ with k = ⌊step / every⌋.
    Step {
        /// Steps between decays; at least 1.
        every: u32,
        /// The decay factor, from 0 to 1.
        factor: f32,
    },
}

impl Schedule {
    /// The learning rate of a step, counted from 0; that of step 0 is `initial`.
    #[must_use]
    pub fn rate(self, initial: f32, step: u32) -> f32 {
        let part = match self {
            Self::Constant => return initial,
            Self::Cosine { steps, alpha } => {
                let done = f64::from(step.min(steps)) / f64::from(steps.max(1));
                let alpha = f64::from(alpha);
                (1.0 - alpha) * 0.5 * (1.0 + libm::cos(core::f64::consts::PI * done)) + alpha
            }
            Self::Step { every, factor } => libm::pow(factor.into(), (step / every.max(1)).into()),
        };
        ((f64::from(initial) * part) as f32).max(SMALLEST_LEARNING_RATE)
    }

    const fn check(self) -> Result<(), Error> {
        match self {
            Self::Constant => Ok(()),
            Self::Cosine { steps, alpha } => match check_count("steps of a schedule", steps) {
                Ok(()) => check("alpha of a learning rate", alpha, 0.0, 1.0),
                error => error,
            },
            Self::Step { every, factor } => match check_count("steps of a schedule", every) {
                Ok(()) => check("factor of a learning rate", factor, 0.0, 1.0),
                error => error,
            },
        }
    }
}

const fn check_count(what: &'static str, found: u32) -> Result<(), Error> {
    if found > 0 {
        return Ok(());
    }
    Err(Error::Setting { what, found: 0.0, least: 1.0, most: u32::MAX as f32 })
}

/// An optimizer whose learning rate follows a [`Schedule`]: see [`Optimizer::with_schedule`].
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled<O> {
    optimizer: O,
    schedule: Schedule,
    initial: f32,
    steps: u32,
}

impl<O: Optimizer> Scheduled<O> {
    pub(super) fn new(optimizer: O, schedule: Schedule) -> Result<Self, Error> {
        schedule.check()?;
        let initial = optimizer.learning_rate();
        Ok(Self { optimizer, schedule, initial, steps: 0 })
    }

    /// The optimizer, with the learning rate of the step that was counted last.
    pub const fn optimizer(&self) -> &O {
        &self.optimizer
    }
}

impl<O: Optimizer> Optimizer for Scheduled<O> {
    type State<const IN: usize, const OUT: usize> = O::State<IN, OUT>;

    fn advance(&mut self) {
        // In range: a schedule only lowers the rate, and not below the smallest.
        let _ = self.optimizer.set_learning_rate(self.schedule.rate(self.initial, self.steps));
        self.steps = self.steps.saturating_add(1);
        self.optimizer.advance();
    }

    fn learning_rate(&self) -> f32 {
        self.optimizer.learning_rate()
    }

    fn momentum(&self) -> f32 {
        self.optimizer.momentum()
    }

    /// Sets the initial rate of the schedule; the step count is not reset.
    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        super::learning_rate::check_learning_rate(learning_rate)?;
        self.initial = learning_rate;
        self.optimizer.set_learning_rate(self.schedule.rate(learning_rate, self.steps.saturating_sub(1)))
    }

    fn update<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        state: &mut Self::State<IN, OUT>,
    ) -> Result<(), Error> {
        self.optimizer.update(kernel, layer, batch, deltas, state)
    }
}
