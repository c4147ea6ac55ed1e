//! Layers one after the other, of any depth, as one plain type.

mod hidden;
mod output;
mod workspace;

use crate::gradient_check::{ParameterIndex, Perturbation};
use crate::kernels::{Element, Kernel, Score};
use crate::memory::Memory;
use crate::optimizers::{Gradients, Optimizer};
use crate::plans::{Plan, Training, Whole};
use crate::{Batch, Error, Random};

pub use hidden::{Hidden, HiddenState, HiddenWorkspace};
pub use output::Output;
pub use workspace::{Workspace, inference_bytes, training_bytes};

/// What the rest of a network can do, from a layer of `IN` inputs to the answer: an [`Output`] layer, or a [`Hidden`]
/// layer and what follows it.
///
/// Its methods are the circle of learning, one layer a call; each calls the next layer's. To use a network, a
/// [`Workspace`] is enough; to train it, a [`Trainer`](crate::Trainer).
pub trait Network<const IN: usize> {
    /// What is right for a sample.
    type Target: Copy;
    /// What comes out for a sample: an array of numbers.
    type Output;
    /// How many numbers it learns.
    const PARAMETERS: usize;
    /// All parameters +0.0.
    const ZERO: Self;
    /// The name of the task's metric.
    const METRIC: &str;

    /// Outputs of each layer for `BATCH` samples, and deltas where a layer of the plan, or `Before` it, needs them.
    type Workspace<P: Plan, Before: Training, const BATCH: usize>: Memory;
    /// What an optimizer keeps for the layers that are trained.
    type State<P: Plan, O: Optimizer>: Memory;

    /// Draws the weights of each layer, from the first on ([`Dense::glorot_uniform`](crate::Dense::glorot_uniform)).
    fn glorot_uniform(&mut self, random: &mut Random);

    /// Forward: the logits of each sample of the batch.
    ///
    /// # Errors
    /// [`Error::BatchTooLarge`] for more than `BATCH` samples, [`Error::NotFinite`] where a sum of a hidden layer is NaN or
    /// infinite.
    fn forward<'a, P: Plan, Before: Training, T: Element, const BATCH: usize>(
        &self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &'a mut Self::Workspace<P, Before, BATCH>,
    ) -> Result<&'a mut [Self::Output], Error>;

    /// The last activation, in place ([`Loss::output_activation`](crate::losses::Loss::output_activation)).
    ///
    /// # Errors
    /// Those of the task.
    fn output_activation(kernel: Kernel, logits: &mut [Self::Output]) -> Result<(), Error>;

    /// The loss, in place: logits become deltas ([`Loss::loss`](crate::losses::Loss::loss)).
    ///
    /// # Errors
    /// Those of the task.
    fn loss(kernel: Kernel, logits: &mut [Self::Output], targets: &[Self::Target]) -> Result<Score, Error>;

    /// The part of a score that the metric is the mean of ([`Loss::metric`](crate::losses::Loss::metric)).
    fn metric(score: &Score) -> f64;

    /// Backward and update, from the last layer to the first; the workspace is as forward and loss left it.
    /// `input_deltas` gets the derivatives by the inputs, where there are layers before this one that want them.
    ///
    /// # Errors
    /// [`Error::BatchTooLarge`] for more than `BATCH` samples; nothing has changed then.
    fn backward<P: Plan, Before: Training, O: Optimizer, T: Element, const BATCH: usize>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &mut Self::Workspace<P, Before, BATCH>,
        optimizer: &O,
        state: &mut Self::State<P, O>,
        input_deltas: Option<&mut [[f32; IN]]>,
    ) -> Result<(), Error>;

    /// The loss of one sample in float64, with one parameter moved; this layer is number `layer`.
    fn exact_loss(&self, layer: usize, inputs: &[f64; IN], target: Self::Target, perturbation: Perturbation) -> f64;

    /// Calls back with every parameter's place and gradient; this layer is number `layer`.
    fn for_each_gradient(
        layer: usize,
        gradients: &Self::State<Whole, Gradients>,
        visit: &mut dyn FnMut(ParameterIndex, f32),
    );
}
