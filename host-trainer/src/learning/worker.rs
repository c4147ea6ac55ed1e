//! One thread's share of a training step.
//!
//! No sum is split between threads, so no bit depends on their number:
//!
//! - Of the first layer, which has most of the weights, each thread keeps the parameters of some units and computes
//!   their sums, deltas and updates.
//! - All other layers are kept and updated by every thread alike. Their sums, and the gradients with respect to their
//!   inputs, are computed by units and by inputs where that is more work than an exchange.

use std::ops::{ControlFlow, Range};

use dense_core::kernels::{self, Element, Rows};
use dense_core::{Error, Kernel, Score};
use formats::{Activation, Layer, Loss};

use super::batches::{Batches, TargetBuffer};
use super::buffer::Buffer;
use super::exchange::{EndOnPanic, Ended, Exchange, Place, range};
use super::functions::{BatchTargets, activate, activate_backward, check_finite, derivative_from_input, loss_in_place};
use super::optimizer::{Array, Optimizer};
use crate::data::{Inputs, Standardization};

/// Multiply-adds of a batch in a layer that are worth an exchange.
const WORTH_AN_EXCHANGE: usize = 150_000;

/// A thread's parameters, and the memory of its steps.
#[derive(Debug)]
pub(super) struct Worker {
    thread: usize,
    threads: usize,
    kernel: Kernel,
    loss: Loss,
    optimizer: Optimizer,
    pub(super) layers: Vec<DenseLayer>,
    /// For batches of up to `capacity` samples.
    capacity: usize,
    memory: Vec<Memory>,
    /// Some columns of a layer's weights or outputs.
    columns: Buffer,
    targets: TargetBuffer,
    standardized: Buffer,
}

/// A dense layer with the optimizer's state for it.
#[derive(Debug)]
pub(super) struct DenseLayer {
    pub(super) inputs: usize,
    pub(super) units: usize,
    activation: Activation,
    /// The units whose parameters are kept.
    pub(super) own: Range<usize>,
    /// Weights and biases of these units, then the arrays of state.
    pub(super) arrays: Vec<Array>,
}

/// Memory of a layer.
#[derive(Debug)]
struct Memory {
    /// `[batch][units]`; of the last layer, none.
    outputs: Buffer,
    /// Before the activation, where its derivative needs them.
    sums: Buffer,
    /// `[batch][own units]`; of the last layer, logits and then deltas, `[batch][units]`.
    deltas: Buffer,
}

/// A step that failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// The step, from 0.
    pub(super) step: usize,
    pub(super) error: Error,
}

/// Why a step was not made.
enum Stop {
    /// Another thread has ended before it.
    Ended,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Ended> for Stop {
    fn from(Ended: Ended) -> Self {
        Self::Ended
    }
}

impl DenseLayer {
    fn new(layer: &Layer, own: Range<usize>, states: usize) -> Self {
        let of = |weights: &[f32], bias: &[f32]| Array { weights: Buffer::of(weights), bias: Buffer::of(bias) };
        let weights = &layer.weights[own.start * layer.inputs..own.end * layer.inputs];
        let bias = &layer.bias[own.clone()];
        let zero = || Array { weights: Buffer::new(weights.len()), bias: Buffer::new(bias.len()) };
        let arrays = [of(weights, bias)].into_iter().chain((0..states).map(|_| zero())).collect();
        Self { inputs: layer.inputs, units: layer.units(), activation: layer.activation, own, arrays }
    }

    /// Weights and biases of some of the units that are kept.
    fn parameters(&self, units: &Range<usize>) -> (&[f32], &[f32]) {
        let units = units.start - self.own.start..units.end - self.own.start;
        let Array { weights, bias } = &self.arrays[0];
        (&weights[units.start * self.inputs..units.end * self.inputs], &bias[units])
    }
}

impl Worker {
    pub(super) fn new(
        thread: usize,
        threads: usize,
        kernel: Kernel,
        loss: Loss,
        layers: &[Layer],
        optimizer: &Optimizer,
    ) -> Self {
        let states = optimizer.states();
        let layers = layers.iter().enumerate().map(|(index, layer)| {
            let own = if index == 0 { range(thread, threads, layer.units()) } else { 0..layer.units() };
            DenseLayer::new(layer, own, states)
        });
        Self {
            thread,
            threads,
            kernel,
            loss,
            optimizer: optimizer.clone(),
            layers: layers.collect(),
            capacity: 0,
            memory: Vec::new(),
            columns: Buffer::new(0),
            targets: TargetBuffer::default(),
            standardized: Buffer::new(0),
        }
    }

    /// Makes room for batches of so many samples.
    fn reserve(&mut self, samples: usize, standardized: bool) {
        if samples <= self.capacity {
            return;
        }
        self.capacity = samples;
        let last = self.layers.len() - 1;
        let memory = |(index, layer): (usize, &DenseLayer)| Memory {
            outputs: Buffer::new(if index == last { 0 } else { samples * layer.units }),
            sums: Buffer::new(if derivative_from_input(layer.activation) { samples * layer.units } else { 0 }),
            deltas: Buffer::new(samples * if index == last { layer.units } else { layer.own.len() }),
        };
        self.memory = self.layers.iter().enumerate().map(memory).collect();
        let columns = self.layers.iter().map(|layer| layer.units * samples.max(layer.inputs));
        self.columns = Buffer::new(if self.threads == 1 { 0 } else { columns.max().unwrap_or(0) });
        self.standardized = Buffer::new(if standardized { samples * self.layers[0].inputs } else { 0 });
    }

    /// Makes a step with each of the batches, until `after`, which is told the score of each, breaks it off, or another
    /// thread ends. Every thread runs this over the same batches.
    pub(super) fn run(
        &mut self,
        batches: Batches<'_>,
        standardization: Option<&Standardization>,
        exchange: &Exchange,
        after: &mut dyn FnMut(Score) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let _guard = EndOnPanic(exchange);
        self.reserve(batches.largest(), standardization.is_some());
        let mut targets = std::mem::take(&mut self.targets);
        let mut place = Place { thread: self.thread, step: 0, exchanges: 0 };
        for (step, (order, next)) in batches.iter().enumerate() {
            place.step = step;
            let batch_targets = targets.gather(&batches.samples.targets, order);
            let inputs = &batches.samples.inputs;
            match self.step_of(inputs, order, next, standardization, batch_targets, exchange, &mut place) {
                Ok(score) => {
                    if after(score).is_break() {
                        exchange.end(step + 1);
                        break;
                    }
                }
                Err(Stop::Ended) => break,
                Err(Stop::Failed(error)) => {
                    exchange.end(step);
                    return Err(Failure { step, error });
                }
            }
        }
        self.targets = targets;
        Ok(())
    }

    /// A step with the samples of `order`, bytes or numbers or standardised.
    #[expect(clippy::too_many_arguments, reason = "one call")]
    fn step_of(
        &mut self,
        inputs: &Inputs,
        order: &[u32],
        next: &[u32],
        standardization: Option<&Standardization>,
        targets: BatchTargets<'_>,
        exchange: &Exchange,
        place: &mut Place,
    ) -> Result<Score, Stop> {
        let Some(standardization) = standardization else {
            return match inputs {
                Inputs::Bytes { width, values } => {
                    let rows = Rows::indexed(values, *width, order)?.followed_by(next)?;
                    self.step(rows, targets, exchange, place)
                }
                Inputs::Numbers { width, values } => {
                    let rows = Rows::indexed(values, *width, order)?.followed_by(next)?;
                    self.step(rows, targets, exchange, place)
                }
            };
        };
        let width = inputs.width();
        let mut standardized = std::mem::replace(&mut self.standardized, Buffer::new(0));
        for (row, place) in
            order.iter().map(|&sample| sample as usize * width).zip(standardized.chunks_exact_mut(width))
        {
            match inputs {
                Inputs::Bytes { values, .. } => standardization.apply_bytes(&values[row..row + width], place),
                Inputs::Numbers { values, .. } => standardization.apply_numbers(&values[row..row + width], place),
            }
        }
        let result = self.step(Rows::contiguous(&standardized, width, order.len()), targets, exchange, place);
        self.standardized = standardized;
        result
    }

    /// One step: forward, loss, backward, update.
    fn step<T: Element>(
        &mut self,
        rows: Rows<'_, T>,
        targets: BatchTargets<'_>,
        exchange: &Exchange,
        place: &mut Place,
    ) -> Result<Score, Stop> {
        self.forward(rows, exchange, place)?;
        let samples = rows.len();
        let last = self.layers.len() - 1;
        let outputs = self.layers[last].units;
        let logits = &mut self.memory[last].deltas[..samples * outputs];
        let score = loss_in_place(self.kernel, self.loss, logits, outputs, targets)?;
        for index in (1..=last).rev() {
            self.backward(index, samples, exchange, place)?;
        }
        self.optimizer.advance();
        self.update(rows)?;
        Ok(score)
    }

    /// Whether a computation over all weights of layer `index`, shared by `columns` columns, is worth an exchange.
    fn is_shared(&self, index: usize, columns: usize, samples: usize) -> bool {
        let DenseLayer { inputs, units, .. } = self.layers[index];
        self.threads > 1 && columns >= self.threads && inputs * units * samples >= WORTH_AN_EXCHANGE
    }

    /// Forward pass: outputs of the hidden layers, and logits.
    fn forward<T: Element>(&mut self, rows: Rows<'_, T>, exchange: &Exchange, place: &mut Place) -> Result<(), Stop> {
        let (kernel, samples, last) = (self.kernel, rows.len(), self.layers.len() - 1);
        for index in 0..=last {
            let is_shared = index == 0 && self.threads > 1 || self.is_shared(index, self.layers[index].units, samples);
            let (before, here) = self.memory.split_at_mut(index);
            let (layer, Memory { outputs, sums, deltas }) = (&self.layers[index], &mut here[0]);
            let units = if is_shared { range(self.thread, self.threads, layer.units) } else { layer.own.clone() };
            let (weights, bias) = layer.parameters(&units);
            let forward = |outputs: &mut [f32]| match before.last() {
                None => kernels::forward(kernel, rows, weights, bias, T::SCALE, outputs),
                Some(before) => {
                    let rows = Rows::contiguous(&before.outputs, layer.inputs, samples);
                    kernels::forward(kernel, rows, weights, bias, 1.0, outputs)
                }
            };
            let all = if index == last { deltas } else { outputs };
            let all = &mut all[..samples * layer.units];
            if is_shared {
                exchange.share(place, layer.units, all, forward)??;
            } else {
                forward(all)?;
            }
            if index < last {
                // A saturating activation would hide that the weights have diverged.
                check_finite("hidden sums", all)?;
                if derivative_from_input(layer.activation) {
                    sums[..all.len()].copy_from_slice(all);
                }
                activate(kernel, layer.activation, all);
            }
        }
        Ok(())
    }

    /// Backward pass from layer `index` to the one before it, whose deltas it computes for the units that are kept.
    fn backward(&mut self, index: usize, samples: usize, exchange: &Exchange, place: &mut Place) -> Result<(), Stop> {
        let kernel = self.kernel;
        let before = &self.layers[index - 1];
        let own = before.own.clone();
        let is_shared = own.len() == before.units && self.is_shared(index, before.units, samples);
        let (layer, columns) = (&self.layers[index], &mut self.columns);
        let (memory, here) = self.memory.split_at_mut(index);
        let (Memory { outputs, sums, deltas }, here) = (&mut memory[index - 1], &here[0].deltas);
        let (here, deltas) = (&here[..samples * layer.units], &mut deltas[..samples * own.len()]);
        let (weights, _) = layer.parameters(&(0..layer.units));
        let inputs = if is_shared { range(self.thread, self.threads, before.units) } else { own.clone() };
        let mut gradient = |deltas: &mut [f32]| {
            let weights = select(weights, layer.inputs, &inputs, columns);
            kernels::input_gradient(kernel, here, weights, layer.units, deltas)
        };
        if is_shared {
            exchange.share(place, before.units, deltas, gradient)??;
        } else {
            gradient(deltas)?;
        }
        let outputs = if derivative_from_input(before.activation) { sums } else { outputs };
        let outputs = select(&outputs[..samples * before.units], before.units, &own, columns);
        activate_backward(kernel, before.activation, outputs, deltas)?;
        // An optimizer that clamps its gradients would make NaN of an infinite delta and an input of zero.
        check_finite("hidden deltas", deltas)?;
        Ok(())
    }

    /// The optimizer's step of all parameters that are kept.
    fn update<T: Element>(&mut self, rows: Rows<'_, T>) -> Result<(), Error> {
        let (kernel, samples) = (self.kernel, rows.len());
        let last = self.layers.len() - 1;
        for index in 0..=last {
            let (layer, columns) = (&mut self.layers[index], &mut self.columns);
            let deltas = &self.memory[index].deltas;
            if index > 0 {
                let inputs = Rows::contiguous(&self.memory[index - 1].outputs, layer.inputs, samples);
                self.optimizer.update(kernel, inputs, &deltas[..samples * layer.units], &mut layer.arrays)?;
            } else {
                let deltas = if last == 0 {
                    select(&deltas[..samples * layer.units], layer.units, &layer.own, columns)
                } else {
                    &deltas[..samples * layer.own.len()]
                };
                self.optimizer.update(kernel, rows, deltas, &mut layer.arrays)?;
            }
        }
        Ok(())
    }

    /// Counts steps that were made before.
    pub(super) fn advance(&mut self, steps: usize) {
        (0..steps).for_each(|_| self.optimizer.advance());
    }
}

/// Some columns of a matrix `[rows][width]`, copied to `memory` unless they are all of them.
fn select<'a>(matrix: &'a [f32], width: usize, columns: &Range<usize>, memory: &'a mut Buffer) -> &'a [f32] {
    if columns.len() == width {
        return matrix;
    }
    let selected = &mut memory[..matrix.len() / width * columns.len()];
    for (row, place) in matrix.chunks_exact(width).zip(selected.chunks_exact_mut(columns.len())) {
        place.copy_from_slice(&row[columns.clone()]);
    }
    selected
}
