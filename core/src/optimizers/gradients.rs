//! Recording of gradients, without an update.

use super::Optimizer;
use super::learning_rate::check;
use crate::kernels::updates::StoreGradient;
use crate::kernels::{Element, Kernel};
use crate::{Batch, Dense, Error};

/// Records the gradient of the mean loss with respect to every parameter, and updates nothing. The state has the shape
/// of the layer.
///
/// Training stores no gradient; this is for [`gradient_check`](crate::gradient_check) and for inspection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradients;

impl Optimizer for Gradients {
    type State<const IN: usize, const OUT: usize> = Dense<IN, OUT>;

    fn advance(&mut self) {}

    /// It has none: 0.
    fn learning_rate(&self) -> f32 {
        0.0
    }

    /// Refuses any rate but 0.
    fn set_learning_rate(&mut self, learning_rate: f32) -> Result<(), Error> {
        check("learning rate", learning_rate, 0.0, 0.0)
    }

    fn update<T: Element, const IN: usize, const OUT: usize>(
        &self,
        kernel: Kernel,
        _: &mut Dense<IN, OUT>,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        gradients: &mut Dense<IN, OUT>,
    ) -> Result<(), Error> {
        super::update_layer(kernel, batch, deltas, &StoreGradient, [gradients])
    }
}
