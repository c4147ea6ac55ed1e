//! Which parameters of a network are trained. What is left untouched costs neither time nor memory in training.

use crate::kernels::{Element, Kernel};
use crate::memory::Memory;
use crate::optimizers::Optimizer;
use crate::{Batch, Dense, Error};

/// How much of one layer is trained: [`Whole`], [`Biases`] or [`Frozen`].
pub trait Training {
    /// Deltas of the outputs of a layer of which this, or a layer before it, is trained: one row a sample, or none.
    type Deltas<const BATCH: usize, const WIDTH: usize>: Memory + AsMut<[[f32; WIDTH]]>;
    /// Whether it or `Before` is trained: `Before`, where it is frozen itself.
    type Or<Before: Training>: Training;
    /// What the optimizer keeps for the layer.
    type State<O: Optimizer, const IN: usize, const OUT: usize>: Memory;

    /// Corrects what is to be trained.
    ///
    /// # Errors
    /// [`Error::Length`] where `deltas` has not one row a sample; nothing has changed then.
    fn step<O: Optimizer, T: Element, const IN: usize, const OUT: usize>(
        optimizer: &O,
        kernel: Kernel,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        state: &mut Self::State<O, IN, OUT>,
    ) -> Result<(), Error>;
}

/// How much of each layer is trained, from the first layer to the last.
///
/// [`Whole`], [`Biases`] and [`Frozen`] say it of all layers, [`LastLayer`] trains that alone, and a pair says it of
/// one layer and, as a plan, of those after it: `(Frozen, (Whole, Biases))`.
pub trait Plan {
    /// For a layer with others after it.
    type Here: Training;
    /// For the last layer.
    type Last: Training;
    /// For the layers after this one.
    type Next: Plan;
}

/// Weights and biases are trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole;

/// Biases are trained, weights are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Biases;

/// Nothing is trained. A layer passes deltas on only where one before it is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen;

/// The last layer is trained, those before it are frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastLayer;

impl Training for Whole {
    type Deltas<const BATCH: usize, const WIDTH: usize> = [[f32; WIDTH]; BATCH];
    type Or<Before: Training> = Self;
    type State<O: Optimizer, const IN: usize, const OUT: usize> = O::State<IN, OUT>;

    fn step<O: Optimizer, T: Element, const IN: usize, const OUT: usize>(
        optimizer: &O,
        kernel: Kernel,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        state: &mut Self::State<O, IN, OUT>,
    ) -> Result<(), Error> {
        optimizer.step::<T, IN, OUT>(kernel, layer.units_mut(), batch, deltas.as_flattened(), state)
    }
}

impl Training for Biases {
    type Deltas<const BATCH: usize, const WIDTH: usize> = [[f32; WIDTH]; BATCH];
    type Or<Before: Training> = Self;
    type State<O: Optimizer, const IN: usize, const OUT: usize> = O::State<0, OUT>;

    fn step<O: Optimizer, T: Element, const IN: usize, const OUT: usize>(
        optimizer: &O,
        kernel: Kernel,
        layer: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        state: &mut Self::State<O, IN, OUT>,
    ) -> Result<(), Error> {
        let batch = Batch::without_inputs(batch.len());
        optimizer.step::<u8, 0, OUT>(kernel, layer.bias_units_mut(), batch, deltas.as_flattened(), state)
    }
}

impl Training for Frozen {
    type Deltas<const BATCH: usize, const WIDTH: usize> = [[f32; WIDTH]; 0];
    type Or<Before: Training> = Before;
    type State<O: Optimizer, const IN: usize, const OUT: usize> = ();

    fn step<O: Optimizer, T: Element, const IN: usize, const OUT: usize>(
        _: &O,
        _: Kernel,
        _: &mut Dense<IN, OUT>,
        _: Batch<'_, T, IN>,
        _: &[[f32; OUT]],
        (): &mut (),
    ) -> Result<(), Error> {
        Ok(())
    }
}

/// The same for every layer.
impl<Each: Training> Plan for Each {
    type Here = Self;
    type Last = Self;
    type Next = Self;
}

impl Plan for LastLayer {
    type Here = Frozen;
    type Last = Whole;
    type Next = Self;
}

impl<Here: Training, Next: Plan> Plan for (Here, Next) {
    type Here = Here;
    type Last = Here;
    type Next = Next;
}
