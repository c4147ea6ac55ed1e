//! Every difference between device and host is found and named.

use std::path::Path;

use dense_core::losses::Loss as _;
use dense_core::{Batch, Dense, Random, SparseCategoricalCrossEntropy, math::sqrt};
use dense_protocol::messages::ClockSource;
use formats::{Activation, Layer, PixelInput, Provenance};

use super::*;

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

/// A network behind a curve, and an image.
fn reference() -> (Reference, [u8; PIXELS]) {
    let reference = Reference::new(&model(PixelTable::power(0.5)), Path::new("m"), Kernel::best()).unwrap();
    (reference, std::array::from_fn(|pixel| pixel as u8))
}

/// What a device answers: the layer of dense-core, of which the firmware is made.
fn classified(reference: &Reference, image: &[u8]) -> Classified {
    let layer = &reference.network.layers()[0];
    let mut dense = Box::new(Dense::<PIXELS, 10>::ZERO);
    dense.set_weights(layer.weights.iter().copied());
    dense.bias_mut().copy_from_slice(&layer.bias);
    let mut image: [u8; PIXELS] = image.try_into().unwrap();
    reference.pixel_table.as_ref().inspect(|table| table.apply(&mut image));
    let mut logits = [[0.0; 10]];
    dense.forward_with(Kernel::PORTABLE, Batch::new(&[image]).unwrap(), &mut logits).unwrap();
    let mut probabilities = logits;
    SparseCategoricalCrossEntropy::output_activation_with(Kernel::PORTABLE, &mut probabilities).unwrap();
    let class = argmax(&logits[0]) as u8;
    Classified { class, logits: logits[0], probabilities: probabilities[0], cycles: 1 }
}

#[test]
fn one_bit_in_an_answer_is_found_and_named() {
    let (reference, image) = reference();
    let good = classified(&reference, &image);
    reference.check_classified("image 7", &image, &good).unwrap();
    let flipped = |value: &mut f32| *value = f32::from_bits(value.to_bits() ^ 1);
    for class in 0..10 {
        let mut bad = good;
        flipped(&mut bad.logits[class]);
        let text = reference.check_classified("image 7", &image, &bad).unwrap_err().to_string();
        assert!(text.starts_with(&format!("image 7: logit {class}: the device has")), "{text}");
        let mut bad = good;
        flipped(&mut bad.probabilities[class]);
        assert!(reference.check_classified("image 7", &image, &bad).is_err());
    }
    let bad = Classified { class: (good.class + 1) % 10, ..good };
    let error = reference.check_classified("image 7", &image, &bad).unwrap_err();
    assert!(matches!(error, DeviceError::Differs { .. }) && error.to_string().contains("image 7: class"), "{error}");
}

/// The table is a part of the model.
#[test]
fn images_go_through_the_table() {
    let (curved, image) = reference();
    let plain = Reference { pixel_table: None, ..curved.clone() };
    assert_ne!(plain.weights_checksum(), curved.weights_checksum());
    let mut seen = image;
    PixelTable::power(0.5).apply(&mut seen);
    assert_eq!((image[1], seen[1], seen[255]), (1, 16, 255));
    plain.check_classified("image", &seen, &classified(&curved, &image)).unwrap();
    assert!(plain.check_classified("image", &image, &classified(&curved, &image)).is_err());
    let samples = |image: [u8; PIXELS]| Samples {
        inputs: Inputs::Bytes { width: PIXELS, values: image.to_vec() },
        targets: Targets::Labels(vec![3]),
        groups: Vec::new(),
    };
    assert_eq!(curved.accuracy(&samples(image)).unwrap(), plain.accuracy(&samples(seen)).unwrap());
    let learned = |reference: &Reference, image| reference.clone().learn("image", image, 3, 0.1).unwrap();
    assert_eq!(learned(&curved, &image), learned(&plain, &seen));
}

#[test]
fn a_step_must_agree_in_losses_and_weights() {
    let (start, image) = reference();
    let mut trained = start.clone();
    let [loss_before, loss_after] = trained.learn("image", &image, 3, 0.01).unwrap();
    assert!(loss_after < loss_before);
    let good = Learned { loss_before, loss_after, cycles: 1, weights_checksum: trained.weights_checksum() };
    start.clone().check_learned("image 0", &image, 3, 0.01, &good).unwrap();
    for (bad, wanted) in [
        (Learned { loss_before: -loss_before, ..good }, "image 0: loss before"),
        (Learned { loss_after: loss_before, ..good }, "image 0: loss after"),
        (
            Learned { weights_checksum: start.weights_checksum(), ..good },
            "image 0: weights after the step: the device has checksum",
        ),
    ] {
        let text = start.clone().check_learned("image 0", &image, 3, 0.01, &bad).unwrap_err().to_string();
        assert!(text.starts_with(wanted), "{text}");
    }
    for (label, learning_rate) in [(10, 0.1), (0, f32::NAN), (0, 0.0)] {
        let error = start.clone().learn("image 0", &image, label, learning_rate).unwrap_err();
        assert!(error.to_string().starts_with("image 0: "), "{error}");
    }
}

#[test]
fn a_device_of_another_shape_is_refused() {
    let (reference, _) = reference();
    let info = |inputs, outputs, parameters| {
        let (clock_source, texts) = (ClockSource::Host, String::new());
        DeviceInfo {
            version: 1,
            inputs,
            outputs,
            parameters,
            weights_checksum: 0,
            loaded: None,
            clock_hz: 1,
            clock_source,
            kernel: texts.clone(),
            board: texts,
            model_bytes: 0,
            static_bytes: 0,
            slot_bytes: 0,
        }
    };
    reference.check_shape("COM3", &info(784, 10, 7850), Path::new("m")).unwrap();
    for (inputs, outputs, parameters) in [(783, 10, 7850), (784, 9, 7850), (784, 10, 25_450), (0, 0, 0)] {
        let error = reference.check_shape("COM3", &info(inputs, outputs, parameters), Path::new("m")).unwrap_err();
        let parameters = thousands(parameters);
        let wanted = format!(
            "COM3: the device serves {inputs} inputs, {outputs} outputs, {parameters} parameters, \
             but m has Flatten(28, 28) -> Dense(10, softmax), 7,850 parameters"
        );
        assert_eq!(error.to_string(), wanted);
    }
}

#[test]
fn other_models_are_refused() {
    let mut numbers = model(PixelTable::IDENTITY);
    let names = (0..PIXELS).map(|input| input.to_string()).collect();
    numbers.input = Input::Features { names, window: None, standardized: false };
    let error = Reference::new(&numbers, Path::new("m"), Kernel::PORTABLE).unwrap_err();
    assert!(error.to_string().starts_with("m: Input(784) -> Dense(10, softmax) is no classifier"), "{error}");
}
