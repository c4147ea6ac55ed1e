use dense_core::losses::SparseCategoricalCrossEntropy;
use dense_core::quant::{Quantize, QuantizedHidden, QuantizedNetwork};
use dense_core::{Hidden, Memory, Output, QuantizedDense, Random};
use formats::Recipe;

use super::*;

const SIDE: usize = 49;
type Head<const IN: usize> = Output<IN, 5, SparseCategoricalCrossEntropy>;
type Typed = Hidden<SIDE, 7, Tanh, Hidden<7, 6, Relu, Head<6>>>;
type TypedInt8 = QuantizedHidden<SIDE, 7, Tanh, QuantizedHidden<7, 6, Relu, QuantizedDense<6, 5>>>;

fn recipe() -> Recipe {
    Recipe {
        hidden: vec![7, 6],
        activation: Activation::Tanh,
        optimizer: formats::Optimizer {
            name: formats::OptimizerName::Sgd,
            learning_rate: 0.1,
            ..formats::Optimizer::default()
        },
        batch_size: 8,
        epochs: 1,
        seed: 3,
        ..Recipe::default()
    }
}

#[test]
fn integers_are_those_of_the_typed_network() {
    let mut layers = Network::initial(SIDE, 5, &recipe()).unwrap().into_layers();
    layers[1].activation = Activation::Relu;
    let network = Network::new(layers.clone(), Loss::SparseCategoricalCrossentropy).unwrap();
    let mut typed = Box::new(<Typed as Memory>::ZERO);
    dense_core::Layers::for_each_layer_mut(&mut *typed, |index, mut place| {
        place.set_weights(layers[index].weights.iter().copied());
        place.bias.copy_from_slice(&layers[index].bias);
    });
    let mut random = Random::new(1, 1);
    let bytes: Vec<u8> = (0..60 * SIDE).map(|_| random.below(256) as u8).collect();
    let (rows, _) = bytes.as_chunks::<SIDE>();
    let mut ranges = <Typed as Quantize<SIDE>>::Ranges::default();
    for row in rows {
        typed.calibrate(row, &mut ranges).unwrap();
    }
    let mut wanted = <TypedInt8 as QuantizedNetwork<SIDE>>::ZERO;
    typed.quantize(Quantization::PIXELS, Rounding::Diffused, &ranges, &mut wanted).unwrap();

    let inputs = Inputs::Bytes { width: SIDE, values: bytes.clone() };
    for kernel in Kernel::available() {
        let found = quantize(&network, &inputs, kernel).unwrap();
        let packed: Vec<_> = found.layers.iter().map(Packed::new).collect();
        for row in rows {
            assert_eq!(infer(&packed, row.to_vec(), kernel).unwrap(), wanted.infer(row).unwrap());
        }
    }
}

/// Features whose ranges differ by six orders of magnitude.
#[test]
fn features_of_any_range_keep_their_part() {
    let mut random = Random::new(4, 4);
    let values: Vec<f32> =
        (0..200).flat_map(|_| [3000.0 + 800.0 * random.uniform(), 0.001 * random.uniform()]).collect();
    let inputs = Inputs::Numbers { width: 2, values };
    let layer = Layer { inputs: 2, weights: vec![0.001, 1000.0], bias: vec![-3.5], activation: Activation::Linear };
    let network = Network::new(vec![layer], Loss::MeanSquaredError).unwrap();
    let kernel = Kernel::best();
    let quantized = quantize(&network, &inputs, kernel).unwrap();
    let found = predict(&quantized, Loss::MeanSquaredError, &inputs, kernel).unwrap();
    let wanted = super::super::evaluate::predict(&network, &inputs, kernel, 1).unwrap();
    for (found, wanted) in found.iter().zip(wanted) {
        assert!((found - wanted).abs() < 0.02, "{wanted} became {found}");
    }
}

#[test]
fn what_cannot_be_quantised_is_refused() {
    let inputs = Inputs::Bytes { width: 3, values: vec![255; 3] };
    for (hidden, wanted) in [(None, "scale"), (Some(Activation::Relu), "activation scale")] {
        let mut layer = Layer::zero(3, 2, hidden.unwrap_or(Activation::Linear));
        layer.weights[0] = 1e9;
        let mut layers = vec![layer];
        layers.extend(hidden.map(|_| Layer::zero(2, 2, Activation::Linear)));
        let network = Network::new(layers, Loss::SparseCategoricalCrossentropy).unwrap();
        let error = quantize(&network, &inputs, Kernel::best()).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn predictions_beyond_fixed_point_are_refused() {
    let inputs = Inputs::Numbers { width: 1, values: vec![-1.0, 0.0, 1.0] };
    for (weight, bias, wanted) in [
        (30_000.0, 0.0, None),
        (30_000.0, 3_000.0, Some("a predicted number is 33000, expected -32768 to 32768")),
        (-30_000.0, -3_000.0, Some("a predicted number is -33000, expected -32768 to 32768")),
        (0.002, 0.0, None),
        (0.001, 20.0, Some("the range of predicted numbers is 0.00")),
        (0.0, 20.0, None),
    ] {
        let layer = Layer { inputs: 1, weights: vec![weight], bias: vec![bias], activation: Activation::Linear };
        for (loss, wanted) in [(Loss::MeanSquaredError, wanted), (Loss::BinaryCrossentropy, None)] {
            let network = Network::new(vec![layer.clone()], loss).unwrap();
            let found = quantize(&network, &inputs, Kernel::best()).map_err(|error| error.to_string());
            match wanted {
                None => assert!(found.is_ok(), "{weight} {bias}: {found:?}"),
                Some(wanted) => {
                    assert!(found.as_ref().is_err_and(|error| error.contains(wanted)), "{weight} {bias}: {found:?}")
                }
            }
        }
    }
}
