//! Networks in whole numbers, of any depth, as one plain type.

use core::slice;

use super::{QuantizedDense, activation_step};
use crate::activations::{Activation, Relu};
use crate::kernels::{Element, Kernel};
use crate::{Batch, Error, Hidden, Network, Output, SparseCategoricalCrossEntropy};

/// A layer of `WIDTH` units with ReLU, and the network that its bytes go into.
///
/// ```
/// use dense_core::quant::{PIXEL_STEP, QuantizedHidden, QuantizedNetwork, class};
/// use dense_core::{Dense, Hidden, Kernel, Output, QuantizedDense};
///
/// let hidden = Dense::new([[0.5, -1.0, 0.25], [1.0, 0.0, 1.0]], [0.1, -0.2]);
/// let floats = Hidden::new(hidden, Output::new(Dense::new([[1.0, -0.5], [-1.0, 2.0]], [0.0, 0.1])));
/// type Whole = QuantizedHidden<3, 2, QuantizedDense<2, 2>>;
///
/// // The range of each hidden layer comes from samples that the trainer has seen.
/// let mut ranges = Default::default();
/// for image in [[255_u8, 0, 255], [0, 255, 0]] {
///     Whole::calibrate(&floats, Kernel::best(), &image, &mut ranges)?;
/// }
/// let mut network = Whole::ZERO;
/// network.quantize_network(&floats, PIXEL_STEP, &ranges)?;
/// assert_eq!(class(&network.infer(Kernel::best(), &[255, 0, 255])?), 1);
/// # Ok::<(), dense_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedHidden<const IN: usize, const WIDTH: usize, Next> {
    /// Its weights, biases and scales.
    pub layer: QuantizedDense<IN, WIDTH>,
    /// The layers after it.
    pub next: Next,
}

/// What the rest of a network in whole numbers can do, from a layer of `IN` bytes to the logits: a [`QuantizedDense`]
/// layer, or a [`QuantizedHidden`] layer and what follows it.
pub trait QuantizedNetwork<const IN: usize>: Sized {
    /// The network in floats that it is made from.
    type Float: Network<IN>;
    /// The logits of a sample in 65,536ths: an array.
    type Logits;
    /// The largest output of each hidden layer, the first one first; by default 0.
    type Ranges: Copy + Default;
    /// All weights and biases zero, all scales 1.
    const ZERO: Self;

    /// Widens the ranges to the outputs of `network`'s hidden layers for a sample: one of the kind that the network will
    /// meet, but never one that it is tested with.
    ///
    /// # Errors
    /// None for a network whose layers fit together, as the types have it.
    fn calibrate<T: Element>(
        network: &Self::Float,
        kernel: Kernel,
        inputs: &[T; IN],
        ranges: &mut Self::Ranges,
    ) -> Result<(), Error>;

    /// Becomes `network`, layer after layer as in [`QuantizedDense::quantize`]. `input_step` is what a step of the input
    /// stands for, and `ranges` are what 255 stands for behind each hidden layer.
    ///
    /// # Errors
    /// Those of [`QuantizedDense::quantize`] and of [`activation_step`]; the faulty layer and those after it have not
    /// changed then.
    fn quantize_network(&mut self, network: &Self::Float, input_step: f32, ranges: &Self::Ranges) -> Result<(), Error>;

    /// The logits of a sample, without floating point ([`QuantizedDense::fixed_logits`]).
    ///
    /// # Errors
    /// None for a network whose layers fit together, as the types have it.
    fn infer(&self, kernel: Kernel, inputs: &[u8; IN]) -> Result<Self::Logits, Error>;
}

impl<const IN: usize, const OUT: usize> QuantizedNetwork<IN> for QuantizedDense<IN, OUT> {
    type Float = Output<IN, OUT, SparseCategoricalCrossEntropy>;
    type Logits = [i32; OUT];
    type Ranges = ();
    const ZERO: Self = Self::ZERO;

    fn calibrate<T: Element>(_: &Self::Float, _: Kernel, _: &[T; IN], (): &mut ()) -> Result<(), Error> {
        Ok(())
    }

    fn quantize_network(&mut self, network: &Self::Float, input_step: f32, (): &()) -> Result<(), Error> {
        self.quantize(&network.layer, input_step, 1.0)
    }

    fn infer(&self, kernel: Kernel, inputs: &[u8; IN]) -> Result<Self::Logits, Error> {
        let mut sums = [0; OUT];
        self.forward(kernel, Batch::new(slice::from_ref(inputs))?, slice::from_mut(&mut sums))?;
        Ok(self.fixed_logits(&sums))
    }
}

impl<const IN: usize, const WIDTH: usize, Next: QuantizedNetwork<WIDTH>> QuantizedNetwork<IN>
    for QuantizedHidden<IN, WIDTH, Next>
{
    type Float = Hidden<IN, WIDTH, Relu, Next::Float>;
    type Logits = Next::Logits;
    type Ranges = (f32, Next::Ranges);
    const ZERO: Self = Self { layer: QuantizedDense::ZERO, next: Next::ZERO };

    fn calibrate<T: Element>(
        network: &Self::Float,
        kernel: Kernel,
        inputs: &[T; IN],
        (range, ranges): &mut Self::Ranges,
    ) -> Result<(), Error> {
        let mut outputs = [0.0; WIDTH];
        network.layer.forward_with(kernel, Batch::new(slice::from_ref(inputs))?, slice::from_mut(&mut outputs))?;
        Relu::forward_with(kernel, &mut outputs);
        *range = outputs.iter().fold(*range, |largest, &output| if output > largest { output } else { largest });
        Next::calibrate(&network.next, kernel, &outputs, ranges)
    }

    fn quantize_network(
        &mut self,
        network: &Self::Float,
        input_step: f32,
        (range, ranges): &Self::Ranges,
    ) -> Result<(), Error> {
        let step = activation_step(&[*range])?;
        self.layer.quantize(&network.layer, input_step, step)?;
        self.next.quantize_network(&network.next, step, ranges)
    }

    fn infer(&self, kernel: Kernel, inputs: &[u8; IN]) -> Result<Self::Logits, Error> {
        let mut sums = [0; WIDTH];
        self.layer.forward(kernel, Batch::new(slice::from_ref(inputs))?, slice::from_mut(&mut sums))?;
        self.next.infer(kernel, &self.layer.activations(&sums))
    }
}
