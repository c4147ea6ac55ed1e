//! Standardisation of the targets of a regression for training, and its folding into the last layer.

use formats::Layer;

use super::Targets;

/// (target − mean) / deviation, for each output: mean 0 and deviation 1 over the training samples.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetScaling {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl TargetScaling {
    /// Of the targets to train with; labels have none. A constant target has deviation 1.
    pub fn measure(targets: &Targets) -> Option<Self> {
        let Targets::Numbers { width, values } = targets else { return None };
        let count = (values.len() / width).max(1) as f64;
        let column = |output: usize| values[output..].iter().step_by(*width).map(|&value| f64::from(value));
        let mean: Vec<f64> = (0..*width).map(|output| column(output).sum::<f64>() / count).collect();
        let deviation = mean.iter().enumerate().map(|(output, mean)| {
            let variance = column(output).map(|value| (value - mean).powi(2)).sum::<f64>() / count;
            if variance > 0.0 { variance.sqrt() } else { 1.0 }
        });
        Some(Self { deviation: deviation.collect(), mean })
    }

    /// Standardises the targets, and returns them as they were. Each number is rounded once.
    #[must_use]
    pub fn replace(&self, targets: &mut Targets) -> Targets {
        let unscaled = targets.clone();
        if let Targets::Numbers { width, values } = targets {
            for row in values.chunks_exact_mut(*width) {
                for ((value, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
                    *value = ((f64::from(*value) - mean) / deviation) as f32;
                }
            }
        }
        unscaled
    }

    /// Turns a last layer that gives standardised outputs into one that gives them as they are: w = v · deviation and
    /// b = c · deviation + mean.
    pub fn fold(&self, layer: &mut Layer) {
        let rows = layer.weights.chunks_exact_mut(layer.inputs).zip(&mut layer.bias);
        for ((row, bias), (mean, deviation)) in rows.zip(self.mean.iter().zip(&self.deviation)) {
            row.iter_mut().for_each(|weight| *weight = (f64::from(*weight) * deviation) as f32);
            *bias = (f64::from(*bias) * deviation + mean) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use formats::Activation;

    use super::*;

    #[test]
    fn outputs_of_a_folded_layer_are_in_the_unit_of_the_targets() {
        let mut targets = Targets::Numbers { width: 2, values: vec![1000.0, 7.0, 3000.0, 7.0] };
        let scaling = TargetScaling::measure(&targets).unwrap();
        let unscaled = targets.clone();
        assert_eq!(scaling.replace(&mut targets), unscaled);
        assert_eq!(targets, Targets::Numbers { width: 2, values: vec![-1.0, 0.0, 1.0, 0.0] });
        let mut layer = Layer::zero(1, 2, Activation::Linear);
        (layer.weights, layer.bias) = (vec![2.0, 3.0], vec![0.5, 0.25]);
        scaling.fold(&mut layer);
        assert_eq!((layer.weights, layer.bias), (vec![2000.0, 3.0], vec![2500.0, 7.25]));
        assert_eq!(TargetScaling::measure(&Targets::Labels(vec![1])), None);
    }
}
