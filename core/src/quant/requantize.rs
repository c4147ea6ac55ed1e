//! The int8 dense layer with requantised outputs: bytes in, bytes out.

use core::array;

use super::dense::folded_bias;
use super::{Clamp, Multiplier, Quantization, QuantizedDense};
use crate::error::check_length;
use crate::kernels::Kernel;
use crate::{Batch, Error};

/// A [`QuantizedDense`] layer whose sums are scaled to bytes again: TensorFlow Lite's int8 `FULLY_CONNECTED`.
///
/// byte = clamp(zero point + sum · multiplier), with a multiplier for each output.
#[derive(Clone, Debug, PartialEq)]
pub struct RequantizedDense<const IN: usize, const OUT: usize> {
    /// The int8 layer before the requantisation.
    pub layer: QuantizedDense<IN, OUT>,
    multipliers: [Multiplier; OUT],
    /// Whether all multipliers are the first one.
    is_uniform: bool,
    zero_point: u8,
    smallest: u8,
    largest: u8,
}

impl<const IN: usize, const OUT: usize> RequantizedDense<IN, OUT> {
    /// All weights, biases and multipliers zero.
    pub const ZERO: Self = Self {
        layer: QuantizedDense::ZERO,
        multipliers: [Multiplier::ZERO; OUT],
        is_uniform: true,
        zero_point: 0,
        smallest: 0,
        largest: u8::MAX,
    };

    /// The layer whose outputs are bytes with this quantisation. Its multipliers are scale of the sum / scale of the
    /// output, in f64.
    #[must_use]
    pub const fn new(layer: QuantizedDense<IN, OUT>, output: Quantization, clamp: Clamp) -> Self {
        let mut this = Self { layer, ..Self::ZERO };
        this.set_output(output, clamp);
        this
    }

    /// Sets the multipliers and the clamp as [`new`](Self::new) does.
    pub const fn set_output(&mut self, output: Quantization, clamp: Clamp) {
        let mut index = 0;
        while index < OUT {
            self.multipliers[index] = Multiplier::new(self.layer.scale[index] as f64 / output.scale() as f64);
            index += 1;
        }
        self.is_uniform = is_uniform(&self.multipliers);
        (self.smallest, self.largest) = clamp.bytes(output);
        self.zero_point = output.zero_point();
    }

    /// The layer of a TensorFlow Lite file: int8 weights, biases, one weight scale or one for each output, and the
    /// quantisations of input and output ([`Quantization::from_int8`]). All outputs are those of its reference kernel.
    ///
    /// # Errors
    /// [`Error::Length`] where there is another number of weight scales, [`Error::Setting`] where a weight is −128, a
    /// bias with the zero point in it is beyond [`LARGEST_BIAS`](super::LARGEST_BIAS), or the scale of a sum out of
    /// range.
    pub const fn from_tflite(
        weights: &[[i8; IN]; OUT],
        bias: &[i32; OUT],
        weight_scales: &[f32],
        input: Quantization,
        output: Quantization,
        clamp: Clamp,
    ) -> Result<Self, Error> {
        let per_channel = weight_scales.len() == OUT && OUT > 1;
        if weight_scales.len() != 1 && !per_channel {
            return Err(Error::Length { what: "weight scales", found: weight_scales.len(), expected: OUT });
        }
        let mut this = Self::ZERO;
        let mut index = 0;
        while index < OUT {
            let weight_sum = match this.layer.set_row(index, &weights[index]) {
                Ok(sum) => sum,
                Err(error) => return Err(error),
            };
            let weight_scale = weight_scales[if per_channel { index } else { 0 }];
            let folded = match folded_bias(bias[index], input.zero_point(), weight_sum) {
                Ok(folded) => folded,
                Err(error) => return Err(error),
            };
            if let Err(error) = this.layer.set_bias(index, folded) {
                return Err(error);
            }
            if let Err(error) = this.layer.set_scale(index, input.scale() * weight_scale) {
                return Err(error);
            }
            // Per tensor the product of the scales is rounded to f32 (`GetQuantizedConvolutionMultipler`), per channel
            // it is not (`PopulateConvolutionQuantizationParams`).
            let product =
                if per_channel { input.scale() as f64 * weight_scale as f64 } else { this.layer.scale[index] as f64 };
            this.multipliers[index] = Multiplier::new(product / output.scale() as f64);
            index += 1;
        }
        this.is_uniform = is_uniform(&this.multipliers);
        (this.smallest, this.largest) = clamp.bytes(output);
        this.zero_point = output.zero_point();
        Ok(this)
    }

    /// The multiplier of each output.
    #[must_use]
    pub const fn multipliers(&self) -> &[Multiplier; OUT] {
        &self.multipliers
    }

    /// Requantises the sums of one sample to bytes.
    #[must_use]
    pub fn requantize(&self, sums: &[i32; OUT]) -> [u8; OUT] {
        let mut bytes = [0; OUT];
        self.requantize_into(Kernel::best(), sums, &mut bytes);
        bytes
    }

    fn requantize_into(&self, kernel: Kernel, sums: &[i32; OUT], bytes: &mut [u8; OUT]) {
        let limits = [self.smallest, self.largest];
        if let (true, Some(multiplier)) = (self.is_uniform, self.multipliers.first()) {
            return multiplier.requantize(kernel, sums, self.zero_point, limits, bytes);
        }
        for ((byte, sum), multiplier) in bytes.iter_mut().zip(sums).zip(&self.multipliers) {
            multiplier.requantize(kernel, array::from_ref(sum), self.zero_point, limits, array::from_mut(byte));
        }
    }

    /// The bytes of one sample.
    pub(super) fn forward_row(&self, kernel: Kernel, row: &[u8], bytes: &mut [u8; OUT]) -> Result<(), Error> {
        let mut sums = [0; OUT];
        self.layer.forward_row(kernel, row, &mut sums)?;
        self.requantize_into(kernel, &sums, bytes);
        Ok(())
    }

    /// Forward: `outputs[sample][output]`.
    ///
    /// # Errors
    /// [`Error::Length`] where `outputs` has not one row a sample.
    pub fn forward(&self, batch: Batch<'_, u8, IN>, outputs: &mut [[u8; OUT]]) -> Result<(), Error> {
        self.forward_with(Kernel::best(), batch, outputs)
    }

    /// [`forward`](Self::forward) by a given kernel.
    ///
    /// # Errors
    /// As there.
    pub fn forward_with(
        &self,
        kernel: Kernel,
        batch: Batch<'_, u8, IN>,
        outputs: &mut [[u8; OUT]],
    ) -> Result<(), Error> {
        check_length("outputs", outputs.len(), batch.len())?;
        for (index, bytes) in outputs.iter_mut().enumerate() {
            self.forward_row(kernel, batch.rows().row(index), bytes)?;
        }
        Ok(())
    }
}

/// Whether all multipliers are the same.
const fn is_uniform(multipliers: &[Multiplier]) -> bool {
    let mut index = 1;
    while index < multipliers.len() {
        let (first, other) = (multipliers[0], multipliers[index]);
        if first.significand() != other.significand() || first.shift() != other.shift() {
            return false;
        }
        index += 1;
    }
    true
}
