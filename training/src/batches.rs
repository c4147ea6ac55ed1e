//! The batches of an epoch.

use super::augmentation::Shifts;
use super::functions::BatchTargets;
use super::standardization::Standardization;
use crate::samples::{Samples, Targets};

/// Batches to learn from, one after the other, and what is done to their inputs.
#[derive(Clone, Copy)]
pub(super) struct Batches<'a> {
    pub(super) samples: &'a Samples,
    /// The samples, in the order of the epoch.
    pub(super) order: &'a [u32],
    pub(super) size: usize,
    /// The number of steps made before the first one.
    pub(super) steps_before: usize,
    pub(super) shifts: Option<Shifts>,
    pub(super) standardization: Option<&'a Standardization>,
}

impl<'a> Batches<'a> {
    /// The samples of each batch, and of the batch that follows it.
    pub(super) fn iter(self) -> impl Iterator<Item = (&'a [u32], &'a [u32])> {
        let batches = self.order.chunks(self.size);
        batches.clone().zip(batches.skip(1).chain([&[][..]]))
    }

    /// The number of samples of the largest batch.
    pub(super) fn largest(self) -> usize {
        self.size.min(self.order.len())
    }
}

/// Memory for the targets of a batch.
#[derive(Debug, Default)]
pub(super) struct TargetBuffer {
    labels: Vec<u8>,
    numbers: Vec<f32>,
}

impl TargetBuffer {
    /// The targets of a batch.
    pub(super) fn gather(&mut self, targets: &Targets, batch: &[u32]) -> BatchTargets<'_> {
        match targets {
            Targets::Labels(labels) => {
                self.labels.clear();
                self.labels.extend(batch.iter().map(|&sample| labels[sample as usize]));
                BatchTargets::Labels(&self.labels)
            }
            Targets::Numbers { width, values } => {
                self.numbers.clear();
                for &sample in batch {
                    self.numbers.extend_from_slice(&values[sample as usize * width..][..*width]);
                }
                BatchTargets::Numbers(&self.numbers)
            }
        }
    }
}
