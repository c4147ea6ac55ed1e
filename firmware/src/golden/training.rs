//! A hundred steps of learning from real images, one and eight at a time.

use super::Witness;
use crate::Model;
use crate::protocol::{INPUTS, OUTPUTS};
use crate::test_images::{COUNT, images, labels};
use crate::weights::MODEL;
use dense_core::losses::sparse_categorical_cross_entropy;
use dense_core::{Batch, Error, Kernel, Random, Sgd};

const STEPS: u32 = 100;
const BATCH_SIZES: [usize; 2] = [1, 8];

/// The model that learns.
#[derive(Debug)]
pub(super) struct Work(Model);

impl Work {
    pub(super) const NEW: Self = Self(Model::ZERO);
}

pub(super) fn run(kernel: Kernel, work: &mut Work, witness: &mut impl Witness) -> Result<(), Error> {
    for batch_size in BATCH_SIZES {
        work.0.copy_from(&MODEL);
        learn(kernel, &mut work.0, batch_size, witness)?;
    }
    Ok(())
}

fn learn(kernel: Kernel, model: &mut Model, batch_size: usize, witness: &mut impl Witness) -> Result<(), Error> {
    let sgd = Sgd::new(Sgd::DEFAULT_LEARNING_RATE)?;
    let mut random = Random::new(4, batch_size as u64);
    for step in 0..STEPS {
        let mut order = [0; 8];
        let mut labels_of_batch = [0; 8];
        for (index, label) in order.iter_mut().zip(&mut labels_of_batch) {
            *index = random.below(COUNT as u32);
            *label = labels().get(*index as usize).copied().unwrap_or_default();
        }
        let (order, labels) = (order.split_at(batch_size).0, labels_of_batch.split_at(batch_size).0);
        let mut logits = [[0.0; OUTPUTS]; 8];
        let logits = logits.split_at_mut(batch_size).0;
        let batch: Batch<'_, u8, INPUTS> = Batch::indexed(images(), order)?;
        model.forward(kernel, batch, logits)?;
        let score = sparse_categorical_cross_entropy(kernel, logits, labels)?;
        model.step_sgd(kernel, batch, logits, &sgd)?;
        let case = format_args!("step {step}, batch size {batch_size}");
        witness.see(case, score.loss.to_bits());
        witness.see_checksum(case, model.weights().chain(*model.bias()));
    }
    let case = format_args!("after {STEPS} steps, batch size {batch_size}");
    witness.see_all(case, model.weights().step_by(79).chain(*model.bias()));
    Ok(())
}
