//! The memory that a network works in, and how much a network takes in all.

use super::Network;
use crate::kernels::{Element, Kernel, Score};
use crate::memory::Memory;
use crate::optimizers::Optimizer;
use crate::plans::{Frozen, Plan};
use crate::trainer::Trainer;
use crate::{Batch, Error};

/// Outputs of each layer for up to `BATCH` samples at a time, to be put into a `static` or onto the stack; with deltas
/// where a plan other than [`Frozen`] wants to train.
pub struct Workspace<N: Network<IN>, const IN: usize, const BATCH: usize, P: Plan = Frozen> {
    pub(crate) layers: N::Workspace<P, Frozen, BATCH>,
}

impl<N: Network<IN>, const IN: usize, const BATCH: usize, P: Plan> Workspace<N, IN, BATCH, P> {
    /// Nothing computed yet.
    pub const ZERO: Self = Self { layers: Memory::ZERO };

    /// The logits of each sample: what the last layer returns, before the task's activation.
    ///
    /// # Errors
    /// [`Error::BatchTooLarge`] for more than `BATCH` samples, [`Error::NotFinite`] where one of their numbers or
    /// a sum of a hidden layer is NaN or infinite.
    pub fn forward<T: Element>(
        &mut self,
        kernel: Kernel,
        network: &N,
        batch: Batch<'_, T, IN>,
    ) -> Result<&mut [N::Output], Error> {
        batch.check_finite()?;
        network.forward::<P, Frozen, T, BATCH>(kernel, batch, &mut self.layers)
    }

    /// The answer to each sample: numbers, or probabilities.
    ///
    /// # Errors
    /// [`Error::BatchTooLarge`] for more than `BATCH` samples, [`Error::NotFinite`] where one of their numbers or a logit
    /// is NaN or infinite.
    pub fn predict<T: Element>(
        &mut self,
        kernel: Kernel,
        network: &N,
        batch: Batch<'_, T, IN>,
    ) -> Result<&[N::Output], Error> {
        let logits = self.forward(kernel, network, batch)?;
        N::output_activation(kernel, logits)?;
        Ok(logits)
    }

    /// How well the answers fit the targets.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and the errors of the task's loss.
    pub fn score<T: Element>(
        &mut self,
        kernel: Kernel,
        network: &N,
        batch: Batch<'_, T, IN>,
        targets: &[N::Target],
    ) -> Result<Score, Error> {
        let logits = self.forward(kernel, network, batch)?;
        N::loss(kernel, logits, targets)
    }
}

/// Bytes of a network and of what it needs to answer `BATCH` samples at a time.
///
/// ```
/// # use dense_core::{Hidden, SparseCategoricalCrossEntropy, Output, activations::Relu, networks::inference_bytes};
/// type Perceptron = Hidden<784, 32, Relu, Output<32, 10, SparseCategoricalCrossEntropy>>;
/// const { assert!(inference_bytes::<Perceptron, 784, 1>() == 4 * (785 * 32 + 33 * 10) + 4 * (32 + 10) + 24) };
/// ```
#[must_use]
pub const fn inference_bytes<N: Network<IN>, const IN: usize, const BATCH: usize>() -> usize {
    size_of::<N>() + size_of::<Workspace<N, IN, BATCH>>()
}

/// Bytes of a network and of what it needs to learn from `BATCH` samples at a time.
///
/// ```
/// # use dense_core::{Adam, Hidden, SparseCategoricalCrossEntropy, Output, Sgd, activations::Relu, networks::training_bytes, plans::{LastLayer, Whole}};
/// type Perceptron = Hidden<784, 32, Relu, Output<32, 10, SparseCategoricalCrossEntropy>>;
/// const { assert!(training_bytes::<Perceptron, Sgd, Whole, 784, 1>() < 102_200) };
/// const { assert!(training_bytes::<Perceptron, Adam, Whole, 784, 1>() < 306_000) };
/// const { assert!(training_bytes::<Perceptron, Adam, LastLayer, 784, 1>() < 105_000) };
/// ```
#[must_use]
pub const fn training_bytes<N: Network<IN>, O: Optimizer, P: Plan, const IN: usize, const BATCH: usize>() -> usize {
    size_of::<N>() + size_of::<Trainer<N, O, IN, BATCH, P>>()
}
