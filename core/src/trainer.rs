//! What training needs beside the network, and the step that everything is about.

use crate::kernels::{Element, Kernel, Score};
use crate::memory::Memory;
use crate::networks::{Network, Workspace};
use crate::optimizers::Optimizer;
use crate::plans::{Frozen, Plan, Whole};
use crate::{Batch, Error};

/// An optimizer with its state, and the memory for batches of up to `BATCH` samples. The plan says which parameters are
/// trained.
pub struct Trainer<N: Network<IN>, O: Optimizer, const IN: usize, const BATCH: usize, P: Plan = Whole> {
    workspace: Workspace<N, IN, BATCH, P>,
    state: N::State<P, O>,
    optimizer: O,
}

impl<N: Network<IN>, O: Optimizer, const IN: usize, const BATCH: usize, P: Plan> Trainer<N, O, IN, BATCH, P> {
    /// Before the first step.
    #[must_use]
    pub const fn new(optimizer: O) -> Self {
        Self { workspace: Workspace::ZERO, state: Memory::ZERO, optimizer }
    }

    /// One step: forward, loss, backward, update. Returns the score of the batch before the update.
    ///
    /// # Errors
    /// [`Error::BatchTooLarge`] for more than `BATCH` samples, [`Error::NotFinite`] where one of their numbers or a logit
    /// is NaN or infinite, and the errors of the task's loss. The network, the optimizer and its state are then as they
    /// were.
    pub fn step<T: Element>(
        &mut self,
        kernel: Kernel,
        network: &mut N,
        batch: Batch<'_, T, IN>,
        targets: &[N::Target],
    ) -> Result<Score, Error> {
        let score = self.workspace.score(kernel, network, batch, targets)?;
        self.optimizer.advance();
        network.backward::<P, Frozen, O, T, BATCH>(
            kernel,
            batch,
            &mut self.workspace.layers,
            &self.optimizer,
            &mut self.state,
            None,
        )?;
        Ok(score)
    }

    /// The optimizer, as it is after the last step.
    pub const fn optimizer(&self) -> &O {
        &self.optimizer
    }

    /// What the optimizer keeps.
    pub const fn state(&self) -> &N::State<P, O> {
        &self.state
    }

    /// What the optimizer keeps, to go on from what another trainer has kept.
    pub const fn state_mut(&mut self) -> &mut N::State<P, O> {
        &mut self.state
    }

    /// The memory for a batch, to be used for answers between the steps.
    pub const fn workspace(&mut self) -> &mut Workspace<N, IN, BATCH, P> {
        &mut self.workspace
    }
}
