//! Training steps: forward, loss, backward, update.

use crate::kernels::{Element, Score};
use crate::memory::Memory;
use crate::networks::{Layers, Network, Workspace};
use crate::optimizers::Optimizer;
use crate::{Batch, Error, error};

#[cfg(not(target_os = "none"))]
use crate::Kernel;

/// Trains a network: an optimizer with its state, and the workspace for batches of up to `BATCH` samples.
///
/// ```
/// use dense_core::{Mse, Output, Random, Sgd, Trainer};
///
/// // y = 2x − 1
/// let (inputs, targets) = ([[0.0_f32], [1.0], [2.0], [3.0]], [[-1.0], [1.0], [3.0], [5.0]]);
/// let mut line = Output::<1, 1, Mse>::ZERO;
/// let mut trainer = Trainer::<_, _, 2>::new(Sgd::new(0.1)?);
///
/// let (mut order, mut random) = ([0, 1, 2, 3], Random::new(0, Random::SHUFFLE));
/// for epoch in 0..200 {
///     random.shuffle(&mut order);
///     for batch in order.chunks(2) {
///         trainer.step_indexed(&mut line, &inputs, &targets, batch)?;
///     }
/// }
/// assert!(trainer.evaluate(&line, &inputs, &targets)?.loss() < 1e-6);
/// # Ok::<(), dense_core::Error>(())
/// ```
pub struct Trainer<N: Layers, O: Optimizer, const BATCH: usize> {
    pub(crate) workspace: Workspace<N, BATCH>,
    pub(crate) state: N::State<O>,
    /// Targets of an indexed batch.
    pub(crate) targets: [N::Target; BATCH],
    pub(crate) first_trained: usize,
    pub(crate) optimizer: O,
}

impl<N: Layers, O: Optimizer, const BATCH: usize> Trainer<N, O, BATCH> {
    /// A trainer with zeroed state and [`Kernel::best`](crate::Kernel::best).
    ///
    /// Make a large one by [`new_in`](Self::new_in): a move passes through the stack, and the initial value of a
    /// `static` takes as much flash as RAM, since the learning rate is not zero.
    #[must_use]
    pub const fn new(optimizer: O) -> Self {
        Self {
            workspace: Workspace::ZERO,
            state: Memory::ZERO,
            targets: [const { Memory::ZERO }; BATCH],
            first_trained: 0,
            optimizer,
        }
    }

    /// This trainer with another kernel. Not on a target without an operating system, where both would take flash.
    #[cfg(not(target_os = "none"))]
    #[must_use]
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.workspace.set_kernel(kernel);
        self
    }

    /// Freezes the layers before number `layer` (from 0), for all further steps. Backward and update skip them; their
    /// state keeps its memory.
    ///
    /// # Errors
    /// [`Error::Setting`] where there is no such layer.
    pub const fn freeze_before(&mut self, layer: usize) -> Result<(), Error> {
        if layer >= N::LAYERS {
            let most = (N::LAYERS - 1) as f32;
            return Err(Error::Setting { what: "first trained layer", found: layer as f32, least: 0.0, most });
        }
        self.first_trained = layer;
        Ok(())
    }

    /// One training step: forward, loss, backward, update. Returns the score of the batch before the update.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`] without samples, [`Error::BatchTooLarge`] for more than `BATCH`, [`Error::Length`] where
    /// the targets are not as many, [`Error::NotFinite`] where one of their numbers, a sum or a delta of a hidden layer
    /// or a logit is NaN or infinite, and those of the loss. Network, optimizer and state are then as they were.
    pub fn step<T: Element, const IN: usize>(
        &mut self,
        network: &mut N,
        samples: &[[T; IN]],
        targets: &[N::Target],
    ) -> Result<Score, Error>
    where
        N: Network<IN>,
    {
        self.step_batch(network, Batch::new(samples)?, targets)
    }

    /// One training step with the samples of a data set at the indices in `order`. `targets` are those of the data set.
    ///
    /// # Errors
    /// [`Error::SampleOutOfRange`] for an index beyond the last sample, and those of [`step`](Self::step).
    pub fn step_indexed<T: Element, const IN: usize>(
        &mut self,
        network: &mut N,
        samples: &[[T; IN]],
        targets: &[N::Target],
        order: &[u32],
    ) -> Result<Score, Error>
    where
        N: Network<IN>,
    {
        error::check_length("targets", targets.len(), samples.len())?;
        let batch = Batch::indexed(samples, order)?;
        let too_large = Error::BatchTooLarge { found: order.len(), most: BATCH };
        let gathered = self.targets.get_mut(..order.len()).ok_or(too_large)?;
        for (place, &sample) in gathered.iter_mut().zip(order) {
            if let Some(&target) = targets.get(sample as usize) {
                *place = target;
            }
        }
        let (workspace, state, optimizer) = (&mut self.workspace, &mut self.state, &mut self.optimizer);
        step(network, batch, gathered, workspace, state, optimizer, self.first_trained)
    }

    /// One training step with a [`Batch`], such as one that is [`followed_by`](Batch::followed_by) another.
    ///
    /// # Errors
    /// Those of [`step`](Self::step).
    pub fn step_batch<T: Element, const IN: usize>(
        &mut self,
        network: &mut N,
        batch: Batch<'_, T, IN>,
        targets: &[N::Target],
    ) -> Result<Score, Error>
    where
        N: Network<IN>,
    {
        let (workspace, state, optimizer) = (&mut self.workspace, &mut self.state, &mut self.optimizer);
        step(network, batch, targets, workspace, state, optimizer, self.first_trained)
    }

    /// The outputs for up to `BATCH` samples: see [`Workspace::predict`].
    ///
    /// # Errors
    /// As there.
    pub fn predict<T: Element, const IN: usize>(
        &mut self,
        network: &N,
        samples: &[[T; IN]],
    ) -> Result<&[N::Output], Error>
    where
        N: Network<IN>,
    {
        self.workspace.predict(network, samples)
    }

    /// Loss and metric over any number of samples: see [`Workspace::evaluate`].
    ///
    /// # Errors
    /// As there.
    pub fn evaluate<T: Element, const IN: usize>(
        &mut self,
        network: &N,
        samples: &[[T; IN]],
        targets: &[N::Target],
    ) -> Result<Score, Error>
    where
        N: Network<IN>,
    {
        self.workspace.evaluate(network, samples, targets)
    }

    /// The optimizer, as it is after the last step.
    pub const fn optimizer(&self) -> &O {
        &self.optimizer
    }

    /// The optimizer, mutably: to set its learning rate.
    pub const fn optimizer_mut(&mut self) -> &mut O {
        &mut self.optimizer
    }

    /// The state of the optimizer.
    pub const fn state(&self) -> &N::State<O> {
        &self.state
    }

    /// The state of the optimizer, mutably: to load it.
    pub const fn state_mut(&mut self) -> &mut N::State<O> {
        &mut self.state
    }

    /// Memory of a step: outputs and deltas of the layers, also of use for predictions between steps.
    pub const fn workspace(&mut self) -> &mut Workspace<N, BATCH> {
        &mut self.workspace
    }
}

fn step<N: Network<IN>, O: Optimizer, T: Element, const IN: usize, const BATCH: usize>(
    network: &mut N,
    batch: Batch<'_, T, IN>,
    targets: &[N::Target],
    Workspace { layers, kernel }: &mut Workspace<N, BATCH>,
    state: &mut N::State<O>,
    optimizer: &mut O,
    first_trained: usize,
) -> Result<Score, Error> {
    let kernel = kernel.get();
    batch.check_finite()?;
    let logits = network.forward(kernel, batch, layers, true)?;
    let score = N::loss(kernel, logits, targets)?;
    network.backward(kernel, batch.len(), layers, first_trained, None)?;
    optimizer.advance();
    network.update(kernel, batch, layers, optimizer, state, first_trained)?;
    Ok(score)
}
