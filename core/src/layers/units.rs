//! Some of a layer's units (outputs, each with its weights and bias), so that threads can each train their own.
//!
//! No sum is split: a unit is computed and updated by one thread, in the order in which a single thread would do it.

use crate::kernels::updates::Update;
use crate::kernels::{self, AdamParameters, AdamStep, Element, Kernel, MomentumStep, Rows, elementwise};
use crate::{Batch, Error, Sgd, error};

/// Neighbouring units of a [`Dense`](crate::Dense) layer, borrowed to be trained. With `IN` = 0, only their biases.
///
/// Slices of logits and deltas are sample × unit, of these units only.
#[derive(Debug)]
pub struct UnitsMut<'a, const IN: usize> {
    weights: &'a mut [[f32; IN]],
    bias: &'a mut [f32],
}

impl<'a, const IN: usize> UnitsMut<'a, IN> {
    pub(super) const fn new(weights: &'a mut [[f32; IN]], bias: &'a mut [f32]) -> Self {
        Self { weights, bias }
    }

    /// How many units.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bias.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bias.is_empty()
    }

    /// The first `count` units (all, where there are fewer) and the rest. Not there where the weights of an input, not
    /// of a unit, lie side by side.
    #[cfg(not(fpv4))]
    #[must_use]
    pub fn split(self, count: usize) -> (Self, Self) {
        let count = count.min(self.len());
        let (weights, other_weights) = self.weights.split_at_mut(count);
        let (bias, other_bias) = self.bias.split_at_mut(count);
        (Self::new(weights, bias), Self::new(other_weights, other_bias))
    }

    /// See [`Dense::forward`](crate::Dense::forward).
    ///
    /// # Errors
    /// [`Error::Length`] where `logits` is not sample × unit.
    pub fn forward<T: Element>(
        &self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        logits: &mut [f32],
    ) -> Result<(), Error> {
        kernels::forward(kernel, batch.rows(), self.weights.as_flattened(), self.bias, T::SCALE, logits)
    }

    /// Refuses deltas that are not sample × unit.
    pub(crate) fn check_deltas<T: Element>(&self, batch: Batch<'_, T, IN>, deltas: &[f32]) -> Result<(), Error> {
        error::check_length("deltas", deltas.len(), batch.len().saturating_mul(self.len()))
    }

    /// Every parameter loses a share of itself; see [`Sgd::with_weight_decay`].
    pub(crate) fn decay(&mut self, kernel: Kernel, share: f32) {
        if share > 0.0 {
            elementwise::decay(kernel, self.weights.as_flattened_mut(), share);
            elementwise::decay(kernel, self.bias, share);
        }
    }

    /// Stores the gradient by every parameter in the place of the parameter.
    pub(crate) fn store_gradients<T: Element>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        deltas: &[f32],
    ) -> Result<(), Error> {
        let (scale, ones, mean) = scales::<T>(batch.len());
        if IN > 0 {
            kernels::weight_gradient(kernel, batch.rows(), deltas, scale, self.weights.as_flattened_mut())?;
        }
        kernels::weight_gradient(kernel, ones, deltas, mean, self.bias)
    }

    /// See [`Dense::step_sgd`](crate::Dense::step_sgd).
    ///
    /// # Errors
    /// [`Error::Length`] where `deltas` is not sample × unit; nothing has changed then.
    pub fn step_sgd<T: Element>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        deltas: &[f32],
        sgd: &Sgd,
    ) -> Result<(), Error> {
        let (scale, ones, mean) = scales::<T>(batch.len());
        let learning_rate = sgd.learning_rate();
        self.check_deltas(batch, deltas)?;
        self.decay(kernel, sgd.decay());
        let weights = self.weights.as_flattened_mut();
        if IN > 0 {
            kernels::weight_gradient_sgd(kernel, batch.rows(), deltas, scale, learning_rate, weights)?;
        }
        kernels::weight_gradient_sgd(kernel, ones, deltas, mean, learning_rate, self.bias)
    }

    /// A step with momentum; `velocities` are of the same units.
    pub(crate) fn step_momentum<T: Element>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        deltas: &[f32],
        velocities: &mut UnitsMut<'_, IN>,
        step: &MomentumStep,
    ) -> Result<(), Error> {
        let (scale, ones, mean) = scales::<T>(batch.len());
        if IN > 0 {
            let (weights, velocities) = (self.weights.as_flattened_mut(), velocities.weights.as_flattened_mut());
            kernels::weight_gradient_momentum(kernel, batch.rows(), deltas, scale, step, weights, velocities)?;
        }
        kernels::weight_gradient_momentum(kernel, ones, deltas, mean, step, self.bias, velocities.bias)
    }

    /// See [`Dense::step_adam`](crate::Dense::step_adam).
    ///
    /// # Errors
    /// [`Error::Length`] where `deltas` is not sample × unit, or `moments` are of another number of units; nothing
    /// has changed then.
    pub fn step_adam<T: Element>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        deltas: &[f32],
        moments: &mut MomentsMut<'_, IN>,
        step: &AdamStep,
    ) -> Result<(), Error> {
        let (scale, ones, mean) = scales::<T>(batch.len());
        if IN > 0 {
            let parameters = AdamParameters {
                values: self.weights.as_flattened_mut(),
                first_moments: moments.first.weights.as_flattened_mut(),
                second_moments: moments.second.weights.as_flattened_mut(),
            };
            kernels::weight_gradient_adam(kernel, batch.rows(), deltas, scale, step, parameters)?;
        }
        let parameters = AdamParameters {
            values: self.bias,
            first_moments: moments.first.bias,
            second_moments: moments.second.bias,
        };
        kernels::weight_gradient_adam(kernel, ones, deltas, mean, step, parameters)
    }
}

/// Backward and update in one pass. `parameters` are the units and, where the update has a state, that of the same units,
/// in the order of the update's numbers; `deltas` is sample × unit.
pub(crate) fn step<T: Element, U: Update<N>, const IN: usize, const N: usize>(
    kernel: Kernel,
    batch: Batch<'_, T, IN>,
    deltas: &[f32],
    update: &U,
    mut parameters: [UnitsMut<'_, IN>; N],
) -> Result<(), Error> {
    let (scale, ones, mean) = scales::<T>(batch.len());
    if IN > 0 {
        let weights = parameters.each_mut().map(|units| units.weights.as_flattened_mut());
        kernels::weight_gradient_update(kernel, batch.rows(), deltas, scale, update, weights)?;
    }
    kernels::weight_gradient_update(kernel, ones, deltas, mean, update, parameters.map(|units| units.bias))
}

/// Adam's running means for the units of a [`UnitsMut`].
#[derive(Debug)]
pub struct MomentsMut<'a, const IN: usize> {
    pub(crate) first: UnitsMut<'a, IN>,
    pub(crate) second: UnitsMut<'a, IN>,
}

#[cfg(not(fpv4))]
impl<const IN: usize> MomentsMut<'_, IN> {
    /// Those of the first `count` units and of the rest, as [`UnitsMut::split`].
    #[must_use]
    pub fn split(self, count: usize) -> (Self, Self) {
        let (first, other_first) = self.first.split(count);
        let (second, other_second) = self.second.split(count);
        (Self { first, second }, Self { first: other_first, second: other_second })
    }
}

/// What the sums over a batch are multiplied by for the weights; the input of the biases, which is always 1; and what
/// their sums are multiplied by.
fn scales<T: Element>(samples: usize) -> (f32, Rows<'static, u8>, f32) {
    (T::SCALE / samples as f32, Rows::repeated(&[1], samples), 1.0 / samples as f32)
}
