//! How far off a batch of answers is, and in which direction.

use crate::kernels::{self, Kernel, Score};
use crate::{Error, error};

/// Softmax and sparse categorical cross-entropy together: the loss of each sample is −ln p(label), computed from the
/// logits as ln Σⱼ exp(zⱼ − max z) − (z(label) − max z), which is stable for any finite logits (and saturates at
/// [`f32::MAX`]).
///
/// `logits` is batch × `OUT`, `labels` has one class number a sample. In place, the logits become deltas, the
/// derivative of a sample's loss by its logits: δₖ = pₖ − \[k = label\]. They are not yet divided by the batch size;
/// the layer's step does that.
///
/// # Errors
/// [`Error::Length`] where the labels are not as many as the samples, [`Error::LabelOutOfRange`], and
/// [`Error::NotFinite`] where a logit is NaN or infinite. The logits are then as they were.
pub fn sparse_categorical_cross_entropy<const OUT: usize>(
    kernel: Kernel,
    logits: &mut [[f32; OUT]],
    labels: &[u8],
) -> Result<Score, Error> {
    if labels.len() != logits.len() {
        return Err(Error::Length { what: "labels", found: labels.len(), expected: logits.len() });
    }
    let logits = logits.as_flattened_mut();
    error::check_finite("logits", logits)?;
    kernels::softmax_cross_entropy(kernel, logits, OUT, labels)
}
