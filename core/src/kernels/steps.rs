//! [`weight_gradient_update`] with each update under a name of its own.

use super::updates::{AdamUpdate, MomentumUpdate, SgdUpdate, StoreGradient};
use super::{Element, Kernel, Rows, weight_gradient_update};
use crate::Error;

/// The step of [`MomentumUpdate`].
pub type MomentumStep = MomentumUpdate;
/// The step of [`AdamUpdate`].
pub type AdamStep = AdamUpdate;

/// Parameters with Adam's running means; all three of the same length.
#[derive(Debug)]
pub struct AdamParameters<'a> {
    /// The weights or biases.
    pub values: &'a mut [f32],
    /// The running means of the gradients.
    pub first_moments: &'a mut [f32],
    /// The running means of their squares.
    pub second_moments: &'a mut [f32],
}

/// By [`StoreGradient`].
///
/// # Errors
/// As [`weight_gradient_update`], here and below.
pub fn weight_gradient<T: Element>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    scale: f32,
    gradient: &mut [f32],
) -> Result<(), Error> {
    weight_gradient_update(kernel, rows, deltas, scale, &StoreGradient, [gradient])
}

/// By [`SgdUpdate`].
///
/// # Errors
/// As above.
pub fn weight_gradient_sgd<T: Element>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    scale: f32,
    learning_rate: f32,
    weights: &mut [f32],
) -> Result<(), Error> {
    weight_gradient_update(kernel, rows, deltas, scale, &SgdUpdate { learning_rate }, [weights])
}

/// By [`MomentumUpdate`].
///
/// # Errors
/// As above.
pub fn weight_gradient_momentum<T: Element>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    scale: f32,
    step: &MomentumStep,
    weights: &mut [f32],
    velocities: &mut [f32],
) -> Result<(), Error> {
    weight_gradient_update(kernel, rows, deltas, scale, step, [weights, velocities])
}

/// By [`AdamUpdate`].
///
/// # Errors
/// As above.
pub fn weight_gradient_adam<T: Element>(
    kernel: Kernel,
    rows: Rows<'_, T>,
    deltas: &[f32],
    scale: f32,
    step: &AdamStep,
    AdamParameters { values, first_moments, second_moments }: AdamParameters<'_>,
) -> Result<(), Error> {
    weight_gradient_update(kernel, rows, deltas, scale, step, [values, first_moments, second_moments])
}
