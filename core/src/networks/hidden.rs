//! The hidden layer.

use core::marker::PhantomData;

use super::{Layers, Network, first, first_mut};
use crate::activations::Activation;
use crate::error::check_finite;
use crate::gradient_check::{self, Perturbation};
use crate::kernels::{Element, Kernel, Score};
use crate::layers::{LayerMut, LayerRef};
use crate::optimizers::{Optimizer, State};
use crate::{Batch, Dense, Error, Random, math};

/// A hidden layer of `IN` inputs and `WIDTH` units with activation `A`, and the network that its outputs go into.
///
/// ```
/// # use dense_core::{Hidden, Layers, Output, SparseCategoricalCrossEntropy, activations::Relu};
/// type Perceptron = Hidden<784, 128, Relu, Hidden<128, 32, Relu, Output<32, 10, SparseCategoricalCrossEntropy>>>;
/// static NETWORK: Perceptron = Perceptron::ZERO;
/// assert_eq!(Perceptron::PARAMETERS, 785 * 128 + 129 * 32 + 33 * 10);
/// ```
///
/// Layers that do not fit together do not compile:
///
/// ```compile_fail,E0277
/// # use dense_core::{Hidden, Output, SparseCategoricalCrossEntropy, activations::Relu};
/// type Perceptron = Hidden<784, 32, Relu, Output<16, 10, SparseCategoricalCrossEntropy>>;
/// static NETWORK: Perceptron = Perceptron::ZERO;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Hidden<const IN: usize, const WIDTH: usize, A: Activation, Next: Network<WIDTH>> {
    /// Its weights and biases.
    pub layer: Dense<IN, WIDTH>,
    /// The layers after it.
    pub next: Next,
    activation: PhantomData<A>,
}

impl<const IN: usize, const WIDTH: usize, A: Activation, Next: Network<WIDTH>> Hidden<IN, WIDTH, A, Next> {
    /// All parameters +0.0.
    pub const ZERO: Self = Self::new(Dense::ZERO, Next::ZERO);

    /// A network of `layer`, its activation, and `next`.
    #[must_use]
    pub const fn new(layer: Dense<IN, WIDTH>, next: Next) -> Self {
        Self { layer, next, activation: PhantomData }
    }
}

/// Outputs and deltas of a hidden layer, `[sample][unit]`, and those of the layers after it.
///
/// Between forward and backward of an activation whose derivative needs its input
/// ([`DERIVATIVE_FROM_INPUT`](Activation::DERIVATIVE_FROM_INPUT)), `outputs` are the sums, and `deltas` the outputs.
#[derive(Clone, Debug)]
pub struct HiddenWorkspace<Next, const WIDTH: usize, const BATCH: usize> {
    pub(crate) outputs: [[f32; WIDTH]; BATCH],
    pub(crate) deltas: [[f32; WIDTH]; BATCH],
    pub(crate) next: Next,
}

/// The state of an optimizer for a hidden layer, and for the layers after it.
#[derive(Clone, Debug, PartialEq)]
pub struct HiddenState<Here, Next> {
    /// State for this layer.
    pub layer: Here,
    /// State for the layers after it.
    pub next: Next,
}

impl<Here: State, Next: State> State for HiddenState<Here, Next> {
    const LEN: usize = Here::LEN + Next::LEN;

    fn values(&self) -> impl Iterator<Item = f32> {
        self.layer.values().chain(self.next.values())
    }

    fn check(values: &[f32]) -> Result<(), Error> {
        let (layer, next) = values.split_at(values.len().min(Here::LEN));
        Here::check(layer)?;
        Next::check(next)
    }

    fn load(&mut self, values: &[f32]) {
        let (layer, next) = values.split_at(values.len().min(Here::LEN));
        self.layer.load(layer);
        self.next.load(next);
    }
}

impl<const IN: usize, const WIDTH: usize, A: Activation, Next: Network<WIDTH>> Layers for Hidden<IN, WIDTH, A, Next> {
    const INPUTS: usize = IN;
    const OUTPUTS: usize = Next::OUTPUTS;
    const LAYERS: usize = 1 + Next::LAYERS;
    const PARAMETERS: usize = Dense::<IN, WIDTH>::PARAMETERS + Next::PARAMETERS;
    const METRIC: &str = Next::METRIC;

    type Target = Next::Target;
    type Output = Next::Output;
    type Workspace<const BATCH: usize> = HiddenWorkspace<Next::Workspace<BATCH>, WIDTH, BATCH>;
    type State<O: Optimizer> = HiddenState<O::State<IN, WIDTH>, Next::State<O>>;

    fn glorot_uniform(&mut self, random: &mut Random) {
        self.layer.glorot_uniform(random);
        self.next.glorot_uniform(random);
    }

    fn output_activation(kernel: Kernel, logits: &mut [Self::Output]) -> Result<(), Error> {
        Next::output_activation(kernel, logits)
    }

    fn loss(kernel: Kernel, logits: &mut [Self::Output], targets: &[Self::Target]) -> Result<Score, Error> {
        Next::loss(kernel, logits, targets)
    }

    fn metric(score: &Score) -> f32 {
        Next::metric(score)
    }

    fn visit_layers(&self, first: usize, visit: &mut dyn FnMut(usize, LayerRef<'_>)) {
        visit(first, self.layer.view(A::NAME));
        self.next.visit_layers(first + 1, visit);
    }

    fn visit_layers_mut(&mut self, first: usize, visit: &mut dyn FnMut(usize, LayerMut<'_>)) {
        visit(first, self.layer.view_mut(A::NAME));
        self.next.visit_layers_mut(first + 1, visit);
    }

    fn parameters(&self) -> impl Iterator<Item = f32> {
        self.layer.parameters().chain(self.next.parameters())
    }

    fn set_parameter(&mut self, index: usize, value: f32) {
        match index.checked_sub(Dense::<IN, WIDTH>::PARAMETERS) {
            None => self.layer.set_parameter(index, value),
            Some(index) => self.next.set_parameter(index, value),
        }
    }

    fn copy_from(&mut self, other: &Self) {
        self.layer.copy_from(&other.layer);
        self.next.copy_from(&other.next);
    }

    fn load_parameters(&mut self, values: &[f32]) {
        let (layer, next) = values.split_at(values.len().min(Dense::<IN, WIDTH>::PARAMETERS));
        self.layer.load(layer, math::SMALLEST_WEIGHT);
        self.next.load_parameters(next);
    }
}

impl<const IN: usize, const WIDTH: usize, A: Activation, Next: Network<WIDTH>> Network<IN>
    for Hidden<IN, WIDTH, A, Next>
{
    fn forward<'a, T: Element, const BATCH: usize>(
        &self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &'a mut Self::Workspace<BATCH>,
        training: bool,
    ) -> Result<&'a mut [Self::Output], Error> {
        let HiddenWorkspace { outputs, deltas, next } = workspace;
        let (outputs, deltas) = (first_mut(outputs, batch.len())?, first_mut(deltas, batch.len())?);
        self.layer.forward_with(kernel, batch, outputs)?;
        // A saturating activation would hide that the weights have diverged.
        check_finite("hidden sums", outputs.as_flattened())?;
        let mut activated = outputs;
        if training && A::DERIVATIVE_FROM_INPUT {
            deltas.copy_from_slice(activated);
            activated = deltas;
        }
        A::forward_with(kernel, activated.as_flattened_mut());
        self.next.forward(kernel, Batch::new(activated)?, next, training)
    }

    fn backward<const BATCH: usize>(
        &self,
        kernel: Kernel,
        samples: usize,
        workspace: &mut Self::Workspace<BATCH>,
        first_trained: usize,
        input_deltas: Option<&mut [[f32; IN]]>,
    ) -> Result<(), Error> {
        let HiddenWorkspace { outputs, deltas, next } = workspace;
        let (outputs, deltas) = (first_mut(outputs, samples)?, first_mut(deltas, samples)?);
        if first_trained == 0 {
            self.next.backward(kernel, samples, next, 0, Some(deltas))?;
            A::backward_with(kernel, outputs.as_flattened(), deltas.as_flattened_mut())?;
            // An optimizer that clamps its gradients would make NaN of an infinite delta and an input of zero.
            check_finite("hidden deltas", deltas.as_flattened())?;
            if let Some(input_deltas) = input_deltas {
                self.layer.backward_with(kernel, deltas, input_deltas)?;
            }
        } else {
            self.next.backward(kernel, samples, next, first_trained - 1, None)?;
        }
        if A::DERIVATIVE_FROM_INPUT {
            // Sums to outputs: the update of the next layer needs its inputs.
            A::forward_with(kernel, outputs.as_flattened_mut());
        }
        Ok(())
    }

    fn update<O: Optimizer, T: Element, const BATCH: usize>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &Self::Workspace<BATCH>,
        optimizer: &O,
        state: &mut Self::State<O>,
        first_trained: usize,
    ) -> Result<(), Error> {
        let HiddenWorkspace { outputs, deltas, next } = workspace;
        let (outputs, deltas) = (first(outputs, batch.len())?, first(deltas, batch.len())?);
        if first_trained == 0 {
            optimizer.update(kernel, &mut self.layer, batch, deltas, &mut state.layer)?;
        }
        let first_trained = first_trained.saturating_sub(1);
        self.next.update(kernel, Batch::new(outputs)?, next, optimizer, &mut state.next, first_trained)
    }

    fn exact_loss(&self, layer: usize, inputs: &[f64; IN], target: Self::Target, perturbation: Perturbation) -> f64 {
        let outputs = gradient_check::exact_forward(&self.layer, layer, inputs, perturbation).map(A::exact);
        self.next.exact_loss(layer + 1, &outputs, target, perturbation)
    }
}
