use super::{Loss, exact_mean, mean_over_outputs};
use crate::Error;
use crate::error::check_finite;
use crate::kernels::{Kernel, Score};

/// Mean absolute error (Keras: `MeanAbsoluteError`): L = Σₖ |yₖ − tₖ| / K over the K outputs, ∂L/∂yₖ = sign(yₖ − tₖ) /
/// K, where sign(0) = 0. An outlier has no larger gradient than any other sample.
///
/// Output activation: linear. Metric: the loss itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mae;

impl Mae {
    /// [`Loss::loss`] for flat slices: `values` and `targets` are `[batch][outputs]`.
    ///
    /// # Errors
    /// Those of [`Loss::loss`], and [`Error::Length`] where `values` is no multiple of the row length.
    pub fn loss_of_rows(_: Kernel, values: &mut [f32], outputs: usize, targets: &[f32]) -> Result<Score, Error> {
        mean_over_outputs(values, outputs, targets, |distance, share| {
            (distance.abs(), if distance == 0.0 { 0.0 } else { share.copysign(distance) })
        })
    }
}

impl<const OUT: usize> Loss<OUT> for Mae {
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
        exact_mean(outputs, &target, f64::abs)
    }
}
