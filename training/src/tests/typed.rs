//! The same training by a typed network.

use dense_core::kernels::Element;
use dense_core::optimizers::{Optimizer as _, State as _};
use dense_core::{Adam, Kernel, Momentum, Network as Typed, Random, Rmsprop, Sgd, Trainer};
use formats::{Activation, Loss, OptimizerName, Recipe};

use super::*;

const SAMPLES: usize = 150;
const LARGEST_BATCH: usize = 64;

/// The numbers after a training.
#[derive(Debug, Default, PartialEq)]
struct Bits {
    parameters: Vec<u32>,
    state: Vec<u32>,
    /// Loss and metric of each epoch.
    epochs: Vec<[u64; 2]>,
    /// The predictions for the samples in the end.
    predictions: Vec<u32>,
}

/// The target of a sample of [`Targets`].
pub(super) trait Target: Copy {
    fn of(targets: &Targets, sample: usize) -> Self;
}

impl Target for u8 {
    fn of(targets: &Targets, sample: usize) -> Self {
        let Targets::Labels(labels) = targets else { panic!("no labels") };
        labels[sample]
    }
}

impl<const OUT: usize> Target for [f32; OUT] {
    fn of(targets: &Targets, sample: usize) -> Self {
        let Targets::Numbers { values, .. } = targets else { panic!("no numbers") };
        values.as_chunks().0[sample]
    }
}

/// Trains the typed network `N` and the one of the same shape, the latter with every kernel, and by 1 to 10 threads.
pub(super) fn check<N, const IN: usize, const OUT: usize>(bytes: bool, loss: Loss, recipe: &Recipe)
where
    N: Typed<IN, Target: Target>,
{
    let mut recipe = Recipe { loss, hidden: Vec::new(), ..recipe.clone() };
    N::ZERO.for_each_layer(|index, layer| {
        if index + 1 < N::LAYERS {
            recipe.hidden.push(layer.outputs);
            let named = Activation::ALL.into_iter().find(|activation| activation.name() == layer.activation);
            recipe.activation = named.unwrap();
        }
    });
    let samples = samples(bytes, IN, OUT, loss.task(), SAMPLES);
    let expected = match &samples.inputs {
        Inputs::Bytes { values, .. } => with_optimizer::<N, u8, IN>(values.as_chunks().0, &samples.targets, &recipe),
        Inputs::Numbers { values, .. } => with_optimizer::<N, f32, IN>(values.as_chunks().0, &samples.targets, &recipe),
    };
    let kernels = Kernel::available().map(|kernel| (kernel, 1));
    let threads = (1..=10).map(|threads| (Kernel::best(), threads));
    for (kernel, threads) in kernels.chain(threads).chain([(Kernel::PORTABLE, 3)]) {
        let found = found(&samples, OUT, &settings(recipe.clone(), threads, kernel));
        assert!(found == expected, "{}, {threads} threads, {recipe:?}", kernel.name());
    }
}

fn with_optimizer<N, T: Element, const IN: usize>(inputs: &[[T; IN]], targets: &Targets, recipe: &Recipe) -> Bits
where
    N: Typed<IN, Target: Target>,
{
    let optimizer = recipe.optimizer;
    let (rate, run) = (optimizer.learning_rate, Run { inputs, targets, recipe });
    match (optimizer.name, optimizer.momentum) {
        (OptimizerName::Adam, _) => run.train::<N, _>(Adam::new(rate).unwrap()),
        (OptimizerName::Rmsprop, _) => run.train::<N, _>(Rmsprop::new(rate).unwrap()),
        (OptimizerName::Sgd, 0.0) => run.train::<N, _>(Sgd::new(rate).unwrap()),
        (OptimizerName::Sgd, momentum) => {
            let momentum = Momentum::new(rate, momentum).unwrap();
            run.train::<N, _>(if optimizer.nesterov { momentum.with_nesterov() } else { momentum })
        }
    }
}

struct Run<'a, T, const IN: usize> {
    inputs: &'a [[T; IN]],
    targets: &'a Targets,
    recipe: &'a Recipe,
}

impl<T: Element, const IN: usize> Run<'_, T, IN> {
    fn train<N, O>(&self, optimizer: O) -> Bits
    where
        N: Typed<IN, Target: Target>,
        O: dense_core::optimizers::Optimizer,
    {
        let Self { inputs, targets, recipe } = *self;
        let schedule = settings(recipe.clone(), 1, Kernel::best()).schedule(SAMPLES);
        let optimizer = optimizer.with_schedule(schedule).unwrap();
        let optimizer = optimizer.with_weight_decay(recipe.optimizer.weight_decay).unwrap();
        let targets: Vec<N::Target> = (0..SAMPLES).map(|sample| Target::of(targets, sample)).collect();
        let mut network = Box::new(N::ZERO);
        network.glorot_uniform(&mut Random::new(recipe.seed, Random::INITIAL_WEIGHTS));
        let mut place = Box::new_uninit();
        let trainer = Trainer::<N, _, LARGEST_BATCH>::new_in(&mut place, optimizer);
        let mut order: Vec<u32> = (0..).take(SAMPLES).collect();
        let mut random = Random::new(recipe.seed, Random::SHUFFLE);
        let mut bits = Bits::default();
        for _ in 0..recipe.epochs {
            random.shuffle(&mut order);
            let (mut loss, mut metric) = (0.0, 0.0);
            for batch in order.chunks(recipe.batch_size) {
                let score = trainer.step_indexed(&mut *network, inputs, &targets, batch).unwrap();
                loss += f64::from(score.loss_sum);
                metric += f64::from(score.correct) + f64::from(score.absolute_error_sum);
            }
            bits.epochs.push([loss, metric].map(|sum: f64| (sum / SAMPLES as f64).to_bits()));
        }
        bits.parameters = network.parameters().map(f32::to_bits).collect();
        bits.state = trainer.state().values().map(f32::to_bits).collect();
        for samples in inputs.chunks(LARGEST_BATCH) {
            let predictions = trainer.predict(&network, samples).unwrap();
            bits.predictions.extend(predictions.iter().flat_map(|row| row.as_ref()).map(|value| value.to_bits()));
        }
        bits
    }
}

/// The numbers after a training of the network of the recipe, interrupted and resumed after every fourth step.
fn found(samples: &Samples, outputs: usize, settings: &Settings) -> Bits {
    let mut state = None;
    let mut network = Network::initial(samples.inputs.width(), outputs, &settings.recipe).unwrap();
    loop {
        let mut steps = 0;
        let mut stop = || {
            steps += 1;
            steps == 4
        };
        let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut stop, checkpoints: None };
        let fit = fit(&mut network, &Data::new(samples), settings, state.as_ref(), &mut callbacks).unwrap();
        assert_eq!(network.layers(), fit.state.variables.layers);
        state = Some(fit.state);
        if fit.end == End::Finished {
            break;
        }
    }
    let predictions = evaluate::predict(&network, &samples.inputs, settings.kernel, settings.threads).unwrap();
    let State { progress, variables } = state.unwrap();
    let flat = |weights: &[f32], bias: &[f32]| -> Vec<u32> {
        weights.iter().chain(bias).map(|value| value.to_bits()).collect()
    };
    let states = variables.states.iter().flatten();
    Bits {
        parameters: variables.layers.iter().flat_map(|layer| flat(&layer.weights, &layer.bias)).collect(),
        state: states.flat_map(|state| flat(&state.weights, &state.bias)).collect(),
        epochs: progress.epochs.iter().map(|epoch| [epoch.train.loss, epoch.train.metric].map(f64::to_bits)).collect(),
        predictions: predictions.into_iter().map(f32::to_bits).collect(),
    }
}
