//! What a network is for. A task pairs the last layer's activation, the loss, the kind of target and the metric, so that
//! a wrong pair does not compile.

use crate::activations::{sigmoid_with, softmax_with};
use crate::kernels::{Kernel, Score};
use crate::memory::Memory;
use crate::{Error, losses};

/// A kind of question, for a last layer of `OUT` outputs.
///
/// Labels are no targets of a regression, and a yes or no has one output:
///
/// ```compile_fail,E0308
/// # use dense_core::{Kernel, Mse, tasks::Loss};
/// let labels = [1_u8];
/// <Mse as Loss<1>>::loss(Kernel::PORTABLE, &mut [[0.5]], &labels);
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
    /// The target of a sample: a label, or a number for each output.
    type Target: Copy + Memory;

    /// The activation of the last layer, by Keras's name.
    const OUTPUT_ACTIVATION: &str;

    /// The name of the metric.
    const METRIC: &str;

    /// The last activation, in place: turns logits into the answer.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a logit is NaN or infinite; the logits are then as they were.
    fn output_activation(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error>;

    /// The loss, in place: turns logits into deltas.
    ///
    /// # Errors
    /// Those of the [loss](crate::losses); the logits are then as they were.
    fn loss(kernel: Kernel, logits: &mut [[f32; OUT]], targets: &[Self::Target]) -> Result<Score, Error>;

    /// The mean of the metric.
    fn metric(score: &Score) -> f32;

    /// The loss of one sample in float64, for [`gradient_check`](crate::gradient_check); NaN for a label that is no class.
    fn exact_loss(logits: &[f64; OUT], target: Self::Target) -> f64;
}

/// Numbers are wanted: identity, [`mean_squared_error`](losses::mean_squared_error), mean absolute error as metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mse;

impl<const OUT: usize> Loss<OUT> for Mse {
    type Target = [f32; OUT];
    const OUTPUT_ACTIVATION: &str = "linear";
    const METRIC: &str = "mean absolute error";

    fn output_activation(_: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error> {
        crate::error::check_finite("logits", logits.as_flattened())
    }

    fn loss(_: Kernel, logits: &mut [[f32; OUT]], targets: &[Self::Target]) -> Result<Score, Error> {
        losses::mean_squared_error(logits, targets)
    }

    fn metric(score: &Score) -> f32 {
        score.mean_absolute_error()
    }

    fn exact_loss(logits: &[f64; OUT], target: Self::Target) -> f64 {
        distances(logits, &target).map(|distance| distance * distance).sum::<f64>() / OUT as f64
    }
}

/// Numbers are wanted, and some targets are far off for no reason: identity,
/// [`mean_absolute_error`](losses::mean_absolute_error), which is the metric too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mae;

impl<const OUT: usize> Loss<OUT> for Mae {
    type Target = [f32; OUT];
    const OUTPUT_ACTIVATION: &str = "linear";
    const METRIC: &str = "mean absolute error";

    fn output_activation(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error> {
        Mse::output_activation(kernel, logits)
    }

    fn loss(_: Kernel, logits: &mut [[f32; OUT]], targets: &[Self::Target]) -> Result<Score, Error> {
        losses::mean_absolute_error(logits, targets)
    }

    fn metric(score: &Score) -> f32 {
        score.mean_absolute_error()
    }

    fn exact_loss(logits: &[f64; OUT], target: Self::Target) -> f64 {
        distances(logits, &target).map(f64::abs).sum::<f64>() / OUT as f64
    }
}

/// Yes (1) or no (0): sigmoid, [`binary_cross_entropy`](losses::binary_cross_entropy), accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinaryCrossEntropy;

impl Loss<1> for BinaryCrossEntropy {
    type Target = u8;
    const OUTPUT_ACTIVATION: &str = "sigmoid";
    const METRIC: &str = "accuracy";

    fn output_activation(kernel: Kernel, logits: &mut [[f32; 1]]) -> Result<(), Error> {
        sigmoid_with(kernel, logits)
    }

    fn loss(_: Kernel, logits: &mut [[f32; 1]], labels: &[u8]) -> Result<Score, Error> {
        losses::binary_cross_entropy(logits, labels)
    }

    fn metric(score: &Score) -> f32 {
        score.accuracy()
    }

    fn exact_loss(&[logit]: &[f64; 1], label: u8) -> f64 {
        let miss = match label {
            0 => logit,
            1 => -logit,
            _ => return f64::NAN,
        };
        miss.max(0.0) + libm::log1p(libm::exp(-miss.abs()))
    }
}

/// One of `OUT` classes, by its number: softmax,
/// [`sparse_categorical_cross_entropy`](losses::sparse_categorical_cross_entropy), accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SparseCategoricalCrossEntropy;

impl<const OUT: usize> Loss<OUT> for SparseCategoricalCrossEntropy {
    type Target = u8;
    const OUTPUT_ACTIVATION: &str = "softmax";
    const METRIC: &str = "accuracy";

    fn output_activation(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error> {
        softmax_with(kernel, logits)
    }

    fn loss(kernel: Kernel, logits: &mut [[f32; OUT]], labels: &[u8]) -> Result<Score, Error> {
        losses::sparse_categorical_cross_entropy_with(kernel, logits, labels)
    }

    fn metric(score: &Score) -> f32 {
        score.accuracy()
    }

    fn exact_loss(logits: &[f64; OUT], label: u8) -> f64 {
        logits.get(usize::from(label)).map_or(f64::NAN, |logit| log_sum_exp(logits) - logit)
    }
}

/// One of `OUT` classes, by its number, where some labels are wrong or beyond the network: softmax,
/// [`generalized_cross_entropy`](losses::generalized_cross_entropy), accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneralizedCrossEntropy;

impl<const OUT: usize> Loss<OUT> for GeneralizedCrossEntropy {
    type Target = u8;
    const OUTPUT_ACTIVATION: &str = "softmax";
    const METRIC: &str = "accuracy";

    fn output_activation(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error> {
        softmax_with(kernel, logits)
    }

    fn loss(_: Kernel, logits: &mut [[f32; OUT]], labels: &[u8]) -> Result<Score, Error> {
        losses::generalized_cross_entropy(logits, labels)
    }

    fn metric(score: &Score) -> f32 {
        score.accuracy()
    }

    fn exact_loss(logits: &[f64; OUT], label: u8) -> f64 {
        let logarithm = logits.get(usize::from(label)).map_or(f64::NAN, |logit| logit - log_sum_exp(logits));
        4.0 * (1.0 - libm::exp(logarithm / 4.0))
    }
}

/// One of `OUT` classes, with a probability for each as the target (one-hot, or not quite sure): softmax,
/// [`categorical_cross_entropy`](losses::categorical_cross_entropy), accuracy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CategoricalCrossEntropy;

impl<const OUT: usize> Loss<OUT> for CategoricalCrossEntropy {
    type Target = [f32; OUT];
    const OUTPUT_ACTIVATION: &str = "softmax";
    const METRIC: &str = "accuracy";

    fn output_activation(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error> {
        softmax_with(kernel, logits)
    }

    fn loss(_: Kernel, logits: &mut [[f32; OUT]], targets: &[Self::Target]) -> Result<Score, Error> {
        losses::categorical_cross_entropy(logits, targets)
    }

    fn metric(score: &Score) -> f32 {
        score.accuracy()
    }

    fn exact_loss(logits: &[f64; OUT], target: Self::Target) -> f64 {
        let all = log_sum_exp(logits);
        logits.iter().zip(target).map(|(logit, target)| f64::from(target) * (all - logit)).sum()
    }
}

fn distances(outputs: &[f64], targets: &[f32]) -> impl Iterator<Item = f64> {
    outputs.iter().zip(targets).map(|(output, &target)| output - f64::from(target))
}

/// ln Σ exp z.
fn log_sum_exp(logits: &[f64]) -> f64 {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    largest + libm::log(logits.iter().map(|logit| libm::exp(logit - largest)).sum())
}
