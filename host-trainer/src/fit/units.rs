//! Trains softmax regression, on one thread or several.
//!
//! Each thread trains some of the layer's units. It computes their logits for the whole batch, hands them to the others,
//! and has all it needs to correct its own weights: one meeting a step, no shared weights, and no sum that depends on
//! how many threads there are.

use std::thread;
use std::time::Instant;

use dense_core::layers::{MomentsMut, UnitsMut};
use dense_core::losses::sparse_categorical_cross_entropy;
use dense_core::optimizers::Optimizer as _;
use dense_core::{Adam, AdamState, Batch, Dense, Error, Kernel, Random, Sgd};

use super::{FitError, Settings, metrics};
use crate::cli::Optimizer;
use crate::dataset::Split;
use crate::exchange::Exchange;
use crate::history::Epoch;
use crate::idx::{CLASSES, PIXELS};
use crate::progress::Progress;

/// Trains `layer` on the samples: see [`Model::fit`](crate::model::Model::fit).
///
/// # Errors
///
/// As there; `layer` is then as it was.
pub fn fit(
    layer: &mut Dense<PIXELS, CLASSES>,
    split: &Split,
    settings: &Settings,
    progress: &mut Progress,
) -> Result<Vec<Epoch>, FitError> {
    if split.is_empty() || settings.batch_size == 0 {
        return Err(FitError::Core(Error::EmptyBatch));
    }
    let threads = settings.working_threads();
    let exchange = &Exchange::new(threads, settings.batch_size.min(split.len()));
    // Copies, so that no two threads write to one cache line, such as that of the biases.
    let copy = |_| (Box::new(layer.clone()), Box::new(AdamState::<PIXELS, CLASSES>::ZERO));
    let mut copies: Vec<_> = (0..threads).map(copy).collect();
    let mut parts = Vec::new();
    for (index, (layer, state)) in copies.iter_mut().enumerate() {
        let classes = exchange.classes(index);
        let units = layer.units_mut().split(classes.start).1.split(classes.len()).0;
        let moments = state.units_mut().split(classes.start).1.split(classes.len()).0;
        let optimizer = PartOptimizer::new(settings, split.len(), moments)?;
        parts.push(Part { index, first: classes.start, units, optimizer, exchange });
    }
    let epochs = thread::scope(|scope| {
        let mut parts = parts.into_iter();
        let first = parts.next();
        for part in parts {
            // All threads see the same numbers, so the first one has any error that another has.
            scope.spawn(move || part.fit(split, settings, &mut Progress::new(0, 0, 0)));
        }
        first.map_or(Ok(Vec::new()), |part| part.fit(split, settings, progress))
    })?;
    for (index, (trained, _)) in copies.iter().enumerate() {
        let classes = exchange.classes(index);
        for class in classes.clone() {
            for pixel in 0..PIXELS {
                layer.set_weight(class, pixel, trained.weight(class, pixel));
            }
        }
        layer.bias_mut()[classes.clone()].copy_from_slice(&trained.bias()[classes]);
    }
    Ok(epochs)
}

/// The units that one thread trains.
struct Part<'a> {
    /// Which part it is, from 0.
    index: usize,
    /// The class of the first unit.
    first: usize,
    units: UnitsMut<'a, PIXELS>,
    optimizer: PartOptimizer<'a>,
    exchange: &'a Exchange,
}

enum PartOptimizer<'a> {
    Sgd(Sgd),
    Adam(Adam, MomentsMut<'a, PIXELS>),
}

impl<'a> PartOptimizer<'a> {
    fn new(settings: &Settings, samples: usize, moments: MomentsMut<'a, PIXELS>) -> Result<Self, Error> {
        let (rate, schedule) = (settings.learning_rate, settings.schedule(samples));
        Ok(match settings.optimizer {
            Optimizer::Sgd => Self::Sgd(Sgd::new(rate)?.with_schedule(schedule)?),
            Optimizer::Adam => Self::Adam(Adam::new(rate)?.with_schedule(schedule)?, moments),
        })
    }
}

/// What a step works on, kept from step to step.
struct Buffers {
    labels: Vec<u8>,
    /// The logits of all classes, then their deltas.
    logits: Vec<[f32; CLASSES]>,
    /// Those of this part's classes only.
    own: Vec<f32>,
}

impl Part<'_> {
    /// Every thread runs this over the same samples in the same order.
    fn fit(mut self, split: &Split, settings: &Settings, progress: &mut Progress) -> Result<Vec<Epoch>, FitError> {
        let samples = split.len();
        let mut random = Random::new(settings.seed, Random::SHUFFLE);
        let mut order: Vec<u32> = (0..).take(samples).collect();
        let mut buffers = Buffers { labels: Vec::new(), logits: Vec::new(), own: Vec::new() };
        let mut epochs = Vec::with_capacity(settings.epochs);
        let mut step_count = 0;
        for epoch in 1..=settings.epochs {
            let start = Instant::now();
            progress.start_epoch(epoch);
            random.shuffle(&mut order);
            let (mut loss, mut correct, mut done) = (0.0, 0_u32, 0);
            for (step, batch) in order.chunks(settings.batch_size).enumerate() {
                done += batch.len();
                let next = &order[done..(done + settings.batch_size).min(samples)];
                let score = self
                    .step(split, batch, next, settings.kernel, step_count, &mut buffers)
                    .map_err(|error| FitError::of_step(error, epoch, step + 1))?;
                step_count += 1;
                loss += f64::from(score.loss);
                correct += score.correct;
                progress.step(step + 1, || (metrics(loss, correct, done), done));
            }
            let seconds = start.elapsed().as_secs_f64();
            let metrics = metrics(loss, correct, samples);
            progress.finish_epoch(metrics, seconds, samples);
            epochs.push(Epoch { metrics, validation: None, test: None, seconds });
        }
        Ok(epochs)
    }

    /// One step: forward, loss, backward, update.
    fn step(
        &mut self,
        split: &Split,
        order: &[u32],
        next: &[u32],
        kernel: Kernel,
        step_count: usize,
        buffers: &mut Buffers,
    ) -> Result<dense_core::Score, Error> {
        let batch = Batch::indexed(&split.images, order)?.followed_by(next)?;
        let Buffers { labels, logits, own } = buffers;
        labels.clear();
        labels.extend(order.iter().map(|&sample| split.labels[sample as usize]));
        logits.resize(order.len(), [0.0; CLASSES]);
        if self.units.len() == CLASSES {
            self.units.forward(kernel, batch, logits.as_flattened_mut())?;
        } else {
            own.resize(order.len() * self.units.len(), 0.0);
            self.units.forward(kernel, batch, own)?;
            self.exchange.swap(step_count, self.index, own, logits);
        }
        let score = sparse_categorical_cross_entropy(kernel, logits, labels)?;
        let deltas = if self.units.len() == CLASSES {
            logits.as_flattened()
        } else {
            for (own, deltas) in own.chunks_exact_mut(self.units.len()).zip(&*logits) {
                own.copy_from_slice(&deltas[self.first..][..own.len()]);
            }
            own
        };
        match &mut self.optimizer {
            PartOptimizer::Sgd(sgd) => {
                sgd.advance();
                self.units.step_sgd(kernel, batch, deltas, sgd)?;
            }
            PartOptimizer::Adam(adam, moments) => {
                self.units.step_adam(kernel, batch, deltas, moments, &adam.next_step())?;
            }
        }
        Ok(score)
    }
}
