//! Inputs of mean 0 and deviation 1 for a training; afterwards that goes into the first layer, and costs a device
//! nothing.

use formats::Layer;

use super::Inputs;

/// The affine map of each input, (x − mean) · scale, that makes its mean 0 and its standard deviation 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardization {
    mean: Vec<f32>,
    scale: Vec<f32>,
    /// What the first layer multiplies an input by: bytes count as x / 255.
    unit: f64,
}

impl Standardization {
    /// Of the inputs to train with. No standard deviation is taken for less than `smallest`, in the unit that the first
    /// layer sees, so that of bytes a part of 255: an input that hardly ever differs would count for too much.
    #[must_use]
    pub fn measure(inputs: &Inputs, smallest: f64) -> Self {
        let (width, count) = (inputs.width(), inputs.len().max(1) as f64);
        let (unit, mean, variance): (_, Vec<f64>, Vec<f64>) = match inputs {
            Inputs::Bytes { values, .. } => {
                // Sums of whole numbers are exact, and a root is the same on every machine.
                let (mut sums, mut squares) = (vec![0_u64; width], vec![0_u64; width]);
                for row in values.chunks_exact(width) {
                    for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(row) {
                        *sum += u64::from(value);
                        *square += u64::from(value) * u64::from(value);
                    }
                }
                let mean: Vec<f64> = sums.iter().map(|&sum| sum as f64 / count).collect();
                let variance = squares.iter().zip(&mean).map(|(&square, mean)| square as f64 / count - mean * mean);
                let variance = variance.collect();
                (255.0, mean, variance)
            }
            Inputs::Numbers { values, .. } => {
                let mut mean = vec![0.0; width];
                for row in values.chunks_exact(width) {
                    mean.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
                }
                mean.iter_mut().for_each(|sum| *sum /= count);
                let mut variance = vec![0.0; width];
                for row in values.chunks_exact(width) {
                    for ((sum, mean), &value) in variance.iter_mut().zip(&mean).zip(row) {
                        let distance = f64::from(value) - mean;
                        *sum += distance * distance;
                    }
                }
                variance.iter_mut().for_each(|sum| *sum /= count);
                (1.0, mean, variance)
            }
        };
        let scale = variance.iter().map(|variance| {
            let deviation = variance.max(0.0).sqrt().max(unit * smallest);
            // A constant stays a constant.
            if deviation > 0.0 { (1.0 / deviation) as f32 } else { 1.0 }
        });
        Self { scale: scale.collect(), mean: mean.iter().map(|&mean| mean as f32).collect(), unit }
    }

    /// Standardises a sample of bytes. Each number is rounded twice, on every machine alike.
    pub fn apply_bytes(&self, sample: &[u8], standardized: &mut [f32]) {
        for (((place, &value), mean), scale) in standardized.iter_mut().zip(sample).zip(&self.mean).zip(&self.scale) {
            *place = (f32::from(value) - mean) * scale;
        }
    }

    /// Standardises a sample of numbers, likewise.
    pub fn apply_numbers(&self, sample: &[f32], standardized: &mut [f32]) {
        for (((place, value), mean), scale) in standardized.iter_mut().zip(sample).zip(&self.mean).zip(&self.scale) {
            *place = (value - mean) * scale;
        }
    }

    /// Makes a first layer that was trained on standardised inputs one that makes the same of inputs as they are:
    /// w = v · unit · scale and b = c − Σ v · scale · mean.
    pub fn fold(&self, layer: &mut Layer) {
        for (row, bias) in layer.weights.chunks_exact_mut(layer.inputs).zip(&mut layer.bias) {
            let mut shift = 0.0;
            for ((weight, &mean), &scale) in row.iter_mut().zip(&self.mean).zip(&self.scale) {
                let scaled = f64::from(*weight) * f64::from(scale);
                shift += scaled * f64::from(mean);
                *weight = (self.unit * scaled) as f32;
            }
            *bias = (f64::from(*bias) - shift) as f32;
        }
    }
}
