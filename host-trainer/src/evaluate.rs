//! Tests a model on samples it has not learnt from.

use dense_core::losses::sparse_categorical_cross_entropy;
use dense_core::{Batch, Dense, Error, Kernel};

use crate::dataset::Split;
use crate::history::Metrics;
use crate::idx::{CLASSES, PIXELS};

/// Samples in a batch, as in Keras.
pub const BATCH_SIZE: usize = 32;

/// The mean loss and the accuracy over all samples.
///
/// # Errors
///
/// [`Error::EmptyBatch`] without samples; [`Error::NotFinite`] if the weights are so large that a logit is not finite.
pub fn evaluate(layer: &Dense<PIXELS, CLASSES>, split: &Split, kernel: Kernel) -> Result<Metrics, Error> {
    if split.is_empty() {
        return Err(Error::EmptyBatch);
    }
    let mut logits = [[0.0; CLASSES]; BATCH_SIZE];
    let (mut loss, mut correct) = (0.0, 0);
    for (images, labels) in split.images.chunks(BATCH_SIZE).zip(split.labels.chunks(BATCH_SIZE)) {
        let logits = &mut logits[..images.len()];
        layer.forward(kernel, Batch::new(images)?, logits)?;
        let score = sparse_categorical_cross_entropy(kernel, logits, labels)?;
        loss += f64::from(score.loss);
        correct += score.correct;
    }
    let samples = split.len() as f64;
    Ok(Metrics { loss: loss / samples, accuracy: f64::from(correct) / samples })
}
