use crate::Error;
use crate::error::check_finite;
use crate::kernels::{self, Kernel};

/// Softmax of each row: pₖ = exp(zₖ − max z) / Σⱼ exp(zⱼ − max z), the output activation of a classifier.
///
/// Subtracting the largest logit changes nothing and keeps every finite logit in range. It is no
/// [`Activation`](super::Activation), since each output depends on the whole row; its derivative is part of the
/// [cross-entropies](crate::losses).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax;

impl Softmax {
    /// The name in Keras.
    pub const NAME: &str = "softmax";

    /// Logits become probabilities, in place; below [`SMALLEST_SIGNAL`](crate::math::SMALLEST_SIGNAL), +0.0.
    ///
    /// `logits`: `[batch][classes]`, flat.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a logit is NaN or infinite, [`Error::Length`] where there is no whole number of rows;
    /// the logits are then as they were.
    pub fn forward(kernel: Kernel, logits: &mut [f32], classes: usize) -> Result<(), Error> {
        check_finite("logits", logits)?;
        kernels::softmax(kernel, logits, classes)
    }
}
