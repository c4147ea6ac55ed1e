//! How far off a batch of answers is, and in which direction.
//!
//! Each loss takes the last layer's outputs and leaves deltas in their place: the derivative of a sample's loss by its
//! outputs. They are not yet divided by the batch size; the layer's step does that, so that it is the mean loss of the
//! batch that falls (Keras's `sum_over_batch_size`). After an error the outputs are as they were.

use crate::kernels::{self, Kernel, Score};
use crate::{Error, error};

/// Mean squared error: the loss of each sample is Σₖ (yₖ − tₖ)² / `OUT`, δₖ = 2 · (yₖ − tₖ) / `OUT`.
///
/// `outputs` and `targets` are batch × `OUT`.
///
/// # Errors
/// [`Error::Length`] where the targets are not as many as the samples, [`Error::NotFinite`] where an output or a target
/// is NaN or infinite.
pub fn mean_squared_error<const OUT: usize>(
    outputs: &mut [[f32; OUT]],
    targets: &[[f32; OUT]],
) -> Result<Score, Error> {
    check_numbers(outputs, targets)?;
    kernels::losses::squared_error(outputs.as_flattened_mut(), OUT, targets.as_flattened())
}

/// Mean absolute error: the loss of each sample is Σₖ |yₖ − tₖ| / `OUT`, δₖ = sign(yₖ − tₖ) / `OUT`. An outlier
/// pulls no harder than any other sample.
///
/// `outputs` and `targets` are batch × `OUT`.
///
/// # Errors
/// As [`mean_squared_error`].
pub fn mean_absolute_error<const OUT: usize>(
    outputs: &mut [[f32; OUT]],
    targets: &[[f32; OUT]],
) -> Result<Score, Error> {
    check_numbers(outputs, targets)?;
    kernels::losses::absolute_error(outputs.as_flattened_mut(), OUT, targets.as_flattened())
}

/// Sigmoid and binary cross-entropy together: the loss of each sample is −ln of the probability of its label, computed
/// from the logit as max(z, 0) − z · t + ln(1 + exp(−|z|)), which is stable for any finite logit; δ = σ(z) − t.
///
/// `logits` has one number a sample, `labels` a 0 or a 1.
///
/// # Errors
/// [`Error::Length`] where the labels are not as many as the samples, [`Error::LabelOutOfRange`], and
/// [`Error::NotFinite`] where a logit is NaN or infinite.
pub fn binary_cross_entropy(logits: &mut [[f32; 1]], labels: &[u8]) -> Result<Score, Error> {
    error::check_length("labels", labels.len(), logits.len())?;
    let logits = logits.as_flattened_mut();
    error::check_finite("logits", logits)?;
    kernels::losses::sigmoid_cross_entropy(logits, labels)
}

/// Softmax and categorical cross-entropy together, for targets that are a probability of each class: the loss of each
/// sample is −Σₖ tₖ · ln pₖ, computed from the logits; δₖ = pₖ · Σⱼ tⱼ − tₖ, where the targets usually add up to 1.
///
/// `logits` and `targets` are batch × `OUT`.
///
/// # Errors
/// [`Error::Length`] where the targets are not as many as the samples, [`Error::NotFinite`] where a logit or a target is
/// NaN or infinite, [`Error::TargetOutOfRange`] where a target is not from 0 to 1.
pub fn categorical_cross_entropy<const OUT: usize>(
    logits: &mut [[f32; OUT]],
    targets: &[[f32; OUT]],
) -> Result<Score, Error> {
    check_numbers(logits, targets)?;
    let flat = targets.as_flattened();
    if let Some(index) = flat.iter().position(|target| !(0.0..=1.0).contains(target)) {
        return Err(Error::TargetOutOfRange { sample: index / OUT, output: index % OUT, found: flat[index] });
    }
    kernels::losses::softmax_cross_entropy_with_targets(logits.as_flattened_mut(), OUT, flat)
}

/// Softmax and sparse categorical cross-entropy together: the loss of each sample is −ln p(label), computed from the
/// logits as ln Σⱼ exp(zⱼ − max z) − (z(label) − max z), which is stable for any finite logits (and saturates at
/// [`f32::MAX`]).
///
/// `logits` is batch × `OUT`, `labels` has one class number a sample; δₖ = pₖ − \[k = label\].
///
/// # Errors
/// [`Error::Length`] where the labels are not as many as the samples, [`Error::LabelOutOfRange`], and
/// [`Error::NotFinite`] where a logit is NaN or infinite.
pub fn sparse_categorical_cross_entropy<const OUT: usize>(
    logits: &mut [[f32; OUT]],
    labels: &[u8],
) -> Result<Score, Error> {
    sparse_categorical_cross_entropy_with(Kernel::best(), logits, labels)
}

pub(crate) fn sparse_categorical_cross_entropy_with<const OUT: usize>(
    kernel: Kernel,
    logits: &mut [[f32; OUT]],
    labels: &[u8],
) -> Result<Score, Error> {
    error::check_length("labels", labels.len(), logits.len())?;
    let logits = logits.as_flattened_mut();
    error::check_finite("logits", logits)?;
    kernels::softmax_cross_entropy(kernel, logits, OUT, labels)
}

/// Softmax and generalised cross-entropy together (Zhang and Sabuncu 2018, arXiv 1805.07836, with q = ¼): the loss of each
/// sample is (1 − p^q) / q for the probability p of its label. Cross-entropy never gives a sample up; here one that looks
/// nothing like its label pulls less and less, so that wrong labels, and images beyond what a small network can tell
/// apart, do not spoil the rest.
///
/// `logits` is batch × `OUT`, `labels` has one class number a sample; δₖ = p^q · (pₖ − \[k = label\]).
///
/// # Errors
/// As [`sparse_categorical_cross_entropy`].
pub fn generalized_cross_entropy<const OUT: usize>(logits: &mut [[f32; OUT]], labels: &[u8]) -> Result<Score, Error> {
    error::check_length("labels", labels.len(), logits.len())?;
    let logits = logits.as_flattened_mut();
    error::check_finite("logits", logits)?;
    kernels::losses::generalized_cross_entropy(logits, OUT, labels)
}

fn check_numbers<const OUT: usize>(outputs: &[[f32; OUT]], targets: &[[f32; OUT]]) -> Result<(), Error> {
    error::check_length("targets", targets.len(), outputs.len())?;
    error::check_finite("outputs", outputs.as_flattened())?;
    error::check_finite("targets", targets.as_flattened())
}
