//! Adam: every weight has a step size of its own.

use super::rate::Rate;
use super::{Optimizer, Schedule};
use crate::kernels::{AdamStep, Element, Kernel};
use crate::layers::{MomentsMut, UnitsMut};
use crate::memory::Memory;
use crate::{Batch, Dense, Error, math};

/// Adam (Kingma and Ba, arXiv 1412.6980, in the form of its section 2 with the bias correction in the step size, as
/// Keras has it): each weight's step is the running mean of its gradient over the root of the running mean of its
/// square.
///
/// This holds the settings and counts the steps; the running means of a layer's parameters are an [`AdamState`].
/// One `Adam` serves all layers of a network: [`next_step`](Self::next_step) once a batch, then every layer's step.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    rate: Rate,
    /// The step that was counted last.
    step: AdamStep,
    /// β₁ᵗ and β₂ᵗ after t steps, in f64: their distance from 1 is what counts, and f32 would lose it.
    beta_1_power: f64,
    beta_2_power: f64,
}

impl Adam {
    /// Keras's default learning rate for this optimizer.
    pub const DEFAULT_LEARNING_RATE: f32 = 0.001;
    /// The share of the running mean that survives a step.
    pub const BETA_1: f64 = 0.9;
    /// The share of the running mean of squares that survives a step.
    pub const BETA_2: f64 = 0.999;
    /// What keeps the division finite.
    pub const EPSILON: f32 = 1e-7;

    /// No step made yet.
    ///
    /// # Errors
    /// [`Error::Setting`] where the learning rate is not from
    /// [`SMALLEST_LEARNING_RATE`](super::SMALLEST_LEARNING_RATE) to
    /// [`LARGEST_LEARNING_RATE`](super::LARGEST_LEARNING_RATE).
    pub const fn new(learning_rate: f32) -> Result<Self, Error> {
        match Rate::new(learning_rate) {
            Ok(rate) => Ok(Self { rate, step: Self::STANDSTILL, beta_1_power: 1.0, beta_2_power: 1.0 }),
            Err(error) => Err(error),
        }
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

    /// As [`Sgd::with_weight_decay`](crate::Sgd::with_weight_decay): with it, this is AdamW.
    ///
    /// # Errors
    /// As there.
    pub const fn with_weight_decay(self, weight_decay: f32) -> Result<Self, Error> {
        match self.rate.with_weight_decay(weight_decay) {
            Ok(rate) => Ok(Self { rate, ..self }),
            Err(error) => Err(error),
        }
    }

    /// No step counted yet.
    const STANDSTILL: AdamStep = AdamStep {
        step_size: 0.0,
        first_share: (1.0 - Self::BETA_1) as f32,
        second_share: (1.0 - Self::BETA_2) as f32,
        epsilon: Self::EPSILON,
    };

    /// Counts one more step and says what it multiplies by: αₜ = α · √(1 − β₂ᵗ) / (1 − β₁ᵗ).
    pub fn next_step(&mut self) -> AdamStep {
        self.rate.advance();
        self.beta_1_power *= Self::BETA_1;
        self.beta_2_power *= Self::BETA_2;
        let correction = libm::sqrt(1.0 - self.beta_2_power) / (1.0 - self.beta_1_power);
        self.step.step_size = (f64::from(self.rate.current()) * correction) as f32;
        self.step
    }
}

impl Optimizer for Adam {
    type State<const IN: usize, const OUT: usize> = AdamState<IN, OUT>;

    fn advance(&mut self) {
        self.next_step();
    }

    fn step<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        mut units: UnitsMut<'_, IN>,
        batch: Batch<'_, T, IN>,
        deltas: &[f32],
        state: &mut AdamState<IN, OUT>,
    ) -> Result<(), Error> {
        units.check_deltas(batch, deltas)?;
        units.decay(kernel, self.rate.decay());
        units.step_adam(kernel, batch, deltas, &mut state.units_mut(), &self.step)
    }
}

/// The running means that [`Adam`] keeps for a layer: twice the layer's size.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct AdamState<const IN: usize, const OUT: usize> {
    pub(crate) first_moments: Dense<IN, OUT>,
    pub(crate) second_moments: Dense<IN, OUT>,
}

impl<const IN: usize, const OUT: usize> AdamState<IN, OUT> {
    /// Before the first step.
    pub const ZERO: Self = Self { first_moments: Dense::ZEROS, second_moments: Dense::ZEROS };

    /// Those of all units of the layer, to be shared out among threads with the units.
    pub const fn units_mut(&mut self) -> MomentsMut<'_, IN> {
        MomentsMut { first: self.first_moments.units_mut(), second: self.second_moments.units_mut() }
    }

    /// The running means of the gradient and of its square, for every weight, output after output, and then for every
    /// bias: what it takes, beside the weights and the number of steps, to go on with a fit another time.
    pub fn moments(&self) -> impl Iterator<Item = [f32; 2]> {
        let [first, second] =
            [&self.first_moments, &self.second_moments].map(|means| means.weights().chain(*means.bias()));
        first.zip(second).map(|(first, second)| [first, second])
    }

    /// Takes over running means in the order of [`moments`](Self::moments), as far as there are any. They must be finite,
    /// those of squares not negative; below [`SMALLEST_FIRST_MOMENT`](math::SMALLEST_FIRST_MOMENT) and
    /// [`SMALLEST_SECOND_MOMENT`](math::SMALLEST_SECOND_MOMENT) they become +0.0, as after a step.
    pub fn set_moments(&mut self, moments: &[[f32; 2]]) {
        self.first_moments.set_parameters(moments.iter().map(|means| means[0]), math::SMALLEST_FIRST_MOMENT);
        self.second_moments.set_parameters(moments.iter().map(|means| means[1]), math::SMALLEST_SECOND_MOMENT);
    }
}

impl<const IN: usize, const OUT: usize> Memory for AdamState<IN, OUT> {
    const ZERO: Self = Self::ZERO;
}
