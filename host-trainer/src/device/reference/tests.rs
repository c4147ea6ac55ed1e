//! Every difference between device and host is found and named.

use std::path::Path;

use dense_core::activations::Relu;
use dense_core::losses::Loss as _;
use dense_core::{
    Batch, Dense, Hidden, Layers as _, Momentum, Random, SparseCategoricalCrossEntropy, Trainer, math::sqrt,
};
use dense_protocol::messages::{self, Element, Learned, Task};
use formats::{Activation, Input, Layer, Output, PixelInput, Provenance};

use super::*;
use crate::data::Targets;
use crate::device::{DeviceInfo, Inference};

const PIXELS: usize = 784;

fn model(table: PixelTable) -> Model {
    let mut random = Random::new(1, 1);
    let mut layer = Layer::zero(PIXELS, 10, Activation::Linear);
    let limit = sqrt(6.0 / 794.0);
    layer.weights.fill_with(|| (2.0 * random.uniform() - 1.0) * limit);
    layer.bias = (0..10).map(|class| class as f32 / 8.0).collect();
    let table = table.unless_identity().map(|table| Box::new(table.clone()));
    Model {
        layers: vec![layer],
        loss: Loss::SparseCategoricalCrossentropy,
        input: Input::Pixels(PixelInput { height: 28, width: 28, table, standardized: false }),
        output: Output::Classes { names: (0..10).map(|class| class.to_string()).collect() },
        quantized: None,
        test: Default::default(),
        provenance: Provenance::Imported { file: String::new(), format: String::new() },
    }
}

/// A network behind a curve, and an image of class 3.
fn reference() -> (Reference, Samples) {
    let reference = Reference::new(&model(PixelTable::power(0.5)), Kernel::best()).unwrap();
    (reference, sample(std::array::from_fn(|pixel| pixel as u8)))
}

fn sample(image: [u8; PIXELS]) -> Samples {
    Samples {
        inputs: Inputs::Bytes { width: PIXELS, values: image.to_vec() },
        targets: Targets::Labels(vec![3]),
        groups: Vec::new(),
    }
}

const STEP: Step = Step { learning_rate: 0.01, first_trained: 0 };

/// The answer expected of a device: that of the dense layer of dense-core, of which the firmware is made.
fn inferred(reference: &Reference, sample: &Samples) -> Inference {
    let layer = &reference.model().layers[0];
    let mut dense = Box::new(Dense::<PIXELS, 10>::ZERO);
    dense.set_weights(layer.weights.iter().copied());
    dense.bias_mut().copy_from_slice(&layer.bias);
    let Inputs::Bytes { values, .. } = reference.prepared(sample).inputs else { panic!("pixels") };
    let image: [u8; PIXELS] = values.try_into().unwrap();
    let mut logits = [[0.0; 10]];
    dense.forward_with(Kernel::PORTABLE, Batch::new(&[image]).unwrap(), &mut logits).unwrap();
    let mut outputs = logits;
    SparseCategoricalCrossEntropy::output_activation_with(Kernel::PORTABLE, &mut outputs).unwrap();
    Inference { logits: logits[0].to_vec(), outputs: outputs[0].to_vec(), cycles: 1 }
}

#[test]
fn one_bit_in_an_answer_is_found_and_named() {
    let (reference, sample) = reference();
    let good = inferred(&reference, &sample);
    reference.check_inferred("sample 7", &sample, &good).unwrap();
    let flipped = |value: &mut f32| *value = f32::from_bits(value.to_bits() ^ 1);
    for output in 0..10 {
        let mut bad = good.clone();
        flipped(&mut bad.logits[output]);
        let text = reference.check_inferred("sample 7", &sample, &bad).unwrap_err().to_string();
        assert!(text.starts_with(&format!("sample 7: logit {output}: the device has")), "{text}");
        let mut bad = good.clone();
        flipped(&mut bad.outputs[output]);
        assert!(reference.check_inferred("sample 7", &sample, &bad).is_err());
    }
    let bad = Inference { outputs: vec![0.1; 9], ..good };
    let error = reference.check_inferred("sample 7", &sample, &bad).unwrap_err().to_string();
    assert_eq!(error, "sample 7: number of outputs: the device has 9, the host 10");
}

/// The table is a part of the model.
#[test]
fn images_go_through_the_table() {
    let (curved, sample_of_curved) = reference();
    let plain = Reference::new(&Model { input: model(PixelTable::IDENTITY).input, ..curved.model() }, Kernel::best());
    let plain = plain.unwrap();
    assert_ne!(plain.weights_checksum(), curved.weights_checksum());
    let seen = curved.prepared(&sample_of_curved);
    let Inputs::Bytes { values, .. } = &seen.inputs else { panic!("pixels") };
    assert_eq!((values[1], values[255]), (16, 255));
    plain.check_inferred("sample", &seen, &inferred(&curved, &sample_of_curved)).unwrap();
    assert!(plain.check_inferred("sample", &sample_of_curved, &inferred(&curved, &sample_of_curved)).is_err());
    assert_eq!(curved.metric(&sample_of_curved).unwrap(), plain.metric(&seen).unwrap());
    let learned = |reference: &Reference, sample| reference.clone().learn("sample", sample, STEP).unwrap();
    assert_eq!(learned(&curved, &sample_of_curved), learned(&plain, &seen));
}

#[test]
fn a_step_must_agree_in_losses_and_weights() {
    let (start, sample) = reference();
    let mut trained = start.clone();
    let [loss_before, loss_after] = trained.learn("sample", &sample, STEP).unwrap();
    assert!(loss_after < loss_before);
    let good = Learned { loss_before, loss_after, cycles: 1, lessons: Ok(1) };
    let mut twin = start.clone();
    twin.check_learned("sample 0", &sample, STEP, &good).unwrap();
    twin.check_weights("weights", trained.weights_checksum()).unwrap();
    let text = start.check_weights("weights", trained.weights_checksum()).unwrap_err().to_string();
    assert!(text.starts_with("weights: the device has checksum"), "{text}");
    for (bad, wanted) in [
        (Learned { loss_before: -loss_before, ..good }, "sample 0: loss before"),
        (Learned { loss_after: loss_before, ..good }, "sample 0: loss after"),
    ] {
        let text = start.clone().check_learned("sample 0", &sample, STEP, &bad).unwrap_err().to_string();
        assert!(text.starts_with(wanted), "{text}");
    }
    let other_label = Samples { targets: Targets::Labels(vec![10]), ..sample.clone() };
    for (sample, learning_rate) in [(&other_label, 0.1), (&sample, f32::NAN), (&sample, 0.0)] {
        let error = start.clone().learn("sample 0", sample, Step { learning_rate, ..STEP }).unwrap_err();
        assert!(error.to_string().starts_with("sample 0: "), "{error}");
    }
}

/// A network of two layers.
fn deep() -> Model {
    let mut deep = model(PixelTable::IDENTITY);
    let mut last = Layer::zero(10, 10, Activation::Linear);
    last.weights = (0..100_u8).map(|index| f32::from(index % 7) / 8.0 - 0.25).collect();
    deep.layers[0].activation = Activation::Relu;
    deep.layers.push(last);
    deep
}

#[test]
fn frozen_layers_stay_as_they_are() {
    let deep = deep();
    let (start, sample) = (Reference::new(&deep, Kernel::best()).unwrap(), reference().1);
    let stepped = |first_trained| {
        let mut reference = start.clone();
        reference.learn("sample", &sample, Step { first_trained, ..STEP }).unwrap();
        reference.model().layers
    };
    let (all, one, none) = (stepped(0), stepped(1), stepped(2));
    assert_ne!(all[0], deep.layers[0]);
    assert_eq!((&one[0], &one[1]), (&deep.layers[0], &all[1]));
    assert_eq!(none, deep.layers);
}

/// A step changes the velocities of the layers that learn, and of no other.
#[test]
fn momentum_is_that_of_the_core() {
    type Typed = Hidden<PIXELS, 10, Relu, dense_core::Output<10, 10, SparseCategoricalCrossEntropy>>;
    let (deep, (_, sample)) = (deep(), reference());
    let mut reference = Reference::new(&deep, Kernel::best()).unwrap().with_momentum(0.75);
    let mut network = Box::new(Typed::ZERO);
    for (index, value) in reference.parameters().into_iter().enumerate() {
        network.set_parameter(index, value);
    }
    let mut trainer = Box::new(Trainer::<Typed, Momentum, 1>::new(Momentum::new(0.1, 0.75).unwrap()));
    let (Inputs::Bytes { values, .. }, Targets::Labels(labels)) = (&sample.inputs, &sample.targets) else {
        panic!("pixels and labels")
    };
    let (input, target): (&[u8; PIXELS], _) = (values[..].try_into().unwrap(), [labels[0]]);
    for (index, first_trained) in [0, 0, 1, 1, 0, 1, 0].into_iter().enumerate() {
        if index == 5 {
            reference.restart();
            *trainer.state_mut() = dense_core::Memory::ZERO;
        }
        reference.learn("sample", &sample, Step { first_trained, learning_rate: 0.1 }).unwrap();
        trainer.freeze_before(first_trained.into()).unwrap();
        trainer.step(&mut network, &[*input], &target).unwrap();
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(reference.parameters()), bits(network.parameters().collect()), "step {index}");
    }
}

#[test]
fn another_network_is_refused_and_what_differs_is_named() {
    let (reference, _) = reference();
    let names = reference.model().names_of_inputs_and_outputs().map(String::from).collect::<Vec<_>>();
    let good = DeviceInfo {
        widths: vec![PIXELS, 10],
        task: Task::Classes,
        names_checksum: checksum::of_names(names.iter().map(String::as_str)),
        ..DeviceInfo::default()
    };
    reference.check_network("COM3", &good, Path::new("m")).unwrap();
    let window = messages::Window { channels: 6, length: 100, stride: 50, downsample: 4 };
    for (bad, wanted) in [
        (DeviceInfo { widths: vec![784, 32, 10], ..good.clone() }, "shape is 784-32-10, that of the file 784-10"),
        (DeviceInfo { element: Element::F32, ..good.clone() }, "kind of input is F32, that of the file U8"),
        (DeviceInfo { task: Task::Values, ..good.clone() }, "task is Values, that of the file Classes"),
        (DeviceInfo { window: Some(window), ..good.clone() }, "window is Some(Window { channels: 6,"),
        (DeviceInfo { names_checksum: 1, ..good.clone() }, "checksum of names is 00000001, that of the file"),
    ] {
        let text = reference.check_network("COM3", &bad, Path::new("m")).unwrap_err().to_string();
        assert!(text.starts_with(&format!("COM3: the device serves another network than m: its {wanted}")), "{text}");
    }
}

#[test]
fn parameters_go_out_and_come_back() {
    let (mut reference, _) = reference();
    let (checksum, mut parameters) = (reference.weights_checksum(), reference.parameters());
    assert_eq!(parameters.len(), 7_850);
    parameters[7_849] += 1.0;
    reference.set_parameters(&parameters).unwrap();
    assert_ne!(reference.weights_checksum(), checksum);
    assert_eq!(reference.model().layers[0].bias[9], parameters[7_849]);
    let text = reference.set_parameters(&parameters[1..]).unwrap_err().to_string();
    assert_eq!(text, "the parameters: 7849 of them, and the network has 7850");
}
