//! Post-training quantisation: calibration, and conversion of a trained network to int8.

use core::slice;

use super::{Quantization, QuantizedActivation, QuantizedDense, QuantizedHidden, QuantizedNetwork, Range, Rounding};
use crate::error::check_finite;
use crate::kernels::{Element, Kernel};
use crate::losses::Loss;
use crate::{Batch, Error, Hidden, Network, Output};

/// A trained network that has an int8 form.
///
/// Standardised features have negative values too, so the range of the input has to be observed as well:
///
/// ```
/// use dense_core::activations::Tanh;
/// use dense_core::quant::{ONE_LOGIT, Quantize, QuantizedNetwork, Range, Rounding};
/// use dense_core::{Dense, Hidden, Mse, Output};
///
/// let hidden = Dense::new([[0.5, -1.0], [1.0, 0.25]], [0.1, -0.2]);
/// let output = Output::new(Dense::new([[1.0, -0.5]], [0.0]));
/// let trained: Hidden<2, 2, Tanh, Output<2, 1, Mse>> = Hidden::new(hidden, output);
/// let samples = [[-1.5, 0.5], [0.0, -1.0], [2.0, 1.0]];
///
/// let (mut input, mut ranges) = (Range::EMPTY, Default::default());
/// for sample in &samples {
///     input.include(sample)?;
///     trained.calibrate(sample, &mut ranges)?;
/// }
/// let (input, mut network) = (input.quantization()?, QuantizedNetwork::ZERO);
/// trained.quantize(input, Rounding::Nearest, &ranges, &mut network)?;
///
/// let [output] = network.infer(&input.quantize_all(&[2.0, 1.0]))?;
/// let exact = 0.1_f32.tanh() - 0.5 * 2.05_f32.tanh();
/// assert!((output as f32 / ONE_LOGIT as f32 - exact).abs() < 0.02);
/// # Ok::<(), dense_core::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be quantised",
    note = "a network of `Hidden` layers with an int8 activation (`QuantizedActivation`) and an `Output` layer can"
)]
pub trait Quantize<const IN: usize>: Network<IN> {
    /// Its int8 form.
    type Quantized: QuantizedNetwork<IN>;
    /// The ranges of all hidden layers; by default empty.
    type Ranges: Clone + Default;

    /// Calibration: widens the ranges to the sums and outputs of the hidden layers for one sample. Take samples of the
    /// training set, never of the test set.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a sum of a hidden layer is NaN or infinite.
    fn calibrate<T: Element>(&self, inputs: &[T; IN], ranges: &mut Self::Ranges) -> Result<(), Error> {
        self.calibrate_with(Kernel::best(), inputs, ranges)
    }

    /// [`calibrate`](Self::calibrate) by a given kernel.
    ///
    /// # Errors
    /// As there.
    fn calibrate_with<T: Element>(
        &self,
        kernel: Kernel,
        inputs: &[T; IN],
        ranges: &mut Self::Ranges,
    ) -> Result<(), Error>;

    /// Writes the int8 form to `quantized`. `input` is the quantisation of the input bytes, `rounding` that of the weights
    /// of the first layer; the weights of the others are rounded to the nearest.
    ///
    /// # Errors
    /// [`Error::NotCalibrated`] where a hidden layer has not been calibrated; those of [`QuantizedDense::quantize`] and
    /// [`Range::quantization`]. The faulty layer and those after it have not changed then.
    fn quantize(
        &self,
        input: Quantization,
        rounding: Rounding,
        ranges: &Self::Ranges,
        quantized: &mut Self::Quantized,
    ) -> Result<(), Error>;
}

impl<const IN: usize, const OUT: usize, L: Loss<OUT>> Quantize<IN> for Output<IN, OUT, L> {
    type Quantized = QuantizedDense<IN, OUT>;
    type Ranges = ();

    fn calibrate_with<T: Element>(&self, _: Kernel, _: &[T; IN], (): &mut ()) -> Result<(), Error> {
        Ok(())
    }

    fn quantize(
        &self,
        input: Quantization,
        rounding: Rounding,
        (): &(),
        quantized: &mut QuantizedDense<IN, OUT>,
    ) -> Result<(), Error> {
        quantized.quantize(&self.layer, input, rounding)
    }
}

/// The ranges of a hidden layer, and those of the layers after it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HiddenRanges<Next> {
    /// Of the sums, before the activation.
    pub sums: Range,
    /// Of the outputs, after the activation.
    pub outputs: Range,
    /// Of the layers after it.
    pub next: Next,
}

impl<const IN: usize, const WIDTH: usize, A: QuantizedActivation, Next: Quantize<WIDTH>> Quantize<IN>
    for Hidden<IN, WIDTH, A, Next>
{
    type Quantized = QuantizedHidden<IN, WIDTH, A, Next::Quantized>;
    type Ranges = HiddenRanges<Next::Ranges>;

    fn calibrate_with<T: Element>(
        &self,
        kernel: Kernel,
        inputs: &[T; IN],
        ranges: &mut Self::Ranges,
    ) -> Result<(), Error> {
        let mut outputs = [0.0; WIDTH];
        self.layer.forward_with(kernel, Batch::new(slice::from_ref(inputs))?, slice::from_mut(&mut outputs))?;
        check_finite("hidden sums", &outputs)?;
        ranges.sums.include(&outputs)?;
        A::forward_with(kernel, &mut outputs);
        ranges.outputs.include(&outputs)?;
        self.next.calibrate_with(kernel, &outputs, &mut ranges.next)
    }

    fn quantize(
        &self,
        input: Quantization,
        rounding: Rounding,
        ranges: &Self::Ranges,
        quantized: &mut Self::Quantized,
    ) -> Result<(), Error> {
        let (before, after, table) = A::quantize(&ranges.sums, &ranges.outputs)?;
        quantized.layer.layer.quantize(&self.layer, input, rounding)?;
        quantized.layer.set_output(before, A::CLAMP);
        quantized.table = table;
        self.next.quantize(after, Rounding::Nearest, &ranges.next, &mut quantized.next)
    }
}
