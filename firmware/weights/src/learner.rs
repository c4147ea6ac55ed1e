//! A network of f32 weights, which learn in RAM.

use crate::{INPUTS, MODEL, Network, Number, OUTPUTS, PIXEL_TABLE};
use dense_device::{Learner, LearnerMemory};

/// The optimizer: momentum where the variable `MOMENTUM` says which, else plain gradient descent.
#[cfg(momentum)]
type Optimizer = dense_core::Momentum;
#[cfg(not(momentum))]
type Optimizer = dense_core::Sgd;

/// RAM of the network.
pub type Memory = LearnerMemory<Network, Number, INPUTS, OUTPUTS, Optimizer>;
/// The network.
pub type Served<'a> = Learner<'a, Network, Number, INPUTS, OUTPUTS, Optimizer>;

/// The learning rate is that of each step.
#[cfg(momentum)]
const OPTIMIZER: Optimizer = match Optimizer::new(dense_core::Sgd::DEFAULT_LEARNING_RATE, MOMENTUM) {
    Ok(optimizer) => optimizer,
    Err(_) => panic!("MOMENTUM is not from 2^-20 to 1"),
};
#[cfg(not(momentum))]
const OPTIMIZER: Optimizer = Optimizer::DEFAULT;

#[cfg(momentum)]
include!(concat!(env!("OUT_DIR"), "/momentum.rs"));

/// The network with the weights of the firmware.
#[must_use]
pub fn new(memory: &mut Memory) -> Served<'_> {
    Learner::new(memory, &MODEL, OPTIMIZER).with_pixel_table(PIXEL_TABLE)
}
