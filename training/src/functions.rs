//! Activations and losses by name.

use dense_core::activations::{Activation as _, Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Softmax, Tanh};
use dense_core::kernels::Element;
use dense_core::{
    BinaryCrossEntropy, Error, GeneralizedCrossEntropy, Huber, Kernel, Mae, Mse, Score, SparseCategoricalCrossEntropy,
};
use formats::{Activation, Loss, Task};

/// Calls a function of the type of [`dense_core::activations`] that `activation` names.
macro_rules! by_name {
    ($activation:expr, $type:ident => $call:expr) => {
        by_name!($activation, $type => $call, Linear Relu LeakyRelu Elu Gelu Sigmoid Tanh)
    };
    ($activation:expr, $type:ident => $call:expr, $($name:ident)*) => {
        match $activation {
            $(Activation::$name => {
                type $type = $name;
                $call
            })*
        }
    };
}

/// Forward pass of an activation, in place.
pub(super) fn activate(kernel: Kernel, activation: Activation, values: &mut [f32]) {
    by_name!(activation, A => A::forward_with(kernel, values));
}

/// Backward pass of an activation, in place. `outputs` are its outputs, or its inputs where
/// [`derivative_from_input`] says so.
pub(super) fn activate_backward(
    kernel: Kernel,
    activation: Activation,
    outputs: &[f32],
    deltas: &mut [f32],
) -> Result<(), Error> {
    by_name!(activation, A => A::backward_with(kernel, outputs, deltas))
}

/// Whether the derivative of an activation is a function of its input alone.
pub(super) const fn derivative_from_input(activation: Activation) -> bool {
    by_name!(activation, A => A::DERIVATIVE_FROM_INPUT)
}

/// The targets of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) enum BatchTargets<'a> {
    /// Of a classifier, `[batch]`.
    Labels(&'a [u8]),
    /// Of a regression, `[batch][outputs]`.
    Numbers(&'a [f32]),
}

/// The loss of a batch, and in place its gradient: logits become deltas.
pub(super) fn loss_in_place(
    kernel: Kernel,
    loss: Loss,
    logits: &mut [f32],
    outputs: usize,
    targets: BatchTargets<'_>,
) -> Result<Score, Error> {
    match (loss, targets) {
        (Loss::SparseCategoricalCrossentropy, BatchTargets::Labels(labels)) => {
            SparseCategoricalCrossEntropy::loss_of_rows(kernel, logits, outputs, labels)
        }
        (Loss::GeneralizedCrossentropy, BatchTargets::Labels(labels)) => {
            GeneralizedCrossEntropy::loss_of_rows(kernel, logits, outputs, labels)
        }
        (Loss::BinaryCrossentropy, BatchTargets::Labels(labels)) => {
            BinaryCrossEntropy::loss_of_rows(kernel, logits, outputs, labels)
        }
        (Loss::MeanSquaredError, BatchTargets::Numbers(targets)) => Mse::loss_of_rows(kernel, logits, outputs, targets),
        (Loss::MeanAbsoluteError, BatchTargets::Numbers(targets)) => {
            Mae::loss_of_rows(kernel, logits, outputs, targets)
        }
        (Loss::Huber, BatchTargets::Numbers(targets)) => Huber::loss_of_rows(kernel, logits, outputs, targets),
        // No targets of the kind that the loss takes.
        (_, BatchTargets::Labels(_)) => Err(Error::Length { what: "targets", found: 0, expected: logits.len() }),
        (_, BatchTargets::Numbers(_)) => {
            Err(Error::Length { what: "labels", found: 0, expected: logits.len() / outputs })
        }
    }
}

/// The output activation that belongs to a loss, in place: logits `[samples][outputs]` become predictions.
///
/// # Errors
/// [`Error::NotFinite`] where a logit is NaN or infinite.
pub(super) fn output_activation(kernel: Kernel, loss: Loss, logits: &mut [f32], outputs: usize) -> Result<(), Error> {
    match loss.task() {
        Task::Multiclass => Softmax::forward_with(kernel, logits, outputs),
        Task::Binary => {
            check_finite("logits", logits)?;
            Sigmoid::forward_with(kernel, logits);
            Ok(())
        }
        Task::Regression => check_finite("logits", logits),
    }
}

/// Refuses another length than the one that fits.
pub(super) const fn check_length(what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Length { what, found, expected }) }
}

/// Refuses a NaN or an infinity.
pub(super) fn check_finite(what: &'static str, values: &[f32]) -> Result<(), Error> {
    if f32::all_finite(values) {
        return Ok(());
    }
    let index = values.iter().position(|value| !value.is_finite()).unwrap_or(0);
    Err(Error::NotFinite { what, index })
}
