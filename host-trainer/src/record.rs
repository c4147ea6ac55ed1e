//! Loss and metric of the epochs of a training.

/// The mean loss and the metric of a task over samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metrics {
    /// The mean loss.
    pub loss: f64,
    /// The metric that the task is measured by.
    pub metric: f64,
}

/// The record of one pass over the training samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Means over the batches, each before its step.
    pub train: Metrics,
    /// Wall-clock time of the steps, without that of the measurements after them.
    pub seconds: f64,
    /// On the validation samples after the epoch.
    pub validation: Option<Metrics>,
    /// On the test samples after the epoch, which decides nothing.
    pub test: Option<Metrics>,
}
