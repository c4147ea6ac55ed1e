//! Quantisation of f32 weights to int8: on the host, on a device, or at compile time.

use super::quantization::{check_scale, round};
use super::{LARGEST_BIAS, Quantization, QuantizedDense, SMALLEST_SCALE};
use crate::kernels::int8::LARGEST_WEIGHT;
use crate::{Dense, Error};

/// How a weight is rounded to a multiple of its output's scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest multiple, each weight by itself.
    Nearest,
    /// To the nearest after ¾ of the rounding error of the weight before it and ¼ of that of the one before that have
    /// been added (error diffusion). For inputs whose neighbours are alike, as those of pictures and time series are:
    /// there the errors cancel in the sum.
    Diffused,
}

impl<const IN: usize, const OUT: usize> QuantizedDense<IN, OUT> {
    /// Quantises `layer`, for input bytes with this quantisation. The scale of an output's weights is their largest
    /// magnitude / 127, or larger where the bias would not fit.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a weight or bias is, [`Error::Setting`] where the scale that results is above
    /// [`LARGEST_SCALE`](super::LARGEST_SCALE); nothing has changed then.
    pub const fn quantize(
        &mut self,
        layer: &Dense<IN, OUT>,
        inputs: Quantization,
        rounding: Rounding,
    ) -> Result<(), Error> {
        let mut weight_scales = [0.0; OUT];
        let mut scales = [0.0; OUT];
        // So that the bias still fits once the zero point is in it.
        let largest_bias = LARGEST_BIAS - inputs.zero_point() as i32 * LARGEST_WEIGHT as i32 * IN as i32;
        let mut output = 0;
        while output < OUT {
            let bias = layer.bias()[output];
            if !bias.is_finite() {
                return Err(Error::NotFinite { what: "bias", index: output });
            }
            let mut largest = 0.0;
            let mut input = 0;
            while input < IN {
                let weight = layer.weight(output, input).abs();
                if !weight.is_finite() {
                    return Err(Error::NotFinite { what: "weights", index: output * IN + input });
                }
                largest = if weight > largest { weight } else { largest };
                input += 1;
            }
            (weight_scales[output], scales[output]) =
                match choose_scales(largest, bias.abs(), inputs.scale(), largest_bias) {
                    Ok(scales) => scales,
                    Err(error) => return Err(error),
                };
            output += 1;
        }
        self.scale = scales;
        let mut output = 0;
        while output < OUT {
            let scale = weight_scales[output];
            self.round_weights(layer, output, scale, rounding);
            let bias = round_within(layer.bias()[output] / inputs.scale() / scale, largest_bias);
            self.bias[output] = bias - inputs.zero_point() as i32 * self.weight_sum(output);
            output += 1;
        }
        Ok(())
    }

    const fn round_weights(&mut self, layer: &Dense<IN, OUT>, output: usize, scale: f32, rounding: Rounding) {
        let (mut last, mut before_last) = (0.0, 0.0);
        let mut input = 0;
        while input < IN {
            let exact = layer.weight(output, input) / scale + 0.75 * last + 0.25 * before_last;
            let weight = round_within(exact, LARGEST_WEIGHT as i32);
            self.set_weight(output, input, weight as i8);
            if matches!(rounding, Rounding::Diffused) {
                (last, before_last) = (exact - weight as f32, last);
            }
            input += 1;
        }
    }

    /// Sets `layer` to the f32 parameters that these integers stand for, with the input quantisation that they were
    /// [quantised](Self::quantize) for.
    pub fn dequantize(&self, layer: &mut Dense<IN, OUT>, inputs: Quantization) {
        let scale = |output: usize| self.scale.get(output).copied().unwrap_or_default();
        layer.set_weights((0..OUT).flat_map(|output| {
            let scale = scale(output) / inputs.scale();
            (0..IN).map(move |input| f32::from(self.weight(output, input)) * scale)
        }));
        for (output, (bias, &folded)) in layer.bias_mut().iter_mut().zip(&self.bias).enumerate() {
            let sum = folded.wrapping_add(i32::from(inputs.zero_point()).wrapping_mul(self.weight_sum(output)));
            *bias = sum as f32 * scale(output);
        }
    }
}

/// The scales of the weights and of the sum, for an output with these largest magnitudes of weights and bias.
pub const fn choose_scales(weight: f32, bias: f32, input: f32, largest_bias: i32) -> Result<(f32, f32), Error> {
    let for_weights = weight / LARGEST_WEIGHT as f32;
    let for_bias = bias / input / largest_bias as f32;
    let scale = if for_weights > for_bias { for_weights } else { for_bias };
    let sum_scale = scale * input;
    if sum_scale < SMALLEST_SCALE {
        return Ok((SMALLEST_SCALE / input, SMALLEST_SCALE));
    }
    match check_scale("scale", sum_scale) {
        Ok(()) => Ok((scale, sum_scale)),
        Err(error) => Err(error),
    }
}

/// The nearest integer, ties away from zero, clamped to ±`largest`.
pub const fn round_within(value: f32, largest: i32) -> i32 {
    let rounded = round(value);
    if rounded > largest {
        largest
    } else if rounded < -largest {
        -largest
    } else {
        rounded
    }
}
