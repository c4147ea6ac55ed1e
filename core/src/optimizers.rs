//! How far a weight goes against its gradient.

use crate::kernels::AdamStep;
use crate::layers::MomentsMut;
use crate::{Dense, Error};

/// The smallest learning rate, 2⁻⁴⁰: far below any that learns, and large enough for the arithmetic of
/// [`math`](crate::math).
pub const SMALLEST_LEARNING_RATE: f32 = 1.0 / (1_u64 << 40) as f32;
/// The largest learning rate.
pub const LARGEST_LEARNING_RATE: f32 = f32::MAX;

/// Gradient descent as it is taught: w ← w − learning rate · gradient.
///
/// It keeps nothing between steps: training needs the weights and the deltas of one batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    learning_rate: f32,
}

impl Sgd {
    /// Keras's default learning rate for this optimizer.
    pub const DEFAULT_LEARNING_RATE: f32 = 0.01;

    /// # Errors
    /// [`Error::Setting`] where the learning rate is not from [`SMALLEST_LEARNING_RATE`] to [`LARGEST_LEARNING_RATE`].
    pub const fn new(learning_rate: f32) -> Result<Self, Error> {
        match check_learning_rate(learning_rate) {
            Ok(()) => Ok(Self { learning_rate }),
            Err(error) => Err(error),
        }
    }

    /// The step a weight makes for a gradient of 1.
    #[must_use]
    pub const fn learning_rate(&self) -> f32 {
        self.learning_rate
    }
}

/// Adam (Kingma and Ba, arXiv 1412.6980, in the form of its section 2 with the bias correction in the step size, as
/// Keras has it): each weight's step is the running mean of its gradient over the root of the running mean of its
/// square.
///
/// This holds the settings and counts the steps; the running means of a layer's parameters are an [`AdamState`].
/// One `Adam` serves all layers of a network: [`next_step`](Self::next_step) once a batch, then every layer's step.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    learning_rate: f32,
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
    /// [`Error::Setting`] where the learning rate is not from [`SMALLEST_LEARNING_RATE`] to [`LARGEST_LEARNING_RATE`].
    pub const fn new(learning_rate: f32) -> Result<Self, Error> {
        match check_learning_rate(learning_rate) {
            Ok(()) => Ok(Self { learning_rate, beta_1_power: 1.0, beta_2_power: 1.0 }),
            Err(error) => Err(error),
        }
    }

    /// Counts one more step and says what it multiplies by: αₜ = α · √(1 − β₂ᵗ) / (1 − β₁ᵗ).
    pub fn next_step(&mut self) -> AdamStep {
        self.beta_1_power *= Self::BETA_1;
        self.beta_2_power *= Self::BETA_2;
        let correction = libm::sqrt(1.0 - self.beta_2_power) / (1.0 - self.beta_1_power);
        AdamStep {
            step_size: (f64::from(self.learning_rate) * correction) as f32,
            first_share: (1.0 - Self::BETA_1) as f32,
            second_share: (1.0 - Self::BETA_2) as f32,
            epsilon: Self::EPSILON,
        }
    }
}

const fn check_learning_rate(found: f32) -> Result<(), Error> {
    if found >= SMALLEST_LEARNING_RATE && found <= LARGEST_LEARNING_RATE {
        return Ok(());
    }
    Err(Error::Setting { what: "learning rate", found, least: SMALLEST_LEARNING_RATE, most: LARGEST_LEARNING_RATE })
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
    pub const ZERO: Self = Self { first_moments: Dense::ZERO, second_moments: Dense::ZERO };

    /// Those of all units of the layer, to be shared out among threads with the units.
    pub const fn units_mut(&mut self) -> MomentsMut<'_, IN> {
        MomentsMut { first: self.first_moments.units_mut(), second: self.second_moments.units_mut() }
    }
}
