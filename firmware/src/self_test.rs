//! Samples with the logits that they have on every machine, to be tried at start.

use dense_device::Model;
use dense_device::model::Input;
use weights::samples::INPUT_BYTES;

/// How many samples there are.
pub const SAMPLES: usize = 3;

/// The samples, as messages have them.
static INPUTS: [u8; SAMPLES * INPUT_BYTES] = *include_bytes!(concat!(env!("OUT_DIR"), "/self_test_inputs"));
/// The bits of their logits, as the machine that built this computed them.
static LOGITS: [[u32; weights::OUTPUTS]; SAMPLES] = include!(concat!(env!("OUT_DIR"), "/self_test_logits.rs"));

/// How many of the samples have the right logits, to the last bit.
pub fn run(model: &mut weights::Served<'_>) -> usize {
    let mut passed = 0;
    for (input, expected) in INPUTS.as_chunks::<INPUT_BYTES>().0.iter().zip(&LOGITS) {
        let read = Input::read(model.input_mut(), input, weights::PIXEL_TABLE);
        let logits = read.ok().and_then(|()| model.infer().ok()).map(|()| model.logits());
        passed += usize::from(logits.is_some_and(|logits| logits.iter().eq(expected.map(u32::to_le_bytes).iter())));
    }
    passed
}
