//! Trains a network with hidden layers, on one thread.

use std::mem::size_of;
use std::ops::ControlFlow;
use std::thread;
use std::time::Instant;

use dense_core::fit::{Course, Event};
use dense_core::optimizers::Optimizer as Rule;
use dense_core::samples::Shuffled;
use dense_core::{Adam, Network, Random, Sgd, Trainer};

use super::{FitError, Settings};
use crate::cli::Optimizer;
use crate::dataset::Split;
use crate::history::{Epoch, Metrics};
use crate::idx::PIXELS;
use crate::progress::Progress;

/// Trains `network` on the samples: see [`Model::fit`](crate::model::Model::fit).
///
/// # Errors
///
/// As there, and [`FitError::Memory`]. `network` is then as it was before the step that went wrong.
pub fn fit<N: Network<PIXELS, Target = u8> + Send>(
    network: &mut N,
    split: &Split,
    settings: &Settings,
    progress: &mut Progress,
) -> Result<Vec<Epoch>, FitError> {
    let (rate, schedule) = (settings.learning_rate, settings.schedule(split.len()));
    match settings.optimizer {
        Optimizer::Sgd => fit_by(Sgd::new(rate)?.with_schedule(schedule)?, network, split, settings, progress),
        Optimizer::Adam => fit_by(Adam::new(rate)?.with_schedule(schedule)?, network, split, settings, progress),
    }
}

/// Memory for a batch is an array, so its size is one of a few.
fn fit_by<N: Network<PIXELS, Target = u8> + Send, O: Rule + Send>(
    optimizer: O,
    network: &mut N,
    split: &Split,
    settings: &Settings,
    progress: &mut Progress,
) -> Result<Vec<Epoch>, FitError> {
    match settings.batch_size.min(split.len()) {
        0..=32 => fit_in::<N, O, 32>(optimizer, network, split, settings, progress),
        33..=1024 => fit_in::<N, O, 1024>(optimizer, network, split, settings, progress),
        _ => fit_in::<N, O, 65_536>(optimizer, network, split, settings, progress),
    }
}

/// Trains on a thread of its own, with a stack that the arrays fit on.
fn fit_in<N: Network<PIXELS, Target = u8> + Send, O: Rule + Send, const BATCH: usize>(
    optimizer: O,
    network: &mut N,
    split: &Split,
    settings: &Settings,
    progress: &mut Progress,
) -> Result<Vec<Epoch>, FitError> {
    // Twice, as it may be copied on its way, and what any thread needs.
    let bytes = 2 * size_of::<Trainer<N, O, PIXELS, BATCH>>() + (1 << 20);
    thread::scope(|scope| {
        let train = || run(&mut Trainer::<N, O, PIXELS, BATCH>::new(optimizer), network, split, settings, progress);
        let thread = thread::Builder::new().stack_size(bytes).spawn_scoped(scope, train);
        let thread = thread.map_err(|_| FitError::Memory { bytes })?;
        thread.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    })
}

fn run<N: Network<PIXELS, Target = u8>, O: Rule, const BATCH: usize>(
    trainer: &mut Trainer<N, O, PIXELS, BATCH>,
    network: &mut N,
    split: &Split,
    settings: &Settings,
    progress: &mut Progress,
) -> Result<Vec<Epoch>, FitError> {
    let mut order = vec![0; split.len()];
    let random = Random::new(settings.seed, Random::SHUFFLE);
    let mut samples = Shuffled::<_, _, PIXELS, BATCH>::new(&split.images, &split.labels, &mut order, random)?;
    let epochs = u32::try_from(settings.epochs).unwrap_or(u32::MAX);
    let course = Course { epochs, batch_size: settings.batch_size.min(split.len()) };

    let mut done = Vec::with_capacity(settings.epochs);
    let mut steps = 0;
    let mut start = Instant::now();
    progress.start_epoch(1);
    let result = trainer.fit(settings.kernel, network, &mut samples, course, |event, _| {
        match event {
            Event::Batch(now) => {
                steps = now.batch as usize;
                progress.step(steps, || (metrics(&now), now.samples as usize));
            }
            Event::Epoch(now) => {
                let seconds = start.elapsed().as_secs_f64();
                let epoch = Epoch { metrics: metrics(&now), validation: None, test: None, seconds };
                progress.finish_epoch(epoch.metrics, epoch.seconds, split.len());
                done.push(epoch);
                steps = 0;
                if done.len() < settings.epochs {
                    start = Instant::now();
                    progress.start_epoch(done.len() + 1);
                }
            }
        }
        ControlFlow::Continue(())
    });
    match result {
        Ok(_) => Ok(done),
        Err(error) => Err(FitError::of_step(error, done.len() + 1, steps + 1)),
    }
}

fn metrics(now: &dense_core::fit::Progress) -> Metrics {
    Metrics { loss: now.loss, accuracy: now.metric }
}
