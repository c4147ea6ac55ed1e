//! Learning where weights in floats do not fit: a gain and an offset for each output, over weights that stay as they are.

use crate::math::{SMALLEST_WEIGHT, canonical, flush_below, fused_multiply_add};
use crate::{Error, Sgd};

/// What a device learns on top of a frozen layer: z′ₖ = gainₖ · zₖ + offsetₖ.
///
/// That is the layer with another scale and bias for each output: 8 · `OUT` bytes of RAM instead of 4 · `IN` · `OUT`. The
/// gain starts at 1 whatever the scale is, so that one learning rate suits both.
///
/// ```
/// use dense_core::losses::{Loss, SparseCategoricalCrossEntropy};
/// use dense_core::{Kernel, Sgd, quant::Adjustment};
///
/// let frozen = [[2.0, 1.0]]; // the logits of a frozen layer, which prefers the wrong class
/// let mut adjustment = Adjustment::<2>::NEW;
/// let sgd = Sgd::new(0.5)?;
/// for _ in 0..3 {
///     let mut logits = frozen;
///     adjustment.forward(&mut logits);
///     SparseCategoricalCrossEntropy::loss(Kernel::best(), &mut logits, &[1])?;
///     adjustment.step_sgd(&frozen, &logits, &sgd)?;
/// }
/// let mut logits = frozen;
/// adjustment.forward(&mut logits);
/// assert!(logits[0][1] > logits[0][0]);
/// # Ok::<(), dense_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Adjustment<const OUT: usize> {
    gain: [f32; OUT],
    offset: [f32; OUT],
}

impl<const OUT: usize> Adjustment<OUT> {
    /// Changes nothing yet.
    pub const NEW: Self = Self { gain: [1.0; OUT], offset: [0.0; OUT] };

    /// What each logit is multiplied by.
    #[must_use]
    pub const fn gain(&self) -> &[f32; OUT] {
        &self.gain
    }

    /// What is added to it then.
    #[must_use]
    pub const fn offset(&self) -> &[f32; OUT] {
        &self.offset
    }

    /// Forward, in place: the logits of each sample as a frozen layer has them become the adjusted ones.
    pub fn forward(&self, logits: &mut [[f32; OUT]]) {
        for logits in logits {
            for ((logit, &gain), &offset) in logits.iter_mut().zip(&self.gain).zip(&self.offset) {
                *logit = canonical(fused_multiply_add(gain, *logit, offset));
            }
        }
    }

    /// Backward and update in one pass by gradient descent. `frozen` are the logits before [`forward`](Self::forward),
    /// and `deltas` the derivative of each sample's loss by the logits after it. The gradient of a gain is the mean over
    /// the samples of delta · frozen logit, that of an offset the mean of delta.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`], and [`Error::Length`] where there are not as many `deltas` as `frozen` logits; nothing has
    /// changed then.
    pub fn step_sgd(&mut self, frozen: &[[f32; OUT]], deltas: &[[f32; OUT]], sgd: &Sgd) -> Result<(), Error> {
        if frozen.is_empty() {
            return Err(Error::EmptyBatch);
        }
        if deltas.len() != frozen.len() {
            return Err(Error::Length { what: "deltas", found: deltas.len(), expected: frozen.len() });
        }
        let rate = sgd.learning_rate() * (1.0 / frozen.len() as f32);
        for (output, (gain, offset)) in self.gain.iter_mut().zip(&mut self.offset).enumerate() {
            let (mut gains, mut offsets) = (0.0, 0.0);
            for (logit, delta) in column(frozen, output).zip(column(deltas, output)) {
                gains = fused_multiply_add(delta, logit, gains);
                offsets = fused_multiply_add(delta, 1.0, offsets);
            }
            *gain = step(*gain, rate, gains);
            *offset = step(*offset, rate, offsets);
        }
        Ok(())
    }
}

/// The numbers of one output, sample after sample.
fn column<const OUT: usize>(rows: &[[f32; OUT]], output: usize) -> impl Iterator<Item = f32> {
    rows.iter().filter_map(move |row| row.get(output).copied())
}

/// The update of the [kernels](crate::kernels).
fn step(parameter: f32, rate: f32, sum: f32) -> f32 {
    canonical(flush_below(fused_multiply_add(-rate, sum, parameter), SMALLEST_WEIGHT))
}
