//! A layer of any shape, borrowed: what a walk over the layers of a network hands out.

use crate::kernels::weight_index;
use crate::math;

/// A [`Dense`](crate::Dense) layer of a network, with the shape as numbers.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct LayerRef<'a> {
    /// Inputs.
    pub inputs: usize,
    /// Outputs.
    pub outputs: usize,
    /// The activation after it, by Keras's name; after the last layer, that of the loss.
    pub activation: &'static str,
    /// The bias of each output.
    pub bias: &'a [f32],
    /// In the order of [`weight_index`].
    pub(crate) weights: &'a [f32],
}

impl<'a> LayerRef<'a> {
    /// All weights, output after output: (0, 0), (0, 1), ...
    pub fn weights(&self) -> impl Iterator<Item = f32> + use<'a> {
        weights(self.weights, self.outputs, self.inputs)
    }
}

/// A [`Dense`](crate::Dense) layer of a network, to be changed.
#[derive(Debug)]
#[non_exhaustive]
pub struct LayerMut<'a> {
    /// Inputs.
    pub inputs: usize,
    /// Outputs.
    pub outputs: usize,
    /// The activation after it, by Keras's name; after the last layer, that of the loss.
    pub activation: &'static str,
    /// The bias of each output; must stay finite.
    pub bias: &'a mut [f32],
    /// In the order of [`weight_index`].
    pub(crate) weights: &'a mut [f32],
}

impl LayerMut<'_> {
    /// All weights, output after output: (0, 0), (0, 1), ...
    pub fn weights(&self) -> impl Iterator<Item = f32> {
        weights(self.weights, self.outputs, self.inputs)
    }

    /// Sets the weights, output after output, as far as there are values. They must be finite.
    pub fn set_weights(&mut self, values: impl IntoIterator<Item = f32>) {
        set_weights(self.weights, self.outputs, self.inputs, values, math::SMALLEST_WEIGHT);
    }
}

/// `stored` weights, output after output.
pub(super) fn weights(stored: &[f32], outputs: usize, inputs: usize) -> impl Iterator<Item = f32> {
    places(outputs, inputs).map(|place| stored.get(place).copied().unwrap_or_default())
}

/// Sets `stored` weights, output after output, as far as there are values; those below `limit` become +0.0.
pub(super) fn set_weights(
    stored: &mut [f32],
    outputs: usize,
    inputs: usize,
    values: impl IntoIterator<Item = f32>,
    limit: f32,
) {
    for (place, value) in places(outputs, inputs).zip(values) {
        if let Some(weight) = stored.get_mut(place) {
            *weight = math::flush_below(value, limit);
        }
    }
}

/// Where the weights are, output after output.
fn places(outputs: usize, inputs: usize) -> impl Iterator<Item = usize> {
    (0..outputs).flat_map(move |output| (0..inputs).map(move |input| weight_index(output, input, outputs, inputs)))
}
