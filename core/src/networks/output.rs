//! The output layer, with its loss.

use core::marker::PhantomData;

use super::{Layers, Network, first, first_mut};
use crate::gradient_check::{self, Perturbation};
use crate::kernels::{Element, Kernel, Score};
use crate::layers::{LayerMut, LayerRef};
use crate::losses::Loss;
use crate::optimizers::Optimizer;
use crate::{Batch, Dense, Error, Random, math};

/// The output layer of `IN` inputs and `OUT` outputs, with loss `L`; by itself, a network without hidden layers.
///
/// With [`Mse`](crate::Mse) it is linear regression, with [`BinaryCrossEntropy`](crate::BinaryCrossEntropy) logistic
/// regression, and with [`SparseCategoricalCrossEntropy`](crate::SparseCategoricalCrossEntropy) softmax regression:
///
/// ```
/// # use dense_core::{Network, Output, SparseCategoricalCrossEntropy};
/// let network = Output::<784, 10, SparseCategoricalCrossEntropy>::ZERO;
/// assert_eq!(network.predict(&[0_u8; 784])?, [0.1; 10]);
/// # Ok::<(), dense_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Output<const IN: usize, const OUT: usize, L: Loss<OUT>> {
    /// Its weights and biases.
    pub layer: Dense<IN, OUT>,
    loss: PhantomData<L>,
}

impl<const IN: usize, const OUT: usize, L: Loss<OUT>> Output<IN, OUT, L> {
    /// All parameters +0.0.
    pub const ZERO: Self = Self::new(Dense::ZERO);

    /// An output layer with these parameters.
    #[must_use]
    pub const fn new(layer: Dense<IN, OUT>) -> Self {
        Self { layer, loss: PhantomData }
    }
}

impl<const IN: usize, const OUT: usize, L: Loss<OUT>> Layers for Output<IN, OUT, L> {
    const INPUTS: usize = IN;
    const OUTPUTS: usize = OUT;
    const LAYERS: usize = 1;
    const PARAMETERS: usize = Dense::<IN, OUT>::PARAMETERS;
    const METRIC: &str = L::METRIC;

    type Target = L::Target;
    type Output = [f32; OUT];
    /// Logits, and after the loss their deltas.
    type Workspace<const BATCH: usize> = [[f32; OUT]; BATCH];
    type State<O: Optimizer> = O::State<IN, OUT>;

    fn glorot_uniform(&mut self, random: &mut Random) {
        self.layer.glorot_uniform(random);
    }

    fn output_activation(kernel: Kernel, logits: &mut [Self::Output]) -> Result<(), Error> {
        L::output_activation_with(kernel, logits)
    }

    fn loss(kernel: Kernel, logits: &mut [Self::Output], targets: &[Self::Target]) -> Result<Score, Error> {
        L::loss_with(kernel, logits, targets)
    }

    fn metric(score: &Score) -> f32 {
        L::metric(score)
    }

    fn visit_layers(&self, first: usize, visit: &mut dyn FnMut(usize, LayerRef<'_>)) {
        visit(first, self.layer.view(L::OUTPUT_ACTIVATION));
    }

    fn visit_layers_mut(&mut self, first: usize, visit: &mut dyn FnMut(usize, LayerMut<'_>)) {
        visit(first, self.layer.view_mut(L::OUTPUT_ACTIVATION));
    }

    fn parameters(&self) -> impl Iterator<Item = f32> {
        self.layer.parameters()
    }

    fn set_parameter(&mut self, index: usize, value: f32) {
        self.layer.set_parameter(index, value);
    }

    fn copy_from(&mut self, other: &Self) {
        self.layer.copy_from(&other.layer);
    }

    fn load_parameters(&mut self, values: &[f32]) {
        self.layer.load(values, math::SMALLEST_WEIGHT);
    }
}

impl<const IN: usize, const OUT: usize, L: Loss<OUT>> Network<IN> for Output<IN, OUT, L> {
    fn forward<'a, T: Element, const BATCH: usize>(
        &self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &'a mut [[f32; OUT]; BATCH],
        _: bool,
    ) -> Result<&'a mut [Self::Output], Error> {
        let logits = first_mut(workspace, batch.len())?;
        self.layer.forward_with(kernel, batch, logits)?;
        Ok(logits)
    }

    fn backward<const BATCH: usize>(
        &self,
        kernel: Kernel,
        samples: usize,
        workspace: &mut [[f32; OUT]; BATCH],
        _: usize,
        input_deltas: Option<&mut [[f32; IN]]>,
    ) -> Result<(), Error> {
        let Some(input_deltas) = input_deltas else { return Ok(()) };
        self.layer.backward_with(kernel, first(workspace, samples)?, input_deltas)
    }

    fn update<O: Optimizer, T: Element, const BATCH: usize>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &[[f32; OUT]; BATCH],
        optimizer: &O,
        state: &mut Self::State<O>,
        first_trained: usize,
    ) -> Result<(), Error> {
        let deltas = first(workspace, batch.len())?;
        if first_trained > 0 {
            return Ok(());
        }
        optimizer.update(kernel, &mut self.layer, batch, deltas, state)
    }

    fn exact_loss(&self, layer: usize, inputs: &[f64; IN], target: Self::Target, perturbation: Perturbation) -> f64 {
        L::exact_loss(&gradient_check::exact_forward(&self.layer, layer, inputs, perturbation), target)
    }
}
