//! Gradient check: backpropagation against central differences of the loss in float64.

use crate::kernels::Element;
use crate::networks::Network;
use crate::optimizers::{Gradients, State};
use crate::{Dense, Error, error};

/// Half the distance between the two points of a difference: rounding and curvature are both below 10⁻⁹ there.
const DISTANCE: f64 = 1e-5;
/// Derivatives smaller than this part of the largest one are measured by it: they are differences of larger numbers, and
/// float32 leaves no more of them.
const LEAST_PART: f64 = 1e-2;

/// Which parameter of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParameterIndex {
    /// Which layer, from 0.
    pub layer: usize,
    /// Which of its outputs.
    pub output: usize,
    /// The input whose weight it is; a bias has none.
    pub input: Option<usize>,
}

/// A parameter, and what is added to it.
#[derive(Clone, Copy, Debug)]
pub struct Perturbation {
    /// Which one.
    pub place: ParameterIndex,
    /// What is added to it.
    pub by: f64,
}

/// The largest difference between a gradient and the slope of the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientError {
    /// |gradient − slope| / max(|gradient|, |slope|, 0.01 · the largest gradient of the network); NaN where either is.
    pub relative: f64,
    /// At which parameter.
    pub place: ParameterIndex,
    /// The gradient there, from back-propagation.
    pub gradient: f32,
    /// The slope there, from (L(w + h) − L(w − h)) / 2h in float64.
    pub slope: f64,
}

/// Compares the gradient of the mean loss by every parameter with central differences in float64, and returns the worst.
///
/// `gradients` are the [state](crate::Trainer::state) that a step with [`Gradients`] on the same samples has left. Right
/// ones are within 10⁻⁴, unless a sample lies where ReLU or an absolute value has its kink. Takes two passes over all
/// samples a parameter.
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
    let loss = |place, by| -> f64 {
        let losses = samples.iter().zip(targets).map(|(sample, &target)| {
            let inputs = sample.map(|input| f64::from(input.into()) * f64::from(T::SCALE));
            network.exact_loss(0, &inputs, target, Perturbation { place, by })
        });
        losses.sum::<f64>() / samples.len() as f64
    };
    let largest = gradients.values().map(|gradient| f64::from(gradient).abs()).fold(0.0, f64::max);
    let mut worst = None;
    let mut compare = |place, gradient: f32| {
        let slope = (loss(place, DISTANCE) - loss(place, -DISTANCE)) / (2.0 * DISTANCE);
        let error = (f64::from(gradient) - slope).abs();
        let size = f64::from(gradient).abs().max(slope.abs()).max(LEAST_PART * largest);
        let relative = if error == 0.0 { 0.0 } else { error / size };
        let found = GradientError { relative, place, gradient, slope };
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

/// The sums of a layer in float64, where `perturbation` may move one of its parameters; it is number `number`.
pub(crate) fn exact_forward<const IN: usize, const OUT: usize>(
    layer: &Dense<IN, OUT>,
    number: usize,
    inputs: &[f64; IN],
    perturbation: Perturbation,
) -> [f64; OUT] {
    core::array::from_fn(|output| {
        let products = inputs.iter().enumerate().map(|(input, value)| f64::from(layer.weight(output, input)) * value);
        let sum = products.sum::<f64>() + f64::from(layer.bias()[output]);
        if perturbation.place.layer != number || perturbation.place.output != output {
            return sum;
        }
        sum + perturbation.by * perturbation.place.input.map_or(1.0, |input| inputs[input])
    })
}
