//! The compiler, which quantises the firmware's weights, and the trainer compute the same int8 model.

mod simulator;

use dense_core::Kernel;
use host_trainer::{model_files, quantized};

#[test]
fn the_trainer_quantises_as_the_compiler_does() {
    let weights = model_files::load(&simulator::weights()).unwrap();
    let quantized = quantized::quantize(weights.model, &weights.layers, &[], Kernel::best()).unwrap();
    let [trained] = &quantized.layers()[..] else { panic!("one layer") };
    let compiled = &firmware::quantized::MODEL;
    let weights = (0..trained.bias.len()).flat_map(|output| (0..trained.inputs).map(move |input| (output, input)));
    assert!(trained.weights.iter().copied().eq(weights.map(|(output, input)| compiled.weight(output, input))));
    assert_eq!((&trained.bias[..], &trained.scale[..]), (&compiled.bias()[..], &compiled.scale()[..]));
}
