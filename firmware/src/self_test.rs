//! Images with the logits that they have on every machine, to be tried at start.

use crate::Model;
use dense_core::{Batch, Error, Kernel};
use dense_protocol::messages::{INPUTS, OUTPUTS};

/// How many images there are.
pub const IMAGES: usize = 3;

/// The first ones of Fashion-MNIST's test set, as the model sees them.
static BYTES: [u8; IMAGES * INPUTS] = *include_bytes!(concat!(env!("OUT_DIR"), "/self_test_images"));
/// The bits of their logits, as the machine that built this computed them.
static LOGITS: [[u32; OUTPUTS]; IMAGES] = include!(concat!(env!("OUT_DIR"), "/self_test_logits.rs"));

/// How many of the images have the right logits, to the last bit, with the weights in flash.
///
/// # Errors
/// Those of the forward pass.
pub fn run(factory: &Model, kernel: Kernel) -> Result<usize, Error> {
    let (images, _) = BYTES.as_chunks();
    let mut logits = [[0.0; OUTPUTS]; IMAGES];
    factory.forward_with(kernel, Batch::new(images)?, &mut logits)?;
    Ok(logits.iter().zip(&LOGITS).filter(|(found, expected)| found.map(f32::to_bits) == **expected).count())
}
