//! Decoupled weight decay.

use super::Optimizer;
use super::learning_rate::check;
use crate::kernels::{Element, Kernel, elementwise};
use crate::{Batch, Dense, Error, error};

/// An optimizer with decoupled weight decay: see [`Optimizer::with_weight_decay`].
#[derive(Clone, Debug, PartialEq)]
pub struct WeightDecay<O> {
    optimizer: O,
    weight_decay: f32,
}

impl<O: Optimizer> WeightDecay<O> {
    pub(super) fn new(optimizer: O, weight_decay: f32) -> Result<Self, Error> {
        check("weight decay", weight_decay, 0.0, 1.0)?;
        Ok(Self { optimizer, weight_decay })
    }
}

impl<O: Optimizer> Optimizer for WeightDecay<O> {
    type State<const IN: usize, const OUT: usize> = O::State<IN, OUT>;

    fn advance(&mut self) {
        self.optimizer.advance();
    }

    fn learning_rate(&self) -> f32 {
        self.optimizer.learning_rate()
    }

    fn momentum(&self) -> f32 {
        self.optimizer.momentum()
    }

    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        self.optimizer.set_learning_rate(learning_rate)
    }

    fn update<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        state: &mut Self::State<IN, OUT>,
    ) -> Result<(), Error> {
        // Before the decay, so that an error changes nothing.
        error::check_length("deltas", deltas.len(), batch.len())?;
        let share = self.weight_decay * self.optimizer.learning_rate();
        if share > 0.0 {
            let (weights, bias) = layer.as_mut_slices();
            elementwise::decay(kernel, weights, share);
            elementwise::decay(kernel, bias, share);
        }
        self.optimizer.update(kernel, layer, batch, deltas, state)
    }
}
