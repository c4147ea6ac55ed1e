//! The workspace: memory for the passes of a network.

use super::{Layers, Network};
use crate::kernels::{Element, Kernel, Score};
use crate::memory::Memory;
use crate::optimizers::Optimizer;
use crate::trainer::Trainer;
use crate::{Batch, Error, error};

/// Outputs and deltas of each layer of a network, for up to `BATCH` samples at a time: in a `static`, in a box
/// ([`new_in`](Self::new_in)), or on the stack.
///
/// ```
/// # use dense_core::{Mse, Output, Workspace};
/// let network = Output::<2, 1, Mse>::ZERO;
/// let mut workspace = Workspace::<_, 32>::ZERO;
/// let (samples, targets) = ([[1.0_f32, 2.0]; 100], [[3.0]; 100]);
/// assert_eq!(workspace.predict(&network, &samples[..2])?, [[0.0]; 2]);
/// assert_eq!(workspace.evaluate(&network, &samples, &targets)?.loss(), 9.0);
/// # Ok::<(), dense_core::Error>(())
/// ```
pub struct Workspace<N: Layers, const BATCH: usize> {
    pub(crate) layers: N::Workspace<BATCH>,
    pub(crate) kernel: Choice,
}

impl<N: Layers, const BATCH: usize> Workspace<N, BATCH> {
    /// A zeroed workspace, with [`Kernel::best`].
    pub const ZERO: Self = Self { layers: Memory::ZERO, kernel: Choice::BEST };

    /// This workspace with another kernel. Not on a target without an operating system, where both would take flash.
    #[cfg(not(target_os = "none"))]
    #[must_use]
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.set_kernel(kernel);
        self
    }

    /// Takes `kernel` for all further steps and predictions in place of [`Kernel::best`]. Not on a target without an operating system, where both would take flash.
    #[cfg(not(target_os = "none"))]
    pub const fn set_kernel(&mut self, kernel: Kernel) {
        self.kernel = Choice { kernel: Some(kernel) };
    }

    /// Forward pass: the logits `[batch][OUTPUTS]`, the last layer's outputs before its activation.
    ///
    /// # Errors
    /// [`Error::BatchTooLarge`] for more than `BATCH` samples, [`Error::NotFinite`] where one of their numbers or
    /// a sum of a hidden layer is NaN or infinite.
    pub fn forward<T: Element, const IN: usize>(
        &mut self,
        network: &N,
        batch: Batch<'_, T, IN>,
    ) -> Result<&mut [N::Output], Error>
    where
        N: Network<IN>,
    {
        let (kernel, layers) = (self.kernel.get(), &mut self.layers);
        if N::LAYERS == 1 {
            batch.check_finite()?;
            return network.forward(kernel, batch, layers, false);
        }
        // Every sum of a hidden layer is NaN or infinite where a number of the sample is, and the sums are looked at.
        network.forward(kernel, batch, layers, false).map_err(|error| batch.check_finite().err().unwrap_or(error))
    }

    /// The outputs `[batch][OUTPUTS]`: probabilities of a classifier, numbers of a regression.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] without samples, [`Error::BatchTooLarge`] for more than `BATCH`, [`Error::NotFinite`]
    /// where one of their numbers, a sum of a hidden layer or a logit is NaN or infinite.
    pub fn predict<T: Element, const IN: usize>(
        &mut self,
        network: &N,
        samples: &[[T; IN]],
    ) -> Result<&[N::Output], Error>
    where
        N: Network<IN>,
    {
        let kernel = self.kernel.get();
        let logits = self.forward(network, Batch::new(samples)?)?;
        N::output_activation(kernel, logits)?;
        Ok(logits)
    }

    /// Loss and metric over any number of samples, `BATCH` at a time.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] without samples, [`Error::Length`] where the targets are not as many, and those of
    /// [`predict`](Self::predict) and of the loss.
    pub fn evaluate<T: Element, const IN: usize>(
        &mut self,
        network: &N,
        samples: &[[T; IN]],
        targets: &[N::Target],
    ) -> Result<Score, Error>
    where
        N: Network<IN>,
    {
        const { assert!(BATCH > 0, "a workspace holds at least one sample") };
        error::check_length("targets", targets.len(), samples.len())?;
        if samples.is_empty() {
            return Err(Error::EmptyBatch);
        }
        let kernel = self.kernel.get();
        let mut score = Score::default();
        for (samples, targets) in samples.chunks(BATCH).zip(targets.chunks(BATCH)) {
            let logits = self.forward(network, Batch::new(samples)?)?;
            score += N::loss(kernel, logits, targets)?;
        }
        Ok(score)
    }
}

/// The kernel of a workspace. Where there is no operating system, it takes no memory and is known to the compiler, so
/// that the other kernels take no flash.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    /// None: the best one.
    #[cfg(not(target_os = "none"))]
    kernel: Option<Kernel>,
}

impl Choice {
    pub(crate) const BEST: Self = Self {
        #[cfg(not(target_os = "none"))]
        kernel: None,
    };

    pub(crate) fn get(self) -> Kernel {
        #[cfg(not(target_os = "none"))]
        if let Some(kernel) = self.kernel {
            return kernel;
        }
        Kernel::best()
    }
}

/// RAM for inference, in bytes: the network and a workspace for `BATCH` samples.
///
/// ```
/// # use dense_core::{Hidden, SparseCategoricalCrossEntropy, Output, activations::Relu, networks::inference_bytes};
/// type Perceptron = Hidden<784, 32, Relu, Output<32, 10, SparseCategoricalCrossEntropy>>;
/// const { assert!(inference_bytes::<Perceptron, 1>() < 4 * (785 * 32 + 33 * 10) + 4 * (32 + 32 + 10) + 64) };
/// ```
#[must_use]
pub const fn inference_bytes<N: Layers, const BATCH: usize>() -> usize {
    size_of::<N>() + size_of::<Workspace<N, BATCH>>()
}

/// RAM for training, in bytes: the network and a trainer for batches of `BATCH` samples.
///
/// ```
/// # use dense_core::{Adam, Hidden, SparseCategoricalCrossEntropy, Output, Sgd, activations::Relu, networks::training_bytes};
/// type Perceptron = Hidden<784, 32, Relu, Output<32, 10, SparseCategoricalCrossEntropy>>;
/// const { assert!(training_bytes::<Perceptron, Sgd, 1>() < 102_250) };
/// const { assert!(training_bytes::<Perceptron, Adam, 1>() < 306_000) };
/// ```
#[must_use]
pub const fn training_bytes<N: Layers, O: Optimizer, const BATCH: usize>() -> usize {
    size_of::<N>() + size_of::<Trainer<N, O, BATCH>>()
}
