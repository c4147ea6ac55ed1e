use super::{Loss, exact_mean, mean_over_outputs, saturate};
use crate::Error;
use crate::error::check_finite;
use crate::kernels::{Kernel, Score};

/// Mean squared error (Keras: `MeanSquaredError`): L = Σₖ (yₖ − tₖ)² / K over the K outputs, ∂L/∂yₖ = 2 · (yₖ − tₖ) /
/// K.
///
/// Output activation: linear. Metric: mean absolute error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mse;

impl Mse {
    /// [`Loss::loss`] for flat slices: `values` and `targets` are `[batch][outputs]`.
    ///
    /// # Errors
    /// Those of [`Loss::loss`], and [`Error::Length`] where `values` is no multiple of the row length.
    pub fn loss_of_rows(_: Kernel, values: &mut [f32], outputs: usize, targets: &[f32]) -> Result<Score, Error> {
        mean_over_outputs(values, outputs, targets, |distance, share| {
            (distance * distance, saturate(2.0 * share * distance))
        })
    }
}

impl<const OUT: usize> Loss<OUT> for Mse {
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
        exact_mean(outputs, &target, |distance| distance * distance)
    }
}
