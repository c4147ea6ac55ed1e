//! `FULLY_CONNECTED`, in f32 and in int8.

use super::tensors::Tensor;
use super::{FLOAT32, INT8, INT32};
use crate::arrays::Array;
use crate::chain::Step;
use crate::{Activation, Error, Quantization, QuantizedLayer};

/// The layer from `before` to `after`, and in int8 its integers, too. `constants` are its weights and, if any, its biases.
pub(super) fn fully_connected(
    before: &Tensor<'_>,
    after: &Tensor<'_>,
    constants: &[&Tensor<'_>],
) -> Result<(Step, Option<QuantizedLayer>), Error> {
    let (&weights, bias) = match constants {
        [weights] => (weights, None),
        [weights, bias] => (weights, Some(*bias)),
        _ => return Err(after.fault(format!("has {} constants, wanted weights and biases", constants.len()))),
    };
    let &[units, inputs] = weights.shape.as_slice() else {
        return Err(weights.fault(format!("shape {:?}, wanted two dimensions", weights.shape)));
    };
    if let Some(bias) = bias
        && Array::count(&bias.shape) != Ok(units)
    {
        return Err(bias.fault(format!("shape {:?}, wanted [{units}]", bias.shape)));
    }
    let name = after.name.clone();
    if weights.kind == FLOAT32 {
        let bias = bias.map_or_else(|| Ok(vec![0.0; units]), Tensor::floats)?;
        return Ok((Step::Dense { name, inputs, weights: weights.floats()?, bias }, None));
    }
    if weights.kind != INT8 {
        return Err(weights.fault(format!("type {}, wanted float32 or int8", weights.kind)));
    }
    let integers = weights.numbers(i8::from_le_bytes)?;
    let scales = &weights.scales;
    if (scales.len() != 1 && scales.len() != units) || weights.zeros.iter().any(|&zero| zero != 0) {
        return Err(weights.fault("not of one scale, or one a unit, with zero points of 0"));
    }
    if integers.contains(&i8::MIN) {
        return Err(weights.fault("a weight of -128, wanted -127 to 127"));
    }
    let scale = |unit: usize| scales[unit % scales.len()];
    let reals = integers.iter().enumerate().map(|(index, &weight)| f32::from(weight) * scale(index / inputs.max(1)));
    let reals: Vec<f32> = reals.collect();
    // Weights alone in int8, as for `Optimize.DEFAULT` without samples.
    if before.kind == FLOAT32 {
        let bias = bias.map_or_else(|| Ok(vec![0.0; units]), Tensor::floats)?;
        return Ok((Step::Dense { name, inputs, weights: reals, bias }, None));
    }
    let (input, output) = (quantization(before)?, quantization(after)?);
    let bias = match bias {
        None => vec![0; units],
        Some(bias) if bias.kind == INT32 => bias.numbers(i32::from_le_bytes)?,
        Some(bias) => return Err(bias.fault(format!("type {}, wanted int32", bias.kind))),
    };
    let real_bias = bias
        .iter()
        .enumerate()
        .map(|(unit, &bias)| (f64::from(bias) * f64::from(input.scale) * f64::from(scale(unit))) as f32);
    let dense = Step::Dense { name, inputs, weights: reals, bias: real_bias.collect() };
    let layer = QuantizedLayer {
        inputs,
        weights: integers,
        weight_scales: scales.clone(),
        bias,
        input,
        output,
        activation: Activation::Linear,
    };
    Ok((dense, Some(layer)))
}

/// The quantisation of int8 values.
fn quantization(tensor: &Tensor<'_>) -> Result<Quantization, Error> {
    match (tensor.kind, tensor.scales.as_slice(), tensor.zeros.as_slice()) {
        (INT8, &[scale], &[zero]) => Ok(Quantization { scale, zero_point: zero.clamp(-1000, 1000) as i32 }),
        _ => Err(tensor.fault(format!("type {}, wanted int8 of one scale and zero point", tensor.kind))),
    }
}
