//! Golden vectors of the network that the firmware is built with, the same bits on every machine: inference, and steps
//! of learning.

use crate::golden::Witness;
use dense_core::Error;
use dense_device::Model;
use dense_protocol::messages::Step;
use weights::samples;

const SAMPLES: usize = 50;
/// Of more outputs, the vectors are checksums.
const MOST_OUTPUTS: usize = 64;
const STEP: Step = Step { learning_rate: 0.01, first_trained: 0 };

/// The folder that its golden vectors are written to, on the machine that builds this: beside the weights, named like them,
/// but `.golden`.
pub const FOLDER: &str = env!("GOLDEN");

/// Its golden vectors: words of four bytes, the lowest first. Empty where none were written.
pub static VECTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/network"));

/// Goes through it.
///
/// # Errors
/// Those of an inference.
#[inline(never)]
pub fn run(memory: &mut weights::Memory, witness: &mut impl Witness) -> Result<(), Error> {
    let mut model = weights::new(memory);
    for number in 0..SAMPLES {
        samples::set_input(&mut model, number);
        model.infer()?;
        for (what, values) in [("logit", model.logits()), ("output", model.outputs())] {
            let values = values.iter().map(|bytes| f32::from_le_bytes(*bytes));
            if weights::OUTPUTS > MOST_OUTPUTS {
                witness.see_checksum(format_args!("{what}s of sample {number}"), values);
                continue;
            }
            for (output, value) in values.enumerate() {
                witness.see(format_args!("{what} {output} of sample {number}"), value.to_bits());
            }
        }
    }
    let mut numbers = [[0; 4]; weights::OUTPUTS];
    for number in 0..SAMPLES {
        samples::set_input(&mut model, number);
        let learned = model.learn(samples::target(number, &mut numbers), STEP);
        // What is refused must be so everywhere.
        let losses = learned.unwrap_or([f32::NAN; 2]);
        witness.see_all(format_args!("loss of sample {number}, before and after its step"), losses);
        witness.see_checksum(format_args!("parameters after sample {number}"), model.parameters());
    }
    Ok(())
}
