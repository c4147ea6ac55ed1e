//! Data sets: samples in memory, whatever file they come from.

mod samples;

pub use samples::{Inputs, Samples, Targets};

use formats::{Input, Output};

/// Samples to learn from and to test with, and what their numbers mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The last part of its path.
    pub name: String,
    /// What an input is.
    pub input: Input,
    /// What a target is.
    pub output: Output,
    /// The training set.
    pub train: Samples,
    /// The test set.
    pub test: Samples,
}
