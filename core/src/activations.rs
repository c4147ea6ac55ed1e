//! What turns the sums of the last layer into an answer.

use crate::kernels::{self, Kernel};
use crate::{Error, error};

/// Softmax, in place: each row of logits becomes probabilities, pₖ = exp(zₖ − max z) / Σⱼ exp(zⱼ − max z).
///
/// `logits` is batch × `OUT`. Subtracting the largest logit changes nothing and keeps every finite logit in range.
/// Probabilities below 2⁻³⁰ are +0.0 ([`math`](crate::math)).
///
/// # Errors
/// [`Error::NotFinite`] where a logit is NaN or infinite; the logits are then as they were.
pub fn softmax<const OUT: usize>(kernel: Kernel, logits: &mut [[f32; OUT]]) -> Result<(), Error> {
    let logits = logits.as_flattened_mut();
    error::check_finite("logits", logits)?;
    kernels::softmax(kernel, logits, OUT)
}
