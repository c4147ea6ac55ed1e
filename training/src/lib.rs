//! Training and evaluation of dense networks whose shape is known at run time, over the kernels of [`dense_core`].
//!
//! The same bits as [`dense_core::Trainer`] on a network of the same shape, for any kernel and any number of threads,
//! interrupted or not.

mod all_gather;
mod augmentation;
mod batches;
mod buffer;
mod epochs;
pub mod evaluate;
mod functions;
pub mod int8;
pub mod metrics;
mod network;
mod optimizer;
mod samples;
mod settings;
mod standardization;
mod state;
mod stopwatch;
mod trainer;
mod worker;

#[cfg(test)]
mod tests;

pub use epochs::fit;
pub use metrics::Metrics;
pub use network::Network;
pub use samples::{Inputs, Samples, Targets};
pub use settings::{Callbacks, Checkpoints, Data, FitError, Progress, Settings, Silent};
pub use standardization::Standardization;
pub use state::{Best, End, Epoch, Fit, Parameters, PartialEpoch, State, TrainingProgress, Variables};
