//! From floats to 8-bit weights and back, on the host, on a device, or when a constant is compiled.

use super::dense::check_scale;
use super::{LARGEST_BIAS, QuantizedDense, SMALLEST_SCALE};
use crate::error::check_finite;
use crate::kernels::int8::LARGEST_WEIGHT;
use crate::{Dense, Error};

impl<const IN: usize, const OUT: usize> QuantizedDense<IN, OUT> {
    /// Becomes `layer`, with weights rounded to whole steps: for each output, 127 steps up to its largest magnitude, and
    /// none at all around a centre other than zero. Where a bias would not fit in so small steps, the output's are larger.
    ///
    /// `input_step` is what a step of the input stands for: [`PIXEL_STEP`](super::PIXEL_STEP) for pixels, or the
    /// [`activation_step`] of the layer before. `output_step` is 1 for logits, or this layer's [`activation_step`].
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a weight or bias is, [`Error::Setting`] where a step or the scale that results is not
    /// from [`SMALLEST_SCALE`] to [`LARGEST_SCALE`](super::LARGEST_SCALE); nothing has changed then.
    pub const fn quantize(&mut self, layer: &Dense<IN, OUT>, input_step: f32, output_step: f32) -> Result<(), Error> {
        let mut weight_steps = [0.0; OUT];
        let mut scales = [0.0; OUT];
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
            (weight_steps[output], scales[output]) = match steps(largest, bias.abs(), input_step, output_step) {
                Ok(steps) => steps,
                Err(error) => return Err(error),
            };
            output += 1;
        }
        self.scale = scales;
        let mut output = 0;
        while output < OUT {
            let step = weight_steps[output];
            self.bias[output] = round(layer.bias()[output] / input_step / step, LARGEST_BIAS);
            let mut input = 0;
            while input < IN {
                let weight = round(layer.weight(output, input) / step, LARGEST_WEIGHT as i32);
                self.set_weight(output, input, weight as i8);
                input += 1;
            }
            output += 1;
        }
        Ok(())
    }

    /// Sets `layer` to the floats that these whole numbers stand for, with the steps that they were
    /// [quantised](Self::quantize) with.
    ///
    /// # Errors
    /// [`Error::Setting`] where a step is out of its range; nothing has changed then.
    pub fn dequantize(&self, layer: &mut Dense<IN, OUT>, input_step: f32, output_step: f32) -> Result<(), Error> {
        check_scale("input step", input_step)?;
        check_scale("output step", output_step)?;
        let scale = |output: usize| self.scale.get(output).copied().unwrap_or_default() * output_step;
        layer.set_weights((0..OUT).flat_map(|output| {
            let step = scale(output) / input_step;
            (0..IN).map(move |input| f32::from(self.weight(output, input)) * step)
        }));
        for (output, (bias, &steps)) in layer.bias_mut().iter_mut().zip(&self.bias).enumerate() {
            *bias = steps as f32 * scale(output);
        }
        Ok(())
    }
}

/// What a byte of activations has to stand for, so that 255 is the largest of `activations`: a hidden layer's outputs for
/// samples of the kind that it will meet, but never those it is tested with.
///
/// # Errors
/// [`Error::NotFinite`] where an activation is, [`Error::Setting`] where the step is out of its range. (Where none is
/// positive, it is the smallest.)
pub fn activation_step(activations: &[f32]) -> Result<f32, Error> {
    check_finite("activations", activations)?;
    let largest = activations.iter().fold(0.0_f32, |largest, &value| if value > largest { value } else { largest });
    let step = largest / f32::from(u8::MAX);
    let step = if step > SMALLEST_SCALE { step } else { SMALLEST_SCALE };
    check_scale("activation step", step)?;
    Ok(step)
}

/// For an output with these largest magnitudes of weights and bias: what a step of a weight stands for, and the scale.
const fn steps(weight: f32, bias: f32, input_step: f32, output_step: f32) -> Result<(f32, f32), Error> {
    if let Err(error) = check_scale("input step", input_step) {
        return Err(error);
    }
    if let Err(error) = check_scale("output step", output_step) {
        return Err(error);
    }
    let for_weights = weight / LARGEST_WEIGHT as f32;
    let for_bias = bias / input_step / LARGEST_BIAS as f32;
    let step = if for_weights > for_bias { for_weights } else { for_bias };
    let scale = step * input_step / output_step;
    if scale < SMALLEST_SCALE {
        return Ok((SMALLEST_SCALE * output_step / input_step, SMALLEST_SCALE));
    }
    match check_scale("scale", scale) {
        Ok(()) => Ok((step, scale)),
        Err(error) => Err(error),
    }
}

/// The nearest whole number, halves away from zero, of a magnitude of `largest` at most.
const fn round(value: f32, largest: i32) -> i32 {
    // A cast cuts off, and stays within i32; what it cut off is exact.
    let whole = value as i32;
    let rest = value - whole as f32;
    let rounded = whole + (rest >= 0.5) as i32 - (rest <= -0.5) as i32;
    if rounded > largest {
        largest
    } else if rounded < -largest {
        -largest
    } else {
        rounded
    }
}
