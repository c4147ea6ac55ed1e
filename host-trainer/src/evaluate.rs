//! Tests a network on samples it has not learnt from.

use dense_core::{Batch, Error, Kernel, Network, Workspace, argmax};

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
pub fn evaluate<N: Network<PIXELS, Target = u8>>(network: &N, split: &Split, kernel: Kernel) -> Result<Metrics, Error> {
    if split.is_empty() {
        return Err(Error::EmptyBatch);
    }
    let mut workspace = Workspace::<N, BATCH_SIZE>::ZERO.with_kernel(kernel);
    let (mut loss, mut correct) = (0.0, 0);
    for (images, labels) in split.images.chunks(BATCH_SIZE).zip(split.labels.chunks(BATCH_SIZE)) {
        let score = workspace.evaluate(network, images, labels)?;
        loss += f64::from(score.loss_sum);
        correct += score.correct;
    }
    let samples = split.len() as f64;
    Ok(Metrics { loss: loss / samples, accuracy: f64::from(correct) / samples })
}

/// The logits of each sample.
///
/// # Errors
///
/// None for samples of this size.
pub fn logits<N>(network: &N, split: &Split, kernel: Kernel) -> Result<Vec<[f32; CLASSES]>, Error>
where
    N: Network<PIXELS, Output = [f32; CLASSES]>,
{
    let mut workspace = Workspace::<N, BATCH_SIZE>::ZERO.with_kernel(kernel);
    let mut logits = Vec::with_capacity(split.len());
    for images in split.images.chunks(BATCH_SIZE) {
        logits.extend_from_slice(workspace.forward(network, Batch::new(images)?)?);
    }
    Ok(logits)
}

/// The class that each sample is taken for: that of the largest logit, and of equal ones, the first.
#[must_use]
pub fn classes(logits: &[[f32; CLASSES]]) -> Vec<u8> {
    logits.iter().map(|logits| argmax(logits) as u8).collect()
}

/// What a network makes of one image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The class of the largest logit; of equal ones, the first.
    pub class: u8,
    /// How likely the network takes each class to be.
    pub probabilities: [f32; CLASSES],
}

/// What the network makes of one image.
///
/// # Errors
///
/// [`Error::NotFinite`] if the weights are so large that a logit is not finite.
pub fn predict<N>(network: &N, image: &[u8; PIXELS], kernel: Kernel) -> Result<Prediction, Error>
where
    N: Network<PIXELS, Output = [f32; CLASSES]>,
{
    let mut workspace = Workspace::<N, 1>::ZERO.with_kernel(kernel);
    let logits = workspace.forward(network, Batch::new(std::slice::from_ref(image))?)?;
    let class = logits.first().map_or(0, |logits| argmax(logits) as u8);
    N::output_activation(kernel, logits)?;
    Ok(Prediction { class, probabilities: logits.first().copied().unwrap_or_default() })
}
