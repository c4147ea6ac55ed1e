//! One step of gradient descent on f32 weights, with or without frozen layers.

use dense_core::Kernel;
use dense_protocol::messages::Step;
use formats::{Optimizer, OptimizerName, Recipe};
use training::{
    Callbacks, Data, FitError, Network, Parameters, Settings, Silent, State, TrainingProgress, Variables, evaluate,
};

use super::Velocities;
use crate::data::Samples;

/// One step on one sample. Returns its loss before and after.
pub(super) fn learn(
    network: &mut Network,
    momentum: f32,
    velocities: &mut Option<Velocities>,
    sample: &Samples,
    step: Step,
    kernel: Kernel,
) -> Result<[f32; 2], FitError> {
    // The mean over one sample is a number of f32.
    let loss = |network: &Network| evaluate::evaluate(network, sample, kernel, 1).map(|metrics| metrics.loss as f32);
    let before = loss(network)?;
    let layers = network.layers().to_vec();
    let frozen = usize::from(step.first_trained).min(layers.len());
    let settings = Settings { recipe: one_step(step.learning_rate, momentum), threads: 1, kernel };
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints: None };
    let from = velocities.as_ref().map(|states| State {
        progress: TrainingProgress::default(),
        variables: Variables { layers: layers.clone(), states: states.clone() },
    });
    let mut states =
        training::fit(network, &Data::new(sample), &settings, from.as_ref(), &mut callbacks)?.state.variables.states;
    if frozen > 0 {
        // The gradient of a layer does not depend on what becomes of those before it.
        *network = Network::new([&layers[..frozen], &network.layers()[frozen..]].concat(), network.loss())?;
        for (index, state) in states.iter_mut().enumerate().take(frozen) {
            match velocities {
                Some(before) => state.clone_from(&before[index]),
                None => state.iter_mut().for_each(Parameters::clear),
            }
        }
    }
    *velocities = Some(states);
    Ok([before, loss(network)?])
}

/// The recipe of one step on one sample.
fn one_step(learning_rate: f32, momentum: f32) -> Recipe {
    let optimizer = Optimizer { name: OptimizerName::Sgd, learning_rate, momentum, nesterov: false, weight_decay: 0.0 };
    Recipe { optimizer, batch_size: 1, epochs: 1, ..Recipe::default() }
}
