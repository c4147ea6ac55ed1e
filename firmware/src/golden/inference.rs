//! Real images with the weights in flash: their logits and probabilities.

use super::Witness;
use crate::pixels;
use crate::test_images::images;
use crate::weights::MODEL;
use core::slice;
use dense_core::losses::Loss;
use dense_core::{Batch, Error, Kernel, SparseCategoricalCrossEntropy};
use dense_protocol::messages::OUTPUTS;

#[inline(never)]
pub(super) fn run(kernel: Kernel, witness: &mut impl Witness) -> Result<(), Error> {
    for (number, image) in images().iter().enumerate() {
        let (mut image, mut logits) = (*image, [[0.0; OUTPUTS]]);
        pixels::prepare(&mut image);
        MODEL.forward_with(kernel, Batch::new(slice::from_ref(&image))?, &mut logits)?;
        witness.see_all(format_args!("logits of image {number}"), logits.into_iter().flatten());
        SparseCategoricalCrossEntropy::output_activation_with(kernel, &mut logits)?;
        witness.see_all(format_args!("probabilities of image {number}"), logits.into_iter().flatten());
    }
    Ok(())
}
