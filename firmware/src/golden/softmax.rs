//! Softmax and losses of the logits where a careless formula breaks.

use super::Witness;
use core::array;
use dense_core::{Error, Kernel, Random, kernels};

const CLASSES: [usize; 5] = [1, 2, 3, 10, 17];
const MOST_CLASSES: usize = 17;
/// Kinds of logits, see [`draw_logit`].
const KINDS: u32 = 5;
const SAMPLES: usize = 3;

#[inline(never)]
pub(super) fn run(kernel: Kernel, witness: &mut impl Witness) -> Result<(), Error> {
    let mut random = Random::new(2026, 8);
    for classes in CLASSES {
        for kind in 0..KINDS {
            let case = format_args!("{classes} classes, logits of kind {kind}");
            let labels: [u8; SAMPLES] = array::from_fn(|_| random.below(classes as u32) as u8);
            let logits: [f32; SAMPLES * MOST_CLASSES] = array::from_fn(|_| draw_logit(kind, &mut random));

            let mut probabilities = logits;
            let probabilities = probabilities.split_at_mut(SAMPLES * classes).0;
            kernels::softmax(kernel, probabilities, classes)?;
            witness.see_checksum(format_args!("softmax, {case}"), probabilities.iter().copied());

            let mut deltas = logits;
            let deltas = deltas.split_at_mut(SAMPLES * classes).0;
            let score = kernels::softmax_cross_entropy(kernel, deltas, classes, &labels)?;
            witness.see_checksum(format_args!("deltas, {case}"), deltas.iter().copied());
            witness.see(format_args!("loss, {case}"), score.loss_sum.to_bits());
            witness.see(format_args!("right answers, {case}"), score.correct);
        }
    }
    Ok(())
}

/// Logits by hazard: ordinary ones, ties, ranges near and beyond that of exp, and the ends of f32.
fn draw_logit(kind: u32, random: &mut Random) -> f32 {
    let ordinary = 2.0 * random.uniform() - 1.0;
    let choice = random.below(3) as usize;
    let choose = |from: [f32; 3]| from.get(choice).copied().unwrap_or_default();
    match kind {
        0 => 8.0 * ordinary,
        1 => choose([0.0, 1.0, -0.0]),
        2 => 22.0 * ordinary,
        3 => 1000.0 * ordinary,
        _ => choose([f32::MAX, f32::MIN, 0.0]),
    }
}
