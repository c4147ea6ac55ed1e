//! A network of f32 weights, which learn in RAM.

use crate::{INPUTS, MODEL, Network, Number, OUTPUTS, PIXEL_TABLE};
use dense_core::Sgd;
use dense_device::{Learner, LearnerMemory};

/// RAM of the network.
pub type Memory = LearnerMemory<Network, Number, INPUTS, OUTPUTS, Sgd>;
/// The network.
pub type Served<'a> = Learner<'a, Network, Number, INPUTS, OUTPUTS, Sgd>;

/// The network with the weights of the firmware.
#[must_use]
pub fn new(memory: &mut Memory) -> Served<'_> {
    Learner::new(memory, &MODEL, Sgd::DEFAULT).with_pixel_table(PIXEL_TABLE)
}
