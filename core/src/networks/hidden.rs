//! A hidden layer, and what follows it.

use core::marker::PhantomData;

use super::Network;
use crate::activations::Activation;
use crate::error::check_finite;
use crate::gradient_check::{self, ParameterIndex, Perturbation};
use crate::kernels::{Element, Kernel, Score};
use crate::memory::Memory;
use crate::optimizers::{Gradients, Optimizer};
use crate::plans::{Plan, Training, Whole};
use crate::{Batch, Dense, Error, Random};

/// A layer of `WIDTH` units with activation `A`, and the network that its outputs go into.
///
/// The shapes have to fit:
///
/// ```
/// # use dense_core::{Hidden, SparseCategoricalCrossEntropy, Network, Output, activations::Relu};
/// type Perceptron = Hidden<784, 32, Relu, Output<32, 10, SparseCategoricalCrossEntropy>>;
/// static NETWORK: Perceptron = Perceptron::ZERO;
/// ```
///
/// ```compile_fail,E0277
/// # use dense_core::{Hidden, SparseCategoricalCrossEntropy, Network, Output, activations::Relu};
/// type Perceptron = Hidden<784, 32, Relu, Output<16, 10, SparseCategoricalCrossEntropy>>;
/// static NETWORK: Perceptron = Perceptron::ZERO;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Hidden<const IN: usize, const WIDTH: usize, A, Next> {
    /// Its weights and biases.
    pub layer: Dense<IN, WIDTH>,
    /// The layers after it.
    pub next: Next,
    activation: PhantomData<A>,
}

impl<const IN: usize, const WIDTH: usize, A: Activation, Next: Network<WIDTH>> Hidden<IN, WIDTH, A, Next> {
    /// This layer before that network.
    #[must_use]
    pub const fn new(layer: Dense<IN, WIDTH>, next: Next) -> Self {
        Self { layer, next, activation: PhantomData }
    }
}

/// What a hidden layer works in, and the layers after it.
#[derive(Clone, Debug)]
pub struct HiddenWorkspace<D, Next, const WIDTH: usize, const BATCH: usize> {
    outputs: [[f32; WIDTH]; BATCH],
    deltas: D,
    next: Next,
}

impl<D: Memory, Next: Memory, const WIDTH: usize, const BATCH: usize> Memory
    for HiddenWorkspace<D, Next, WIDTH, BATCH>
{
    const ZERO: Self = Self { outputs: [[0.0; WIDTH]; BATCH], deltas: D::ZERO, next: Next::ZERO };
}

/// What an optimizer keeps for a hidden layer, and for the layers after it.
#[derive(Clone, Debug, PartialEq)]
pub struct HiddenState<Here, Next> {
    /// For this layer.
    pub layer: Here,
    /// For those after it.
    pub next: Next,
}

impl<Here: Memory, Next: Memory> Memory for HiddenState<Here, Next> {
    const ZERO: Self = Self { layer: Here::ZERO, next: Next::ZERO };
}

/// Whether this layer, or one before it, is trained.
type UpToHere<P, Before> = <<P as Plan>::Here as Training>::Or<Before>;

impl<const IN: usize, const WIDTH: usize, A: Activation, Next: Network<WIDTH>> Network<IN>
    for Hidden<IN, WIDTH, A, Next>
{
    type Target = Next::Target;
    type Output = Next::Output;
    const PARAMETERS: usize = Dense::<IN, WIDTH>::PARAMETERS + Next::PARAMETERS;
    const ZERO: Self = Self::new(Dense::ZERO, Next::ZERO);
    const METRIC: &str = Next::METRIC;

    type Workspace<P: Plan, Before: Training, const BATCH: usize> = HiddenWorkspace<
        <UpToHere<P, Before> as Training>::Deltas<BATCH, WIDTH>,
        Next::Workspace<P::Next, UpToHere<P, Before>, BATCH>,
        WIDTH,
        BATCH,
    >;
    type State<P: Plan, O: Optimizer> =
        HiddenState<<P::Here as Training>::State<O, IN, WIDTH>, Next::State<P::Next, O>>;

    fn glorot_uniform(&mut self, random: &mut Random) {
        self.layer.glorot_uniform(random);
        self.next.glorot_uniform(random);
    }

    fn forward<'a, P: Plan, Before: Training, T: Element, const BATCH: usize>(
        &self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &'a mut Self::Workspace<P, Before, BATCH>,
    ) -> Result<&'a mut [Self::Output], Error> {
        let too_large = Error::BatchTooLarge { found: batch.len(), most: BATCH };
        let outputs = workspace.outputs.get_mut(..batch.len()).ok_or(too_large)?;
        self.layer.forward(kernel, batch, outputs)?;
        // An activation would hide that the weights have grown beyond all bounds.
        check_finite("hidden sums", outputs.as_flattened())?;
        A::forward(kernel, outputs.as_flattened_mut());
        self.next.forward::<P::Next, UpToHere<P, Before>, f32, BATCH>(kernel, Batch::new(outputs)?, &mut workspace.next)
    }

    fn output_activation(kernel: Kernel, logits: &mut [Self::Output]) -> Result<(), Error> {
        Next::output_activation(kernel, logits)
    }

    fn loss(kernel: Kernel, logits: &mut [Self::Output], targets: &[Self::Target]) -> Result<Score, Error> {
        Next::loss(kernel, logits, targets)
    }

    fn metric(score: &Score) -> f64 {
        Next::metric(score)
    }

    fn backward<P: Plan, Before: Training, O: Optimizer, T: Element, const BATCH: usize>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &mut Self::Workspace<P, Before, BATCH>,
        optimizer: &O,
        state: &mut Self::State<P, O>,
        input_deltas: Option<&mut [[f32; IN]]>,
    ) -> Result<(), Error> {
        let too_large = Error::BatchTooLarge { found: batch.len(), most: BATCH };
        let outputs = workspace.outputs.get(..batch.len()).ok_or(too_large)?;
        // No rows where neither this layer nor one before it is trained: the chain rule ends after it.
        let mut deltas = workspace.deltas.as_mut().get_mut(..batch.len());
        self.next.backward::<P::Next, UpToHere<P, Before>, O, f32, BATCH>(
            kernel,
            Batch::new(outputs)?,
            &mut workspace.next,
            optimizer,
            &mut state.next,
            deltas.as_deref_mut(),
        )?;
        let Some(deltas) = deltas else { return Ok(()) };
        A::backward(kernel, outputs.as_flattened(), deltas.as_flattened_mut())?;
        if let Some(input_deltas) = input_deltas {
            self.layer.backward(kernel, deltas, input_deltas)?;
        }
        P::Here::step(optimizer, kernel, &mut self.layer, batch, deltas, &mut state.layer)
    }

    fn exact_loss(&self, layer: usize, inputs: &[f64; IN], target: Self::Target, perturbation: Perturbation) -> f64 {
        let outputs = gradient_check::exact_forward(&self.layer, layer, inputs, perturbation).map(A::exact);
        self.next.exact_loss(layer + 1, &outputs, target, perturbation)
    }

    fn for_each_gradient(
        layer: usize,
        gradients: &Self::State<Whole, Gradients>,
        visit: &mut dyn FnMut(ParameterIndex, f32),
    ) {
        gradient_check::for_each_parameter(layer, &gradients.layer, visit);
        Next::for_each_gradient(layer + 1, &gradients.next, visit);
    }
}
