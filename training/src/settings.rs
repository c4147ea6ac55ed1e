//! Settings, data, callbacks and errors of training.

use std::time::Duration;

use dense_core::{Error, Kernel, optimizers};
use formats::{Recipe, Schedule};

use super::{Epoch, Metrics, State};
use crate::samples::Samples;

/// How to train. Threads and kernel change no bit of the result.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The recipe. The shape of the network is that of the network which is trained.
    pub recipe: Recipe,
    /// Threads that share each step; no more of them than the first layer has units find work.
    pub threads: usize,
    /// The kernel.
    pub kernel: Kernel,
}

impl Settings {
    /// Number of steps per epoch, ⌈samples / batch size⌉; 0 for a batch size of 0.
    pub const fn steps_per_epoch(&self, samples: usize) -> usize {
        if self.recipe.batch_size == 0 { 0 } else { samples.div_ceil(self.recipe.batch_size) }
    }

    /// The learning-rate schedule in steps, for a training set of `samples` samples.
    pub(super) fn schedule(&self, samples: usize) -> optimizers::Schedule {
        let steps = |epochs| {
            let steps = self.steps_per_epoch(samples).saturating_mul(epochs);
            u32::try_from(steps).unwrap_or(u32::MAX)
        };
        match self.recipe.schedule {
            Schedule::Constant => optimizers::Schedule::Constant,
            Schedule::Cosine => optimizers::Schedule::Cosine { steps: steps(self.recipe.epochs), alpha: 0.0 },
            Schedule::Step { epochs, factor } => optimizers::Schedule::Step { every: steps(epochs), factor },
        }
    }
}

/// Training, validation and test set.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The samples to learn from.
    pub train: &'a Samples,
    /// Validation set, evaluated after each epoch; early stopping monitors its loss.
    pub validation: Option<&'a Samples>,
    /// Test set, evaluated after each epoch for the record only.
    pub test: Option<&'a Samples>,
    /// Height and width of an input that is a picture, for shifts.
    pub picture: Option<[usize; 2]>,
}

impl<'a> Data<'a> {
    /// Samples to learn from, and none to measure.
    pub const fn new(train: &'a Samples) -> Self {
        Self { train, validation: None, test: None, picture: None }
    }
}

/// The callbacks of a training: progress, early end and checkpoints.
pub struct Callbacks<'a> {
    /// Is told how the training gets on.
    pub progress: &'a mut dyn Progress,
    /// Asked after each step: whether to stop there.
    pub stop: &'a mut (dyn FnMut() -> bool + Send),
    /// Takes states to resume from.
    pub checkpoints: Option<Checkpoints<'a>>,
}

/// Is called with the state at the end of an epoch, where more time than `interval` has gone by since the last call.
pub struct Checkpoints<'a> {
    /// The least time between two calls.
    pub interval: Duration,
    /// Writes the state.
    pub write: Box<dyn FnMut(&State) + 'a>,
}

/// The progress of a training.
pub trait Progress: Send {
    /// Called at the start of epoch `epoch`, counted from 1, or when it is resumed.
    fn start_epoch(&mut self, epoch: usize);

    /// Called after each step; `current` returns the metrics so far and the number of samples.
    fn step(&mut self, steps_done: usize, current: &dyn Fn() -> (Metrics, usize));

    /// Called at the end of an epoch of `samples` samples, after it was evaluated.
    fn finish_epoch(&mut self, epoch: &Epoch, samples: usize);

    /// Called when the epoch is interrupted.
    fn break_off(&mut self);
}

/// Shows nothing.
#[derive(Debug)]
pub struct Silent;

impl Progress for Silent {
    fn start_epoch(&mut self, _: usize) {}
    fn step(&mut self, _: usize, _: &dyn Fn() -> (Metrics, usize)) {}
    fn finish_epoch(&mut self, _: &Epoch, _: usize) {}
    fn break_off(&mut self) {}
}

/// Why a training failed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The weights have grown until an output was not finite.
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
    /// The meaning of an error in a step.
    pub(super) const fn of_step(error: Error, epoch: usize, step: usize) -> Self {
        match error {
            Error::NotFinite { .. } => Self::Diverged { epoch, step },
            error => Self::Core(error),
        }
    }
}
