//! No rule at all: gradients to look at.

use super::Optimizer;
use crate::kernels::{Element, Kernel};
use crate::layers::UnitsMut;
use crate::{Batch, Dense, Error};

/// Changes nothing, and keeps the gradient of the mean loss by every parameter, in the shape of the layer.
///
/// To learn, no gradient need be stored; this is for [`gradient_check`](crate::gradient_check) and for curiosity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradients;

impl Optimizer for Gradients {
    type State<const IN: usize, const OUT: usize> = Dense<IN, OUT>;

    fn advance(&mut self) {}

    fn step<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        _: UnitsMut<'_, IN>,
        batch: Batch<'_, T, IN>,
        deltas: &[f32],
        state: &mut Dense<IN, OUT>,
    ) -> Result<(), Error> {
        state.units_mut().store_gradients(kernel, batch, deltas)
    }
}
