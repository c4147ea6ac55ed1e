//! Trains softmax regression, on one thread or several, each with some of the outputs (model parallel).
//!
//! A thread computes the logits of its outputs for the whole batch, gathers those of the others, and has all it needs to
//! update its own weights: one exchange a step, no shared weights, and no sum that depends on the number of threads.

use std::ops::{ControlFlow, Range};
use std::thread;

use dense_core::kernels::updates::SgdUpdate;
use dense_core::kernels::{self, Element, Rows, weight_index};
use dense_core::losses::Loss;
use dense_core::optimizers::{Optimizer as _, Scheduled, State as _};
use dense_core::{Adam, AdamState, Dense, Error, Kernel, Score, Sgd, SparseCategoricalCrossEntropy};

use super::epochs::{self, Batches, Steps};
use super::{Data, Fit, FitError, Moments, Numbers, Settings, State, Watch, moments};
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
            if let Rule::Adam(_) = copy.rule {
                copy.moments.set_values(&moments::to_values(&state.numbers.moments))?;
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
    Sgd(Scheduled<Sgd>),
    Adam(Scheduled<Adam>),
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
        let of_copy = |copy: &Copy| {
            moments::from_values(copy.moments.values(), std::iter::once(Dense::<PIXELS, CLASSES>::PARAMETERS)).remove(0)
        };
        let all: Vec<Moments> = self.copies.iter().map(of_copy).collect();
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

/// Weights, output after output, and biases of some neighbouring outputs of a layer.
struct Shard<'a> {
    weights: &'a mut [f32],
    bias: &'a mut [f32],
}

impl<'a> Shard<'a> {
    fn new(layer: &'a mut Dense<PIXELS, CLASSES>, outputs: Range<usize>) -> Self {
        const { assert!(weight_index(1, 0, CLASSES, PIXELS) == PIXELS, "the weights of an output lie side by side") };
        let (weights, bias) = layer.as_mut_slices();
        Self { weights: &mut weights[outputs.start * PIXELS..outputs.end * PIXELS], bias: &mut bias[outputs] }
    }
}

/// The outputs that one thread trains.
struct Part<'a> {
    /// Which part it is, from 0.
    index: usize,
    /// The class of the first output.
    first: usize,
    parameters: Shard<'a>,
    first_moments: Shard<'a>,
    second_moments: Shard<'a>,
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
        let AdamState { first_moments, second_moments } = &mut *self.moments;
        Part {
            index,
            first: classes.start,
            parameters: Shard::new(&mut self.layer, classes.clone()),
            first_moments: Shard::new(first_moments, classes.clone()),
            second_moments: Shard::new(second_moments, classes),
            rule: &mut self.rule,
            exchange,
            kernel,
        }
    }
}

impl Part<'_> {
    /// Every thread runs this over the same batches in the same order, until one of them ends it.
    fn run(mut self, batches: Batches<'_>, after: &mut dyn FnMut(Score) -> ControlFlow<()>) -> Result<(), Error> {
        let mut buffers = Buffers::default();
        for (step, (order, next)) in batches.iter().enumerate() {
            batches.read_labels(order, &mut buffers.labels);
            let images = Rows::indexed(batches.split.images.as_flattened(), PIXELS, order)?.followed_by(next)?;
            let Some(score) = self.step(step, images, &mut buffers)? else { break };
            if after(score).is_break() {
                self.exchange.end(step + 1);
                break;
            }
        }
        Ok(())
    }

    /// One step: forward, loss, backward, update. None, where another thread has ended before it.
    fn step(&mut self, step: usize, images: Rows<'_, u8>, buffers: &mut Buffers) -> Result<Option<Score>, Error> {
        let (kernel, count) = (self.kernel, self.parameters.bias.len());
        let Buffers { labels, logits, own } = buffers;
        logits.resize(images.len(), [0.0; CLASSES]);
        let Shard { weights, bias } = &self.parameters;
        if count == CLASSES {
            kernels::forward(kernel, images, weights, bias, u8::SCALE, logits.as_flattened_mut())?;
        } else {
            own.resize(images.len() * count, 0.0);
            kernels::forward(kernel, images, weights, bias, u8::SCALE, own)?;
            if self.exchange.swap(step, self.index, own, logits).is_break() {
                return Ok(None);
            }
        }
        let score = SparseCategoricalCrossEntropy::loss_with(kernel, logits, labels)?;
        let deltas = if count == CLASSES {
            logits.as_flattened()
        } else {
            for (own, deltas) in own.chunks_exact_mut(count).zip(&*logits) {
                own.copy_from_slice(&deltas[self.first..][..count]);
            }
            own
        };
        self.rule.advance();
        self.update(images, deltas)?;
        Ok(Some(score))
    }

    /// The mean gradient of the weights and of the biases, whose input is 1, and their update.
    fn update(&mut self, images: Rows<'_, u8>, deltas: &[f32]) -> Result<(), Error> {
        let (kernel, ones, samples) = (self.kernel, Rows::repeated(&[1_u8], images.len()), images.len() as f32);
        let (scale, bias_scale) = (u8::SCALE / samples, 1.0 / samples);
        let Self { parameters, first_moments, second_moments, .. } = self;
        match &*self.rule {
            Rule::Sgd(sgd) => {
                let rate = sgd.learning_rate();
                kernels::weight_gradient_update(
                    kernel,
                    images,
                    deltas,
                    scale,
                    &SgdUpdate { learning_rate: rate },
                    [parameters.weights],
                )?;
                kernels::weight_gradient_update(
                    kernel,
                    ones,
                    deltas,
                    bias_scale,
                    &SgdUpdate { learning_rate: rate },
                    [parameters.bias],
                )
            }
            Rule::Adam(adam) => {
                let (step, weights, bias) = (adam.optimizer().rule(), &mut *parameters.weights, &mut *parameters.bias);
                let weights = [weights, first_moments.weights, second_moments.weights];
                kernels::weight_gradient_update(kernel, images, deltas, scale, step, weights)?;
                let bias = [bias, first_moments.bias, second_moments.bias];
                kernels::weight_gradient_update(kernel, ones, deltas, bias_scale, step, bias)
            }
        }
    }
}
