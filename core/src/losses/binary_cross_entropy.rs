use super::{Loss, check_labels};
use crate::Error;
use crate::activations::{Activation, Sigmoid};
use crate::error::{check_finite, check_length};
use crate::kernels::{Kernel, Score};
use crate::math::{exp_nonpositive, ln, sigmoid};

/// Sigmoid and binary cross-entropy (Keras: `BinaryCrossentropy(from_logits=True)`), for labels t of 0 and 1:
/// L = −t · ln σ(z) − (1 − t) · ln(1 − σ(z)), computed as max(z, 0) − z · t + ln(1 + exp(−|z|)), which is stable for any
/// finite logit z; ∂L/∂z = σ(z) − t.
///
/// Output activation: sigmoid. Metric: accuracy; a logit above zero counts as 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinaryCrossEntropy;

impl BinaryCrossEntropy {
    /// [`Loss::loss`] for flat slices: `logits` and `labels` are `[batch]`, `outputs` is 1.
    ///
    /// # Errors
    /// Those of [`Loss::loss`], and [`Error::Length`] where `outputs` is not 1.
    pub fn loss_of_rows(_: Kernel, logits: &mut [f32], outputs: usize, labels: &[u8]) -> Result<Score, Error> {
        check_length("outputs", outputs, 1)?;
        check_labels(logits, 1, labels, 2)?;
        let mut score = Score::default();
        for (logit, &label) in logits.iter_mut().zip(labels) {
            let positive = label == 1;
            let miss = if positive { -*logit } else { *logit };
            let loss = miss.max(0.0) + ln(1.0 + exp_nonpositive(-miss.abs()));
            score.add(loss, (*logit > 0.0) == positive);
            let slope = sigmoid(miss);
            *logit = if positive { 0.0 - slope } else { slope };
        }
        Ok(score)
    }
}

impl Loss<1> for BinaryCrossEntropy {
    type Target = u8;
    const METRIC: &str = "accuracy";

    fn output_activation(kernel: Kernel, logits: &mut [[f32; 1]]) -> Result<(), Error> {
        check_finite("logits", logits.as_flattened())?;
        Sigmoid::forward(kernel, logits.as_flattened_mut());
        Ok(())
    }

    fn loss(kernel: Kernel, logits: &mut [[f32; 1]], labels: &[u8]) -> Result<Score, Error> {
        Self::loss_of_rows(kernel, logits.as_flattened_mut(), 1, labels)
    }

    fn metric(score: &Score) -> f64 {
        score.correct.into()
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
