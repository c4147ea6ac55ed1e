use super::{Loss, check_labels, log_sum_exp};
use crate::Error;
use crate::activations::Softmax;
use crate::kernels::{Kernel, Score, largest, softmax_row};
use crate::math::{SMALLEST_SIGNAL, exp_nonpositive, flush_below, sqrt};

/// Softmax and generalised cross-entropy with q = ¼ (Zhang and Sabuncu 2018, arXiv 1805.07836; not in Keras), for class
/// numbers some of which are wrong: L = (1 − p^q) / q with the probability p of the label;
/// ∂L/∂zₖ = p^q · (pₖ − \[k = label\]). The gradient of cross-entropy is largest for the samples that fit their label
/// least; here it vanishes for them.
///
/// Output activation: softmax. Metric: accuracy; a sample counts as correct where its label has the first largest
/// logit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneralizedCrossEntropy;

impl GeneralizedCrossEntropy {
    /// [`Loss::loss`] for flat slices: `logits` is `[batch][classes]`, `labels` is `[batch]`.
    ///
    /// # Errors
    /// Those of [`Loss::loss`], and [`Error::Length`] where `logits` is no multiple of the row length.
    pub fn loss_of_rows(_: Kernel, logits: &mut [f32], classes: usize, labels: &[u8]) -> Result<Score, Error> {
        check_labels(logits, classes, labels, classes)?;
        let mut score = Score::default();
        for (row, &label) in logits.chunks_exact_mut(classes).zip(labels) {
            let (label, top) = (usize::from(label), largest(row));
            let correct = row.iter().position(|&logit| logit == top) == Some(label);
            // From the logit, since a small probability is +0.0 long before its root is.
            let miss = exp_nonpositive(0.25 * (row[label] - top));
            let root = miss / sqrt(sqrt(softmax_row(row, top)));
            score.add(4.0 * (1.0 - root), correct);
            row[label] -= 1.0;
            for value in row {
                *value = flush_below(root * *value, SMALLEST_SIGNAL);
            }
        }
        Ok(score)
    }
}

impl<const OUT: usize> Loss<OUT> for GeneralizedCrossEntropy {
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
        let logarithm = logits.get(usize::from(label)).map_or(f64::NAN, |logit| logit - log_sum_exp(logits));
        4.0 * (1.0 - libm::exp(logarithm / 4.0))
    }
}
