//! A sample in the form of the protocol.

use dense_protocol::messages::{Floats, Input, Target};

use crate::data::{Inputs, Samples, Targets};

/// Input and target of a sample, as a message has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    input: Vec<u8>,
    target: OwnedTarget,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum OwnedTarget {
    Class(u8),
    Values(Vec<[u8; 4]>),
}

impl Sample {
    /// Sample `index` of `samples`, where there is one.
    pub fn of(samples: &Samples, index: usize) -> Option<Self> {
        let input = match &samples.inputs {
            Inputs::Bytes { width, values } => row(values, *width, index)?.to_vec(),
            Inputs::Numbers { width, values } => bytes(row(values, *width, index)?).concat(),
        };
        let target = match &samples.targets {
            Targets::Labels(labels) => OwnedTarget::Class(*labels.get(index)?),
            Targets::Numbers { width, values } => OwnedTarget::Values(bytes(row(values, *width, index)?)),
        };
        Some(Self { input, target })
    }

    /// Its input.
    pub fn input(&self) -> Input<'_> {
        Input::Values(&self.input)
    }

    /// Its target.
    pub fn target(&self) -> Target<'_> {
        match &self.target {
            OwnedTarget::Class(class) => Target::Class(*class),
            OwnedTarget::Values(values) => Target::Values(Floats::from_bytes(values)),
        }
    }
}

fn row<T>(values: &[T], width: usize, index: usize) -> Option<&[T]> {
    values.chunks_exact(width).nth(index)
}

/// Numbers as a message has them.
pub fn bytes(values: &[f32]) -> Vec<[u8; 4]> {
    values.iter().map(|value| value.to_le_bytes()).collect()
}
