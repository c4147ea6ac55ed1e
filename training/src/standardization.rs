//! Standardisation of inputs for training, and its folding into the first layer.

use formats::{InputScaling, Layer};

use crate::samples::Inputs;

/// Standardisation (x − mean) / standard deviation of each input over the training set. For bytes, x is 0 to 255.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardization {
    mean: Vec<f32>,
    scale: Vec<f32>,
    /// 255 of bytes, which a layer multiplies by 1/255, and 1 of numbers.
    largest: f64,
}

impl Standardization {
    /// Fits mean and standard deviation. Deviations below `smallest` (for bytes, · 255) are raised to it, so that nearly
    /// constant inputs are not amplified.
    pub fn measure(inputs: &Inputs, smallest: f64) -> Self {
        match inputs {
            Inputs::Bytes { width, values } => Self::of_bytes(*width, values, smallest),
            Inputs::Numbers { width, values } => Self::of_numbers(*width, values, smallest),
        }
    }

    fn of_bytes(width: usize, values: &[u8], smallest: f64) -> Self {
        // Integers are not rounded, and a root is the same on every machine.
        let (mut sums, mut squares) = (vec![0_u64; width], vec![0_u64; width]);
        for row in values.chunks_exact(width) {
            for ((sum, square), &byte) in sums.iter_mut().zip(&mut squares).zip(row) {
                *sum += u64::from(byte);
                *square += u64::from(byte) * u64::from(byte);
            }
        }
        let count = (values.len() / width).max(1) as f64;
        let mean: Vec<f64> = sums.iter().map(|&sum| sum as f64 / count).collect();
        let variance = squares.iter().zip(&mean).map(|(&square, mean)| square as f64 / count - mean * mean);
        Self::new(&mean, variance, smallest, 255.0)
    }

    fn of_numbers(width: usize, values: &[f32], smallest: f64) -> Self {
        let count = (values.len() / width).max(1) as f64;
        let (mut mean, mut variance) = (vec![0.0; width], vec![0.0; width]);
        for row in values.chunks_exact(width) {
            mean.iter_mut().zip(row).for_each(|(mean, &value)| *mean += f64::from(value));
        }
        mean.iter_mut().for_each(|mean| *mean /= count);
        for row in values.chunks_exact(width) {
            for ((variance, &value), mean) in variance.iter_mut().zip(row).zip(&mean) {
                *variance += (f64::from(value) - mean).powi(2);
            }
        }
        Self::new(&mean, variance.into_iter().map(|sum| sum / count), smallest, 1.0)
    }

    fn new(mean: &[f64], variance: impl Iterator<Item = f64>, smallest: f64, largest: f64) -> Self {
        // A constant input has deviation 0 and, without a smallest one, scale 0: it stays out.
        let scale = |variance: f64| {
            let deviation = variance.max(0.0).sqrt().max(largest * smallest);
            if deviation > 0.0 { (1.0 / deviation) as f32 } else { 0.0 }
        };
        Self { mean: mean.iter().map(|&mean| mean as f32).collect(), scale: variance.map(scale).collect(), largest }
    }

    /// Standardises a row of inputs. Each number is rounded twice.
    pub(super) fn apply<T: Copy + Into<f32>>(&self, row: &[T], standardized: &mut [f32]) {
        for (((place, &input), mean), scale) in standardized.iter_mut().zip(row).zip(&self.mean).zip(&self.scale) {
            *place = (input.into() - mean) * scale;
        }
    }

    /// Turns a first layer for standardised inputs into one that gives the same for inputs as they are:
    /// w = v · scale (of bytes, · 255) and b = c − Σ v · scale · mean.
    pub fn fold(&self, layer: &mut Layer) {
        for (row, bias) in layer.weights.chunks_exact_mut(layer.inputs).zip(&mut layer.bias) {
            let mut shift = 0.0;
            for ((weight, &mean), &scale) in row.iter_mut().zip(&self.mean).zip(&self.scale) {
                let scaled = f64::from(*weight) * f64::from(scale);
                shift += scaled * f64::from(mean);
                *weight = (self.largest * scaled) as f32;
            }
            *bias = (f64::from(*bias) - shift) as f32;
        }
    }

    /// The inverse of [`fold`](Self::fold) for numbers; of an input that is constant the mean's part goes into the bias.
    pub(super) fn unfold(&self, layer: &mut Layer) {
        for (row, bias) in layer.weights.chunks_exact_mut(layer.inputs).zip(&mut layer.bias) {
            let mut shift = 0.0;
            for ((weight, &mean), &scale) in row.iter_mut().zip(&self.mean).zip(&self.scale) {
                shift += f64::from(*weight) * f64::from(mean);
                *weight = if scale > 0.0 { *weight / scale } else { 0.0 };
            }
            *bias = (f64::from(*bias) + shift) as f32;
        }
    }

    /// The same as data, for files.
    pub(super) fn into_scaling(self) -> InputScaling {
        InputScaling { mean: self.mean, scale: self.scale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standardised_numbers_have_mean_0_and_deviation_1_and_fold_into_the_first_layer() {
        let mut random = dense_core::Random::new(1, 1);
        let (width, count) = (5, 200);
        // One is constant, one far from 0, one small, one seldom anything but 0.
        let row = |random: &mut dense_core::Random| {
            let seldom = if random.below(50) > 0 { 0.0 } else { 1.0 };
            [3.0, 1e4 + random.uniform(), 1e-3 * random.uniform(), seldom, random.uniform() - 0.5]
        };
        let values: Vec<f32> = (0..count).flat_map(|_| row(&mut random)).collect();
        let bytes: Vec<u8> = values.iter().map(|value| (value * 255.0) as u8).collect();
        for (inputs, smallest) in [
            (Inputs::Numbers { width, values: values.clone() }, 0.0),
            (Inputs::Numbers { width, values }, 0.01),
            (Inputs::Bytes { width, values: bytes }, 0.05),
        ] {
            let standardization = Standardization::measure(&inputs, smallest);
            let mut standardized = vec![0.0; count * width];
            let raw: Vec<f32> = match &inputs {
                Inputs::Bytes { values, .. } => values.iter().map(|&value| f32::from(value) / 255.0).collect(),
                Inputs::Numbers { values, .. } => values.clone(),
            };
            for (sample, place) in standardized.chunks_mut(width).enumerate() {
                match &inputs {
                    Inputs::Bytes { values, .. } => standardization.apply(&values[sample * width..][..width], place),
                    Inputs::Numbers { values, .. } => standardization.apply(&values[sample * width..][..width], place),
                }
            }
            let statistics = |values: &[f32], column: usize| {
                let column = || values.iter().skip(column).step_by(width).map(|&value| f64::from(value));
                let mean = column().sum::<f64>() / count as f64;
                (mean, (column().map(|value| (value - mean).powi(2)).sum::<f64>() / count as f64).sqrt())
            };
            for column in 0..width {
                let ((_, before), (mean, deviation)) = (statistics(&raw, column), statistics(&standardized, column));
                assert!(mean.abs() < 2e-3, "column {column}: mean {mean}");
                let wanted = if before > 0.0 { before / before.max(smallest) } else { 0.0 };
                assert!((deviation - wanted).abs() < 1e-3, "column {column}: deviation {deviation}, wanted {wanted}");
            }
            let mut layer = formats::Layer::zero(width, 3, formats::Activation::Linear);
            layer.weights.iter_mut().chain(&mut layer.bias).for_each(|weight| *weight = random.uniform() - 0.5);
            let trained = layer.clone();
            standardization.fold(&mut layer);
            let forward = |layer: &formats::Layer, inputs: &[f32], unit: usize| {
                let products = layer.weights[unit * width..].iter().zip(inputs);
                products.map(|(&w, &x)| f64::from(w) * f64::from(x)).sum::<f64>() + f64::from(layer.bias[unit])
            };
            for sample in 0..count {
                for unit in 0..3 {
                    let wanted = forward(&trained, &standardized[sample * width..][..width], unit);
                    let found = forward(&layer, &raw[sample * width..][..width], unit);
                    // Weights of 1e4 / 0.3 are rounded to 24 bits and taken away again.
                    assert!((found - wanted).abs() < 1e-2, "{wanted} became {found}");
                }
            }
        }
    }
}
