use super::{Loss, check_targets, log_sum_exp};
use crate::Error;
use crate::activations::Softmax;
use crate::kernels::{Kernel, Score, largest, softmax_row};
use crate::math::{SMALLEST_SIGNAL, flush_below, fused_multiply_add, ln};

/// Softmax and categorical cross-entropy (Keras: `CategoricalCrossentropy(from_logits=True)`), for targets t that have
/// a probability for each class (one-hot or soft): L = −Σₖ tₖ · ln pₖ, computed from the logits;
/// ∂L/∂zₖ = pₖ · Σⱼ tⱼ − tₖ.
///
/// Output activation: softmax. Metric: accuracy; a sample counts as correct where the first largest logit is that of
/// the first largest target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CategoricalCrossEntropy;

impl CategoricalCrossEntropy {
    /// [`Loss::loss`] for flat slices: `logits` and `targets` are `[batch][classes]`.
    ///
    /// # Errors
    /// Those of [`Loss::loss`], and [`Error::Length`] where `logits` is no multiple of the row length.
    pub fn loss_of_rows(_: Kernel, logits: &mut [f32], classes: usize, targets: &[f32]) -> Result<Score, Error> {
        check_targets(logits, classes, targets)?;
        if let Some(index) = targets.iter().position(|target| !(0.0..=1.0).contains(target)) {
            let (sample, output) = (index / classes, index % classes);
            return Err(Error::TargetOutOfRange { sample, output, found: targets[index] });
        }
        let mut score = Score::default();
        for (row, targets) in logits.chunks_exact_mut(classes).zip(targets.chunks_exact(classes)) {
            let (top, top_target) = (largest(row), largest(targets));
            let found = row.iter().position(|&logit| logit == top);
            let expected = targets.iter().position(|&target| target == top_target);
            let (mut total, mut hit) = (0.0, 0.0);
            for (&logit, &target) in row.iter().zip(targets) {
                total += target;
                // 0 · −∞, of a logit too far away, would be NaN.
                if target > 0.0 {
                    hit = fused_multiply_add(target, logit - top, hit);
                }
            }
            let sum = softmax_row(row, top);
            score.add(fused_multiply_add(total, ln(sum), -hit), found == expected);
            for (value, &target) in row.iter_mut().zip(targets) {
                *value = flush_below(fused_multiply_add(*value, total, -target), SMALLEST_SIGNAL);
            }
        }
        Ok(score)
    }
}

impl<const OUT: usize> Loss<OUT> for CategoricalCrossEntropy {
    type Target = [f32; OUT];
    const OUTPUT_ACTIVATION: &str = "softmax";
    const METRIC: &str = "accuracy";

    fn output_activation_with(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error> {
        Softmax::forward_with(kernel, logits.as_flattened_mut(), OUT)
    }

    fn loss_with(kernel: Kernel, logits: &mut [[f32; OUT]], targets: &[[f32; OUT]]) -> Result<Score, Error> {
        Self::loss_of_rows(kernel, logits.as_flattened_mut(), OUT, targets.as_flattened())
    }

    fn metric(score: &Score) -> f32 {
        score.accuracy()
    }

    fn exact_loss(logits: &[f64; OUT], target: [f32; OUT]) -> f64 {
        let all = log_sum_exp(logits);
        logits.iter().zip(target).map(|(logit, target)| f64::from(target) * (all - logit)).sum()
    }
}
