//! Int8 networks: layers of any depth as one plain type.

use super::{QuantizedActivation, QuantizedDense, RequantizedDense};
use crate::Error;
use crate::kernels::Kernel;

/// An int8 hidden layer of `WIDTH` units with activation `A`, and the network that its bytes go into.
///
/// ```
/// use dense_core::activations::Relu;
/// use dense_core::quant::{Quantization, Quantize, QuantizedHidden, QuantizedNetwork, Rounding, argmax};
/// use dense_core::{Dense, Hidden, Output, QuantizedDense, SparseCategoricalCrossEntropy};
///
/// let hidden = Dense::new([[0.5, -1.0, 0.25], [1.0, 0.0, 1.0]], [0.1, -0.2]);
/// let output = Output::new(Dense::new([[1.0, -0.5], [-1.0, 2.0]], [0.0, 0.1]));
/// let trained: Hidden<3, 2, Relu, Output<2, 2, SparseCategoricalCrossEntropy>> = Hidden::new(hidden, output);
///
/// // The range of each hidden layer, from samples of the training set.
/// let mut ranges = Default::default();
/// for image in [[255_u8, 0, 255], [0, 255, 0]] {
///     trained.calibrate(&image, &mut ranges)?;
/// }
/// let mut network = QuantizedHidden::<3, 2, Relu, QuantizedDense<2, 2>>::ZERO;
/// trained.quantize(Quantization::PIXELS, Rounding::Nearest, &ranges, &mut network)?;
/// assert_eq!(argmax(&network.infer(&[255, 0, 255])?), 1);
/// # Ok::<(), dense_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedHidden<const IN: usize, const WIDTH: usize, A: QuantizedActivation, Next> {
    /// Weights, biases and requantisation.
    pub layer: RequantizedDense<IN, WIDTH>,
    /// The activation's table, or `()`.
    pub table: A::Table,
    /// The layers after it.
    pub next: Next,
}

/// An int8 network from a layer of `IN` bytes to its outputs: a [`QuantizedDense`] layer for logits, a
/// [`RequantizedDense`] layer for bytes, or a [`QuantizedHidden`] layer and what follows it.
///
/// Layers that do not fit together are none:
///
/// ```compile_fail,E0277
/// # use dense_core::{QuantizedDense, activations::Relu, quant::{QuantizedHidden, QuantizedNetwork}};
/// type Network = QuantizedHidden<3, 4, Relu, QuantizedDense<2, 2>>;
/// static NETWORK: Network = <Network as QuantizedNetwork<3>>::ZERO;
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no int8 network of {IN} inputs",
    label = "not an int8 network of {IN} inputs",
    note = "the units of a `QuantizedHidden<IN, WIDTH, ..>` layer must be as many as the inputs of the layer after it"
)]
pub trait QuantizedNetwork<const IN: usize>: Sized {
    /// The outputs of a sample: an array of logits in fixed point, or of bytes.
    type Output;
    /// All weights and biases zero.
    const ZERO: Self;

    /// Inference: the outputs of a sample, without floating point.
    ///
    /// # Errors
    /// Those of an implementation of one's own; the layers of this module have none.
    fn infer(&self, inputs: &[u8; IN]) -> Result<Self::Output, Error> {
        self.infer_with(Kernel::best(), inputs)
    }

    /// [`infer`](Self::infer) by a given kernel.
    ///
    /// # Errors
    /// As there.
    fn infer_with(&self, kernel: Kernel, inputs: &[u8; IN]) -> Result<Self::Output, Error>;
}

impl<const IN: usize, const OUT: usize> QuantizedNetwork<IN> for QuantizedDense<IN, OUT> {
    type Output = [i32; OUT];
    const ZERO: Self = Self::ZERO;

    /// [`fixed_logits`](Self::fixed_logits).
    fn infer_with(&self, kernel: Kernel, inputs: &[u8; IN]) -> Result<[i32; OUT], Error> {
        let mut sums = [0; OUT];
        self.forward_row(kernel, inputs, &mut sums)?;
        Ok(self.fixed_logits(&sums))
    }
}

impl<const IN: usize, const OUT: usize> QuantizedNetwork<IN> for RequantizedDense<IN, OUT> {
    type Output = [u8; OUT];
    const ZERO: Self = Self::ZERO;

    fn infer_with(&self, kernel: Kernel, inputs: &[u8; IN]) -> Result<[u8; OUT], Error> {
        // In place: the bytes of a result are not aligned, so that a copy takes long.
        let mut outputs = Ok([0; OUT]);
        if let Ok(bytes) = &mut outputs
            && let Err(error) = self.forward_row(kernel, inputs, bytes)
        {
            outputs = Err(error);
        }
        outputs
    }
}

impl<const IN: usize, const WIDTH: usize, A: QuantizedActivation, Next: QuantizedNetwork<WIDTH>> QuantizedNetwork<IN>
    for QuantizedHidden<IN, WIDTH, A, Next>
{
    type Output = Next::Output;
    const ZERO: Self = Self { layer: RequantizedDense::ZERO, table: A::ZERO, next: Next::ZERO };

    fn infer_with(&self, kernel: Kernel, inputs: &[u8; IN]) -> Result<Self::Output, Error> {
        let mut bytes = [0; WIDTH];
        self.layer.forward_row(kernel, inputs, &mut bytes)?;
        A::apply(&self.table, &mut bytes);
        self.next.infer_with(kernel, &bytes)
    }
}
