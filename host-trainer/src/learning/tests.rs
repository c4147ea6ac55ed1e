//! Bit for bit against the typed networks of `dense-core`.

mod typed;

use dense_core::activations::{Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Tanh};
use dense_core::{
    BinaryCrossEntropy, GeneralizedCrossEntropy, Hidden, Huber, Kernel, Mae, Mse, Output, Random,
    SparseCategoricalCrossEntropy,
};
use formats::{Activation, Loss, Optimizer, OptimizerName, Recipe, Schedule, Task};

use super::*;
use crate::data::{Inputs, Samples, Targets};
use typed::check;

pub(super) fn recipe() -> Recipe {
    Recipe {
        preset: String::new(),
        hidden: Vec::new(),
        activation: Activation::Relu,
        loss: Loss::SparseCategoricalCrossentropy,
        optimizer: ADAM,
        schedule: Schedule::Constant,
        batch_size: 32,
        epochs: 2,
        seed: 3,
        pixel_exponent: 1.0,
        smallest_deviation: None,
        validation_split: None,
        early_stopping: None,
    }
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
