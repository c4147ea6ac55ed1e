//! Samples with the logits that they have on every machine, to be tried at start.

use dense_device::Model;
use weights::samples;

/// How many samples there are.
pub const SAMPLES: usize = 3;

/// The bits of their logits, as the machine that built this computed them.
static LOGITS: [[u32; weights::OUTPUTS]; SAMPLES] = include!(concat!(env!("OUT_DIR"), "/self_test_logits.rs"));

/// How many of the samples have the right logits, to the last bit.
pub fn run(model: &mut weights::Served<'_>) -> usize {
    let mut passed = 0;
    for (number, expected) in LOGITS.iter().enumerate() {
        samples::set_input(model, number);
        let logits = model.infer().map(|()| model.logits());
        passed += usize::from(logits.is_ok_and(|logits| logits.iter().eq(expected.map(u32::to_le_bytes).iter())));
    }
    passed
}
