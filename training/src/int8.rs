//! Int8 networks of any shape: quantised from trained ones by calibration, and evaluated beside them.
//!
//! The same integers as those of [`dense_core::quant`] for a network of the same shape.

use std::thread;

use dense_core::activations::{Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Tanh};
use dense_core::kernels::int8::{LARGEST_WEIGHT, ORDER};
use dense_core::kernels::{self, Rows};
use dense_core::quant::{
    Clamp, LARGEST_BIAS, Multiplier, ONE_LOGIT, Quantization, QuantizedActivation, Range, Rounding, choose_scales,
    requantize, round_within,
};
use dense_core::{Error, Kernel};
use formats::{Activation, Int8Layer, Int8Network, Int8Output, Layer, Loss, Task};

use super::evaluate::{in_parts, predict as predict_float};
use super::functions::{activate, check_finite, check_length, output_activation};
use super::{Network, Standardization};
use crate::samples::Inputs;

/// Training samples that calibrate the ranges of inputs and hidden outputs. With more, about as many decisions change,
/// among training samples too.
pub const CALIBRATION_SAMPLES: usize = 5_000;

/// Fraction bits of a logit.
const LOGIT_BITS: u32 = ONE_LOGIT.trailing_zeros();

/// Post-training quantisation of a network; the `calibration` inputs choose the ranges of its hidden outputs, and of
/// inputs that are no bytes.
///
/// # Errors
/// [`Error::NotFinite`] or [`Error::Setting`] where a parameter is not finite, or so large or small that its scale cannot
/// be represented, or where predictions of a regression do not fit [fixed point](ONE_LOGIT); [`Error::Length`] where
/// inputs do not fit the network.
pub fn quantize(network: &Network, calibration: &Inputs, kernel: Kernel) -> Result<Int8Network, Error> {
    for layer in network.layers() {
        check_length("inputs of an int8 layer", layer.inputs, layer.inputs.min(MAX_INPUTS))?;
    }
    let mut ranges = vec![[Range::EMPTY; 2]; network.layers().len() - 1];
    for sample in 0..calibration.len() {
        calibrate(network, calibration, sample, kernel, &mut ranges)?;
    }
    let mut float_layers = network.layers().to_vec();
    let (standardization, input, rounding) = match calibration {
        // Neighbouring pixels are alike.
        Inputs::Bytes { .. } => (None, Quantization::PIXELS, Rounding::Diffused),
        Inputs::Numbers { width, values } => {
            let standardization = Standardization::measure(calibration, 0.0);
            standardization.unfold(&mut float_layers[0]);
            let mut range = Range::EMPTY;
            let mut row = vec![0.0; *width];
            for sample in values.chunks_exact(*width) {
                standardization.apply(sample, &mut row);
                range.include(&row)?;
            }
            (Some(standardization.into_scaling()), range.quantization()?, Rounding::Nearest)
        }
    };
    let (mut layers, mut of_inputs, mut rounding) = (Vec::new(), input, rounding);
    for (index, layer) in float_layers.iter().enumerate() {
        let output = ranges.get(index).map(|[sums, outputs]| quantize_output(layer.activation, sums, outputs));
        let output = output.transpose()?;
        layers.push(quantize_layer(layer, of_inputs, rounding, output)?);
        if let Some(Int8Output { outputs, .. }) = &layers[index].output {
            (of_inputs, rounding) = (*outputs, Rounding::Nearest);
        }
    }
    if network.loss().task() == Task::Regression {
        check_fixed_point(&predict_float(network, calibration, kernel, 1)?, network.outputs())?;
    }
    Ok(Int8Network { standardization, input, layers })
}

/// Refuses predictions, `[samples][outputs]`, that fixed point would clamp, or whose range is less than 8 bits of it.
fn check_fixed_point(predictions: &[f32], outputs: usize) -> Result<(), Error> {
    let one = ONE_LOGIT as f32;
    let (least, most) = (i32::MIN as f32 / one, i32::MAX as f32 / one);
    for output in 0..outputs {
        let mut range = Range::EMPTY;
        range.include(&predictions.iter().skip(output).step_by(outputs).copied().collect::<Vec<_>>())?;
        for found in [range.smallest(), range.largest()] {
            if !(least..most).contains(&found) {
                return Err(Error::Setting { what: "a predicted number", found, least, most });
            }
        }
        let (found, least) = (range.largest() - range.smallest(), 256.0 / one);
        if found > 0.0 && found < least {
            return Err(Error::Setting { what: "the range of predicted numbers", found, least, most });
        }
    }
    Ok(())
}

/// Takes the sums and the outputs of hidden layers for a sample into their ranges.
fn calibrate(
    network: &Network,
    calibration: &Inputs,
    sample: usize,
    kernel: Kernel,
    ranges: &mut [[Range; 2]],
) -> Result<(), Error> {
    let mut values: Vec<f32> = match calibration {
        Inputs::Bytes { .. } => Vec::new(),
        Inputs::Numbers { width, values } => values[sample * width..][..*width].to_vec(),
    };
    for (index, (layer, [sums, outputs])) in network.layers().iter().zip(ranges).enumerate() {
        let mut results = vec![0.0; layer.units()];
        let (weights, bias) = (&layer.weights, &layer.bias);
        match calibration {
            Inputs::Bytes { width, values } if index == 0 => {
                let row = Rows::contiguous(&values[sample * width..], *width, 1);
                kernels::forward(kernel, row, weights, bias, <u8 as kernels::Element>::SCALE, &mut results)?;
            }
            _ => {
                let row = Rows::contiguous(&values, layer.inputs, 1);
                kernels::forward(kernel, row, weights, bias, 1.0, &mut results)?;
            }
        }
        check_finite("hidden sums", &results)?;
        sums.include(&results)?;
        activate(kernel, layer.activation, &mut results);
        outputs.include(&results)?;
        values = results;
    }
    Ok(())
}

/// How the sums of a hidden layer become bytes.
fn quantize_output(activation: Activation, sums: &Range, outputs: &Range) -> Result<Int8Output, Error> {
    let output = |(sums, outputs), table: Option<Box<[u8; 256]>>| Int8Output { activation, sums, outputs, table };
    let clamped = |(sums, outputs, ())| output((sums, outputs), None);
    let by_table = |(sums, outputs, table)| output((sums, outputs), Some(Box::new(table)));
    match activation {
        Activation::Linear => Linear::quantize(sums, outputs).map(clamped),
        Activation::Relu => Relu::quantize(sums, outputs).map(clamped),
        Activation::LeakyRelu => LeakyRelu::quantize(sums, outputs).map(by_table),
        Activation::Elu => Elu::quantize(sums, outputs).map(by_table),
        Activation::Gelu => Gelu::quantize(sums, outputs).map(by_table),
        Activation::Sigmoid => Sigmoid::quantize(sums, outputs).map(by_table),
        Activation::Tanh => Tanh::quantize(sums, outputs).map(by_table),
    }
}

/// The layer in int8, a scale for each unit; the zero point of the inputs goes into the bias.
fn quantize_layer(
    layer: &Layer,
    inputs: Quantization,
    rounding: Rounding,
    output: Option<Int8Output>,
) -> Result<Int8Layer, Error> {
    let largest_weight = i32::from(LARGEST_WEIGHT);
    let zero_point = i32::from(inputs.zero_point());
    // So that the bias still fits once the zero point is in it.
    let width = i32::try_from(layer.inputs).unwrap_or(i32::MAX);
    let for_zero_point = zero_point.saturating_mul(largest_weight).saturating_mul(width);
    let largest_bias = LARGEST_BIAS.saturating_sub(for_zero_point);
    check_finite("weights", &layer.weights)?;
    check_finite("bias", &layer.bias)?;
    let mut quantized = Int8Layer {
        inputs: layer.inputs,
        weights: Vec::with_capacity(layer.weights.len()),
        bias: Vec::with_capacity(layer.units()),
        scale: Vec::with_capacity(layer.units()),
        output,
    };
    for (row, bias) in layer.weights.chunks_exact(layer.inputs).zip(&layer.bias) {
        let largest = row.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        let (scale, sum_scale) = choose_scales(largest, bias.abs(), inputs.scale(), largest_bias)?;
        let (mut last, mut before_last, mut sum) = (0.0, 0.0, 0);
        for weight in row {
            let exact = weight / scale + 0.75 * last + 0.25 * before_last;
            let rounded = round_within(exact, largest_weight);
            quantized.weights.push(rounded as i8);
            sum += rounded;
            if rounding == Rounding::Diffused {
                (last, before_last) = (exact - rounded as f32, last);
            }
        }
        quantized.bias.push(round_within(bias / inputs.scale() / scale, largest_bias) - zero_point * sum);
        quantized.scale.push(sum_scale);
    }
    Ok(quantized)
}

/// More inputs could overflow a sum of 32 bits.
pub const MAX_INPUTS: usize = (i32::MAX - LARGEST_BIAS) as usize / (u8::MAX as usize * LARGEST_WEIGHT as usize);

/// The predictions for all samples, `[samples][outputs]`: probabilities of a classifier, values of a regression.
///
/// # Errors
/// [`Error::Length`] where inputs do not fit the network.
pub fn predict(network: &Int8Network, loss: Loss, inputs: &Inputs, kernel: Kernel) -> Result<Vec<f32>, Error> {
    let layers: Vec<Packed<'_>> = network.layers.iter().map(Packed::new).collect();
    check_length("inputs", inputs.width(), layers[0].layer.inputs)?;
    let samples = inputs.len();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(samples.div_ceil(500)).max(1);
    let span = samples.div_ceil(threads).max(1);
    let run = |start: usize| -> Result<Vec<f32>, Error> {
        let mut logits = Vec::new();
        for sample in start..samples.min(start + span) {
            let bytes = match inputs {
                Inputs::Bytes { width, values } => values[sample * width..][..*width].to_vec(),
                Inputs::Numbers { width, values } => network.quantize_inputs(&values[sample * width..][..*width]),
            };
            let of_sample = infer(&layers, bytes, kernel)?;
            logits.extend(of_sample.iter().map(|&logit| logit as f32 / ONE_LOGIT as f32));
        }
        Ok(logits)
    };
    let mut predictions = in_parts(samples, span, &run)?;
    let outputs = layers.last().map_or(1, |packed| packed.layer.units());
    output_activation(kernel, loss, &mut predictions, outputs)?;
    Ok(predictions)
}

/// A layer with its weights in the order of this machine's kernels.
struct Packed<'a> {
    layer: &'a Int8Layer,
    weights: Vec<i8>,
    multipliers: Option<Vec<Multiplier>>,
}

impl<'a> Packed<'a> {
    fn new(layer: &'a Int8Layer) -> Self {
        let (inputs, units) = (layer.inputs, layer.units());
        let mut weights = vec![0; layer.weights.len()];
        for (unit, row) in layer.weights.chunks_exact(inputs).enumerate() {
            ORDER.set_row(&mut weights, unit, units, row);
        }
        Self { layer, weights, multipliers: layer.multipliers() }
    }
}

/// The logits of a sample, in fixed point.
fn infer(layers: &[Packed<'_>], mut bytes: Vec<u8>, kernel: Kernel) -> Result<Vec<i32>, Error> {
    let mut sums = Vec::new();
    for Packed { layer, weights, multipliers } in layers {
        sums = vec![0; layer.units()];
        kernels::forward_int8(kernel, Rows::contiguous(&bytes, layer.inputs, 1), weights, &layer.bias, &mut sums)?;
        match (&layer.output, multipliers) {
            (Some(output), Some(multipliers)) => bytes = requantized(&sums, output, multipliers),
            _ => {
                for (sum, &scale) in sums.iter_mut().zip(&layer.scale) {
                    *sum = requantize(*sum, scale, LOGIT_BITS);
                }
            }
        }
    }
    Ok(sums)
}

/// The bytes that the next layer takes.
fn requantized(sums: &[i32], output: &Int8Output, multipliers: &[Multiplier]) -> Vec<u8> {
    let clamp = if output.activation == Activation::Relu { Clamp::Relu } else { Clamp::None };
    let (smallest, largest) = clamp.bytes(output.sums);
    let zero_point = i32::from(output.sums.zero_point());
    let bytes = sums.iter().zip(multipliers).map(|(&sum, multiplier)| {
        let value = multiplier.multiply(sum).saturating_add(zero_point);
        let byte = value.clamp(smallest.into(), largest.into()) as u8;
        output.table.as_ref().map_or(byte, |table| table[usize::from(byte)])
    });
    bytes.collect()
}

#[cfg(test)]
mod tests;
