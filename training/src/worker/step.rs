//! One thread's share of a training step.
//!
//! No sum is split between threads, so no bit depends on their number:
//!
//! - Of the first layer, which has most of the weights, each thread keeps the parameters of some units and computes
//!   their sums, deltas and updates.
//! - All other layers are kept and updated by every thread alike. Their sums, and the gradients with respect to their
//!   inputs, are computed by units and by inputs where that is more work than to gather them.

use std::ops::Range;

use dense_core::kernels::{self, Element, Rows};
use dense_core::{Error, Score};

use super::{DenseLayer, Memory, Stop, Worker};
use crate::all_gather::{AllGather, Member, range};
use crate::buffer::Buffer;
use crate::functions::{BatchTargets, activate, activate_backward, check_finite, derivative_from_input, loss_in_place};

/// Multiply-adds of a batch in a layer that are worth a gather.
const WORTH_A_GATHER: usize = 150_000;

impl Worker {
    /// One step: forward, loss, backward, update.
    pub(super) fn step<T: Element>(
        &mut self,
        rows: Rows<'_, T>,
        targets: BatchTargets<'_>,
        all_gather: &AllGather,
        member: &mut Member,
    ) -> Result<Score, Stop> {
        self.forward(rows, all_gather, member)?;
        let samples = rows.len();
        let last = self.layers.len() - 1;
        let outputs = self.layers[last].units;
        let logits = &mut self.memory[last].deltas[..samples * outputs];
        let score = loss_in_place(self.kernel, self.loss, logits, outputs, targets)?;
        for index in (1..=last).rev() {
            self.backward(index, samples, all_gather, member)?;
        }
        self.optimizer.advance();
        self.update(rows)?;
        Ok(score)
    }

    /// Whether a computation over all weights of layer `index`, shared by `columns` columns, is worth a gather.
    fn is_shared(&self, index: usize, columns: usize, samples: usize) -> bool {
        let DenseLayer { inputs, units, .. } = self.layers[index];
        self.threads > 1 && columns >= self.threads && inputs * units * samples >= WORTH_A_GATHER
    }

    /// Forward pass: outputs of the hidden layers, and logits.
    fn forward<T: Element>(
        &mut self,
        rows: Rows<'_, T>,
        all_gather: &AllGather,
        member: &mut Member,
    ) -> Result<(), Stop> {
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
                all_gather.gather(member, layer.units, all, forward)??;
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
    fn backward(
        &mut self,
        index: usize,
        samples: usize,
        all_gather: &AllGather,
        member: &mut Member,
    ) -> Result<(), Stop> {
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
            all_gather.gather(member, before.units, deltas, gradient)??;
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
