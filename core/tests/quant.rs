//! Int8 layers and networks against exact arithmetic and against f32.

use dense_core::activations::{Activation, Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Tanh};
use dense_core::quant::{
    self, Clamp, LARGEST_BIAS, LARGEST_SCALE, Multiplier, ONE_LOGIT, ONE_PROBABILITY, Quantization, Quantize,
    QuantizedActivation, QuantizedNetwork, Range, RequantizedDense, Rounding, SMALLEST_SCALE, requantize,
};
use dense_core::{
    Batch, BinaryCrossEntropy, Dense, Error, Hidden, Kernel, Layers, Mse, Output, QuantizedDense, Random, Sgd,
    SparseCategoricalCrossEntropy, Trainer,
};

/// ⌊sum · scale · 2^bits + ½⌋ in 128 bits.
fn exact(sum: i32, scale: f32, bits: u32) -> i128 {
    let (mantissa, exponent) = (i128::from(scale.to_bits() & 0x7f_ffff | 0x80_0000), scale.to_bits() >> 23);
    // The scale is mantissa · 2^(exponent − 150), an integer multiple of 2⁻⁶⁴.
    let in_small = (i128::from(sum) * mantissa) << (64 + exponent + bits - 150);
    (in_small + (1 << 63)) >> 64
}

#[test]
fn a_sum_is_rounded_once_halves_up() {
    let table = [
        (5, 0.5, 0, 3),
        (-5, 0.5, 0, -2),
        (3, 0.25, 0, 1),
        (-3, 0.25, 0, -1),
        (i32::MAX, LARGEST_SCALE, 16, i32::MAX),
        (i32::MIN, LARGEST_SCALE, 16, i32::MIN),
        (1, LARGEST_SCALE, 16, 1 << 23),
        (i32::MAX, SMALLEST_SCALE, 0, 0),
        (7, 0.0, 16, 0),
    ];
    for (sum, scale, bits, expected) in table {
        assert_eq!(requantize(sum, scale, bits), expected, "{sum} · {scale}, {bits} bits");
    }
    let mut random = Random::new(1, 0);
    for _ in 0..200_000 {
        let sum = random.next_u32().cast_signed() >> random.below(32);
        let scale = f32::from_bits((87 + random.below(47)) << 23 | random.next_u32() >> 9);
        for bits in [0, 16] {
            let expected = exact(sum, scale, bits).clamp(i32::MIN.into(), i32::MAX.into());
            assert_eq!(i128::from(requantize(sum, scale, bits)), expected, "{sum} · {scale}, {bits} bits");
        }
    }
}

#[test]
fn fixed_probabilities_are_as_exact_as_stated() {
    let mut random = Random::new(2, 0);
    let check = |logits: [i32; 10]| {
        let real = logits.map(|logit| f64::from(logit) / f64::from(ONE_LOGIT));
        let largest = real.iter().fold(f64::MIN, |a, &b| a.max(b));
        let sum: f64 = real.iter().map(|logit| (logit - largest).exp()).sum();
        for (found, logit) in quant::softmax(&logits).into_iter().zip(real) {
            let found = f64::from(found) / f64::from(ONE_PROBABILITY);
            let expected = (logit - largest).exp() / sum;
            assert!((found - expected).abs() < 2.0_f64.powi(-16) + 1e-6, "{logits:?}: {found}, expected {expected}");
        }
    };
    check([0; 10]);
    check([i32::MAX, i32::MIN, 0, 0, 0, 0, 0, 0, 0, 0]);
    check([i32::MIN; 10]);
    for spread in [1, 1000, 1 << 16, 1 << 18, 1 << 20, 1 << 22] {
        for _ in 0..2_000 {
            check(std::array::from_fn(|_| random.below(spread).cast_signed() - (spread / 2).cast_signed()));
        }
    }
}

#[test]
fn a_fixed_sigmoid_is_as_exact_as_stated() {
    for logit in (-20 * ONE_LOGIT..20 * ONE_LOGIT).step_by(997).chain([i32::MIN, 0, i32::MAX]) {
        let found = f64::from(quant::sigmoid(logit)) / f64::from(ONE_PROBABILITY);
        let expected = 1.0 / (1.0 + (-f64::from(logit) / f64::from(ONE_LOGIT)).exp());
        assert!((found - expected).abs() < 2.0_f64.powi(-16) + 1e-6, "{logit}: {found}, expected {expected}");
    }
}

/// TensorFlow Lite's `QuantizeMultiplier`, in floating point.
fn reference_multiplier(factor: f64) -> (i64, i32) {
    let mut shift = factor.log2().floor() as i32 + 1;
    while factor / 2.0_f64.powi(shift) >= 1.0 {
        shift += 1;
    }
    while factor / 2.0_f64.powi(shift) < 0.5 {
        shift -= 1;
    }
    let mut significand = (factor / 2.0_f64.powi(shift) * 2.0_f64.powi(31)).round() as i64;
    if significand == 1 << 31 {
        (significand, shift) = (1 << 30, shift + 1);
    }
    if shift < -31 { (0, 0) } else { (significand, shift) }
}

#[test]
fn a_multiplier_has_31_bits_and_rounds_its_product_once() {
    let parts = |factor: f64| (i64::from(Multiplier::new(factor).significand()), Multiplier::new(factor).shift());
    let mut random = Random::new(9, 0);
    for _ in 0..100_000 {
        let fraction = (u64::from(random.next_u32()) << 32 | u64::from(random.next_u32())) >> 12;
        let factor = f64::from_bits(u64::from(1023 - 34 + random.below(60)) << 52 | fraction);
        assert_eq!(parts(factor), reference_multiplier(factor), "{factor:e}");
        let (significand, shift) = parts(factor);
        let value = random.next_u32().cast_signed() >> random.below(32);
        let exact = (i128::from(value) * i128::from(significand) + (1 << (30 - shift))) >> (31 - shift);
        let exact = exact.clamp(i32::MIN.into(), i32::MAX.into());
        assert_eq!(i128::from(Multiplier::new(factor).multiply(value)), exact, "{value} · {factor:e}");
    }
    let just_below_one = 1.0 - f64::EPSILON;
    for (factor, expected) in [
        (0.0, (0, 0)),
        (-1.0, (0, 0)),
        (f64::NAN, (0, 0)),
        (f64::MIN_POSITIVE / 4.0, (0, 0)),
        (2.0_f64.powi(-33), (0, 0)),
        (2.0_f64.powi(-32), (1 << 30, -31)),
        (just_below_one, (1 << 30, 1)),
        (2.0_f64.powi(30), (i64::from(i32::MAX), 30)),
        (f64::INFINITY, (i64::from(i32::MAX), 30)),
    ] {
        assert_eq!(parts(factor), expected, "{factor:e}");
    }
}

#[test]
fn bytes_cover_a_range_and_zero() {
    let table: [(&[f32], f32, u8); 6] = [
        (&[0.0, 1.0], 1.0 / 255.0, 0),
        (&[0.5, 1.0], 1.0 / 255.0, 0),
        (&[-3.0, -1.0], 3.0 / 255.0, 255),
        (&[-1.0, 1.0], 1.0 / 255.0 + 1.0 / 255.0, 127),
        (&[-1.0, 0.5, 4.1], 4.1 / 255.0 + 1.0 / 255.0, 50),
        (&[0.0], SMALLEST_SCALE, 0),
    ];
    for (values, scale, zero_point) in table {
        let mut range = Range::EMPTY;
        range.include(values).unwrap();
        let quantization = range.quantization().unwrap();
        assert_eq!(quantization, Quantization::new(scale, zero_point).unwrap(), "{values:?}");
        for &value in values {
            let error = quantization.dequantize(quantization.quantize(value)) - value;
            assert!(error.abs() <= 0.51 * scale, "{value} is off by {error}");
        }
        assert_eq!(quantization.dequantize(quantization.quantize(0.0)), 0.0);
    }
    let quantization = Quantization::from_int8(0.5, -28).unwrap();
    let extremes = [f32::NEG_INFINITY, -50.1, -0.25, 0.25, 0.2, 77.5, f32::MAX, f32::NAN];
    assert_eq!(quantization.quantize_all(&extremes), [0, 0, 99, 101, 100, 255, 255, 100]);
}

#[test]
fn a_range_that_cannot_be_quantised_is_refused() {
    assert_eq!(Range::EMPTY.quantization(), Err(Error::NotCalibrated));
    let mut range = Range::EMPTY;
    assert_eq!(range.include(&[1.0, f32::NAN]), Err(Error::NotFinite { what: "values", index: 1 }));
    assert_eq!(range, Range::EMPTY);
    range.include(&[f32::MAX, -f32::MAX]).unwrap();
    let found = f32::MAX / 255.0 + f32::MAX / 255.0;
    let setting = Error::Setting { what: "activation scale", found, least: SMALLEST_SCALE, most: LARGEST_SCALE };
    assert_eq!(range.quantization(), Err(setting));
}

#[test]
fn the_first_of_the_largest_is_the_class() {
    for (logits, class) in [(&[1, 3, 2][..], 1), (&[2, 2], 0), (&[i32::MIN; 3], 0), (&[-5, -1, -1], 1)] {
        assert_eq!(quant::argmax(logits), class, "{logits:?}");
    }
}

fn some_layer<const IN: usize, const OUT: usize>(seed: u64) -> Dense<IN, OUT> {
    let mut layer = Dense::ZERO;
    layer.glorot_uniform(&mut Random::new(seed, 0));
    for (output, bias) in layer.bias_mut().iter_mut().enumerate() {
        *bias = output as f32 / 8.0 - 0.5;
    }
    layer
}

#[test]
fn quantised_weights_are_within_half_a_step() {
    let layer = some_layer::<33, 7>(3);
    for (inputs, rounding, most) in [
        (Quantization::PIXELS, Rounding::Nearest, 0.5001),
        (Quantization::new(0.25, 77).unwrap(), Rounding::Nearest, 0.5001),
        (Quantization::PIXELS, Rounding::Diffused, 1.0001),
    ] {
        let mut quantized = QuantizedDense::ZERO;
        quantized.quantize(&layer, inputs, rounding).unwrap();
        let mut back = Dense::ZERO;
        quantized.dequantize(&mut back, inputs);
        for output in 0..7 {
            let weights = || (0..33).map(|input| layer.weight(output, input));
            let step = weights().fold(0.0_f32, |largest, weight| largest.max(weight.abs())) / 127.0;
            let mut total = 0.0;
            for input in 0..33 {
                let error = back.weight(output, input) - layer.weight(output, input);
                assert!(error.abs() <= most * step, "weight ({output}, {input}) is off by {} steps", error / step);
                total += error / step;
            }
            if rounding == Rounding::Diffused {
                assert!(total.abs() <= 0.64, "the errors of output {output} sum to {total} steps");
            } else {
                assert!((0..33).any(|input| quantized.weight(output, input).abs() == 127));
            }
            assert!((back.bias()[output] - layer.bias()[output]).abs() <= 0.5001 * step * inputs.scale());
        }
    }
}

#[test]
fn halves_go_away_from_zero_and_a_bias_widens_the_steps() {
    let unit = Quantization::new(1.0, 0).unwrap();
    let mut quantized = QuantizedDense::ZERO;
    quantized.quantize(&Dense::new([[127.0, 2.5, -2.5, 0.49999997]], [-1.5]), unit, Rounding::Nearest).unwrap();
    assert_eq!([0, 1, 2, 3].map(|input| quantized.weight(0, input)), [127, 3, -3, 0]);
    assert_eq!(quantized.bias(), &[-2]);
    assert_eq!(quantized.scale(), &[1.0]);

    let mut quantized = QuantizedDense::ZERO;
    quantized.quantize(&Dense::new([[1e-9], [0.0]], [2.0, 0.0]), unit, Rounding::Nearest).unwrap();
    assert_eq!(quantized.bias(), &[LARGEST_BIAS, 0]);
    assert_eq!(quantized.scale(), &[2.0 / LARGEST_BIAS as f32, SMALLEST_SCALE]);
    assert_eq!(quantized.weight(0, 0), 1);
}

#[test]
fn errors_of_neighbours_cancel_where_they_are_diffused() {
    // 0.4, 0.4 + 0.3, 0.4 − 0.225 + 0.1, …
    let layer = Dense::new([[0.4, 0.4, 0.4, 0.4, 0.4, 127.0]], [0.0]);
    for (rounding, weights) in [(Rounding::Nearest, [0, 0, 0, 0, 0, 127]), (Rounding::Diffused, [0, 1, 0, 1, 0, 127])] {
        let mut quantized = QuantizedDense::ZERO;
        quantized.quantize(&layer, Quantization::new(1.0, 0).unwrap(), rounding).unwrap();
        assert_eq!([0, 1, 2, 3, 4, 5].map(|input| quantized.weight(0, input)), weights, "{rounding:?}");
    }
}

#[test]
fn a_zero_point_is_part_of_the_bias() {
    let mut layer = QuantizedDense::new([[1, -2, 3], [-127, 127, 1]], [5, -6], [1.0_f32, 0.5].map(f32::to_bits));
    layer.fold_zero_point(100).unwrap();
    assert_eq!(layer.bias(), &[5 - 200, -6 - 100]);
    let before = layer.clone();
    layer.set_bias(1, -LARGEST_BIAS).unwrap();
    let bias = -LARGEST_BIAS as f32;
    let error = Error::Setting { what: "bias", found: bias - 255.0, least: bias, most: -bias };
    assert_eq!(layer.fold_zero_point(255), Err(error));
    assert_eq!(layer.bias(), &[before.bias()[0], -LARGEST_BIAS]);
}

/// Samples around zero, of a different spread for each input, with an offset for some.
fn standardised<const IN: usize>(count: usize, seed: u64) -> Vec<[f32; IN]> {
    let mut random = Random::new(seed, 0);
    let mut draw = || random.next_u32() as f32 / 2.0_f32.powi(31) - 1.0;
    (0..count).map(|_| std::array::from_fn(|_| 2.0 * (draw() + draw()) - 0.3)).collect()
}

/// Quantises a network with one hidden layer for samples of f32, and compares its outputs with those of the network
/// itself.
fn hidden_layer_is_close<A: QuantizedActivation>(tolerance: f32) {
    let trained: Hidden<12, 16, A, Output<16, 5, Mse>> = Hidden::new(some_layer(4), Output::new(some_layer(5)));
    let samples = standardised::<12>(300, 6);
    let kernel = Kernel::best();
    let (mut input, mut ranges) = (Range::EMPTY, Default::default());
    for sample in &samples[..200] {
        input.include(sample).unwrap();
        trained.calibrate(sample, &mut ranges).unwrap();
    }
    let input = input.quantization().unwrap();
    assert!(input.zero_point() > 100, "half of the range is negative");
    let mut quantized = QuantizedNetwork::ZERO;
    trained.quantize(input, Rounding::Nearest, &ranges, &mut quantized).unwrap();

    let mut hidden = vec![[0.0; 16]; samples.len()];
    trained.layer.forward_with(kernel, Batch::new(&samples).unwrap(), &mut hidden).unwrap();
    A::forward_with(kernel, hidden.as_flattened_mut());
    let mut exact = vec![[0.0; 5]; samples.len()];
    trained.next.layer.forward_with(kernel, Batch::new(&hidden).unwrap(), &mut exact).unwrap();
    for kernel in Kernel::available() {
        for (sample, exact) in samples.iter().zip(&exact) {
            let found = quantized.infer_with(kernel, &input.quantize_all(sample)).unwrap();
            for (found, exact) in found.into_iter().zip(exact) {
                let error = found as f32 / ONE_LOGIT as f32 - exact;
                assert!(error.abs() < tolerance, "{}: {error}", A::NAME);
            }
        }
    }
}

#[test]
fn negative_inputs_and_all_activations_come_close_to_f32() {
    hidden_layer_is_close::<Relu>(0.12);
    hidden_layer_is_close::<Linear>(0.12);
    hidden_layer_is_close::<LeakyRelu>(0.12);
    hidden_layer_is_close::<Elu>(0.12);
    hidden_layer_is_close::<Gelu>(0.12);
    hidden_layer_is_close::<Tanh>(0.06);
    hidden_layer_is_close::<Sigmoid>(0.03);
}

/// Six features of three classes, standardised, and the labels.
fn features(count: usize, seed: u64) -> (Vec<[f32; 6]>, Vec<u8>) {
    let mut random = Random::new(seed, 0);
    let mut noise = || (0..4).map(|_| random.next_u32() as f32 / 2.0_f32.powi(31) - 1.0).sum::<f32>();
    let labels = (0..count).map(|sample| (sample % 3) as u8);
    let centre = |label: u8, feature: usize| [-1.2, 0.0, 1.2][(usize::from(label) + feature * feature) % 3];
    let samples = labels.clone().map(|label| std::array::from_fn(|feature| centre(label, feature) + noise())).collect();
    (samples, labels.collect())
}

#[test]
fn a_classifier_of_standardised_features_is_as_accurate_in_int8() {
    let (train, labels) = features(600, 7);
    let kernel = Kernel::best();
    let mut network: Hidden<6, 12, Tanh, Output<12, 3, SparseCategoricalCrossEntropy>> = Hidden::ZERO;
    network.glorot_uniform(&mut Random::new(8, Random::INITIAL_WEIGHTS));
    let mut trainer = Trainer::<_, _, 30>::new(Sgd::new(0.2).unwrap());
    for _ in 0..20 {
        for (samples, labels) in train.chunks(30).zip(labels.chunks(30)) {
            trainer.step(&mut network, samples, labels).unwrap();
        }
    }

    let (mut input, mut ranges) = (Range::EMPTY, Default::default());
    for sample in &train {
        input.include(sample).unwrap();
        network.calibrate(sample, &mut ranges).unwrap();
    }
    let input = input.quantization().unwrap();
    let mut quantized = QuantizedNetwork::ZERO;
    network.quantize(input, Rounding::Nearest, &ranges, &mut quantized).unwrap();

    let (test, labels) = features(3000, 9);
    let (mut right, mut right_in_int8) = (0, 0);
    for (sample, label) in test.iter().zip(labels) {
        let (mut hidden, mut logits) = ([[0.0; 12]], [[0.0; 3]]);
        network.layer.forward_with(kernel, Batch::new(&[*sample]).unwrap(), &mut hidden).unwrap();
        Tanh::forward_with(kernel, &mut hidden[0]);
        network.next.layer.forward_with(kernel, Batch::new(&hidden).unwrap(), &mut logits).unwrap();
        let class = (0..3).max_by(|&a, &b| logits[0][a].total_cmp(&logits[0][b])).unwrap();
        right += u32::from(class == usize::from(label));
        let logits = quantized.infer(&input.quantize_all(sample)).unwrap();
        right_in_int8 += u32::from(quant::argmax(&logits) == usize::from(label));
    }
    assert!(right > 2550, "{right} of 3000 are right in f32");
    assert!(right.abs_diff(right_in_int8) <= 15, "{right} are right in f32, {right_in_int8} in int8");
}

#[test]
fn every_output_head_can_be_quantised() {
    fn quantizes<N: Quantize<3>>() {}
    quantizes::<Output<3, 1, BinaryCrossEntropy>>();
    quantizes::<Output<3, 4, SparseCategoricalCrossEntropy>>();
    quantizes::<Hidden<3, 5, Tanh, Hidden<5, 2, Relu, Output<2, 4, Mse>>>>();
}

#[test]
fn a_network_infers_as_its_layers_do() {
    type Trained = Hidden<40, 16, Relu, Hidden<16, 9, Tanh, Output<9, 5, Mse>>>;
    let trained: Trained = Hidden::new(some_layer(4), Hidden::new(some_layer(5), Output::new(some_layer(6))));
    let mut random = Random::new(6, 0);
    let images: Vec<[u8; 40]> = (0..200).map(|_| std::array::from_fn(|_| random.next_u32() as u8)).collect();
    let kernel = Kernel::best();

    let mut ranges = Default::default();
    let (mut first_outputs, mut second_sums) = (Range::EMPTY, Range::EMPTY);
    for image in &images {
        trained.calibrate(image, &mut ranges).unwrap();
        let (mut first, mut second) = ([[0.0; 16]], [[0.0; 9]]);
        trained.layer.forward_with(kernel, Batch::new(&[*image]).unwrap(), &mut first).unwrap();
        Relu::forward_with(kernel, &mut first[0]);
        trained.next.layer.forward_with(kernel, Batch::new(&first).unwrap(), &mut second).unwrap();
        first_outputs.include(&first[0]).unwrap();
        second_sums.include(&second[0]).unwrap();
    }
    assert_eq!((ranges.outputs, ranges.next.sums), (first_outputs, second_sums));

    let (first, second) = (first_outputs.quantization().unwrap(), second_sums.quantization().unwrap());
    let mut layer = QuantizedDense::ZERO;
    layer.quantize(&trained.layer, Quantization::PIXELS, Rounding::Diffused).unwrap();
    let mut layers = <Trained as Quantize<40>>::Quantized::ZERO;
    layers.layer = RequantizedDense::new(layer, first, Clamp::Relu);
    let mut layer = QuantizedDense::ZERO;
    layer.quantize(&trained.next.layer, first, Rounding::Nearest).unwrap();
    layers.next.layer = RequantizedDense::new(layer, second, Clamp::None);
    layers.next.table = quant::lookup_table::<Tanh>(second, Quantization::TANH);
    layers.next.next.quantize(&trained.next.next.layer, Quantization::TANH, Rounding::Nearest).unwrap();
    let mut network = QuantizedNetwork::ZERO;
    trained.quantize(Quantization::PIXELS, Rounding::Diffused, &ranges, &mut network).unwrap();
    assert_eq!(network, layers);
    for kernel in Kernel::available() {
        for image in &images {
            let (mut first, mut second, mut last) = ([[0; 16]], [[0; 9]], [[0; 5]]);
            network.layer.forward_with(kernel, Batch::new(&[*image]).unwrap(), &mut first).unwrap();
            network.next.layer.forward_with(kernel, Batch::new(&first).unwrap(), &mut second).unwrap();
            let bytes = second.map(|bytes| bytes.map(|byte| network.next.table[usize::from(byte)]));
            network.next.next.forward_with(kernel, Batch::new(&bytes).unwrap(), &mut last).unwrap();
            assert_eq!(network.infer_with(kernel, image), Ok(network.next.next.fixed_logits(&last[0])));
        }
    }

    let mut broken = trained.clone();
    broken.next.layer.bias_mut()[3] = f32::NAN;
    let mut quantize = |trained: &Trained, ranges: &_| {
        trained.quantize(Quantization::PIXELS, Rounding::Diffused, ranges, &mut network)
    };
    assert_eq!(quantize(&broken, &ranges), Err(Error::NotFinite { what: "bias", index: 3 }));
    assert_eq!(quantize(&trained, &Default::default()), Err(Error::NotCalibrated));
    let mut half = ranges;
    half.next.sums = Range::EMPTY;
    assert_eq!(quantize(&trained, &half), Err(Error::NotCalibrated));
    assert_eq!(network, layers, "the layers before the broken one were the same again");
}

#[test]
fn what_cannot_be_quantised_is_refused_and_changes_nothing() {
    let good = Dense::new([[1.0, 2.0], [3.0, 4.0]], [0.0, 1.0]);
    let (pixels, unit) = (Quantization::PIXELS, Quantization::new(1.0, 0).unwrap());
    let smallest = Quantization::new(SMALLEST_SCALE, 0).unwrap();
    let mut quantized = QuantizedDense::ZERO;
    quantized.quantize(&good, pixels, Rounding::Nearest).unwrap();
    let before = quantized.clone();
    let setting = |what, found| Error::Setting { what, found, least: SMALLEST_SCALE, most: LARGEST_SCALE };
    let not_finite = |what, index| Error::NotFinite { what, index };
    let with = |weight, bias| Dense::new([[1.0, 2.0], [3.0, weight]], [0.0, bias]);
    let table = [
        (with(f32::NAN, 1.0), pixels, not_finite("weights", 3)),
        (with(f32::INFINITY, 1.0), pixels, not_finite("weights", 3)),
        (with(4.0, f32::NEG_INFINITY), pixels, not_finite("bias", 1)),
        (with(127e6, 1.0), unit, setting("scale", 1e6)),
        (with(1.0, f32::MAX), smallest, setting("scale", f32::INFINITY)),
    ];
    for (layer, inputs, error) in table {
        assert_eq!(quantized.quantize(&layer, inputs, Rounding::Nearest), Err(error));
        assert_eq!(quantized, before);
    }
    for scale in [0.0, -1.0, 129.0, f32::NAN, f32::INFINITY] {
        assert!(Quantization::new(scale, 0).is_err(), "{scale}");
    }
    assert!(quantized.set_bias(0, LARGEST_BIAS + 1).is_err() && quantized.set_bias(0, i32::MIN).is_err());
    assert!(quantized.set_scale(1, f32::NAN).is_err() && quantized.set_scale(1, -1.0).is_err());
    assert_eq!(quantized, before);
}

#[test]
fn a_layer_is_written_down_output_after_output() {
    let layer = QuantizedDense::new([[1, -2, 3], [-127, 127, 0]], [5, -6], [1.0_f32, 0.5].map(f32::to_bits));
    let mut same = QuantizedDense::ZERO;
    for (output, row) in [[1, -2, 3], [-127, 127, 0]].into_iter().enumerate() {
        for (input, weight) in row.into_iter().enumerate() {
            same.set_weight(output, input, weight);
        }
    }
    same.set_bias(0, 5).and(same.set_bias(1, -6)).and(same.set_scale(1, 0.5)).unwrap();
    assert_eq!(layer, same);
}

#[test]
#[should_panic(expected = "a weight is from -127 to 127")]
fn no_weight_is_minus_128() {
    let _ = QuantizedDense::new([[-128]], [0], [1.0_f32.to_bits()]);
}
