//! The learning loop: epochs of shuffled batches, each one step.

pub mod network;
pub mod prepared;
pub mod units;

use dense_core::{Error, Kernel, optimizers};

use crate::cli::{Optimizer, Schedule};
use crate::history::Metrics;
use crate::idx::CLASSES;

/// How to train.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The rule that turns gradients into new weights.
    pub optimizer: Optimizer,
    /// The optimizer's step size.
    pub learning_rate: f32,
    /// What becomes of it.
    pub schedule: Schedule,
    /// Whether pixels are standardised for the training, and what is the least that is taken for the standard deviation of
    /// one: see [`Standardisation`](prepared::Standardisation). One thread does that.
    pub smallest_deviation: Option<f64>,
    /// Samples in a step; the last step of an epoch has what is left.
    pub batch_size: usize,
    /// Passes over the samples.
    pub epochs: usize,
    /// Where the shuffles come from.
    pub seed: u64,
    /// Threads to share the work of softmax regression, of which no more than there are classes find any; networks with
    /// hidden layers are trained on one.
    pub threads: usize,
    /// The version of the loops.
    pub kernel: Kernel,
}

impl Settings {
    /// How many threads will find work.
    #[must_use]
    pub fn working_threads(&self) -> usize {
        if self.smallest_deviation.is_some() { 1 } else { self.threads.clamp(1, CLASSES) }
    }

    /// Steps in an epoch over so many samples.
    #[must_use]
    pub const fn steps_per_epoch(&self, samples: usize) -> usize {
        if self.batch_size == 0 { 0 } else { samples.div_ceil(self.batch_size) }
    }

    /// The schedule for so many samples.
    fn schedule(&self, samples: usize) -> optimizers::Schedule {
        match self.schedule {
            Schedule::Constant => optimizers::Schedule::Constant,
            Schedule::Cosine => {
                let steps = self.steps_per_epoch(samples).saturating_mul(self.epochs);
                optimizers::Schedule::Cosine { steps: u32::try_from(steps).unwrap_or(u32::MAX), rest: 0.0 }
            }
        }
    }
}

/// Why a fit ended early.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The weights have grown until a logit was not finite.
    #[error(
        "training diverged at epoch {epoch}, step {step}: the weights have grown until the outputs were no longer \
         finite; try a smaller learning rate"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The step in the epoch, from 1.
        step: usize,
    },
    /// The system gives no stack to train on.
    #[error("no memory for batches of this size: {bytes} bytes")]
    Memory {
        /// Its size.
        bytes: usize,
    },
    /// A setting or a sample was wrong.
    #[error("{0}")]
    Core(#[from] Error),
}

impl FitError {
    /// What an error in a step means for the fit.
    fn of_step(error: Error, epoch: usize, step: usize) -> Self {
        match error {
            Error::NotFinite { .. } => Self::Diverged { epoch, step },
            error => Self::Core(error),
        }
    }
}

fn metrics(loss: f64, correct: u32, samples: usize) -> Metrics {
    Metrics { loss: loss / samples as f64, accuracy: f64::from(correct) / samples as f64 }
}
