//! Adam: gradient descent with adaptive moments.

use super::learning_rate::check_learning_rate;
use super::{Optimizer, State};
use crate::kernels::updates::AdamUpdate;
use crate::kernels::{Element, Kernel};
use crate::{Batch, Dense, Error, math};

/// Adam (Kingma and Ba, arXiv 1412.6980, in the form of its section 2 with the bias correction in the step size, as
/// Keras has it): w ← w − αₜ · m / (√v + ε), with the running means m of the gradient and v of its square.
///
/// This holds the settings and counts the steps; the running means of a layer's parameters are an [`AdamState`].
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    learning_rate: f32,
    /// The step that was counted last.
    step: AdamUpdate,
    /// β₁ᵗ and β₂ᵗ after t steps, in f64, since in f32 the differences from 1 would be lost.
    beta_1_power: f64,
    beta_2_power: f64,
}

impl Adam {
    /// Keras's default learning rate for this optimizer.
    pub const DEFAULT_LEARNING_RATE: f32 = 0.001;
    /// β₁, the decay rate of the running mean.
    pub const BETA_1: f64 = 0.9;
    /// β₂, the decay rate of the running mean of squares.
    pub const BETA_2: f64 = 0.999;
    /// ε, added to the root.
    pub const EPSILON: f32 = 1e-7;

    /// With a constant learning rate; no step made yet.
    ///
    /// # Errors
    /// [`Error::Setting`] where the learning rate is not from
    /// [`SMALLEST_LEARNING_RATE`](super::SMALLEST_LEARNING_RATE) to
    /// [`LARGEST_LEARNING_RATE`](super::LARGEST_LEARNING_RATE).
    pub const fn new(learning_rate: f32) -> Result<Self, Error> {
        match check_learning_rate(learning_rate) {
            Ok(()) => Ok(Self { learning_rate, step: Self::BEFORE_FIRST_STEP, beta_1_power: 1.0, beta_2_power: 1.0 }),
            Err(error) => Err(error),
        }
    }

    /// No step counted yet.
    const BEFORE_FIRST_STEP: AdamUpdate = AdamUpdate {
        step_size: 0.0,
        first_share: (1.0 - Self::BETA_1) as f32,
        second_share: (1.0 - Self::BETA_2) as f32,
        epsilon: Self::EPSILON,
    };

    /// The rule of the step that was counted last.
    #[must_use]
    pub const fn rule(&self) -> &AdamUpdate {
        &self.step
    }
}

impl Optimizer for Adam {
    type State<const IN: usize, const OUT: usize> = AdamState<IN, OUT>;

    /// αₜ = α · √(1 − β₂ᵗ) / (1 − β₁ᵗ).
    fn advance(&mut self) {
        self.beta_1_power *= Self::BETA_1;
        self.beta_2_power *= Self::BETA_2;
        let correction = libm::sqrt(1.0 - self.beta_2_power) / (1.0 - self.beta_1_power);
        self.step.step_size = (f64::from(self.learning_rate) * correction) as f32;
    }

    fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        check_learning_rate(learning_rate)?;
        self.learning_rate = learning_rate;
        Ok(())
    }

    fn update<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        state: &mut AdamState<IN, OUT>,
    ) -> Result<(), Error> {
        let AdamState { first_moments, second_moments } = state;
        super::update_layer(kernel, batch, deltas, &self.step, [layer, first_moments, second_moments])
    }
}

/// The state of [`Adam`] for a layer: two moments of each parameter.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct AdamState<const IN: usize, const OUT: usize> {
    /// The running mean of each parameter's gradient.
    pub first_moments: Dense<IN, OUT>,
    /// The running mean of each gradient's square.
    pub second_moments: Dense<IN, OUT>,
}

impl<const IN: usize, const OUT: usize> AdamState<IN, OUT> {
    /// Before the first step.
    pub const ZERO: Self = Self { first_moments: Dense::ZERO, second_moments: Dense::ZERO };
}

/// First moments, then second moments, which are not negative. Below
/// [`SMALLEST_FIRST_MOMENT`](math::SMALLEST_FIRST_MOMENT) and [`SMALLEST_SECOND_MOMENT`](math::SMALLEST_SECOND_MOMENT)
/// they become +0.0, as after a step.
impl<const IN: usize, const OUT: usize> State for AdamState<IN, OUT> {
    const LEN: usize = 2 * Dense::<IN, OUT>::PARAMETERS;

    fn values(&self) -> impl Iterator<Item = f32> {
        self.first_moments.parameters().chain(self.second_moments.parameters())
    }

    fn check(values: &[f32]) -> Result<(), Error> {
        match values.iter().skip(Dense::<IN, OUT>::PARAMETERS).find(|&&square| square < 0.0) {
            Some(&found) => Err(Error::Setting { what: "second moment", found, least: 0.0, most: f32::MAX }),
            None => Ok(()),
        }
    }

    fn load(&mut self, values: &[f32]) {
        let (first, second) = values.split_at(values.len().min(Dense::<IN, OUT>::PARAMETERS));
        self.first_moments.load(first, math::SMALLEST_FIRST_MOMENT);
        self.second_moments.load(second, math::SMALLEST_SECOND_MOMENT);
    }
}
