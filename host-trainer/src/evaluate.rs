//! Tests a network on samples it has not learnt from.

use dense_core::{Batch, Error, Kernel, Network, Workspace};

use crate::dataset::Split;
use crate::history::Metrics;
use crate::idx::PIXELS;

/// Samples in a batch, as in Keras.
pub const BATCH_SIZE: usize = 32;

/// The mean loss and the accuracy over all samples.
///
/// # Errors
///
/// [`Error::EmptyBatch`] without samples; [`Error::NotFinite`] if the weights are so large that a logit is not finite.
pub fn evaluate<N: Network<PIXELS, Target = u8>>(network: &N, split: &Split, kernel: Kernel) -> Result<Metrics, Error> {
    if split.is_empty() {
        return Err(Error::EmptyBatch);
    }
    let mut workspace = Workspace::<N, PIXELS, BATCH_SIZE>::ZERO;
    let (mut loss, mut metric) = (0.0, 0.0);
    for (images, labels) in split.images.chunks(BATCH_SIZE).zip(split.labels.chunks(BATCH_SIZE)) {
        let score = workspace.score(kernel, network, Batch::new(images)?, labels)?;
        loss += f64::from(score.loss);
        metric += N::metric(&score);
    }
    let samples = split.len() as f64;
    Ok(Metrics { loss: loss / samples, accuracy: metric / samples })
}
