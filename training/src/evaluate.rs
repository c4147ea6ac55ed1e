//! Evaluation of a network on samples.

use std::collections::BTreeMap;
use std::panic;
use std::thread;

use dense_core::kernels::{self, Element, Rows};
use dense_core::{Error, Kernel, Score};
use formats::Loss;

use super::Network;
use super::functions::{BatchTargets, activate, check_finite, check_length, loss_in_place, output_activation};
use super::metrics::{self, Metrics};
use crate::samples::{Inputs, Samples, Targets};

/// Samples of a batch, as in Keras.
pub const BATCH_SIZE: usize = 32;
/// Multiply-adds that are worth a thread.
const WORTH_A_THREAD: usize = 20_000_000;

/// The mean loss and the metric over all samples, by up to so many threads.
///
/// # Errors
/// [`Error::EmptyBatch`] without samples, [`Error::Length`] where samples do not fit the network, [`Error::NotFinite`]
/// where an input, a sum of a hidden layer or an output is not finite.
pub fn evaluate(network: &Network, samples: &Samples, kernel: Kernel, threads: usize) -> Result<Metrics, Error> {
    check_length("targets", samples.targets.len(), samples.len())?;
    let outputs = network.outputs();
    let scores = each_batch(network, &samples.inputs, kernel, threads, |first, logits| {
        let count = logits.len() / outputs;
        let targets = match &samples.targets {
            Targets::Labels(labels) => BatchTargets::Labels(&labels[first..first + count]),
            Targets::Numbers { width, values } => BatchTargets::Numbers(&values[first * width..][..count * width]),
        };
        loss_in_place(kernel, network.loss(), logits, outputs, targets)
    })?;
    let (mut loss, mut metric) = (0.0, 0.0);
    for score in &scores {
        loss += f64::from(score.loss_sum);
        metric += metric_sum(network, score);
    }
    let count = samples.len() as f64;
    Ok(Metrics { loss: loss / count, metric: metric / count })
}

/// The loss of one sample with these `logits`, which become its gradient with respect to them.
///
/// # Errors
/// [`Error::NotFinite`] where a logit is not finite, [`Error::LabelOutOfRange`], and [`Error::Length`] where the target is
/// none of the loss.
pub fn loss_gradient(loss: Loss, logits: &mut [f32], target: &Targets, kernel: Kernel) -> Result<f32, Error> {
    let target = match target {
        Targets::Labels(labels) => BatchTargets::Labels(labels),
        Targets::Numbers { values, .. } => BatchTargets::Numbers(values),
    };
    let outputs = logits.len();
    Ok(loss_in_place(kernel, loss, logits, outputs, target)?.loss_sum)
}

/// The predictions of one sample with these `logits`, in place.
///
/// # Errors
/// [`Error::NotFinite`] where a logit is not finite.
pub fn activate_outputs(loss: Loss, logits: &mut [f32], kernel: Kernel) -> Result<(), Error> {
    let outputs = logits.len();
    output_activation(kernel, loss, logits, outputs)
}

/// The sum over samples of the metric of an epoch.
pub(super) fn metric_sum(network: &Network, score: &Score) -> f64 {
    match network.loss().task() {
        formats::Task::Regression => score.absolute_error_sum.into(),
        formats::Task::Multiclass | formats::Task::Binary => score.correct.into(),
    }
}

/// The loss and all metrics of the network's task over all samples, by Keras's names; `predictions` are those of
/// [`predict`] for them.
///
/// # Errors
/// Those of [`evaluate`].
pub fn test(
    network: &Network,
    samples: &Samples,
    predictions: &[f32],
    kernel: Kernel,
    threads: usize,
) -> Result<BTreeMap<String, f64>, Error> {
    let Metrics { loss, metric } = evaluate(network, samples, kernel, threads)?;
    check_length("predictions", predictions.len(), samples.len() * network.outputs())?;
    let mut named = metrics::named(predictions, network.outputs(), &samples.targets);
    if network.loss().task() == formats::Task::Multiclass {
        // By logits, which are told apart where probabilities are rounded to equal ones.
        named.insert("accuracy".to_owned(), metric);
    }
    named.insert("loss".to_owned(), loss);
    Ok(named)
}

/// The predictions for all samples, `[samples][outputs]`: probabilities of a classifier, values of a regression.
///
/// # Errors
/// Those of [`logits`], and [`Error::NotFinite`] where a logit is NaN or infinite.
pub fn predict(network: &Network, inputs: &Inputs, kernel: Kernel, threads: usize) -> Result<Vec<f32>, Error> {
    let mut outputs = logits(network, inputs, kernel, threads)?;
    output_activation(kernel, network.loss(), &mut outputs, network.outputs())?;
    Ok(outputs)
}

/// The outputs of the last layer for all samples, before its activation, `[samples][outputs]`.
///
/// # Errors
/// [`Error::Length`] where inputs do not fit the network, [`Error::NotFinite`] where an input or a sum of a hidden layer
/// is not finite.
pub fn logits(network: &Network, inputs: &Inputs, kernel: Kernel, threads: usize) -> Result<Vec<f32>, Error> {
    if inputs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(each_batch(network, inputs, kernel, threads, |_, logits| Ok(logits.to_vec()))?.concat())
}

/// Calls `each` with the first sample and the logits of every batch, and returns what it does, in order.
fn each_batch<R: Send>(
    network: &Network,
    inputs: &Inputs,
    kernel: Kernel,
    threads: usize,
    each: impl Fn(usize, &mut [f32]) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    check_length("inputs", inputs.width(), network.inputs())?;
    if inputs.is_empty() {
        return Err(Error::EmptyBatch);
    }
    if let Inputs::Numbers { values, .. } = inputs {
        check_finite("samples", values)?;
    }
    let weights: usize = network.layers().iter().map(|layer| layer.weights.len()).sum();
    let samples = inputs.len();
    let threads = threads.min(weights.saturating_mul(samples) / WORTH_A_THREAD).max(1);
    let span = samples.div_ceil(threads).next_multiple_of(BATCH_SIZE);
    let batch = |first: usize, memory: &mut [Vec<f32>; 2]| {
        let count = BATCH_SIZE.min(samples - first);
        let logits = match inputs {
            Inputs::Bytes { width, values } => forward(network, rows(values, *width, first, count), kernel, memory)?,
            Inputs::Numbers { width, values } => forward(network, rows(values, *width, first, count), kernel, memory)?,
        };
        each(first, logits)
    };
    let run = |start: usize| -> Result<Vec<R>, Error> {
        let mut memory = [Vec::new(), Vec::new()];
        (start..samples.min(start + span)).step_by(BATCH_SIZE).map(|first| batch(first, &mut memory)).collect()
    };
    in_parts(samples, span, &run)
}

/// Calls `run` with the first sample of each part of `span` samples, where there are several each on a thread of its own,
/// and returns all results in order.
pub(super) fn in_parts<R: Send>(
    samples: usize,
    span: usize,
    run: &(impl Fn(usize) -> Result<Vec<R>, Error> + Sync),
) -> Result<Vec<R>, Error> {
    if samples <= span {
        return run(0);
    }
    let parts: Result<Vec<Vec<R>>, Error> = thread::scope(|scope| {
        let parts: Vec<_> = (0..samples).step_by(span).map(|start| scope.spawn(move || run(start))).collect();
        parts.into_iter().map(|part| part.join().unwrap_or_else(|payload| panic::resume_unwind(payload))).collect()
    });
    Ok(parts?.into_iter().flatten().collect())
}

/// `count` rows of `width` numbers.
fn rows<T>(values: &[T], width: usize, first: usize, count: usize) -> Rows<'_, T> {
    Rows::contiguous(&values[first * width..], width, count)
}

/// Forward pass of a batch: its logits, in one half of `memory`.
fn forward<'a, T: Element>(
    network: &Network,
    rows: Rows<'_, T>,
    kernel: Kernel,
    [inputs, outputs]: &'a mut [Vec<f32>; 2],
) -> Result<&'a mut [f32], Error> {
    let samples = rows.len();
    let last = network.layers().len() - 1;
    for (index, layer) in network.layers().iter().enumerate() {
        outputs.resize(samples * layer.units(), 0.0);
        if index == 0 {
            kernels::forward(kernel, rows, &layer.weights, &layer.bias, T::SCALE, outputs)?;
        } else {
            let rows = Rows::contiguous(inputs, layer.inputs, samples);
            kernels::forward(kernel, rows, &layer.weights, &layer.bias, 1.0, outputs)?;
        }
        if index < last {
            check_finite("hidden sums", outputs)?;
            activate(kernel, layer.activation, outputs);
            std::mem::swap(inputs, outputs);
        }
    }
    Ok(outputs)
}
