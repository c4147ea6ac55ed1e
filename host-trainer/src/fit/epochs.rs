//! The loop: epochs of shuffled batches, each one step, and what is measured and decided between them.

use std::ops::ControlFlow;
use std::time::Instant;

use dense_core::{Error, Kernel, Random, Score};

use super::{Best, Data, End, Fit, FitError, Numbers, Position, Settings, State, Watch};
use crate::dataset::Split;
use crate::history::{Epoch, Metrics};
use crate::learning::Progress as _;
use crate::model::{Layer, Model};

/// A way to make steps.
pub(super) trait Steps {
    /// Makes a step with each of the batches, until `after`, which is told the score of each step, breaks it off.
    ///
    /// # Errors
    ///
    /// What is wrong with the batch after the last one that `after` was told of.
    fn run(&mut self, batches: Batches<'_>, after: &mut dyn FnMut(Score) -> ControlFlow<()>) -> Result<(), Error>;

    /// The network as it is now, to be tested.
    fn network(&mut self) -> &dyn Model;

    /// The numbers that the next step will change.
    fn numbers(&mut self) -> Numbers;

    /// Takes over the numbers of the layers, from [`numbers`](Self::numbers).
    fn set_layers(&mut self, layers: &[Layer]);
}

/// Batches to learn from, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Batches<'a> {
    /// The samples.
    pub(super) split: &'a Split,
    order: &'a [u32],
    size: usize,
}

impl<'a> Batches<'a> {
    /// The numbers of the samples of each batch, and of the batch that follows it.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'a [u32], &'a [u32])> {
        let batches = self.order.chunks(self.size);
        batches.clone().zip(batches.skip(1).chain([&[][..]]))
    }

    /// How many samples the largest batch has.
    pub(super) fn largest(self) -> usize {
        self.size.min(self.order.len())
    }

    /// Replaces `labels` by those of the samples of a batch.
    pub(super) fn read_labels(self, batch: &[u32], labels: &mut Vec<u8>) {
        labels.clear();
        labels.extend(batch.iter().map(|&sample| self.split.labels[sample as usize]));
    }
}

/// Trains by `steps`, which start at `from`, or with new weights.
pub(super) fn run(
    steps: &mut dyn Steps,
    data: &Data<'_>,
    settings: &Settings,
    from: Option<&State>,
    watch: &mut Watch<'_>,
) -> Result<Fit, FitError> {
    let position = from.map_or_else(Position::default, |state| state.position.clone());
    let mut course = Course { steps, data, settings, position };
    let end = course.run(watch).inspect_err(|_| watch.progress.break_off())?;
    let state = course.state();
    if let (Some(best), true) = (&state.position.best, end != End::Interrupted) {
        course.steps.set_layers(&best.layers);
    }
    course.steps.network();
    Ok(Fit { state, end })
}

struct Course<'a> {
    steps: &'a mut dyn Steps,
    data: &'a Data<'a>,
    settings: &'a Settings,
    position: Position,
}

impl Course<'_> {
    fn run(&mut self, watch: &mut Watch<'_>) -> Result<End, FitError> {
        let mut random = Random::new(self.settings.seed, Random::SHUFFLE);
        let mut order: Vec<u32> = (0..).take(self.data.train.len()).collect();
        for _ in &self.position.epochs {
            random.shuffle(&mut order);
        }
        let mut last_kept = Instant::now();
        let mut stopped = false;
        loop {
            if self.position.epochs.len() >= self.settings.epochs {
                return Ok(End::Finished);
            }
            if self.has_waited_enough() {
                return Ok(End::StoppedEarly);
            }
            if stopped {
                return Ok(End::Interrupted);
            }
            random.shuffle(&mut order);
            stopped = self.train(&order, watch)?.is_break();
            if self.position.running.steps < self.settings.steps_per_epoch(order.len()) {
                watch.progress.break_off();
                return Ok(End::Interrupted);
            }
            self.finish_epoch(watch)?;
            if let Some(keeper) = &mut watch.keeper
                && last_kept.elapsed() >= keeper.interval
            {
                (keeper.keep)(&self.state());
                last_kept = Instant::now();
            }
        }
    }

    /// Goes through the epoch, or what is left of it, until it is over or was told to stop.
    fn train(&mut self, order: &[u32], watch: &mut Watch<'_>) -> Result<ControlFlow<()>, FitError> {
        let start = Instant::now();
        let Self { steps, data, settings, position: Position { epochs, running, .. } } = self;
        let epoch = epochs.len() + 1;
        watch.progress.start_epoch(epoch);
        let size = settings.batch_size;
        let left = order.get(running.steps * size..).unwrap_or_default();
        let mut flow = ControlFlow::Continue(());
        let result = steps.run(Batches { split: data.train, order: left, size }, &mut |score| {
            running.steps += 1;
            running.loss += f64::from(score.loss_sum);
            running.correct += score.correct;
            let done = order.len().min(running.steps * size);
            watch.progress.step(running.steps, &|| (running.metrics(done).into(), done));
            if (watch.stop)() {
                flow = ControlFlow::Break(());
            }
            flow
        });
        result.map_err(|error| FitError::of_step(error, epoch, running.steps + 1))?;
        running.seconds += start.elapsed().as_secs_f64();
        Ok(flow)
    }

    /// Measures and writes down an epoch that is over.
    fn finish_epoch(&mut self, watch: &mut Watch<'_>) -> Result<(), FitError> {
        let samples = self.data.train.len();
        let running = std::mem::take(&mut self.position.running);
        let number = self.position.epochs.len() + 1;
        let network = self.steps.network();
        let kernel = self.settings.kernel;
        let diverged = |_| FitError::Diverged { epoch: number, step: running.steps };
        let epoch = Epoch {
            metrics: running.metrics(samples),
            seconds: running.seconds,
            validation: measure(network, self.data.validation, kernel).map_err(diverged)?,
            test: measure(network, self.data.test, kernel).map_err(diverged)?,
        };
        watch.progress.finish_epoch(&(&epoch).into(), samples);
        let position = &mut self.position;
        position.epochs.push(epoch);
        if self.settings.early_stopping.is_some() {
            let loss = |epoch: &Epoch| epoch.validation.map_or(f64::INFINITY, |validation| validation.loss);
            let best = position.best.as_ref().map(|best| loss(&position.epochs[best.epoch - 1]));
            if best.is_none_or(|best| loss(&epoch) < best) {
                position.best = Some(Best { epoch: number, layers: self.steps.numbers().layers });
            }
        }
        Ok(())
    }

    /// Whether the best epoch is as long ago as early stopping lets it be.
    fn has_waited_enough(&self) -> bool {
        match (self.settings.early_stopping, &self.position.best) {
            (Some(patience), Some(best)) => self.position.epochs.len() - best.epoch >= patience,
            _ => false,
        }
    }

    fn state(&mut self) -> State {
        State { position: self.position.clone(), numbers: self.steps.numbers() }
    }
}

fn measure(network: &dyn Model, split: Option<&Split>, kernel: Kernel) -> Result<Option<Metrics>, Error> {
    split.map(|split| network.evaluate(split, kernel)).transpose()
}
