//! The dense layer: every output is a weighted sum of every input.

use super::UnitsMut;
use crate::kernels::{self, AdamStep, Element, Kernel, weight_index};
use crate::{AdamState, Batch, Error, Random, Sgd, error, math};

/// `OUT` sums over `IN` inputs, each with its own weights and a bias: z = W·x + b.
///
/// 4 · (`IN` + 1) · `OUT` bytes, rounded up to 64. Put a big one into a `static`, where [`ZERO`](Self::ZERO) and
/// [`from_bits`](Self::from_bits) cost nothing at run time.
///
/// Shapes are types, so a layer that does not fit does not compile:
///
/// ```compile_fail
/// # use dense_core::{Batch, Dense, Kernel};
/// let layer = Dense::<784, 10>::ZERO;
/// let images = [[0_u8; 28]];
/// let mut logits = [[0.0; 10]];
/// layer.forward(Kernel::best(), Batch::new(&images).unwrap(), &mut logits);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Dense<const IN: usize, const OUT: usize> {
    /// Room for all of them; [`weight_index`] says which is where.
    weights: [[f32; IN]; OUT],
    bias: [f32; OUT],
}

impl<const IN: usize, const OUT: usize> Dense<IN, OUT> {
    /// How many numbers it learns.
    pub const PARAMETERS: usize = IN * OUT + OUT;

    /// All parameters +0.0.
    pub const ZERO: Self = {
        assert!(IN > 0 && OUT > 0, "a layer has at least one input and one output");
        Self::ZEROS
    };

    /// The same for what is kept beside a layer; where only biases are trained, that has no inputs.
    pub(crate) const ZEROS: Self = Self { weights: [[0.0; IN]; OUT], bias: [0.0; OUT] };

    /// A layer of these weights, `weights[output][input]`, and biases.
    ///
    /// A weight below [`SMALLEST_WEIGHT`](math::SMALLEST_WEIGHT) becomes +0.0, here and wherever a weight is set.
    #[must_use]
    pub const fn new(weights: [[f32; IN]; OUT], bias: [f32; OUT]) -> Self {
        let mut layer = Self::ZERO;
        let mut output = 0;
        while output < OUT {
            let mut input = 0;
            while input < IN {
                layer.set_weight(output, input, weights[output][input]);
                input += 1;
            }
            output += 1;
        }
        layer.bias = bias;
        layer
    }

    /// The same from the bits of the numbers, so that generated code keeps every one of them.
    #[must_use]
    pub const fn from_bits(weights: [[u32; IN]; OUT], bias: [u32; OUT]) -> Self {
        let mut layer = Self::ZERO;
        let mut output = 0;
        while output < OUT {
            let mut input = 0;
            while input < IN {
                layer.set_weight(output, input, f32::from_bits(weights[output][input]));
                input += 1;
            }
            layer.bias[output] = f32::from_bits(bias[output]);
            output += 1;
        }
        layer
    }

    /// The weight of `input` in the sum of `output`.
    ///
    /// # Panics
    /// Where there is no such output or input, as an array does.
    #[must_use]
    pub const fn weight(&self, output: usize, input: usize) -> f32 {
        assert!(output < OUT && input < IN, "no such weight");
        self.weights.as_flattened()[weight_index(output, input, OUT, IN)]
    }

    /// Sets the weight of `input` in the sum of `output`. It must be finite.
    ///
    /// # Panics
    /// Where there is no such output or input, as an array does.
    pub const fn set_weight(&mut self, output: usize, input: usize, weight: f32) {
        assert!(output < OUT && input < IN, "no such weight");
        self.weights.as_flattened_mut()[weight_index(output, input, OUT, IN)] =
            math::flush_below(weight, math::SMALLEST_WEIGHT);
    }

    /// All weights, output after output: (0, 0), (0, 1), ... They lie in memory in an order of the machine's own.
    pub fn weights(&self) -> impl Iterator<Item = f32> {
        let weights = self.weights.as_flattened();
        (0..OUT).flat_map(move |output| {
            (0..IN).map(move |input| weights.get(weight_index(output, input, OUT, IN)).copied().unwrap_or_default())
        })
    }

    /// Sets the weights, output after output, as far as there are values. They must be finite.
    pub fn set_weights(&mut self, values: impl IntoIterator<Item = f32>) {
        let places = (0..OUT).flat_map(|output| (0..IN).map(move |input| weight_index(output, input, OUT, IN)));
        for (place, value) in places.zip(values) {
            if let Some(weight) = self.weights.as_flattened_mut().get_mut(place) {
                *weight = math::flush_below(value, math::SMALLEST_WEIGHT);
            }
        }
    }

    /// Sets the weights, output after output, and then the biases, as far as there are values; those below `limit` become
    /// +0.0. For what is kept beside a layer, in its shape.
    pub(crate) fn set_parameters(&mut self, values: impl IntoIterator<Item = f32>, limit: f32) {
        let mut values = values.into_iter().map(|value| math::flush_below(value, limit));
        let places = (0..OUT).flat_map(|output| (0..IN).map(move |input| weight_index(output, input, OUT, IN)));
        for (place, value) in places.zip(&mut values) {
            if let Some(weight) = self.weights.as_flattened_mut().get_mut(place) {
                *weight = value;
            }
        }
        for (bias, value) in self.bias.iter_mut().zip(values) {
            *bias = value;
        }
    }

    /// Takes over all parameters of `other`, without a copy on the stack.
    pub const fn copy_from(&mut self, other: &Self) {
        self.weights.as_flattened_mut().copy_from_slice(other.weights.as_flattened());
        self.bias.copy_from_slice(&other.bias);
    }

    /// The biases.
    #[must_use]
    pub const fn bias(&self) -> &[f32; OUT] {
        &self.bias
    }

    /// The biases, to be changed; they must stay finite.
    pub const fn bias_mut(&mut self) -> &mut [f32; OUT] {
        &mut self.bias
    }

    /// Draws the weights evenly from ±√(6 / (`IN` + `OUT`)), so that signals keep their size on the way through
    /// (Glorot and Bengio 2010, Keras's default), and zeroes the biases.
    ///
    /// One draw a weight, output after output.
    pub fn glorot_uniform(&mut self, random: &mut Random) {
        let limit = math::sqrt(6.0 / (IN + OUT) as f32);
        self.set_weights(core::iter::repeat_with(|| (2.0 * random.uniform() - 1.0) * limit));
        self.bias = [0.0; OUT];
    }

    /// Forward: the logits of each sample, `logits[sample][output]` = Σ weight · input + bias.
    ///
    /// # Errors
    /// [`Error::Length`] where `logits` has not one row a sample.
    pub fn forward<T: Element>(
        &self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        logits: &mut [[f32; OUT]],
    ) -> Result<(), Error> {
        let logits = logits.as_flattened_mut();
        kernels::forward(kernel, batch.rows(), self.weights.as_flattened(), &self.bias, T::SCALE, logits)
    }

    /// Backward: what the inputs had to do with it, by the chain rule.
    /// `input_deltas[sample][input]` = Σ over outputs of delta · weight.
    ///
    /// # Errors
    /// [`Error::Length`] where there are not as many rows of `input_deltas` as of `deltas`.
    pub fn backward(&self, kernel: Kernel, deltas: &[[f32; OUT]], input_deltas: &mut [[f32; IN]]) -> Result<(), Error> {
        let input_deltas = input_deltas.as_flattened_mut();
        kernels::input_gradient(kernel, deltas.as_flattened(), self.weights.as_flattened(), OUT, input_deltas)
    }

    /// Becomes the gradient of the mean loss by every parameter of a layer: instead of weight and bias, the mean over the
    /// samples of delta · input and of delta. To learn, the steps below are enough and store no gradient; this is for
    /// looking at it.
    ///
    /// # Errors
    /// [`Error::Length`] where `deltas` has not one row a sample, [`Error::NotFinite`] where a number of a sample or a
    /// delta is NaN or infinite; the layer is then as it was.
    pub fn set_to_gradients<T: Element>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
    ) -> Result<(), Error> {
        check_finite(batch, deltas)?;
        self.units_mut().store_gradients(kernel, batch, deltas.as_flattened())
    }

    /// Backward and update in one pass by gradient descent. `deltas` is the derivative of each sample's loss by its
    /// logits, as a [loss](crate::losses) leaves it.
    ///
    /// # Errors
    /// As [`set_to_gradients`](Self::set_to_gradients).
    pub fn step_sgd<T: Element>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        sgd: &Sgd,
    ) -> Result<(), Error> {
        check_finite(batch, deltas)?;
        self.units_mut().step_sgd(kernel, batch, deltas.as_flattened(), sgd)
    }

    /// Backward and update in one pass by Adam; `step` comes from [`Adam::next_step`](crate::Adam::next_step), once a
    /// batch.
    ///
    /// # Errors
    /// As [`set_to_gradients`](Self::set_to_gradients); the state is then as it was, too.
    pub fn step_adam<T: Element>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        deltas: &[[f32; OUT]],
        state: &mut AdamState<IN, OUT>,
        step: &AdamStep,
    ) -> Result<(), Error> {
        check_finite(batch, deltas)?;
        self.units_mut().step_adam(kernel, batch, deltas.as_flattened(), &mut state.units_mut(), step)
    }

    /// All units of the layer, to be trained together or shared out among threads.
    pub const fn units_mut(&mut self) -> UnitsMut<'_, IN> {
        UnitsMut::new(&mut self.weights, &mut self.bias)
    }

    /// The units without their weights, so that only biases are trained.
    pub(crate) const fn bias_units_mut(&mut self) -> UnitsMut<'_, 0> {
        UnitsMut::new(&mut [], &mut self.bias)
    }
}

/// What a layer learns from has to be finite, or it would never be again.
fn check_finite<T: Element, const IN: usize, const OUT: usize>(
    batch: Batch<'_, T, IN>,
    deltas: &[[f32; OUT]],
) -> Result<(), Error> {
    batch.check_finite()?;
    error::check_finite("deltas", deltas.as_flattened())
}
