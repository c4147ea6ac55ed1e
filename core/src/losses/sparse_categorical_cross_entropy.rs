use super::{Loss, log_sum_exp};
use crate::Error;
use crate::activations::Softmax;
use crate::error::check_finite;
use crate::kernels::{self, Kernel, Score};

/// Softmax and sparse categorical cross-entropy (Keras: `SparseCategoricalCrossentropy(from_logits=True)`), for class
/// numbers: L = −ln p(label), computed as ln Σⱼ exp(zⱼ − max z) − (z(label) − max z), which is stable for any finite
/// logits z and saturates at [`f32::MAX`]; ∂L/∂zₖ = pₖ − \[k = label\].
///
/// Output activation: softmax. Metric: accuracy; a sample counts as correct where its label has the first largest
/// logit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SparseCategoricalCrossEntropy;

impl SparseCategoricalCrossEntropy {
    /// [`Loss::loss`] for flat slices: `logits` is `[batch][classes]`, `labels` is `[batch]`.
    ///
    /// # Errors
    /// Those of [`Loss::loss`], and [`Error::Length`] where `logits` is no multiple of the row length.
    pub fn loss_of_rows(kernel: Kernel, logits: &mut [f32], classes: usize, labels: &[u8]) -> Result<Score, Error> {
        // The kernel checks lengths and labels.
        check_finite("logits", logits)?;
        kernels::softmax_cross_entropy(kernel, logits, classes, labels)
    }
}

impl<const OUT: usize> Loss<OUT> for SparseCategoricalCrossEntropy {
    type Target = u8;
    const OUTPUT_ACTIVATION: &str = "softmax";
    const METRIC: &str = "accuracy";

    fn output_activation_with(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error> {
        Softmax::forward_with(kernel, logits.as_flattened_mut(), OUT)
    }

    fn loss_with(kernel: Kernel, logits: &mut [[f32; OUT]], labels: &[u8]) -> Result<Score, Error> {
        Self::loss_of_rows(kernel, logits.as_flattened_mut(), OUT, labels)
    }

    fn metric(score: &Score) -> f32 {
        score.accuracy()
    }

    fn exact_loss(logits: &[f64; OUT], label: u8) -> f64 {
        logits.get(usize::from(label)).map_or(f64::NAN, |logit| log_sum_exp(logits) - logit)
    }
}
