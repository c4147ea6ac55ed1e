//! The last layer, with the task that it is for.

use core::marker::PhantomData;

use super::Network;
use crate::gradient_check::{self, ParameterIndex, Perturbation};
use crate::kernels::{Element, Kernel, Score};
use crate::losses::Loss;
use crate::optimizers::{Gradients, Optimizer};
use crate::plans::{Plan, Training, Whole};
use crate::{Batch, Dense, Error, Random};

/// A last layer of `OUT` outputs; alone, a network without hidden layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Output<const IN: usize, const OUT: usize, K> {
    /// Its weights and biases.
    pub layer: Dense<IN, OUT>,
    task: PhantomData<K>,
}

impl<const IN: usize, const OUT: usize, K: Loss<OUT>> Output<IN, OUT, K> {
    /// This layer for that task.
    #[must_use]
    pub const fn new(layer: Dense<IN, OUT>) -> Self {
        Self { layer, task: PhantomData }
    }
}

impl<const IN: usize, const OUT: usize, K: Loss<OUT>> Network<IN> for Output<IN, OUT, K> {
    type Target = K::Target;
    type Output = [f32; OUT];
    const PARAMETERS: usize = Dense::<IN, OUT>::PARAMETERS;
    const ZERO: Self = Self::new(Dense::ZERO);
    const METRIC: &str = K::METRIC;

    /// Logits, and then their deltas.
    type Workspace<P: Plan, Before: Training, const BATCH: usize> = [[f32; OUT]; BATCH];
    type State<P: Plan, O: Optimizer> = <P::Last as Training>::State<O, IN, OUT>;

    fn glorot_uniform(&mut self, random: &mut Random) {
        self.layer.glorot_uniform(random);
    }

    fn forward<'a, P: Plan, Before: Training, T: Element, const BATCH: usize>(
        &self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &'a mut [[f32; OUT]; BATCH],
    ) -> Result<&'a mut [Self::Output], Error> {
        let too_large = Error::BatchTooLarge { found: batch.len(), most: BATCH };
        let logits = workspace.get_mut(..batch.len()).ok_or(too_large)?;
        self.layer.forward(kernel, batch, logits)?;
        Ok(logits)
    }

    fn output_activation(kernel: Kernel, logits: &mut [Self::Output]) -> Result<(), Error> {
        K::output_activation(kernel, logits)
    }

    fn loss(kernel: Kernel, logits: &mut [Self::Output], targets: &[Self::Target]) -> Result<Score, Error> {
        K::loss(kernel, logits, targets)
    }

    fn metric(score: &Score) -> f64 {
        K::metric(score)
    }

    fn backward<P: Plan, Before: Training, O: Optimizer, T: Element, const BATCH: usize>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &mut [[f32; OUT]; BATCH],
        optimizer: &O,
        state: &mut Self::State<P, O>,
        input_deltas: Option<&mut [[f32; IN]]>,
    ) -> Result<(), Error> {
        let too_large = Error::BatchTooLarge { found: batch.len(), most: BATCH };
        let deltas = workspace.get(..batch.len()).ok_or(too_large)?;
        if let Some(input_deltas) = input_deltas {
            self.layer.backward(kernel, deltas, input_deltas)?;
        }
        P::Last::step(optimizer, kernel, &mut self.layer, batch, deltas, state)
    }

    fn exact_loss(&self, layer: usize, inputs: &[f64; IN], target: Self::Target, perturbation: Perturbation) -> f64 {
        K::exact_loss(&gradient_check::exact_forward(&self.layer, layer, inputs, perturbation), target)
    }

    fn for_each_gradient(
        layer: usize,
        gradients: &Self::State<Whole, Gradients>,
        visit: &mut dyn FnMut(ParameterIndex, f32),
    ) {
        gradient_check::for_each_parameter(layer, gradients, visit);
    }
}
