//! One training step of a 2-2-1 network by hand, in float64: forward pass, loss, chain rule, gradient descent.
//!
//! Nothing here uses dense-core, which is held against it by `chain_rule` and by `tests/lesson`.

/// The sample.
pub(crate) const INPUTS: [f64; 2] = [1.0, 2.0];
/// Its target.
pub(crate) const TARGET: f64 = 1.0;
/// The learning rate.
pub(crate) const LEARNING_RATE: f64 = 0.1;

/// Parameters, or the derivatives of the loss with respect to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Parameters {
    /// Of the hidden layer, `[unit][input]`.
    pub(crate) hidden_weights: [[f64; 2]; 2],
    pub(crate) hidden_biases: [f64; 2],
    pub(crate) output_weights: [f64; 2],
    pub(crate) output_bias: f64,
}

/// The network before the step.
pub(crate) const NETWORK: Parameters = Parameters {
    hidden_weights: [[0.5, -0.25], [-0.5, 0.75]],
    hidden_biases: [0.0, 0.0],
    output_weights: [1.0, -2.0],
    output_bias: 0.5,
};

/// The results of the forward pass, for the backward pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forward {
    /// Weighted sums of the hidden layer, z = w · x + b.
    pub(crate) sums: [f64; 2],
    /// Its activations, h = σ(z).
    pub(crate) hidden: [f64; 2],
    /// The output, y.
    pub(crate) output: f64,
    /// L = (y − t)².
    pub(crate) loss: f64,
}

/// Derivatives of the loss, from the output back to the inputs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backward {
    /// ∂L/∂y.
    pub(crate) output: f64,
    /// ∂L/∂h of each hidden unit.
    pub(crate) hidden: [f64; 2],
    /// ∂L/∂z of each hidden unit.
    pub(crate) sums: [f64; 2],
    pub(crate) gradient: Parameters,
}

pub(crate) fn forward(network: &Parameters) -> Forward {
    let sums = [0, 1].map(|unit| {
        let [first, second] = network.hidden_weights[unit];
        first * INPUTS[0] + second * INPUTS[1] + network.hidden_biases[unit]
    });
    let hidden = sums.map(|sum| 1.0 / (1.0 + (-sum).exp()));
    let [first, second] = network.output_weights;
    let output = first * hidden[0] + second * hidden[1] + network.output_bias;
    Forward { sums, hidden, output, loss: (output - TARGET) * (output - TARGET) }
}

pub(crate) fn backward(network: &Parameters, forward: &Forward) -> Backward {
    let output = 2.0 * (forward.output - TARGET);
    let hidden = network.output_weights.map(|weight| output * weight);
    let sums = [0, 1].map(|unit| {
        let h = forward.hidden[unit];
        hidden[unit] * h * (1.0 - h)
    });
    let gradient = Parameters {
        hidden_weights: sums.map(|sum| INPUTS.map(|input| sum * input)),
        hidden_biases: sums,
        output_weights: forward.hidden.map(|h| output * h),
        output_bias: output,
    };
    Backward { output, hidden, sums, gradient }
}

/// w ← w − learning rate · gradient, for every parameter.
pub(crate) fn descend(network: &Parameters, gradient: &Parameters) -> Parameters {
    let step = |parameter: f64, derivative: f64| parameter - LEARNING_RATE * derivative;
    let steps = |parameters: [f64; 2], derivatives: [f64; 2]| {
        [step(parameters[0], derivatives[0]), step(parameters[1], derivatives[1])]
    };
    Parameters {
        hidden_weights: [0, 1].map(|unit| steps(network.hidden_weights[unit], gradient.hidden_weights[unit])),
        hidden_biases: steps(network.hidden_biases, gradient.hidden_biases),
        output_weights: steps(network.output_weights, gradient.output_weights),
        output_bias: step(network.output_bias, gradient.output_bias),
    }
}
