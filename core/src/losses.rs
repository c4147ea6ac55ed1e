//! Losses: the output heads of a network.
//!
//! | type | L, of a sample | output activation | target | metric | Keras |
//! |---|---|---|---|---|---|
//! | [`SparseCategoricalCrossEntropy`] | −ln p(label) | softmax | class number | accuracy | `SparseCategoricalCrossentropy` |
//! | [`CategoricalCrossEntropy`] | −Σ t · ln p | softmax | probabilities | accuracy | `CategoricalCrossentropy` |
//! | [`GeneralizedCrossEntropy`] | (1 − p(label)^q) / q, q = ¼ | softmax | class number | accuracy | |
//! | [`BinaryCrossEntropy`] | −t · ln σ(z) − (1 − t) · ln(1 − σ(z)) | sigmoid | 0 or 1 | accuracy | `BinaryCrossentropy` |
//! | [`Mse`] | mean of (y − t)² | linear | numbers | mean absolute error | `MeanSquaredError` |
//! | [`Mae`] | mean of \|y − t\| | linear | numbers | mean absolute error | `MeanAbsoluteError` |
//! | [`Huber`] | mean of (y − t)² / 2, or \|y − t\| − ½ beyond 1 | linear | numbers | mean absolute error | `Huber` |
//!
//! Each type has the output activation, the loss, its gradient and the metric, so that a wrong pair of activation and
//! loss does not compile. [`Loss`] takes rows of a length known to the compiler; `loss_of_rows` of each type takes flat
//! slices, where the number of outputs is known at run time only.
//!
//! A loss takes a batch of logits (the last layer's outputs) and leaves deltas in their place: the derivatives of each
//! sample's loss with respect to its logits. They are not divided by the batch size; the layer's step does that, so
//! that the mean loss of the batch falls (Keras's `sum_over_batch_size`). After an error the logits are as they were.

mod binary_cross_entropy;
mod categorical_cross_entropy;
mod generalized_cross_entropy;
mod huber;
mod mae;
mod mse;
mod sparse_categorical_cross_entropy;

pub use binary_cross_entropy::BinaryCrossEntropy;
pub use categorical_cross_entropy::CategoricalCrossEntropy;
pub use generalized_cross_entropy::GeneralizedCrossEntropy;
pub use huber::Huber;
pub use mae::Mae;
pub use mse::Mse;
pub use sparse_categorical_cross_entropy::SparseCategoricalCrossEntropy;

use crate::Error;
use crate::error::{self, check_finite, check_length, check_rows};
use crate::kernels::{Kernel, Score};
use crate::math::{SMALLEST_SIGNAL, flush_below};
use crate::memory::Memory;

/// A loss with its output activation, for a last layer of `OUT` outputs.
///
/// ```
/// use dense_core::losses::{Loss, SparseCategoricalCrossEntropy};
///
/// let mut logits = [[2.0, 0.0, -1.0]];
/// let score = SparseCategoricalCrossEntropy::loss(&mut logits, &[0])?;
/// assert_eq!(score.correct, 1);
/// assert!(logits[0][0] < 0.0 && logits[0][1] > 0.0); // p − 1 for the label, p for every other class
/// # Ok::<(), dense_core::Error>(())
/// ```
///
/// A target of another kind does not compile, nor do ten outputs for a binary classification:
///
/// ```compile_fail,E0308
/// # use dense_core::{Mse, losses::Loss};
/// let labels = [1_u8];
/// <Mse as Loss<1>>::loss(&mut [[0.5]], &labels);
/// ```
///
/// ```compile_fail,E0277
/// # use dense_core::{BinaryCrossEntropy, Output};
/// static NETWORK: Output<8, 10, BinaryCrossEntropy> = Output::ZERO;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no loss for {OUT} outputs",
    note = "`BinaryCrossEntropy` takes one output; a network of several classes ends in \
            `SparseCategoricalCrossEntropy` or `CategoricalCrossEntropy`"
)]
pub trait Loss<const OUT: usize> {
    /// The target of one sample: a class number, or a number for each output.
    type Target: Copy + Memory;

    /// The name of the output activation in Keras.
    const OUTPUT_ACTIVATION: &str;

    /// The name of the metric.
    const METRIC: &str;

    /// The output activation, in place: logits become predictions. `logits`: `[batch][OUT]`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a logit is NaN or infinite; the logits are then as they were.
    fn output_activation(logits: &mut [[f32; OUT]]) -> Result<(), Error> {
        Self::output_activation_with(Kernel::best(), logits)
    }

    /// [`output_activation`](Self::output_activation) by a given kernel.
    ///
    /// # Errors
    /// As there.
    fn output_activation_with(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error>;

    /// The loss, and in place its gradient: logits become deltas. `logits`: `[batch][OUT]`, `targets`: `[batch]`.
    ///
    /// # Errors
    /// [`Error::Length`] where there are not as many targets as samples, [`Error::NotFinite`] where a logit or a target
    /// is NaN or infinite, [`Error::LabelOutOfRange`] where a label is no class, [`Error::TargetOutOfRange`] where a
    /// target has to be a probability and is not; the logits are then as they were.
    fn loss(logits: &mut [[f32; OUT]], targets: &[Self::Target]) -> Result<Score, Error> {
        Self::loss_with(Kernel::best(), logits, targets)
    }

    /// [`loss`](Self::loss) by a given kernel.
    ///
    /// # Errors
    /// As there.
    fn loss_with(kernel: Kernel, logits: &mut [[f32; OUT]], targets: &[Self::Target]) -> Result<Score, Error>;

    /// The mean of the metric.
    fn metric(score: &Score) -> f32;

    /// The loss of one sample in float64, for [`gradient_check`](crate::gradient_check); NaN for a label that is no
    /// class.
    fn exact_loss(logits: &[f64; OUT], target: Self::Target) -> f64;
}

/// Refuses logits that are not finite or are no multiple of `outputs` long, and any number of targets but one for
/// each logit, or those that are not finite.
fn check_targets(logits: &[f32], outputs: usize, targets: &[f32]) -> Result<(), Error> {
    check_rows(logits.len(), outputs)?;
    check_length("targets", targets.len(), logits.len())?;
    check_finite("outputs", logits)?;
    check_finite("targets", targets)
}

/// Refuses wrong lengths, labels that are not below `classes`, and logits that are not finite.
fn check_labels(logits: &[f32], outputs: usize, labels: &[u8], classes: usize) -> Result<(), Error> {
    error::check_labels(logits.len(), outputs, labels, classes)?;
    check_finite("logits", logits)
}

/// A loss that is a mean over each row's outputs. For the distance y − t of an output from its target and the
/// output's share 1 / `outputs`, `loss` returns the output's loss, and its derivative times the share.
#[inline(always)]
fn mean_over_outputs(
    values: &mut [f32],
    outputs: usize,
    targets: &[f32],
    loss: impl Fn(f32, f32) -> (f32, f32),
) -> Result<Score, Error> {
    check_targets(values, outputs, targets)?;
    let share = 1.0 / outputs as f32;
    let mut score = Score::default();
    for (row, targets) in values.chunks_exact_mut(outputs).zip(targets.chunks_exact(outputs)) {
        let (mut sum, mut absolute) = (0.0, 0.0);
        for (value, &target) in row.iter_mut().zip(targets) {
            let distance = flush_below(*value - target, SMALLEST_SIGNAL);
            let (loss, delta) = loss(distance, share);
            sum += loss;
            absolute += distance.abs();
            *value = flush_below(delta, SMALLEST_SIGNAL);
        }
        score.add(sum / outputs as f32, false);
        score.add_absolute_error(absolute / outputs as f32);
    }
    Ok(score)
}

/// Clamps infinities to ±[`f32::MAX`].
fn saturate(value: f32) -> f32 {
    value.clamp(-f32::MAX, f32::MAX)
}

/// [`mean_over_outputs`] of one row in float64, without the derivative.
fn exact_mean(outputs: &[f64], targets: &[f32], loss: impl Fn(f64) -> f64) -> f64 {
    let losses = outputs.iter().zip(targets).map(|(output, &target)| loss(output - f64::from(target)));
    losses.sum::<f64>() / outputs.len() as f64
}

/// ln Σ exp z in float64.
fn log_sum_exp(logits: &[f64]) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + libm::log(logits.iter().map(|logit| libm::exp(logit - largest)).sum())
}
