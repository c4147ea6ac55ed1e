//! The int8 dense layer: u8 inputs, i8 weights, exact i32 sums.

use super::LARGEST_BIAS;
use super::fixed::{LOGIT_BITS, requantize};
use super::quantization::check_scale;
use crate::kernels::int8::{LARGEST_WEIGHT, ORDER};
use crate::kernels::{self, Kernel, Rows};
use crate::{Batch, Error};

/// `OUT` exact sums over `IN` bytes, Σ weight · byte + bias, each with a scale: output = scale · sum.
///
/// Weights are int8, biases and sums i32. The zero point of the input is part of the bias
/// ([`fold_zero_point`](Self::fold_zero_point)).
///
/// `IN` · `OUT` + 8 · `OUT` bytes, rounded up to 64. Put it into a `static`: it is packed for the target's kernel by
/// the compiler, stays in flash, and needs no RAM.
///
/// ```
/// use dense_core::quant::{Quantization, Rounding};
/// use dense_core::{Dense, QuantizedDense};
///
/// static TRAINED: Dense<3, 2> = Dense::new([[0.5, -1.0, 0.25], [1.0, 0.0, 1.0]], [0.1, -0.2]);
/// static LAYER: QuantizedDense<3, 2> = {
///     let mut layer = QuantizedDense::ZERO;
///     match layer.quantize(&TRAINED, Quantization::PIXELS, Rounding::Nearest) {
///         Ok(()) => layer,
///         Err(_) => panic!("weights that cannot be quantised"),
///     }
/// };
/// assert_eq!(LAYER.weight(0, 1), -127);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct QuantizedDense<const IN: usize, const OUT: usize> {
    /// In the order of [`ORDER`], whatever the type says.
    weights: [[i8; IN]; OUT],
    pub(super) bias: [i32; OUT],
    pub(super) scale: [f32; OUT],
}

impl<const IN: usize, const OUT: usize> QuantizedDense<IN, OUT> {
    /// All weights and biases zero, all scales 1.
    pub const ZERO: Self = {
        assert!(IN > 0 && OUT > 0, "a layer has at least one input and one output");
        let largest = IN as u64 * u8::MAX as u64 * LARGEST_WEIGHT as u64 + LARGEST_BIAS as u64;
        assert!(largest <= i32::MAX as u64, "a sum over so many inputs can overflow");
        Self { weights: ORDER.zeros(), bias: [0; OUT], scale: [1.0; OUT] }
    };

    /// A layer of these weights, `weights[output][input]`, biases, and the bits of the scales, as a generated file has
    /// them.
    ///
    /// # Panics
    /// Where a number is out of the range that [`set_bias`](Self::set_bias), [`set_scale`](Self::set_scale) or
    /// [`set_weight`](Self::set_weight) allows. In a `static` that is when it is compiled.
    #[must_use]
    pub const fn new(weights: [[i8; IN]; OUT], bias: [i32; OUT], scale_bits: [u32; OUT]) -> Self {
        let mut layer = Self::ZERO;
        let mut output = 0;
        while output < OUT {
            ORDER.set_row(layer.weights.as_flattened_mut(), output, OUT, &weights[output]);
            let bias_fits = layer.set_bias(output, bias[output]).is_ok();
            assert!(bias_fits, "a bias is out of range");
            let scale_fits = layer.set_scale(output, f32::from_bits(scale_bits[output])).is_ok();
            assert!(scale_fits, "a scale is out of range");
            output += 1;
        }
        layer
    }

    /// The weight of `input` in the sum of `output`.
    ///
    /// # Panics
    /// Where there is no such output or input, as an array does.
    #[must_use]
    pub const fn weight(&self, output: usize, input: usize) -> i8 {
        ORDER.weight(self.weights.as_flattened(), output, input, OUT, IN)
    }

    /// Sets the weight of `input` in the sum of `output`, from −127 to 127.
    ///
    /// # Panics
    /// Where there is no such output or input, as an array does, or the weight is −128.
    pub const fn set_weight(&mut self, output: usize, input: usize, weight: i8) {
        ORDER.set_weight(self.weights.as_flattened_mut(), output, input, OUT, IN, weight);
    }

    /// Sets the weights of `output`, and returns their sum.
    ///
    /// # Errors
    /// [`Error::Setting`] where a weight is −128.
    pub(super) const fn set_row(&mut self, output: usize, row: &[i8; IN]) -> Result<i32, Error> {
        let (mut sum, mut input) = (0, 0);
        while input < IN {
            if row[input] == i8::MIN {
                return Err(Error::Setting { what: "weight", found: -128.0, least: -127.0, most: 127.0 });
            }
            sum += row[input] as i32;
            input += 1;
        }
        ORDER.set_row(self.weights.as_flattened_mut(), output, OUT, row);
        Ok(sum)
    }

    /// Moves the zero point of the input into the biases: each loses `zero_point` · Σ weight.
    ///
    /// # Errors
    /// [`Error::Setting`] where a bias leaves the range of [`set_bias`](Self::set_bias); nothing has changed then.
    pub const fn fold_zero_point(&mut self, zero_point: u8) -> Result<(), Error> {
        let mut folded = self.bias;
        let mut output = 0;
        while output < OUT {
            match folded_bias(self.bias[output], zero_point, self.weight_sum(output)) {
                Ok(bias) => folded[output] = bias,
                Err(error) => return Err(error),
            }
            output += 1;
        }
        self.bias = folded;
        Ok(())
    }

    /// The sum of an output's weights.
    pub(super) const fn weight_sum(&self, output: usize) -> i32 {
        let (mut sum, mut input) = (0, 0);
        while input < IN {
            sum += self.weight(output, input) as i32;
            input += 1;
        }
        sum
    }

    /// The biases, in units of the sums.
    #[must_use]
    pub const fn bias(&self) -> &[i32; OUT] {
        &self.bias
    }

    /// Sets the bias of `output`.
    ///
    /// # Errors
    /// [`Error::Setting`] where its magnitude is above [`LARGEST_BIAS`]; nothing has changed then.
    ///
    /// # Panics
    /// Where there is no such output, as an array does.
    pub const fn set_bias(&mut self, output: usize, bias: i32) -> Result<(), Error> {
        if bias.unsigned_abs() > LARGEST_BIAS as u32 {
            let most = LARGEST_BIAS as f32;
            return Err(Error::Setting { what: "bias", found: bias as f32, least: -most, most });
        }
        self.bias[output] = bias;
        Ok(())
    }

    /// The scale of each sum.
    #[must_use]
    pub const fn scale(&self) -> &[f32; OUT] {
        &self.scale
    }

    /// Sets the scale of `output`.
    ///
    /// # Errors
    /// [`Error::Setting`] where it is not from [`SMALLEST_SCALE`](super::SMALLEST_SCALE) to
    /// [`LARGEST_SCALE`](super::LARGEST_SCALE); nothing has changed then.
    ///
    /// # Panics
    /// Where there is no such output, as an array does.
    pub const fn set_scale(&mut self, output: usize, scale: f32) -> Result<(), Error> {
        match check_scale("scale", scale) {
            Ok(()) => self.scale[output] = scale,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Forward: `sums[sample][output]` = Σ over inputs of weight · input + bias, exact.
    ///
    /// # Errors
    /// [`Error::Length`] where `sums` has not one row a sample.
    pub fn forward(&self, batch: Batch<'_, u8, IN>, sums: &mut [[i32; OUT]]) -> Result<(), Error> {
        self.forward_with(Kernel::best(), batch, sums)
    }

    /// [`forward`](Self::forward) by a given kernel.
    ///
    /// # Errors
    /// As there.
    pub fn forward_with(&self, kernel: Kernel, batch: Batch<'_, u8, IN>, sums: &mut [[i32; OUT]]) -> Result<(), Error> {
        let sums = sums.as_flattened_mut();
        kernels::forward_int8(kernel, batch.rows(), self.weights.as_flattened(), &self.bias, sums)
    }

    /// The sums of one sample.
    pub(super) fn forward_row(&self, kernel: Kernel, row: &[u8], sums: &mut [i32; OUT]) -> Result<(), Error> {
        let rows = Rows::contiguous(row, IN, 1);
        kernels::forward_int8(kernel, rows, self.weights.as_flattened(), &self.bias, sums)
    }

    /// The logits of a sample in f32.
    #[must_use]
    pub fn logits(&self, sums: &[i32; OUT]) -> [f32; OUT] {
        let mut logits = [0.0; OUT];
        for ((logit, &sum), &scale) in logits.iter_mut().zip(sums).zip(&self.scale) {
            *logit = sum as f32 * scale;
        }
        logits
    }

    /// The logits of a sample in fixed point with 16 fraction bits ([`ONE_LOGIT`](super::ONE_LOGIT)), without floating
    /// point. They saturate at ±32,768.
    #[must_use]
    pub fn fixed_logits(&self, sums: &[i32; OUT]) -> [i32; OUT] {
        let mut logits = [0; OUT];
        for ((logit, &sum), &scale) in logits.iter_mut().zip(sums).zip(&self.scale) {
            *logit = requantize(sum, scale, LOGIT_BITS);
        }
        logits
    }
}

/// The bias of a sum, without the part that the zero point of the input makes of its weights.
pub(super) const fn folded_bias(bias: i32, zero_point: u8, weight_sum: i32) -> Result<i32, Error> {
    let folded = bias as i64 - zero_point as i64 * weight_sum as i64;
    if folded.unsigned_abs() > LARGEST_BIAS as u64 {
        let most = LARGEST_BIAS as f32;
        return Err(Error::Setting { what: "bias", found: folded as f32, least: -most, most });
    }
    Ok(folded as i32)
}
