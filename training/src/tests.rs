//! Bit for bit against the typed networks of `dense-core`.

mod determinism;
mod faults;
mod typed;

use dense_core::activations::{Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Tanh};
use dense_core::{
    BinaryCrossEntropy, GeneralizedCrossEntropy, Hidden, Huber, Kernel, Mae, Mse, Output, Random,
    SparseCategoricalCrossEntropy,
};
use formats::{Loss, Optimizer, OptimizerName, Recipe, Schedule, Task};

use super::standardization::Standardization;
use super::*;
use crate::samples::{Inputs, Samples, Targets};
use typed::check;

pub(super) fn recipe() -> Recipe {
    Recipe { optimizer: ADAM, epochs: 2, seed: 3, ..Recipe::default() }
}

const ADAM: Optimizer =
    Optimizer { name: OptimizerName::Adam, learning_rate: 0.01, momentum: 0.0, nesterov: false, weight_decay: 0.0 };

fn optimizers() -> Vec<Optimizer> {
    let sgd = Optimizer { name: OptimizerName::Sgd, ..ADAM };
    let momentum = Optimizer { momentum: 0.9, ..sgd };
    vec![
        ADAM,
        Optimizer { weight_decay: 0.1, ..ADAM },
        sgd,
        Optimizer { weight_decay: 0.5, ..sgd },
        momentum,
        Optimizer { nesterov: true, weight_decay: 0.25, ..momentum },
        Optimizer { name: OptimizerName::Rmsprop, learning_rate: 0.001, ..ADAM },
    ]
}

/// Samples of a task: bytes or numbers, half of them 0.
pub(super) fn samples(bytes: bool, inputs: usize, outputs: usize, task: Task, count: usize) -> Samples {
    let mut random = Random::new(7, 7);
    let len = inputs * count;
    let inputs = if bytes {
        let values = (0..len).map(|_| if random.below(2) == 0 { 0 } else { random.next_u32() as u8 }).collect();
        Inputs::Bytes { width: inputs, values }
    } else {
        let values = (0..len).map(|_| if random.below(2) == 0 { 0.0 } else { 4.0 * random.uniform() - 2.0 }).collect();
        Inputs::Numbers { width: inputs, values }
    };
    let targets = match task {
        Task::Multiclass => Targets::Labels((0..count).map(|_| random.below(outputs as u32) as u8).collect()),
        Task::Binary => Targets::Labels((0..count).map(|_| random.below(2) as u8).collect()),
        Task::Regression => {
            let values = (0..count * outputs).map(|_| 2.0 * random.uniform() - 1.0).collect();
            Targets::Numbers { width: outputs, values }
        }
    };
    Samples { inputs, targets, groups: Vec::new() }
}

pub(super) fn settings(recipe: Recipe, threads: usize, kernel: Kernel) -> Settings {
    Settings { recipe, threads, kernel }
}

#[test]
fn every_activation_is_that_of_a_typed_network() {
    check::<Hidden<9, 11, Linear, Output<11, 3, Mse>>, 9, 3>(false, Loss::MeanSquaredError, &recipe());
    check::<Hidden<9, 11, Relu, Output<11, 3, Mse>>, 9, 3>(false, Loss::MeanSquaredError, &recipe());
    check::<Hidden<9, 11, LeakyRelu, Output<11, 3, Mse>>, 9, 3>(false, Loss::MeanSquaredError, &recipe());
    check::<Hidden<9, 11, Elu, Output<11, 3, Mse>>, 9, 3>(false, Loss::MeanSquaredError, &recipe());
    check::<Hidden<9, 11, Gelu, Output<11, 3, Mse>>, 9, 3>(false, Loss::MeanSquaredError, &recipe());
    check::<Hidden<9, 11, Sigmoid, Output<11, 3, Mse>>, 9, 3>(false, Loss::MeanSquaredError, &recipe());
    check::<Hidden<9, 11, Tanh, Output<11, 3, Mse>>, 9, 3>(false, Loss::MeanSquaredError, &recipe());
}

#[test]
fn every_loss_is_that_of_a_typed_network() {
    type Next<const OUT: usize, L> = Hidden<20, 7, Tanh, Output<7, OUT, L>>;
    for bytes in [false, true] {
        check::<Next<4, SparseCategoricalCrossEntropy>, 20, 4>(bytes, Loss::SparseCategoricalCrossentropy, &recipe());
        check::<Next<4, GeneralizedCrossEntropy>, 20, 4>(bytes, Loss::GeneralizedCrossentropy, &recipe());
        check::<Next<1, BinaryCrossEntropy>, 20, 1>(bytes, Loss::BinaryCrossentropy, &recipe());
        check::<Next<2, Mse>, 20, 2>(bytes, Loss::MeanSquaredError, &recipe());
        check::<Next<2, Mae>, 20, 2>(bytes, Loss::MeanAbsoluteError, &recipe());
        check::<Next<2, Huber>, 20, 2>(bytes, Loss::Huber, &recipe());
    }
}

#[test]
fn every_optimizer_and_schedule_is_that_of_a_typed_network() {
    type Network = Hidden<33, 12, Relu, Hidden<12, 5, Relu, Output<5, 3, SparseCategoricalCrossEntropy>>>;
    for optimizer in optimizers() {
        for schedule in [Schedule::Constant, Schedule::Cosine, Schedule::Step { epochs: 1, factor: 0.5 }] {
            let recipe = Recipe { optimizer, schedule, ..recipe() };
            check::<Network, 33, 3>(true, Loss::SparseCategoricalCrossentropy, &recipe);
        }
    }
}

#[test]
fn every_shape_is_that_of_a_typed_network() {
    type Classes<const IN: usize, const OUT: usize> = Output<IN, OUT, SparseCategoricalCrossEntropy>;
    let (loss, recipe) = (Loss::SparseCategoricalCrossentropy, recipe());
    check::<Classes<784, 10>, 784, 10>(true, loss, &recipe);
    check::<Classes<1, 2>, 1, 2>(false, loss, &recipe);
    check::<Hidden<784, 32, Relu, Classes<32, 10>>, 784, 10>(true, loss, &recipe);
    check::<Hidden<150, 1, Sigmoid, Classes<1, 2>>, 150, 2>(false, loss, &recipe);
    // So much work in the layers after the first that it is shared, too.
    let large = Recipe { batch_size: 60, ..recipe };
    check::<Hidden<40, 70, Relu, Hidden<70, 60, Relu, Hidden<60, 50, Relu, Classes<50, 7>>>>, 40, 7>(
        true, loss, &large,
    );
    check::<Hidden<40, 70, Gelu, Hidden<70, 60, Gelu, Hidden<60, 50, Gelu, Classes<50, 7>>>>, 40, 7>(
        false, loss, &large,
    );
}

/// Trains the network of a recipe for `outputs` outputs from its initial weights to the end.
fn train(data: &Data<'_>, outputs: usize, settings: &Settings) -> Result<(Network, Fit), FitError> {
    let mut network = Network::initial(data.train.inputs.width(), outputs, &settings.recipe)?;
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints: None };
    let fit = fit(&mut network, data, settings, None, &mut callbacks)?;
    Ok((network, fit))
}

#[test]
fn inputs_are_standardised_for_the_training_and_folded_into_the_first_layer() {
    for bytes in [true, false] {
        let samples = samples(bytes, 30, 3, Task::Multiclass, 100);
        let recipe = Recipe { hidden: vec![6], smallest_deviation: Some(0.2), ..recipe() };
        let standardization = Standardization::measure(&samples.inputs, 0.2);
        let mut values = vec![0.0; 30 * samples.len()];
        for (sample, place) in values.chunks_exact_mut(30).enumerate() {
            match &samples.inputs {
                Inputs::Bytes { values, .. } => standardization.apply(&values[sample * 30..][..30], place),
                Inputs::Numbers { values, .. } => standardization.apply(&values[sample * 30..][..30], place),
            }
        }
        let standardized = Samples { inputs: Inputs::Numbers { width: 30, values }, ..samples.clone() };
        let plain = Recipe { smallest_deviation: None, ..recipe.clone() };
        let (_, wanted) = train(&Data::new(&standardized), 3, &settings(plain, 1, Kernel::best())).unwrap();
        for threads in [1, 2, 5] {
            let settings = settings(recipe.clone(), threads, Kernel::best());
            let (network, fit) = train(&Data::new(&samples), 3, &settings).unwrap();
            assert_eq!(fit.state.variables, wanted.state.variables);
            let mut layers = wanted.state.variables.layers.clone();
            standardization.fold(&mut layers[0]);
            assert_eq!(network.layers(), layers);
        }
    }
}

/// Samples that say nothing about the labels of others, so that the validation loss soon rises.
#[test]
fn early_stopping_brings_back_the_weights_of_the_smallest_validation_loss() {
    let samples = samples(true, 40, 4, Task::Multiclass, 200);
    let (mut train_samples, patience) = (samples.clone(), 3);
    let validation = train_samples.split_off(100);
    let recipe = Recipe { epochs: 30, early_stopping: Some(patience), ..recipe() };
    let data = Data { validation: Some(&validation), test: Some(&validation), ..Data::new(&train_samples) };
    let (network, fit) = train(&data, 4, &settings(recipe.clone(), 2, Kernel::best())).unwrap();
    let TrainingProgress { epochs, best, .. } = &fit.state.progress;
    let losses: Vec<f64> = epochs.iter().map(|epoch| epoch.validation.unwrap().loss).collect();
    let smallest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let best = best.as_ref().unwrap();
    assert_eq!((fit.end, losses.len()), (End::StoppedEarly, best.epoch + patience));
    assert_eq!(losses[best.epoch - 1], smallest);
    assert_eq!(network.layers(), best.layers);
    assert!(epochs.iter().all(|epoch| epoch.test == epoch.validation));
    let found = evaluate::evaluate(&network, &validation, Kernel::best(), 3).unwrap();
    assert_eq!(found.loss, smallest);

    // As many epochs without early stopping give the same weights as the last ones before they are brought back.
    let shorter = Recipe { epochs: losses.len(), early_stopping: None, ..recipe };
    let (network, _) = train(&data, 4, &settings(shorter, 1, Kernel::best())).unwrap();
    assert_eq!(network.layers(), fit.state.variables.layers);
}

#[test]
fn states_are_kept_at_the_end_of_epochs() {
    let samples = samples(false, 5, 2, Task::Regression, 50);
    let recipe = Recipe { loss: Loss::Huber, ..recipe() };
    let mut network = Network::initial(5, 2, &recipe).unwrap();
    let mut kept = Vec::new();
    let keep = Box::new(|state: &State| kept.push((state.progress.epochs.len(), state.clone())));
    let checkpoints = Some(Checkpoints { interval: std::time::Duration::ZERO, write: keep });
    let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints };
    let settings = settings(recipe, 2, Kernel::best());
    let fit = fit(&mut network, &Data::new(&samples), &settings, None, &mut callbacks).unwrap();
    drop(callbacks);
    assert_eq!(kept.iter().map(|(epochs, _)| *epochs).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(kept[1].1, fit.state);
}

#[test]
fn a_test_has_every_metric_of_the_task() {
    for (loss, outputs, wanted) in [
        (Loss::SparseCategoricalCrossentropy, 3, &["accuracy", "loss"][..]),
        (Loss::BinaryCrossentropy, 1, &["accuracy", "auc", "f1_score", "loss", "precision", "recall"]),
        (Loss::MeanAbsoluteError, 2, &["loss", "mae", "mse", "r2"]),
    ] {
        // So much work that it is shared.
        let samples = samples(true, 2_000, outputs, loss.task(), 45_000);
        let network = Network::initial(2_000, outputs, &Recipe { loss, ..recipe() }).unwrap();
        let tested = |threads| {
            let predictions = evaluate::predict(&network, &samples.inputs, Kernel::best(), threads).unwrap();
            evaluate::test(&network, &samples, &predictions, Kernel::best(), threads).unwrap()
        };
        let metrics = tested(1);
        assert_eq!(metrics.keys().collect::<Vec<_>>(), wanted);
        assert_eq!(metrics, tested(4));
        if loss == Loss::MeanAbsoluteError {
            assert!((metrics["mae"] - metrics["loss"]).abs() < 1e-6);
        }
    }
}

/// By the seed and the number of the step, whichever threads there are, and wherever a training was interrupted.
#[test]
fn shifts_are_the_same_for_any_threads_and_interruptions() {
    let samples = samples(true, 30, 4, Task::Multiclass, 100);
    let recipe = Recipe { shift: 1, smallest_deviation: Some(0.3), hidden: vec![5], ..recipe() };
    let data = Data { picture: Some([5, 6]), ..Data::new(&samples) };
    let (_, wanted) = train(&data, 4, &settings(recipe.clone(), 1, Kernel::best())).unwrap();
    let (_, plain) = train(&data, 4, &settings(Recipe { shift: 0, ..recipe.clone() }, 1, Kernel::best())).unwrap();
    assert_ne!(wanted.state.variables, plain.state.variables);
    for threads in 1..=5 {
        let settings = settings(recipe.clone(), threads, Kernel::best());
        let mut network = Network::initial(30, 4, &recipe).unwrap();
        let mut state = None;
        while state.as_ref().is_none_or(|fit: &Fit| fit.end == End::Interrupted) {
            let from = state.as_ref().map(|fit| &fit.state);
            let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || true, checkpoints: None };
            state = Some(fit(&mut network, &data, &settings, from, &mut callbacks).unwrap());
        }
        assert_eq!(state.unwrap().state.variables, wanted.state.variables, "{threads} threads");
    }
}
