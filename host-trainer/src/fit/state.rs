//! Where a fit is: all that it takes to go on, another time, to the same last bit.

use serde::{Deserialize, Serialize};

use super::Moments;
use crate::history::{Epoch, Metrics};
use crate::model::Layer;

/// Where a fit is, and the numbers that it goes on from. The shuffles follow from the seed, and what the optimizer counts
/// from the steps made.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// How far it has come.
    pub position: Position,
    /// The numbers it changes.
    pub numbers: Numbers,
}

/// How far a fit has come, and how that went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Position {
    /// The epochs that are done.
    pub epochs: Vec<Epoch>,
    /// What is done of the next one.
    pub running: Running,
    /// The best epoch so far, where early stopping looks for one.
    pub best: Option<Best>,
}

impl Position {
    /// How many steps were made in all.
    pub(super) const fn steps(&self, steps_per_epoch: usize) -> usize {
        self.epochs.len() * steps_per_epoch + self.running.steps
    }
}

/// A part of an epoch, as sums over its samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// Steps made.
    pub steps: usize,
    /// The sum of the samples' losses.
    pub loss: f64,
    /// How many samples were classified correctly.
    pub correct: u32,
    /// Wall-clock time spent.
    pub seconds: f64,
}

impl Running {
    /// The means over so many samples.
    pub(super) fn metrics(&self, samples: usize) -> Metrics {
        Metrics { loss: self.loss / samples as f64, accuracy: f64::from(self.correct) / samples as f64 }
    }
}

/// The epoch with the smallest validation loss; of equal ones, the first.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// Its number, from 1.
    pub epoch: usize,
    /// The layers at its end.
    pub layers: Vec<Layer>,
}

/// The numbers that a step changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// The layers as they learn, the first one first.
    pub layers: Vec<Layer>,
    /// What the optimizer keeps for each, where it keeps anything.
    pub moments: Vec<Moments>,
}
