//! The training loop: epochs of shuffled batches, each one step, and what is measured and decided between them.

use std::ops::ControlFlow;

use dense_core::{Error, Kernel, Random};

use super::augmentation::Shifts;
use super::batches::Batches;
use super::evaluate::{evaluate, metric_sum};
use super::functions::{check_finite, check_length};
use super::optimizer::Optimizer;
use super::settings::{Callbacks, Data, FitError, Settings};
use super::standardization::Standardization;
use super::state::{Best, End, Epoch, Fit, State, TrainingProgress};
use super::stopwatch::Stopwatch;
use super::trainer::Trainer;
use super::{Metrics, Network};
use crate::samples::{Inputs, Samples, Targets};

/// Trains `network` by mini-batches, starting from `from` where given, a state of the same network, data and settings.
/// Afterwards the network has the weights of the last epoch, or with early stopping those of the epoch with the smallest
/// validation loss; the standardisation of inputs is folded into the first layer.
///
/// The weights are the same, to the last bit, for any kernel, any number of threads and any interruptions.
///
/// # Errors
///
/// [`FitError::Diverged`] as soon as an output is not finite, [`FitError::Core`] for wrong settings or samples,
/// [`FitError::NoValidation`] where these are missing. The network is then as it was.
pub fn fit(
    network: &mut Network,
    data: &Data<'_>,
    settings: &Settings,
    from: Option<&State>,
    callbacks: &mut Callbacks<'_>,
) -> Result<Fit, FitError> {
    check(network, data, settings)?;
    let samples = data.train.len();
    let optimizer = Optimizer::new(&settings.recipe.optimizer, settings.schedule(samples))?;
    let mut trainer = Trainer::new(network, settings, &optimizer);
    let mut progress = TrainingProgress::default();
    if let Some(state) = from {
        progress = state.progress.clone();
        trainer.resume(&state.variables, progress.steps(settings.steps_per_epoch(samples)))?;
    }
    let measure = |smallest| Standardization::measure(&data.train.inputs, smallest);
    let standardization = settings.recipe.smallest_deviation.map(measure);
    let shifts = Shifts::new(settings, data)?;
    let mut training =
        Training { network: network.clone(), trainer, shifts, standardization, data, settings, progress };
    let end = training.run(callbacks).inspect_err(|_| callbacks.progress.break_off())?;
    let state = training.state();
    if let (Some(best), true) = (&state.progress.best, end != End::Interrupted) {
        training.trainer.set_layers(&best.layers)?;
    }
    let (epoch, step) = (state.progress.epochs.len(), settings.steps_per_epoch(samples));
    training.update_network().map_err(|error| FitError::of_step(error, epoch, step))?;
    *network = training.network;
    Ok(Fit { state, end })
}

/// Refuses settings and samples that no training can begin with.
fn check(network: &Network, data: &Data<'_>, settings: &Settings) -> Result<(), FitError> {
    if data.train.is_empty() || settings.recipe.batch_size == 0 {
        return Err(FitError::Core(Error::EmptyBatch));
    }
    if settings.recipe.early_stopping.is_some() && data.validation.is_none() {
        return Err(FitError::NoValidation);
    }
    for samples in [Some(data.train), data.validation, data.test].into_iter().flatten() {
        check_length("inputs", samples.inputs.width(), network.inputs())?;
        check_length("targets", samples.targets.len(), samples.len())?;
        if let Inputs::Numbers { values, .. } = &samples.inputs {
            check_finite("samples", values)?;
        }
        if let Targets::Numbers { width, values } = &samples.targets {
            check_length("outputs", *width, network.outputs())?;
            check_finite("targets", values)?;
        }
    }
    Ok(())
}

struct Training<'a> {
    /// With the parameters of the last epoch, for inputs that are not standardised.
    network: Network,
    trainer: Trainer,
    shifts: Option<Shifts>,
    standardization: Option<Standardization>,
    data: &'a Data<'a>,
    settings: &'a Settings,
    progress: TrainingProgress,
}

impl Training<'_> {
    fn run(&mut self, callbacks: &mut Callbacks<'_>) -> Result<End, FitError> {
        let mut random = Random::new(self.settings.recipe.seed, Random::SHUFFLE);
        let mut order: Vec<u32> = (0..).take(self.data.train.len()).collect();
        for _ in &self.progress.epochs {
            random.shuffle(&mut order);
        }
        let mut last_kept = Stopwatch::start();
        let mut stopped = false;
        loop {
            if self.progress.epochs.len() >= self.settings.recipe.epochs {
                return Ok(End::Finished);
            }
            if self.has_waited_enough() {
                return Ok(End::StoppedEarly);
            }
            if stopped {
                return Ok(End::Interrupted);
            }
            random.shuffle(&mut order);
            stopped = self.train(&order, callbacks)?.is_break();
            if self.progress.current.steps < self.settings.steps_per_epoch(order.len()) {
                callbacks.progress.break_off();
                return Ok(End::Interrupted);
            }
            self.finish_epoch(callbacks)?;
            if let Some(checkpoints) = &mut callbacks.checkpoints
                && last_kept.elapsed() >= checkpoints.interval
            {
                (checkpoints.write)(&self.state());
                last_kept = Stopwatch::start();
            }
        }
    }

    /// Trains on the remaining batches of the epoch until it ends or `stop` returns true.
    fn train(&mut self, order: &[u32], callbacks: &mut Callbacks<'_>) -> Result<ControlFlow<()>, FitError> {
        let start = Stopwatch::start();
        let steps_before = self.progress.steps(self.settings.steps_per_epoch(order.len()));
        let Self { trainer, network, data, settings, progress: TrainingProgress { epochs, current, .. }, .. } = self;
        let (epoch, done_before) = (epochs.len() + 1, current.steps);
        callbacks.progress.start_epoch(epoch);
        let size = settings.recipe.batch_size;
        let batches = Batches {
            samples: data.train,
            order: order.get(done_before * size..).unwrap_or_default(),
            size,
            steps_before,
            shifts: self.shifts,
            standardization: self.standardization.as_ref(),
        };
        let mut flow = ControlFlow::Continue(());
        let result = trainer.run(batches, &mut |score| {
            current.steps += 1;
            current.loss += f64::from(score.loss_sum);
            current.metric += metric_sum(network, &score);
            let done = order.len().min(current.steps * size);
            callbacks.progress.step(current.steps, &|| (current.metrics(done), done));
            if (callbacks.stop)() {
                flow = ControlFlow::Break(());
            }
            flow
        });
        result.map_err(|failure| FitError::of_step(failure.error, epoch, done_before + failure.step + 1))?;
        current.seconds += start.elapsed().as_secs_f64();
        Ok(flow)
    }

    /// Measures and records an epoch that is over.
    fn finish_epoch(&mut self, callbacks: &mut Callbacks<'_>) -> Result<(), FitError> {
        let samples = self.data.train.len();
        let current = std::mem::take(&mut self.progress.current);
        let number = self.progress.epochs.len() + 1;
        let failed = |error| FitError::of_step(error, number, current.steps);
        if self.data.validation.is_some() || self.data.test.is_some() {
            self.update_network().map_err(failed)?;
        }
        let Settings { kernel, threads, .. } = *self.settings;
        let measure = |samples| measure(&self.network, samples, kernel, threads).map_err(failed);
        let epoch = Epoch {
            train: current.metrics(samples),
            seconds: current.seconds,
            validation: measure(self.data.validation)?,
            test: measure(self.data.test)?,
        };
        callbacks.progress.finish_epoch(&epoch, samples);
        let progress = &mut self.progress;
        progress.epochs.push(epoch);
        if self.settings.recipe.early_stopping.is_some() {
            let loss = |epoch: &Epoch| epoch.validation.map_or(f64::INFINITY, |validation| validation.loss);
            let best = progress.best.as_ref().map(|best| loss(&progress.epochs[best.epoch - 1]));
            if best.is_none_or(|best| loss(&epoch) < best) {
                progress.best = Some(Best { epoch: number, layers: self.trainer.layers() });
            }
        }
        Ok(())
    }

    /// Whether early stopping's patience is exhausted.
    fn has_waited_enough(&self) -> bool {
        match (self.settings.recipe.early_stopping, &self.progress.best) {
            (Some(patience), Some(best)) => self.progress.epochs.len() - best.epoch >= patience,
            _ => false,
        }
    }

    /// Gives the network the parameters of the trainer, with the standardisation in them.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`] where one is not.
    fn update_network(&mut self) -> Result<(), Error> {
        let mut layers = self.trainer.layers();
        if let (Some(standardization), Some(first)) = (&self.standardization, layers.first_mut()) {
            standardization.fold(first);
        }
        self.network = Network::new(layers, self.network.loss())?;
        Ok(())
    }

    fn state(&self) -> State {
        State { progress: self.progress.clone(), variables: self.trainer.variables() }
    }
}

fn measure(
    network: &Network,
    samples: Option<&Samples>,
    kernel: Kernel,
    threads: usize,
) -> Result<Option<Metrics>, Error> {
    samples.map(|samples| evaluate(network, samples, kernel, threads)).transpose()
}
