//! The learning loop: what it is given, what comes out, and why it may fail.
//!
//! There is one loop, in `epochs`; how the steps of an epoch are made is a part of it. Softmax regression is shared
//! among threads by [`units`]; networks with hidden layers, and all on [`prepared`] pixels, learn by [`network`].

mod epochs;
mod moments;
pub mod network;
pub mod prepared;
mod state;
pub mod units;

use std::time::Duration;

use dense_core::{Error, Kernel, optimizers};
use serde::{Deserialize, Serialize};

pub use self::moments::Moments;
pub use self::state::{Best, Numbers, Position, Running, State};
use crate::cli::{Optimizer, Schedule};
use crate::dataset::Split;
use crate::idx::CLASSES;
use crate::terminal::Voice;
use crate::terminal::progress::{Progress, Words};

/// What is minimised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// [Sparse categorical cross-entropy](dense_core::SparseCategoricalCrossEntropy).
    CrossEntropy,
    /// [Generalised cross-entropy](dense_core::GeneralizedCrossEntropy), which gives up on labels it cannot
    /// believe.
    GeneralizedCrossEntropy,
}

impl Loss {
    /// The name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::GeneralizedCrossEntropy => "generalized-cross-entropy",
        }
    }
}

/// How to train.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The rule that turns gradients into new weights.
    pub optimizer: Optimizer,
    /// The optimizer's step size.
    pub learning_rate: f32,
    /// What becomes of it.
    pub schedule: Schedule,
    /// What is minimised.
    pub loss: Loss,
    /// Whether pixels are standardised for the training, and what is the least that is taken for the standard deviation of
    /// one: see [`Standardisation`](prepared::Standardisation).
    pub smallest_deviation: Option<f64>,
    /// Samples in a step; the last step of an epoch has what is left.
    pub batch_size: usize,
    /// Passes over the samples, in all: those that were made before count too.
    pub epochs: usize,
    /// Where the shuffles come from.
    pub seed: u64,
    /// Ends the fit after so many epochs in a row without a smaller validation loss, and brings back the weights of the
    /// smallest, which it also does at the end.
    pub early_stopping: Option<usize>,
    /// Threads to share the work of softmax regression on pixels as they are, with cross-entropy; no more of them than
    /// there are classes find any. All else is trained on one.
    pub threads: usize,
    /// The version of the loops.
    pub kernel: Kernel,
}

impl Settings {
    /// Whether softmax regression is trained like this by [`units`].
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.loss == Loss::CrossEntropy && self.smallest_deviation.is_none()
    }

    /// How many threads will find work.
    #[must_use]
    pub fn working_threads(&self) -> usize {
        if self.is_shared() { self.threads.clamp(1, CLASSES) } else { 1 }
    }

    /// Steps in an epoch over so many samples.
    #[must_use]
    pub const fn steps_per_epoch(&self, samples: usize) -> usize {
        if self.batch_size == 0 { 0 } else { samples.div_ceil(self.batch_size) }
    }

    /// Refuses what no fit can begin with.
    fn check(&self, data: &Data<'_>) -> Result<(), FitError> {
        if data.train.is_empty() || self.batch_size == 0 {
            return Err(FitError::Core(Error::EmptyBatch));
        }
        if self.early_stopping.is_some() && data.validation.is_none() {
            return Err(FitError::NoValidation);
        }
        Ok(())
    }

    /// The schedule for so many samples.
    fn schedule(&self, samples: usize) -> optimizers::Schedule {
        let steps = |epochs| {
            let steps = self.steps_per_epoch(samples).saturating_mul(epochs);
            u32::try_from(steps).unwrap_or(u32::MAX)
        };
        match self.schedule {
            Schedule::Constant => optimizers::Schedule::Constant,
            Schedule::Cosine => optimizers::Schedule::Cosine { steps: steps(self.epochs), rest: 0.0 },
            Schedule::Step { epochs, factor } => optimizers::Schedule::Step { every: steps(epochs), factor },
        }
    }
}

/// What a fit learns from and what it is measured on.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The samples to learn from.
    pub train: &'a Split,
    /// Samples that early stopping may judge by, measured after each epoch.
    pub validation: Option<&'a Split>,
    /// Samples to measure after each epoch for the record; they decide nothing.
    pub test: Option<&'a Split>,
}

impl<'a> Data<'a> {
    /// Samples to learn from, and none to measure.
    #[must_use]
    pub const fn new(train: &'a Split) -> Self {
        Self { train, validation: None, test: None }
    }
}

/// What goes on beside a fit.
pub struct Watch<'a> {
    /// What is shown.
    pub progress: Progress,
    /// Asked after each step: whether to stop there.
    pub stop: Box<dyn FnMut() -> bool + Send + 'a>,
    /// Where states are kept on the way.
    pub keeper: Option<Keeper<'a>>,
}

impl Watch<'_> {
    /// Shows nothing, keeps nothing and lets the fit come to its end.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            progress: Progress::new(Voice::Silent, Words { metric: "accuracy", samples: "images" }, 0, 0),
            stop: Box::new(|| false),
            keeper: None,
        }
    }
}

/// Keeps the state of a fit at the end of an epoch, where more time than this has gone by since it last did.
pub struct Keeper<'a> {
    /// The time.
    pub interval: Duration,
    /// Takes the state.
    pub keep: Box<dyn FnMut(&State) + Send + 'a>,
}

/// A fit that has come to its end, or as far as it was let.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// All that it takes to go on.
    pub state: State,
    /// Why it went no further.
    pub end: End,
}

/// Why a fit goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All epochs are done.
    Finished,
    /// The validation loss has not become smaller for as many epochs as it may.
    StoppedEarly,
    /// It was told to stop.
    Interrupted,
}

/// Why a fit failed.
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
    /// Early stopping without samples to judge by.
    #[error("early stopping needs validation samples")]
    NoValidation,
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
