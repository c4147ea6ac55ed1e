//! Gradient check: backpropagation against central differences of the loss in float64.

use crate::kernels::Element;
use crate::networks::Network;
use crate::optimizers::{Gradients, State};
use crate::{Dense, Error, error};

/// Half the distance between the two points of a central difference, at which the errors of rounding and of curvature
/// are both below 10⁻⁹.
const DISTANCE: f64 = 1e-5;
/// The error of a derivative is relative to at least this fraction of the largest one: smaller derivatives are
/// differences of larger numbers, rounded in f32.
const LEAST_FRACTION: f64 = 1e-2;

/// The index of a parameter of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterIndex {
    /// Position in the network; 0 is the first hidden layer, or the output layer where there is none.
    pub layer: usize,
    /// The unit of the layer, from 0.
    pub output: usize,
    /// The input that the weight multiplies, from 0; `None` for a bias.
    pub input: Option<usize>,
}

/// A perturbation of one parameter.
#[derive(Clone, Copy, Debug)]
pub struct Perturbation {
    /// Which parameter is perturbed.
    pub index: ParameterIndex,
    /// The amount added to it.
    pub by: f64,
}

/// The largest difference between a gradient and the slope of the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientError {
    /// |gradient − slope| / max(|gradient|, |slope|, 0.01 · the largest gradient of the network); NaN where either is.
    pub relative: f64,
    /// Which parameter has the largest error.
    pub index: ParameterIndex,
    /// The gradient by backpropagation.
    pub gradient: f32,
    /// The central difference (L(w + h) − L(w − h)) / 2h, in float64.
    pub slope: f64,
}

/// Compares the gradient of the mean loss with respect to every parameter with central differences in float64, and
/// returns the largest error.
///
/// `gradients` are the [state](crate::Trainer::state) after a step with [`Gradients`] on the same samples. Correct ones
/// are within 10⁻⁴, unless a sample lies at the kink of ReLU or of an absolute value. Takes two passes over all samples
/// for each parameter.
///
/// # Errors
/// [`Error::EmptyBatch`] without samples, [`Error::Length`] where the targets are not as many as the samples.
pub fn gradient_check<T: Element, N: Network<IN>, const IN: usize>(
    network: &N,
    gradients: &N::State<Gradients>,
    samples: &[[T; IN]],
    targets: &[N::Target],
) -> Result<GradientError, Error> {
    error::check_length("targets", targets.len(), samples.len())?;
    if samples.is_empty() {
        return Err(Error::EmptyBatch);
    }
    let loss = |index, by| -> f64 {
        let losses = samples.iter().zip(targets).map(|(sample, &target)| {
            let inputs = sample.map(|input| f64::from(input.into()) * f64::from(T::SCALE));
            network.exact_loss(0, &inputs, target, Perturbation { index, by })
        });
        losses.sum::<f64>() / samples.len() as f64
    };
    let largest = gradients.values().map(|gradient| f64::from(gradient).abs()).fold(0.0, f64::max);
    let mut worst = None;
    let mut compare = |index, gradient: f32| {
        let slope = (loss(index, DISTANCE) - loss(index, -DISTANCE)) / (2.0 * DISTANCE);
        let error = (f64::from(gradient) - slope).abs();
        let size = f64::from(gradient).abs().max(slope.abs()).max(LEAST_FRACTION * largest);
        let relative = if error == 0.0 { 0.0 } else { error / size };
        let found = GradientError { relative, index, gradient, slope };
        let is_worse = |worst: GradientError| relative > worst.relative || relative.is_nan();
        // A NaN is worse than any number, and the first one counts.
        if worst.is_none_or(|worst: GradientError| !worst.relative.is_nan() && is_worse(worst)) {
            worst = Some(found);
        }
    };
    let mut gradients = gradients.values();
    network.for_each_layer(|layer, shape| {
        let inputs = (0..shape.outputs).flat_map(|output| (0..shape.inputs).map(move |input| (output, Some(input))));
        let biases = (0..shape.outputs).map(|output| (output, None));
        for ((output, input), gradient) in inputs.chain(biases).zip(&mut gradients) {
            compare(ParameterIndex { layer, output, input }, gradient);
        }
    });
    worst.ok_or(Error::EmptyBatch)
}

/// The sums of layer number `number` in float64, with `perturbation` where it is one of this layer's parameters.
pub(crate) fn exact_forward<const IN: usize, const OUT: usize>(
    layer: &Dense<IN, OUT>,
    number: usize,
    inputs: &[f64; IN],
    perturbation: Perturbation,
) -> [f64; OUT] {
    core::array::from_fn(|output| {
        let products = inputs.iter().enumerate().map(|(input, value)| f64::from(layer.weight(output, input)) * value);
        let sum = products.sum::<f64>() + f64::from(layer.bias()[output]);
        if perturbation.index.layer != number || perturbation.index.output != output {
            return sum;
        }
        sum + perturbation.by * perturbation.index.input.map_or(1.0, |input| inputs[input])
    })
}
