//! A hundred steps of learning from real images, one and eight at a time.

use super::Witness;
use crate::lesson::{COUNT, INPUTS, MODEL, Model, OUTPUTS, images, labels};
use dense_core::losses::Loss;
use dense_core::optimizers::Optimizer;
use dense_core::{Batch, Error, Kernel, Random, Sgd, SparseCategoricalCrossEntropy};

const STEPS: u32 = 100;
const BATCH_SIZES: [usize; 2] = [1, LARGEST_BATCH];
const LARGEST_BATCH: usize = 8;

/// The model that learns, and what it sees of the images of a batch.
#[derive(Debug)]
pub(super) struct Work {
    model: Model,
    images: [[u8; INPUTS]; LARGEST_BATCH],
}

impl Work {
    pub(super) const NEW: Self = Self { model: Model::ZERO, images: [[0; INPUTS]; LARGEST_BATCH] };
}

#[inline(never)]
pub(super) fn run(kernel: Kernel, work: &mut Work, witness: &mut impl Witness) -> Result<(), Error> {
    for batch_size in BATCH_SIZES {
        work.model.copy_from(MODEL);
        learn(kernel, work, batch_size, witness)?;
    }
    Ok(())
}

fn learn(kernel: Kernel, work: &mut Work, batch_size: usize, witness: &mut impl Witness) -> Result<(), Error> {
    let Work { model, images: seen } = work;
    let sgd = Sgd::new(Sgd::DEFAULT_LEARNING_RATE)?;
    let mut random = Random::new(4, batch_size as u64);
    for step in 0..STEPS {
        let mut labels_seen = [0; LARGEST_BATCH];
        for (image, label) in seen.iter_mut().zip(&mut labels_seen) {
            let index = random.below(COUNT as u32) as usize;
            *image = images().get(index).copied().unwrap_or([0; INPUTS]);
            *label = labels().get(index).copied().unwrap_or_default();
        }
        let (seen, labels) = (seen.split_at(batch_size).0, labels_seen.split_at(batch_size).0);
        let mut logits = [[0.0; OUTPUTS]; LARGEST_BATCH];
        let logits = logits.split_at_mut(batch_size).0;
        let batch = Batch::new(seen)?;
        model.forward_with(kernel, batch, logits)?;
        let score = SparseCategoricalCrossEntropy::loss_with(kernel, logits, labels)?;
        sgd.update(kernel, model, batch, logits, &mut ())?;
        let case = format_args!("step {step}, batch size {batch_size}");
        witness.see(case, score.loss_sum.to_bits());
        witness.see_checksum(case, model.weights().chain(*model.bias()));
    }
    let case = format_args!("after {STEPS} steps, batch size {batch_size}");
    witness.see_all(case, model.weights().step_by(79).chain(*model.bias()));
    Ok(())
}
