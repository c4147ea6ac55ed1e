//! Tests a network on samples it has not learnt from.

use dense_core::{Batch, Error, Kernel, Network, Workspace};

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

/// The logits of each sample.
///
/// # Errors
///
/// None for samples of this size.
pub fn logits<N>(network: &N, split: &Split, kernel: Kernel) -> Result<Vec<[f32; CLASSES]>, Error>
where
    N: Network<PIXELS, Output = [f32; CLASSES]>,
{
    let mut workspace = Workspace::<N, PIXELS, BATCH_SIZE>::ZERO;
    let mut logits = Vec::with_capacity(split.len());
    for images in split.images.chunks(BATCH_SIZE) {
        logits.extend_from_slice(workspace.forward(kernel, network, Batch::new(images)?)?);
    }
    Ok(logits)
}

/// The class that each sample is taken for: that of the largest logit, and of equal ones, the first.
#[must_use]
pub fn classes(logits: &[[f32; CLASSES]]) -> Vec<u8> {
    logits.iter().map(first_largest).collect()
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
    let mut workspace = Workspace::<N, PIXELS, 1>::ZERO;
    let logits = workspace.forward(kernel, network, Batch::new(std::slice::from_ref(image))?)?;
    let class = logits.first().map_or(0, first_largest);
    N::output_activation(kernel, logits)?;
    Ok(Prediction { class, probabilities: logits.first().copied().unwrap_or_default() })
}

/// The number of the largest logit; of equal ones, the first.
#[must_use]
pub fn first_largest(logits: &[f32; CLASSES]) -> u8 {
    let mut largest = 0;
    for class in 1..CLASSES {
        if logits[class] > logits[largest] {
            largest = class;
        }
    }
    largest as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_logits_wins() {
        let mut logits = [-1.0; CLASSES];
        assert_eq!(first_largest(&logits), 0);
        (logits[4], logits[8]) = (2.0, 2.0);
        assert_eq!(first_largest(&logits), 4);
    }
}
