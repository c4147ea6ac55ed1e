//! Real images with the lesson's weights in flash: their logits and probabilities.

use super::Witness;
use crate::lesson::{MODEL, OUTPUTS, images};
use core::slice;
use dense_core::losses::Loss;
use dense_core::{Batch, Error, Kernel, SparseCategoricalCrossEntropy};

#[inline(never)]
pub(super) fn run(kernel: Kernel, witness: &mut impl Witness) -> Result<(), Error> {
    for (number, image) in images().iter().enumerate() {
        let mut logits = [[0.0; OUTPUTS]];
        MODEL.forward_with(kernel, Batch::new(slice::from_ref(image))?, &mut logits)?;
        witness.see_all(format_args!("logits of image {number}"), logits.into_iter().flatten());
        SparseCategoricalCrossEntropy::output_activation_with(kernel, &mut logits)?;
        witness.see_all(format_args!("probabilities of image {number}"), logits.into_iter().flatten());
    }
    Ok(())
}
