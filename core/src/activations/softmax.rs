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
    /// `logits`: `[batch][OUT]`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a logit is NaN or infinite; the logits are then as they were.
    pub fn forward<const OUT: usize>(logits: &mut [[f32; OUT]]) -> Result<(), Error> {
        Self::forward_with(Kernel::best(), logits.as_flattened_mut(), OUT)
    }

    /// [`forward`](Self::forward) of a flat slice, `[batch][classes]`, by a given kernel.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a logit is NaN or infinite, [`Error::Length`] where the length is no multiple of
    /// `classes`; the logits are then as they were.
    pub fn forward_with(kernel: Kernel, logits: &mut [f32], classes: usize) -> Result<(), Error> {
        check_finite("logits", logits)?;
        kernels::softmax(kernel, logits, classes)
    }
}
