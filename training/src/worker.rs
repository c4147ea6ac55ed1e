//! One thread's share of a training.

mod step;

use std::ops::{ControlFlow, Range};

use dense_core::kernels::{Element, Rows};
use dense_core::{Error, Kernel, Score};
use formats::{Activation, Layer, Loss};

use super::all_gather::{AllGather, EndOnPanic, Ended, Member, range};
use super::batches::{Batches, TargetBuffer};
use super::buffer::Buffer;
use super::functions::{BatchTargets, derivative_from_input};
use super::optimizer::{Array, Optimizer};
use super::standardization::Standardization;
use crate::samples::Inputs;

/// A thread's parameters, and the memory of its steps. It shares no cache line with another.
#[derive(Debug)]
#[repr(align(128))]
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
    shifted: Vec<u8>,
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
            shifted: Vec::new(),
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
        all_gather: &AllGather,
        after: &mut dyn FnMut(Score) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let _guard = EndOnPanic(all_gather);
        self.reserve(batches.largest(), batches.standardization.is_some());
        let mut targets = std::mem::take(&mut self.targets);
        let mut member = all_gather.member(self.thread);
        for (step, (order, next)) in batches.iter().enumerate() {
            member.step = step;
            let batch_targets = targets.gather(&batches.samples.targets, order);
            match self.prepare_and_step(batches, order, next, batch_targets, all_gather, &mut member) {
                Ok(score) => {
                    if after(score).is_break() {
                        all_gather.end(step + 1);
                        break;
                    }
                }
                Err(Stop::Ended) => break,
                Err(Stop::Failed(error)) => {
                    all_gather.end(step);
                    return Err(Failure { step, error });
                }
            }
        }
        self.targets = targets;
        Ok(())
    }

    /// A step with the samples of `order`, shifted and standardised as the batches say.
    fn prepare_and_step(
        &mut self,
        batches: Batches<'_>,
        order: &[u32],
        next: &[u32],
        targets: BatchTargets<'_>,
        all_gather: &AllGather,
        member: &mut Member,
    ) -> Result<Score, Stop> {
        let (width, standardization) = (batches.samples.inputs.width(), batches.standardization);
        match &batches.samples.inputs {
            Inputs::Bytes { values, .. } => {
                let rows = Rows::indexed(values, width, order)?.followed_by(next)?;
                let Some(shifts) = batches.shifts else {
                    return self.standardize_and_step(rows, standardization, targets, all_gather, member);
                };
                let mut shifted = std::mem::take(&mut self.shifted);
                shifts.apply(batches.steps_before + member.step, rows, &mut shifted);
                let rows = Rows::contiguous(&shifted, width, order.len());
                let result = self.standardize_and_step(rows, standardization, targets, all_gather, member);
                self.shifted = shifted;
                result
            }
            Inputs::Numbers { values, .. } => {
                let rows = Rows::indexed(values, width, order)?.followed_by(next)?;
                self.standardize_and_step(rows, standardization, targets, all_gather, member)
            }
        }
    }

    /// A step with these samples, standardised.
    fn standardize_and_step<T: Element>(
        &mut self,
        rows: Rows<'_, T>,
        standardization: Option<&Standardization>,
        targets: BatchTargets<'_>,
        all_gather: &AllGather,
        member: &mut Member,
    ) -> Result<Score, Stop> {
        let Some(standardization) = standardization else { return self.step(rows, targets, all_gather, member) };
        let mut standardized = std::mem::replace(&mut self.standardized, Buffer::new(0));
        for (sample, place) in standardized.chunks_exact_mut(rows.width()).take(rows.len()).enumerate() {
            standardization.apply(rows.row(sample), place);
        }
        let result = self.step(Rows::contiguous(&standardized, rows.width(), rows.len()), targets, all_gather, member);
        self.standardized = standardized;
        result
    }

    /// Counts steps that were made before.
    pub(super) fn advance(&mut self, steps: usize) {
        (0..steps).for_each(|_| self.optimizer.advance());
    }
}
