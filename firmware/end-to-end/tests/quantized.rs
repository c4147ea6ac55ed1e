//! The compiler, which quantises the firmware's weights, and the trainer compute the same int8 model.

mod simulator;

use dense_core::Kernel;
use host_trainer::data::Inputs;
use training::{Network, int8};

#[test]
fn the_trainer_quantises_as_the_compiler_does() {
    let model = simulator::model();
    let network = Network::new(model.layers, model.loss).unwrap();
    // Bytes have their range, so that nothing is calibrated.
    let none = Inputs::Bytes { width: 784, values: Vec::new() };
    let [trained] = &int8::quantize(&network, &none, Kernel::best()).unwrap().layers[..] else { panic!("one layer") };
    let compiled = &firmware::lesson::QUANTIZED;
    let weights = (0..trained.units()).flat_map(|output| (0..trained.inputs).map(move |input| (output, input)));
    assert!(trained.weights.iter().copied().eq(weights.map(|(output, input)| compiled.weight(output, input))));
    assert_eq!((&trained.bias[..], &trained.scale[..]), (&compiled.bias()[..], &compiled.scale()[..]));
}
