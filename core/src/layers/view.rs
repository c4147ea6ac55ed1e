//! Borrowed views of a dense layer, with its shape at run time.

use crate::kernels::weight_index;
use crate::math;

/// A borrowed [`Dense`](crate::Dense) layer of a network, with its shape at run time.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LayerRef<'a> {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// The activation after it, by Keras's name; after the last layer, that of the loss.
    pub activation: &'static str,
    /// The bias of each output.
    pub bias: &'a [f32],
    /// In the order of [`weight_index`].
    pub(crate) weights: &'a [f32],
}

impl<'a> LayerRef<'a> {
    /// The weights in row-major order, `[outputs][inputs]`.
    pub fn weights(&self) -> impl Iterator<Item = f32> + use<'a> {
        weights(self.weights, self.outputs, self.inputs)
    }
}

/// A mutably borrowed [`Dense`](crate::Dense) layer of a network.
#[derive(Debug)]
#[non_exhaustive]
pub struct LayerMut<'a> {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// The activation after it, by Keras's name; after the last layer, that of the loss.
    pub activation: &'static str,
    /// The bias of each output; must stay finite.
    pub bias: &'a mut [f32],
    /// In the order of [`weight_index`].
    pub(crate) weights: &'a mut [f32],
}

impl LayerMut<'_> {
    /// The weights in row-major order, `[outputs][inputs]`.
    pub fn weights(&self) -> impl Iterator<Item = f32> {
        weights(self.weights, self.outputs, self.inputs)
    }

    /// Sets the weights in row-major order, `[outputs][inputs]`, as far as there are values. They must be finite.
    pub fn set_weights(&mut self, values: impl IntoIterator<Item = f32>) {
        set_weights(self.weights, self.outputs, self.inputs, values, math::SMALLEST_WEIGHT);
    }
}

/// The weights of `stored` in row-major order, `[outputs][inputs]`.
pub(super) fn weights(stored: &[f32], outputs: usize, inputs: usize) -> impl Iterator<Item = f32> {
    indices(outputs, inputs).map(|index| stored.get(index).copied().unwrap_or_default())
}

/// Sets the weights of `stored` in row-major order, as far as there are values; magnitudes below `limit` become +0.0.
pub(super) fn set_weights(
    stored: &mut [f32],
    outputs: usize,
    inputs: usize,
    values: impl IntoIterator<Item = f32>,
    limit: f32,
) {
    for (index, value) in indices(outputs, inputs).zip(values) {
        if let Some(weight) = stored.get_mut(index) {
            *weight = math::flush_below(value, limit);
        }
    }
}

/// The indices of the weights, in row-major order.
fn indices(outputs: usize, inputs: usize) -> impl Iterator<Item = usize> {
    (0..outputs).flat_map(move |output| (0..inputs).map(move |input| weight_index(output, input, outputs, inputs)))
}
