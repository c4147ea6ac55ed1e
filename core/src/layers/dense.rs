//! The dense (fully connected) layer.

use core::fmt;

use super::view::{self, LayerMut, LayerRef};
use crate::kernels::{self, Element, Kernel, weight_index};
use crate::{Batch, Error, Random, math};

/// A dense layer of `IN` inputs and `OUT` outputs: y = W·x + b, with `weights[output][input]` and `bias[output]`.
///
/// 4 · (`IN` + 1) · `OUT` bytes, rounded up to 64. Put a large one into a `static`, where [`ZERO`](Self::ZERO) and
/// [`from_bits`](Self::from_bits) cost nothing at run time.
///
/// ```
/// # use dense_core::{Batch, Dense};
/// let layer = Dense::new([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0.5, -0.5]);
/// let mut outputs = [[0.0; 2]];
/// layer.forward(Batch::new(&[[1.0_f32, 0.0, -1.0]])?, &mut outputs)?;
/// assert_eq!(outputs, [[-1.5, -2.5]]);
/// # Ok::<(), dense_core::Error>(())
/// ```
///
/// Shapes are types, so a batch that does not fit does not compile:
///
/// ```compile_fail,E0308
/// # use dense_core::{Batch, Dense};
/// let layer = Dense::<784, 10>::ZERO;
/// let images = [[0_u8; 28]];
/// let mut logits = [[0.0; 10]];
/// layer.forward(Batch::new(&images).unwrap(), &mut logits);
/// ```
#[derive(Clone, PartialEq)]
#[repr(C, align(64))]
pub struct Dense<const IN: usize, const OUT: usize> {
    /// In the order of [`weight_index`], whatever the type says.
    weights: [[f32; IN]; OUT],
    bias: [f32; OUT],
}

impl<const IN: usize, const OUT: usize> Dense<IN, OUT> {
    /// Number of weights and biases.
    pub const PARAMETERS: usize = IN * OUT + OUT;

    /// All parameters +0.0.
    pub const ZERO: Self = {
        assert!(IN > 0 && OUT > 0, "a layer has at least one input and one output");
        Self { weights: [[0.0; IN]; OUT], bias: [0.0; OUT] }
    };

    /// A layer of these weights, `weights[output][input]`, and biases.
    ///
    /// Here and wherever a weight is set, a magnitude below [`SMALLEST_WEIGHT`](math::SMALLEST_WEIGHT) becomes +0.0.
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

    /// [`new`](Self::new) from the bits of the numbers, for generated code.
    #[must_use]
    pub const fn from_bits(weights: [[u32; IN]; OUT], bias: [u32; OUT]) -> Self {
        let mut layer = Self::ZERO;
        // Once, because the compiler's interpreter takes long for it.
        let ordered = layer.weights.as_flattened_mut();
        let mut output = 0;
        while output < OUT {
            let (mut input, row) = (0, &weights[output]);
            while input < IN {
                ordered[weight_index(output, input, OUT, IN)] =
                    math::flush_below(f32::from_bits(row[input]), math::SMALLEST_WEIGHT);
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

    /// The weights in row-major order, `[OUT][IN]`.
    pub fn weights(&self) -> impl Iterator<Item = f32> {
        view::weights(self.weights.as_flattened(), OUT, IN)
    }

    /// Sets the weights in row-major order, `[OUT][IN]`, as far as there are values. They must be finite.
    pub fn set_weights(&mut self, values: impl IntoIterator<Item = f32>) {
        view::set_weights(self.weights.as_flattened_mut(), OUT, IN, values, math::SMALLEST_WEIGHT);
    }

    /// The weights in row-major order, `[OUT][IN]`, then the biases.
    pub fn parameters(&self) -> impl Iterator<Item = f32> {
        self.weights().chain(self.bias)
    }

    /// Sets the weights in row-major order, then the biases, as far as there are values; magnitudes below `limit`
    /// become +0.0.
    pub(crate) fn load(&mut self, values: &[f32], limit: f32) {
        let (weights, bias) = values.split_at(values.len().min(IN * OUT));
        view::set_weights(self.weights.as_flattened_mut(), OUT, IN, weights.iter().copied(), limit);
        for (stored, &value) in self.bias.iter_mut().zip(bias) {
            *stored = math::flush_below(value, limit);
        }
    }

    /// The weights in memory order ([`weight_index`]) and the biases, as the functions of [`kernels`] take them.
    #[must_use]
    pub const fn as_slices(&self) -> (&[f32], &[f32]) {
        (self.weights.as_flattened(), &self.bias)
    }

    /// [`as_slices`](Self::as_slices), mutably. Every weight must stay finite, and +0.0 or at least
    /// [`SMALLEST_WEIGHT`](math::SMALLEST_WEIGHT) in magnitude.
    pub const fn as_mut_slices(&mut self) -> (&mut [f32], &mut [f32]) {
        (self.weights.as_flattened_mut(), &mut self.bias)
    }

    /// A view of the layer; `activation` is the one after it.
    pub(crate) const fn view(&self, activation: &'static str) -> LayerRef<'_> {
        LayerRef { inputs: IN, outputs: OUT, activation, bias: &self.bias, weights: self.weights.as_flattened() }
    }

    /// [`view`](Self::view), mutably.
    pub(crate) const fn view_mut(&mut self, activation: &'static str) -> LayerMut<'_> {
        let Self { weights, bias } = self;
        LayerMut { inputs: IN, outputs: OUT, activation, bias, weights: weights.as_flattened_mut() }
    }

    /// Sets the parameter at `index` in the order of [`parameters`](Self::parameters), where there is one, as
    /// [`set_weights`](Self::set_weights) does.
    pub fn set_parameter(&mut self, index: usize, value: f32) {
        let place = match index.checked_sub(IN * OUT) {
            None => {
                let stored = weight_index(index / IN, index % IN, OUT, IN);
                self.weights.as_flattened_mut().get_mut(stored)
            }
            Some(output) => self.bias.get_mut(output),
        };
        if let Some(place) = place {
            *place = math::flush_below(value, math::SMALLEST_WEIGHT);
        }
    }

    /// Copies the parameters of `other` in place, without a temporary on the stack.
    pub const fn copy_from(&mut self, other: &Self) {
        self.weights.as_flattened_mut().copy_from_slice(other.weights.as_flattened());
        self.bias.copy_from_slice(&other.bias);
    }

    /// b of y = W·x + b, one number for each output.
    #[must_use]
    pub const fn bias(&self) -> &[f32; OUT] {
        &self.bias
    }

    /// The biases, mutably; they must stay finite.
    pub const fn bias_mut(&mut self) -> &mut [f32; OUT] {
        &mut self.bias
    }

    /// Glorot's uniform initialisation (Glorot and Bengio 2010; Keras's default): weights from ±√(6 / (`IN` + `OUT`)),
    /// biases zero.
    ///
    /// One draw a weight, in row-major order.
    pub fn glorot_uniform(&mut self, random: &mut Random) {
        let limit = math::sqrt(6.0 / (IN + OUT) as f32);
        self.set_weights(core::iter::repeat_with(|| (2.0 * random.uniform() - 1.0) * limit));
        self.bias = [0.0; OUT];
    }

    /// Forward pass: Y = X·Wᵀ + b. `batch`: `[batch][IN]`, `outputs`: `[batch][OUT]`.
    ///
    /// # Errors
    /// [`Error::Length`] where `outputs` has not one row a sample.
    pub fn forward<T: Element>(&self, batch: Batch<'_, T, IN>, outputs: &mut [[f32; OUT]]) -> Result<(), Error> {
        self.forward_with(Kernel::best(), batch, outputs)
    }

    /// Backward pass: the gradient with respect to the inputs, dX = dY·W. `deltas`: `[batch][OUT]`, `input_deltas`:
    /// `[batch][IN]`.
    ///
    /// # Errors
    /// [`Error::Length`] where there are not as many rows of `input_deltas` as of `deltas`.
    pub fn backward(&self, deltas: &[[f32; OUT]], input_deltas: &mut [[f32; IN]]) -> Result<(), Error> {
        self.backward_with(Kernel::best(), deltas, input_deltas)
    }

    /// [`forward`](Self::forward) by a given kernel.
    ///
    /// # Errors
    /// As there.
    pub fn forward_with<T: Element>(
        &self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        outputs: &mut [[f32; OUT]],
    ) -> Result<(), Error> {
        let (weights, bias) = self.as_slices();
        kernels::forward(kernel, batch.rows(), weights, bias, T::SCALE, outputs.as_flattened_mut())
    }

    /// [`backward`](Self::backward) by a given kernel.
    ///
    /// # Errors
    /// As there.
    pub fn backward_with(
        &self,
        kernel: Kernel,
        deltas: &[[f32; OUT]],
        input_deltas: &mut [[f32; IN]],
    ) -> Result<(), Error> {
        let (weights, _) = self.as_slices();
        kernels::input_gradient(kernel, deltas.as_flattened(), weights, OUT, input_deltas.as_flattened_mut())
    }
}

/// The weights as `[OUT][IN]`, whatever their order in memory.
impl<const IN: usize, const OUT: usize> fmt::Debug for Dense<IN, OUT> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |output| {
            fmt::from_fn(move |f| f.debug_list().entries((0..IN).map(|input| self.weight(output, input))).finish())
        };
        let weights = fmt::from_fn(|f| f.debug_list().entries((0..OUT).map(row)).finish());
        f.debug_struct("Dense").field("weights", &weights).field("bias", &self.bias).finish()
    }
}
