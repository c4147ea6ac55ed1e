//! The loop around the step: batches, epochs, and what they are reported with.

use core::ops::ControlFlow;

use crate::kernels::{Element, Kernel};
use crate::networks::Network;
use crate::optimizers::Optimizer;
use crate::plans::Plan;
use crate::samples::Samples;
use crate::{Error, Trainer};

/// How long to train, and on how many samples a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// Passes over all samples; at least one.
    pub epochs: u32,
    /// Samples in a step; the last step of an epoch has what is left. With all samples this is plain gradient descent,
    /// with one the stochastic kind, and mini-batches between.
    pub batch_size: usize,
}

/// How far a fit has come. Sums and means are over the epoch so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Which epoch, from 1.
    pub epoch: u32,
    /// Which batch of the epoch, from 1.
    pub batch: u32,
    /// Steps in all epochs.
    pub iterations: u64,
    /// Samples learned from in this epoch.
    pub samples: u64,
    /// The mean loss of the last batch, before its step.
    pub batch_loss: f64,
    /// The mean loss of the samples, each before the step that it took part in.
    pub loss: f64,
    /// The mean of the task's metric, [`Network::METRIC`], in the same way.
    pub metric: f64,
}

/// What has just been done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A batch, with its step.
    Batch(Progress),
    /// An epoch, after the event of its last batch.
    Epoch(Progress),
}

impl<N: Network<IN>, O: Optimizer, const IN: usize, const BATCH: usize, P: Plan> Trainer<N, O, IN, BATCH, P> {
    /// Trains on all `samples`, epoch after epoch, and tells `watch` after each batch and each epoch how it went, which
    /// may break it off. Returns how far it came.
    ///
    /// ```
    /// use core::ops::ControlFlow;
    /// use dense_core::fit::{Course, Event};
    /// use dense_core::{Kernel, Network, Output, Mse, Sgd, Trainer, samples::InOrder};
    ///
    /// // y = 2x − 1
    /// let (inputs, targets) = ([[0.0], [1.0], [2.0]], [[-1.0], [1.0], [3.0]]);
    /// let mut line = Output::<1, 1, Mse>::ZERO;
    /// let mut trainer = Trainer::<_, _, 1, 3>::new(Sgd::new(0.1)?);
    /// let mut samples = InOrder::new(&inputs, &targets)?;
    /// let course = Course { epochs: 200, batch_size: 3 };
    /// trainer.fit(Kernel::best(), &mut line, &mut samples, course, |event, _| match event {
    ///     Event::Epoch(progress) if progress.loss < 1e-6 => ControlFlow::Break(()),
    ///     _ => ControlFlow::Continue(()),
    /// })?;
    /// assert!((line.layer.weight(0, 0) - 2.0).abs() < 0.01);
    /// # Ok::<(), dense_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Setting`] without epochs or with a batch size of 0, [`Error::BatchTooLarge`] for one above `BATCH`,
    /// [`Error::EmptyBatch`] without samples, and the errors of the task's loss: [`Error::NotFinite`] among them, where
    /// the weights have grown beyond all bounds. The network is then as it was before the batch that is wrong, the one after the last event.
    pub fn fit<T: Element>(
        &mut self,
        kernel: Kernel,
        network: &mut N,
        samples: &mut impl Samples<T, N::Target, IN>,
        course: Course,
        mut watch: impl FnMut(Event, &N) -> ControlFlow<()>,
    ) -> Result<Progress, Error> {
        let Course { epochs, batch_size } = course;
        let zero = |what, most| Error::Setting { what, found: 0.0, least: 1.0, most };
        if epochs == 0 {
            return Err(zero("epochs", u32::MAX as f32));
        }
        if batch_size == 0 {
            return Err(zero("batch size", BATCH as f32));
        }
        if batch_size > BATCH {
            return Err(Error::BatchTooLarge { found: batch_size, most: BATCH });
        }
        let mut progress = Progress::default();
        for epoch in 1..=epochs {
            samples.start();
            progress = Progress { epoch, iterations: progress.iterations, ..Progress::default() };
            let (mut loss, mut metric) = (0.0, 0.0);
            while let Some((batch, targets)) = samples.next_batch(batch_size)? {
                let score = self.step(kernel, network, batch, targets)?;
                progress.batch += 1;
                progress.iterations += 1;
                progress.samples += batch.len() as u64;
                progress.batch_loss = f64::from(score.loss) / batch.len() as f64;
                loss += f64::from(score.loss);
                metric += N::metric(&score);
                progress.loss = loss / progress.samples as f64;
                progress.metric = metric / progress.samples as f64;
                if watch(Event::Batch(progress), network).is_break() {
                    return Ok(progress);
                }
            }
            if progress.samples == 0 {
                return Err(Error::EmptyBatch);
            }
            if watch(Event::Epoch(progress), network).is_break() {
                return Ok(progress);
            }
        }
        Ok(progress)
    }
}
