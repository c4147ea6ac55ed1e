//! Sequential networks of dense layers, of any depth, as one plain type.
//!
//! A network is an [`Output`] layer, or a [`Hidden`] layer and the network after it. [`Layers`] is the trait of
//! all that does not depend on the number of inputs, [`Network`] that of the passes.

mod hidden;
mod output;
mod workspace;

use core::slice;

use crate::error::{check_finite, check_length};
use crate::gradient_check::Perturbation;
use crate::kernels::{Element, Kernel, Score};
use crate::layers::{LayerMut, LayerRef};
use crate::memory::Memory;
use crate::optimizers::{Optimizer, State};
use crate::{Batch, Error, Random};

pub use hidden::{Hidden, HiddenState, HiddenWorkspace};
pub use output::Output;
pub(crate) use workspace::Choice;
pub use workspace::{Workspace, inference_bytes, training_bytes};

/// The layers of a network: shapes, parameters, output activation and loss.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no network",
    note = "a network is an `Output` layer whose loss fits its outputs, or a `Hidden` layer whose units are as many as \
            the inputs of the network after it"
)]
pub trait Layers: Memory {
    /// Inputs of the first layer.
    const INPUTS: usize;
    /// Outputs of the last layer.
    const OUTPUTS: usize;
    /// Number of layers.
    const LAYERS: usize;
    /// Number of weights and biases.
    const PARAMETERS: usize;
    /// The name of the loss's metric.
    const METRIC: &str;

    /// The target of a sample: a label, or a number for each output.
    type Target: Copy + Memory;
    /// The outputs for a sample: an array of numbers.
    type Output: Copy + AsRef<[f32]> + AsMut<[f32]>;
    /// Outputs and deltas of each hidden layer, and logits, for `BATCH` samples.
    type Workspace<const BATCH: usize>: Memory;
    /// The state of an optimizer for all layers.
    type State<O: Optimizer>: State;

    /// Glorot's uniform initialisation of each layer, from the first on
    /// ([`Dense::glorot_uniform`](crate::Dense::glorot_uniform)).
    fn glorot_uniform(&mut self, random: &mut Random);

    /// The activation of the last layer, in place: logits become outputs
    /// ([`Loss::output_activation`](crate::losses::Loss::output_activation)).
    ///
    /// # Errors
    /// Those of the loss.
    fn output_activation(kernel: Kernel, logits: &mut [Self::Output]) -> Result<(), Error>;

    /// The loss, in place: logits become deltas ([`Loss::loss`](crate::losses::Loss::loss)).
    ///
    /// # Errors
    /// Those of the loss.
    fn loss(kernel: Kernel, logits: &mut [Self::Output], targets: &[Self::Target]) -> Result<Score, Error>;

    /// The mean of the metric ([`Loss::metric`](crate::losses::Loss::metric)).
    fn metric(score: &Score) -> f32;

    /// Calls `visit` with every layer and its number, where this network's first layer is number `first`.
    fn visit_layers(&self, first: usize, visit: &mut dyn FnMut(usize, LayerRef<'_>));

    /// The same, with mutable layers.
    fn visit_layers_mut(&mut self, first: usize, visit: &mut dyn FnMut(usize, LayerMut<'_>));

    /// All parameters, layer after layer; in each layer the weights, output after output, and then the biases.
    fn parameters(&self) -> impl Iterator<Item = f32>;

    /// Sets the parameter at `index` in the order of [`parameters`](Self::parameters), where there is one. It must be
    /// finite; a magnitude below [`SMALLEST_WEIGHT`](crate::math::SMALLEST_WEIGHT) becomes +0.0.
    fn set_parameter(&mut self, index: usize, value: f32);

    /// Copies the parameters of `other` in place, without a temporary on the stack.
    fn copy_from(&mut self, other: &Self);

    /// Loads up to `PARAMETERS` finite values in the order of [`parameters`](Self::parameters).
    fn load_parameters(&mut self, values: &[f32]);

    /// Loads values in the order of [`parameters`](Self::parameters). Magnitudes below
    /// [`SMALLEST_WEIGHT`](crate::math::SMALLEST_WEIGHT) become +0.0.
    ///
    /// # Errors
    /// [`Error::Length`] where there are not [`PARAMETERS`](Self::PARAMETERS) values, [`Error::NotFinite`]; nothing has
    /// changed then.
    fn set_parameters(&mut self, values: &[f32]) -> Result<(), Error> {
        check_length("parameters", values.len(), Self::PARAMETERS)?;
        check_finite("parameters", values)?;
        self.load_parameters(values);
        Ok(())
    }

    /// Calls `visit` with the number of every layer, from 0, and the layer.
    ///
    /// ```
    /// # use dense_core::{Hidden, Layers, Mse, Output, activations::Relu};
    /// let network = Hidden::<8, 4, Relu, Output<4, 1, Mse>>::ZERO;
    /// let mut shapes = Vec::new();
    /// network.for_each_layer(|_, layer| shapes.push((layer.inputs, layer.outputs, layer.activation)));
    /// assert_eq!(shapes, [(8, 4, "relu"), (4, 1, "linear")]);
    /// ```
    fn for_each_layer(&self, mut visit: impl FnMut(usize, LayerRef<'_>)) {
        self.visit_layers(0, &mut visit);
    }

    /// The same, with mutable layers.
    fn for_each_layer_mut(&mut self, mut visit: impl FnMut(usize, LayerMut<'_>)) {
        self.visit_layers_mut(0, &mut visit);
    }
}

/// A network of `IN` inputs.
///
/// For inference, use [`predict`](Self::predict) or a [`Workspace`]; for training, a [`Trainer`](crate::Trainer). The
/// other methods are the passes that those make, each calling that of the next layer.
///
/// ```
/// use dense_core::activations::Relu;
/// use dense_core::{Hidden, Layers, Network, Output, Random, SparseCategoricalCrossEntropy, argmax};
///
/// let mut network = Hidden::<784, 32, Relu, Output<32, 10, SparseCategoricalCrossEntropy>>::ZERO;
/// network.glorot_uniform(&mut Random::new(1, Random::INITIAL_WEIGHTS));
/// let probabilities = network.predict(&[128_u8; 784])?;
/// let class = argmax(&probabilities);
/// # assert!(class < 10);
/// # Ok::<(), dense_core::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not take {IN} inputs",
    label = "not a network of {IN} inputs",
    note = "the units of a `Hidden<IN, UNITS, ..>` layer must be as many as the inputs of the layer after it: \
            `Hidden<784, 32, Relu, Output<32, 10, ..>>`"
)]
pub trait Network<const IN: usize>: Layers {
    /// Forward pass: the logits of the batch, `[batch][OUTPUTS]`. With `training`, the workspace keeps all that
    /// [`backward`](Self::backward) needs.
    ///
    /// # Errors
    /// [`Error::BatchTooLarge`] for more than `BATCH` samples, [`Error::NotFinite`] where a sum of a hidden layer is
    /// NaN or infinite.
    fn forward<'a, T: Element, const BATCH: usize>(
        &self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &'a mut Self::Workspace<BATCH>,
        training: bool,
    ) -> Result<&'a mut [Self::Output], Error>;

    /// Backward pass: the deltas of each layer from the last to number `first_trained`, before any update. The
    /// workspace holds the outputs of the hidden layers and the last layer's deltas for `samples` samples.
    /// `input_deltas`, where given, receives the derivatives with respect to the inputs, `[batch][IN]`.
    ///
    /// # Errors
    /// [`Error::BatchTooLarge`] for more than `BATCH` samples, [`Error::NotFinite`] where a delta of a hidden layer is
    /// infinite.
    fn backward<const BATCH: usize>(
        &self,
        kernel: Kernel,
        samples: usize,
        workspace: &mut Self::Workspace<BATCH>,
        first_trained: usize,
        input_deltas: Option<&mut [[f32; IN]]>,
    ) -> Result<(), Error>;

    /// Update: an optimizer step of each layer from number `first_trained` on, after [`backward`](Self::backward).
    ///
    /// # Errors
    /// [`Error::BatchTooLarge`] for more than `BATCH` samples; nothing has changed then.
    fn update<O: Optimizer, T: Element, const BATCH: usize>(
        &mut self,
        kernel: Kernel,
        batch: Batch<'_, T, IN>,
        workspace: &Self::Workspace<BATCH>,
        optimizer: &O,
        state: &mut Self::State<O>,
        first_trained: usize,
    ) -> Result<(), Error>;

    /// The loss of one sample in float64 with one parameter perturbed; this network's first layer is number `layer`.
    fn exact_loss(&self, layer: usize, inputs: &[f64; IN], target: Self::Target, perturbation: Perturbation) -> f64;

    /// The outputs for one sample: probabilities of a classifier, numbers of a regression. The workspace is on the
    /// stack.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where a number of the sample, a sum of a hidden layer or a logit is NaN or infinite.
    fn predict<T: Element>(&self, input: &[T; IN]) -> Result<Self::Output, Error> {
        let mut workspace = Workspace::<Self, 1>::ZERO;
        let outputs = workspace.predict(self, slice::from_ref(input))?;
        outputs.first().copied().ok_or(Error::EmptyBatch)
    }
}

/// The first `samples` rows.
fn first<Row>(rows: &[Row], samples: usize) -> Result<&[Row], Error> {
    rows.get(..samples).ok_or(Error::BatchTooLarge { found: samples, most: rows.len() })
}

/// The same, mutably.
fn first_mut<Row>(rows: &mut [Row], samples: usize) -> Result<&mut [Row], Error> {
    let most = rows.len();
    rows.get_mut(..samples).ok_or(Error::BatchTooLarge { found: samples, most })
}
