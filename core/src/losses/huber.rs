use super::{Loss, exact_mean, mean_over_outputs};
use crate::Error;
use crate::error::check_finite;
use crate::kernels::{Kernel, Score};

/// Huber loss with δ = 1 (Huber 1964; Keras: `Huber`): L = Σₖ h(yₖ − tₖ) / K over the K outputs, where h(d) = d² / 2
/// for |d| ≤ 1 and |d| − ½ beyond; ∂L/∂yₖ = clamp(yₖ − tₖ, −1, 1) / K. Smooth like the squared error near the target, and
/// like the absolute error far from it.
///
/// Output activation: linear. Metric: mean absolute error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Huber;

impl Huber {
    /// [`Loss::loss`] for flat slices: `values` and `targets` are `[batch][outputs]`.
    ///
    /// # Errors
    /// Those of [`Loss::loss`], and [`Error::Length`] where `values` is no multiple of the row length.
    pub fn loss_of_rows(_: Kernel, values: &mut [f32], outputs: usize, targets: &[f32]) -> Result<Score, Error> {
        mean_over_outputs(values, outputs, targets, |distance, share| {
            let magnitude = distance.abs();
            let loss = if magnitude <= 1.0 { 0.5 * distance * distance } else { magnitude - 0.5 };
            (loss, share * distance.clamp(-1.0, 1.0))
        })
    }
}

impl<const OUT: usize> Loss<OUT> for Huber {
    type Target = [f32; OUT];
    const OUTPUT_ACTIVATION: &str = "linear";
    const METRIC: &str = "mean absolute error";

    fn output_activation_with(_: Kernel, outputs: &mut [[f32; OUT]]) -> Result<(), Error> {
        check_finite("logits", outputs.as_flattened())
    }

    fn loss_with(kernel: Kernel, outputs: &mut [[f32; OUT]], targets: &[[f32; OUT]]) -> Result<Score, Error> {
        Self::loss_of_rows(kernel, outputs.as_flattened_mut(), OUT, targets.as_flattened())
    }

    fn metric(score: &Score) -> f32 {
        score.mean_absolute_error()
    }

    fn exact_loss(outputs: &[f64; OUT], target: [f32; OUT]) -> f64 {
        exact_mean(outputs, &target, |distance| {
            let magnitude = distance.abs();
            if magnitude <= 1.0 { 0.5 * distance * distance } else { magnitude - 0.5 }
        })
    }
}
