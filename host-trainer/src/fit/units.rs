//! Trains softmax regression, on one thread or several.
//!
//! Each thread trains some of the layer's units. It computes their logits for the whole batch, hands them to the others,
//! and has all it needs to correct its own weights: one meeting a step, no shared weights, and no sum that depends on
//! how many threads there are.

use std::ops::{ControlFlow, Range};
use std::thread;

use dense_core::layers::{MomentsMut, UnitsMut};
use dense_core::losses::{Loss, SparseCategoricalCrossEntropy};
use dense_core::optimizers::Optimizer as _;
use dense_core::{Adam, AdamState, Batch, Dense, Error, Kernel, Score, Sgd};

use super::epochs::{self, Batches, Steps};
use super::{Data, Fit, FitError, Moments, Numbers, Settings, State, Watch};
use crate::cli::Optimizer;
use crate::exchange::{Exchange, classes};
use crate::idx::{CLASSES, PIXELS};
use crate::model::{Layer, Layers, Linear, Model};

/// Trains `network` on the samples: see [`Model::fit`].
///
/// # Errors
///
/// As there.
pub fn fit(
    network: &mut Linear,
    data: &Data<'_>,
    settings: &Settings,
    from: Option<&State>,
    watch: &mut Watch<'_>,
) -> Result<Fit, FitError> {
    let samples = data.train.len();
    settings.check(data)?;
    let (rate, schedule) = (settings.learning_rate, settings.schedule(samples));
    let rule = match settings.optimizer {
        Optimizer::Sgd => Rule::Sgd(Sgd::new(rate)?.with_schedule(schedule)?),
        Optimizer::Adam => Rule::Adam(Adam::new(rate)?.with_schedule(schedule)?),
    };
    let copy =
        || Copy { layer: Box::new(network.layer.clone()), moments: Box::new(AdamState::ZERO), rule: rule.clone() };
    let copies = (0..settings.working_threads()).map(|_| copy()).collect();
    let mut steps = Units { copies, network, kernel: settings.kernel };
    if let Some(state) = from {
        steps.set_layers(&state.numbers.layers);
        for copy in &mut steps.copies {
            if let [moments] = &state.numbers.moments[..] {
                copy.moments.set_moments(moments);
            }
            for _ in 0..state.position.steps(settings.steps_per_epoch(samples)) {
                copy.rule.advance();
            }
        }
    }
    epochs::run(&mut steps, data, settings, from, watch)
}

/// All units, shared out among the copies of the layer.
struct Units<'a> {
    /// Copies, so that no two threads write to one cache line, such as that of the biases.
    copies: Vec<Copy>,
    network: &'a mut Linear,
    kernel: Kernel,
}

/// A layer of which one thread trains its units; the others are not up to date.
struct Copy {
    layer: Box<Dense<PIXELS, CLASSES>>,
    moments: Box<AdamState<PIXELS, CLASSES>>,
    rule: Rule,
}

#[derive(Clone)]
enum Rule {
    Sgd(Sgd),
    Adam(Adam),
}

impl Rule {
    fn advance(&mut self) {
        match self {
            Self::Sgd(sgd) => sgd.advance(),
            Self::Adam(adam) => adam.advance(),
        }
    }
}

impl Steps for Units<'_> {
    fn run(&mut self, batches: Batches<'_>, after: &mut dyn FnMut(Score) -> ControlFlow<()>) -> Result<(), Error> {
        let exchange = &Exchange::new(self.copies.len(), batches.largest());
        let kernel = self.kernel;
        thread::scope(|scope| {
            let parts = self.copies.iter_mut().enumerate().map(|(index, copy)| copy.part(index, exchange, kernel));
            let mut parts: Vec<Part<'_>> = parts.collect();
            for part in parts.split_off(1) {
                // All threads see the same numbers, so the first one has any error that another has.
                scope.spawn(move || part.run(batches, &mut |_| ControlFlow::Continue(())));
            }
            parts.into_iter().try_for_each(|part| part.run(batches, after))
        })
    }

    fn network(&mut self) -> &dyn Model {
        let threads = self.copies.len();
        for (index, copy) in self.copies.iter().enumerate() {
            let classes = classes(index, threads);
            for class in classes.clone() {
                for pixel in 0..PIXELS {
                    self.network.layer.set_weight(class, pixel, copy.layer.weight(class, pixel));
                }
            }
            self.network.layer.bias_mut()[classes.clone()].copy_from_slice(&copy.layer.bias()[classes]);
        }
        self.network
    }

    fn numbers(&mut self) -> Numbers {
        self.network();
        let layers = self.network.layers();
        let moments = match self.copies[0].rule {
            Rule::Sgd(_) => Vec::new(),
            Rule::Adam(_) => vec![self.moments()],
        };
        Numbers { layers, moments }
    }

    fn set_layers(&mut self, layers: &[Layer]) {
        self.network.set_layers(layers);
        for copy in &mut self.copies {
            copy.layer.copy_from(&self.network.layer);
        }
    }
}

impl Units<'_> {
    /// Of each weight and bias those that the thread keeps which trains it.
    fn moments(&self) -> Moments {
        let all: Vec<Moments> = self.copies.iter().map(|copy| copy.moments.moments().collect()).collect();
        let mut moments = all[0].clone();
        for (index, own) in all.iter().enumerate() {
            let Range { start, end } = classes(index, all.len());
            for range in [start * PIXELS..end * PIXELS, CLASSES * PIXELS + start..CLASSES * PIXELS + end] {
                moments[range.clone()].copy_from_slice(&own[range]);
            }
        }
        moments
    }
}

/// The units that one thread trains.
struct Part<'a> {
    /// Which part it is, from 0.
    index: usize,
    /// The class of the first unit.
    first: usize,
    units: UnitsMut<'a, PIXELS>,
    moments: MomentsMut<'a, PIXELS>,
    rule: &'a mut Rule,
    exchange: &'a Exchange,
    kernel: Kernel,
}

/// What a step works on, kept from step to step.
#[derive(Default)]
struct Buffers {
    labels: Vec<u8>,
    /// The logits of all classes, then their deltas.
    logits: Vec<[f32; CLASSES]>,
    /// Those of this part's classes only.
    own: Vec<f32>,
}

impl Copy {
    fn part<'a>(&'a mut self, index: usize, exchange: &'a Exchange, kernel: Kernel) -> Part<'a> {
        let classes = exchange.classes(index);
        let units = self.layer.units_mut().split(classes.start).1.split(classes.len()).0;
        let moments = self.moments.units_mut().split(classes.start).1.split(classes.len()).0;
        Part { index, first: classes.start, units, moments, rule: &mut self.rule, exchange, kernel }
    }
}

impl Part<'_> {
    /// Every thread runs this over the same batches in the same order, until one of them ends it.
    fn run(mut self, batches: Batches<'_>, after: &mut dyn FnMut(Score) -> ControlFlow<()>) -> Result<(), Error> {
        let mut buffers = Buffers::default();
        for (step, (order, next)) in batches.iter().enumerate() {
            batches.read_labels(order, &mut buffers.labels);
            let batch = Batch::indexed(&batches.split.images, order)?.followed_by(next)?;
            let Some(score) = self.step(step, batch, &mut buffers)? else { break };
            if after(score).is_break() {
                self.exchange.end(step + 1);
                break;
            }
        }
        Ok(())
    }

    /// One step: forward, loss, backward, update. None, where another thread has ended before it.
    fn step(
        &mut self,
        step: usize,
        batch: Batch<'_, u8, PIXELS>,
        buffers: &mut Buffers,
    ) -> Result<Option<Score>, Error> {
        let (kernel, count) = (self.kernel, self.units.len());
        let Buffers { labels, logits, own } = buffers;
        logits.resize(batch.len(), [0.0; CLASSES]);
        if count == CLASSES {
            self.units.forward(kernel, batch, logits.as_flattened_mut())?;
        } else {
            own.resize(batch.len() * count, 0.0);
            self.units.forward(kernel, batch, own)?;
            if self.exchange.swap(step, self.index, own, logits).is_break() {
                return Ok(None);
            }
        }
        let score = SparseCategoricalCrossEntropy::loss(kernel, logits, labels)?;
        let deltas = if count == CLASSES {
            logits.as_flattened()
        } else {
            for (own, deltas) in own.chunks_exact_mut(count).zip(&*logits) {
                own.copy_from_slice(&deltas[self.first..][..count]);
            }
            own
        };
        match &mut self.rule {
            Rule::Sgd(sgd) => {
                sgd.advance();
                self.units.step_sgd(kernel, batch, deltas, sgd)?;
            }
            Rule::Adam(adam) => {
                self.units.step_adam(kernel, batch, deltas, &mut self.moments, &adam.next_step())?;
            }
        }
        Ok(Some(score))
    }
}
