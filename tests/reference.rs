//! Reference implementation of a dense layer, softmax cross-entropy, SGD and Adam in plain float64.

use dense_core::Dense;

/// The loss that is differentiated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// Half the squared distance from the one-hot label; not zero for a single class.
    SquaredError,
    /// Softmax and sparse categorical cross-entropy.
    CrossEntropy,
}

impl Loss {
    /// The loss of one sample.
    pub fn of(self, logits: &[f64], label: u8) -> f64 {
        match self {
            Loss::SquaredError => {
                let deltas = self.deltas(logits, label);
                deltas.iter().map(|delta| delta * delta).sum::<f64>() / 2.0
            }
            Loss::CrossEntropy => -softmax(logits)[usize::from(label)].ln(),
        }
    }

    /// Its derivative with respect to the logits.
    pub fn deltas(self, logits: &[f64], label: u8) -> Vec<f64> {
        let mut deltas = match self {
            Loss::SquaredError => logits.to_vec(),
            Loss::CrossEntropy => softmax(logits),
        };
        deltas[usize::from(label)] -= 1.0;
        deltas
    }
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponentials: Vec<f64> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let sum: f64 = exponentials.iter().sum();
    exponentials.iter().map(|value| value / sum).collect()
}

/// A dense layer in float64.
#[derive(Clone)]
pub struct Layer {
    inputs: usize,
    /// The weights in row-major order, `[outputs][inputs]`, then the biases.
    pub parameters: Vec<f64>,
}

impl Layer {
    /// The parameters of `dense`.
    pub fn new<const IN: usize, const OUT: usize>(dense: &Dense<IN, OUT>) -> Self {
        let parameters = dense.weights().chain(*dense.bias());
        Self { inputs: IN, parameters: parameters.map(f64::from).collect() }
    }

    fn split(&self) -> (&[f64], &[f64]) {
        let outputs = self.parameters.len() / (self.inputs + 1);
        self.parameters.split_at(outputs * self.inputs)
    }

    /// The logits of one sample.
    pub fn forward(&self, sample: &[f64]) -> Vec<f64> {
        let (weights, bias) = self.split();
        let products = |row: &[f64]| row.iter().zip(sample).map(|(w, x)| w * x).sum::<f64>();
        let rows = weights.chunks(self.inputs);
        rows.zip(bias).map(|(row, bias)| products(row) + bias).collect()
    }

    /// The sum of the losses of all samples.
    pub fn loss(&self, loss: Loss, samples: &[Vec<f64>], labels: &[u8]) -> f64 {
        let pairs = samples.iter().zip(labels);
        pairs.map(|(sample, &label)| loss.of(&self.forward(sample), label)).sum()
    }

    /// The gradients of the mean cross-entropy, in the order of `parameters`.
    pub fn gradients(&self, samples: &[Vec<f64>], labels: &[u8]) -> Vec<f64> {
        let mut gradients = vec![0.0; self.parameters.len()];
        let (weights, bias) = gradients.split_at_mut(self.split().0.len());
        for (sample, &label) in samples.iter().zip(labels) {
            let deltas = Loss::CrossEntropy.deltas(&self.forward(sample), label);
            for (output, delta) in deltas.iter().enumerate() {
                let delta = delta / samples.len() as f64;
                bias[output] += delta;
                let row = &mut weights[output * self.inputs..][..self.inputs];
                for (gradient, value) in row.iter_mut().zip(sample) {
                    *gradient += delta * value;
                }
            }
        }
        gradients
    }
}

/// Adam as Keras writes it: epsilon is added to the root of the uncorrected second moment.
#[derive(Clone, Copy)]
pub struct Adam {
    /// Keras's 0.001.
    pub learning_rate: f64,
    /// Decay of the first moment, Keras's 0.9.
    pub beta_1: f64,
    /// Decay of the second moment, Keras's 0.999.
    pub beta_2: f64,
    /// Keras's 1e-7.
    pub epsilon: f64,
}

impl Adam {
    /// Keras's defaults.
    pub const KERAS: Self = Self { learning_rate: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 };

    /// Trains, one step a batch of samples and labels; returns the layer after each step.
    pub fn train<'a>(&self, mut layer: Layer, batches: impl Iterator<Item = (&'a [Vec<f64>], &'a [u8])>) -> Vec<Layer> {
        let mut moments = vec![(0.0, 0.0); layer.parameters.len()];
        let mut layers = Vec::new();
        for (step, (samples, labels)) in (1..).zip(batches) {
            let correction = (1.0 - self.beta_2.powi(step)).sqrt() / (1.0 - self.beta_1.powi(step));
            let rate = self.learning_rate * correction;
            let gradients = layer.gradients(samples, labels);
            let parameters = layer.parameters.iter_mut().zip(&mut moments).zip(gradients);
            for ((parameter, (first, second)), gradient) in parameters {
                *first += (gradient - *first) * (1.0 - self.beta_1);
                *second += (gradient * gradient - *second) * (1.0 - self.beta_2);
                *parameter -= rate * *first / (second.sqrt() + self.epsilon);
            }
            layers.push(layer.clone());
        }
        layers
    }
}
