//! Whole numbers against exact arithmetic and against floats.

use dense_core::losses::{Loss, SparseCategoricalCrossEntropy};
use dense_core::quant::{
    self, Adjustment, LARGEST_BIAS, LARGEST_SCALE, ONE_LOGIT, ONE_PROBABILITY, PIXEL_STEP, QuantizedHidden,
    QuantizedNetwork, SMALLEST_SCALE, requantize,
};
use dense_core::{Batch, Dense, Error, Hidden, Kernel, Output, QuantizedDense, Random, Sgd};

/// ⌊sum · scale · 2^bits + ½⌋ in 128 bits.
fn exact(sum: i32, scale: f32, bits: u32) -> i128 {
    let (mantissa, exponent) = (i128::from(scale.to_bits() & 0x7f_ffff | 0x80_0000), scale.to_bits() >> 23);
    // The scale is mantissa · 2^(exponent − 150); in 2⁻⁶⁴ all is whole.
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
fn the_first_of_the_largest_is_the_class() {
    for (logits, class) in [(&[1, 3, 2][..], 1), (&[2, 2], 0), (&[i32::MIN; 3], 0), (&[-5, -1, -1], 1)] {
        assert_eq!(quant::class(logits), class, "{logits:?}");
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
    let mut quantized = QuantizedDense::ZERO;
    quantized.quantize(&layer, PIXEL_STEP, 1.0).unwrap();
    let mut back = Dense::ZERO;
    quantized.dequantize(&mut back, PIXEL_STEP, 1.0).unwrap();
    for output in 0..7 {
        let weights = || (0..33).map(|input| layer.weight(output, input));
        let step = weights().fold(0.0_f32, |largest, weight| largest.max(weight.abs())) / 127.0;
        for input in 0..33 {
            let error = back.weight(output, input) - layer.weight(output, input);
            assert!(error.abs() <= 0.5001 * step, "weight ({output}, {input}) is off by {} steps", error / step);
        }
        assert!((0..33).any(|input| quantized.weight(output, input).abs() == 127));
        assert!((back.bias()[output] - layer.bias()[output]).abs() <= 0.5001 * step * PIXEL_STEP);
    }
}

#[test]
fn halves_go_away_from_zero_and_a_bias_widens_the_steps() {
    let mut quantized = QuantizedDense::ZERO;
    quantized.quantize(&Dense::new([[127.0, 2.5, -2.5, 0.49999997]], [-1.5]), 1.0, 1.0).unwrap();
    assert_eq!([0, 1, 2, 3].map(|input| quantized.weight(0, input)), [127, 3, -3, 0]);
    assert_eq!(quantized.bias(), &[-2]);
    assert_eq!(quantized.scale(), &[1.0]);

    let mut quantized = QuantizedDense::ZERO;
    quantized.quantize(&Dense::new([[1e-9], [0.0]], [2.0, 0.0]), 1.0, 1.0).unwrap();
    assert_eq!(quantized.bias(), &[LARGEST_BIAS, 0]);
    assert_eq!(quantized.scale(), &[2.0 / LARGEST_BIAS as f32, SMALLEST_SCALE]);
    assert_eq!(quantized.weight(0, 0), 1);
}

#[test]
fn two_layers_come_close_to_the_floats() {
    let (hidden, output) = (some_layer::<40, 16>(4), some_layer::<16, 5>(5));
    let mut random = Random::new(6, 0);
    let images: Vec<[u8; 40]> = (0..200).map(|_| std::array::from_fn(|_| random.next_u32() as u8)).collect();
    let kernel = Kernel::best();

    let mut activations = vec![[0.0; 16]; images.len()];
    hidden.forward(kernel, Batch::new(&images).unwrap(), &mut activations).unwrap();
    activations.as_flattened_mut().iter_mut().for_each(|value| *value = value.max(0.0));
    let mut logits = vec![[0.0; 5]; images.len()];
    output.forward(kernel, Batch::new(&activations).unwrap(), &mut logits).unwrap();

    let step = quant::activation_step(activations.as_flattened()).unwrap();
    let (mut int8_hidden, mut int8_output) = (QuantizedDense::ZERO, QuantizedDense::ZERO);
    int8_hidden.quantize(&hidden, PIXEL_STEP, step).unwrap();
    int8_output.quantize(&output, step, 1.0).unwrap();
    for kernel in Kernel::available() {
        let mut sums = vec![[0; 16]; images.len()];
        int8_hidden.forward(kernel, Batch::new(&images).unwrap(), &mut sums).unwrap();
        let bytes: Vec<_> = sums.iter().map(|sums| int8_hidden.activations(sums)).collect();
        assert!(bytes.as_flattened().iter().any(|&byte| byte > 250));
        let mut sums = vec![[0; 5]; images.len()];
        int8_output.forward(kernel, Batch::new(&bytes).unwrap(), &mut sums).unwrap();
        for (sums, expected) in sums.iter().zip(&logits) {
            let fixed = int8_output.fixed_logits(sums).map(|logit| logit as f32 / ONE_LOGIT as f32);
            for ((fixed, float), expected) in fixed.into_iter().zip(int8_output.logits(sums)).zip(expected) {
                assert!((fixed - float).abs() <= 1.0 / ONE_LOGIT as f32);
                assert!((float - expected).abs() < 0.03, "{float}, expected {expected}");
            }
        }
    }
}

#[test]
fn a_network_infers_as_its_layers_do() {
    type Whole = QuantizedHidden<40, 16, QuantizedHidden<16, 9, QuantizedDense<9, 5>>>;
    let floats = Hidden::new(some_layer(4), Hidden::new(some_layer(5), Output::new(some_layer(6))));
    let mut random = Random::new(6, 0);
    let images: Vec<[u8; 40]> = (0..200).map(|_| std::array::from_fn(|_| random.next_u32() as u8)).collect();
    let kernel = Kernel::best();

    let mut ranges = Default::default();
    let (mut first_range, mut second_range) = (0.0_f32, 0.0_f32);
    for image in &images {
        Whole::calibrate(&floats, kernel, image, &mut ranges).unwrap();
        let (mut first, mut second) = ([[0.0; 16]], [[0.0; 9]]);
        floats.layer.forward(kernel, Batch::new(&[*image]).unwrap(), &mut first).unwrap();
        first[0].iter_mut().for_each(|value| *value = value.max(0.0));
        floats.next.layer.forward(kernel, Batch::new(&first).unwrap(), &mut second).unwrap();
        first_range = first[0].into_iter().fold(first_range, f32::max);
        second_range = second[0].into_iter().fold(second_range, f32::max);
    }
    assert_eq!(ranges, (first_range, (second_range, ())));

    let steps = [PIXEL_STEP, first_range / 255.0, second_range / 255.0, 1.0];
    let mut layers = Whole::ZERO;
    layers.layer.quantize(&floats.layer, steps[0], steps[1]).unwrap();
    layers.next.layer.quantize(&floats.next.layer, steps[1], steps[2]).unwrap();
    layers.next.next.quantize(&floats.next.next.layer, steps[2], steps[3]).unwrap();
    let mut network = Whole::ZERO;
    network.quantize_network(&floats, PIXEL_STEP, &ranges).unwrap();
    assert_eq!(network, layers);
    for kernel in Kernel::available() {
        for image in &images {
            let (mut first, mut second, mut last) = ([[0; 16]], [[0; 9]], [[0; 5]]);
            network.layer.forward(kernel, Batch::new(&[*image]).unwrap(), &mut first).unwrap();
            let bytes = first.map(|sums| network.layer.activations(&sums));
            network.next.layer.forward(kernel, Batch::new(&bytes).unwrap(), &mut second).unwrap();
            let bytes = second.map(|sums| network.next.layer.activations(&sums));
            network.next.next.forward(kernel, Batch::new(&bytes).unwrap(), &mut last).unwrap();
            let logits = network.next.next.fixed_logits(&last[0]);
            assert_eq!(network.infer(kernel, image), Ok(logits));
        }
    }

    let mut broken = floats.clone();
    broken.next.layer.bias_mut()[3] = f32::NAN;
    let error = network.quantize_network(&broken, PIXEL_STEP, &ranges);
    assert_eq!(error, Err(Error::NotFinite { what: "bias", index: 3 }));
    let infinite = (f32::INFINITY, (1.0, ()));
    let error = network.quantize_network(&floats, PIXEL_STEP, &infinite);
    assert_eq!(error, Err(Error::NotFinite { what: "activations", index: 0 }));
    assert_eq!(network, layers, "the layers before the broken one were the same again");
}

#[test]
fn what_cannot_be_quantised_is_refused_and_changes_nothing() {
    let good = Dense::new([[1.0, 2.0], [3.0, 4.0]], [0.0, 1.0]);
    let mut quantized = QuantizedDense::ZERO;
    quantized.quantize(&good, PIXEL_STEP, 1.0).unwrap();
    let before = quantized.clone();
    let setting = |what, found| Error::Setting { what, found, least: SMALLEST_SCALE, most: LARGEST_SCALE };
    let not_finite = |what, index| Error::NotFinite { what, index };
    let with = |weight, bias| Dense::new([[1.0, 2.0], [3.0, weight]], [0.0, bias]);
    let table = [
        (with(f32::NAN, 1.0), PIXEL_STEP, 1.0, not_finite("weights", 3)),
        (with(f32::INFINITY, 1.0), PIXEL_STEP, 1.0, not_finite("weights", 3)),
        (with(4.0, f32::NEG_INFINITY), PIXEL_STEP, 1.0, not_finite("bias", 1)),
        (with(127e6, 1.0), 1.0, 1.0, setting("scale", 1e6)),
        (with(1.0, f32::MAX), SMALLEST_SCALE, 1.0, setting("scale", f32::INFINITY)),
        (good.clone(), 0.0, 1.0, setting("input step", 0.0)),
        (good.clone(), 1.0, 129.0, setting("output step", 129.0)),
        (good, -1.0, 1.0, setting("input step", -1.0)),
    ];
    for (layer, input_step, output_step, error) in table {
        assert_eq!(quantized.quantize(&layer, input_step, output_step), Err(error));
        assert_eq!(quantized, before);
    }
    assert!(quantized.set_bias(0, LARGEST_BIAS + 1).is_err() && quantized.set_bias(0, i32::MIN).is_err());
    assert!(quantized.set_scale(1, f32::NAN).is_err() && quantized.set_scale(1, -1.0).is_err());
    assert_eq!(quantized, before);
    let mut floats = Dense::ZERO;
    assert_eq!(quantized.dequantize(&mut floats, 0.0, 1.0), Err(setting("input step", 0.0)));
    assert_eq!(floats, Dense::ZERO);
    assert_eq!(quant::activation_step(&[1.0, f32::NAN]), Err(not_finite("activations", 1)));
    assert_eq!(quant::activation_step(&[-1.0]), Ok(SMALLEST_SCALE));
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

/// The mean cross-entropy of adjusted logits, in f64.
fn loss(frozen: &[[f32; 3]], labels: &[u8], parameters: &[f64; 6]) -> f64 {
    let losses = frozen.iter().zip(labels).map(|(frozen, &label)| {
        let logit = |k: usize| parameters[k] * f64::from(frozen[k]) + parameters[3 + k];
        (0..3).map(|k| logit(k).exp()).sum::<f64>().ln() - logit(label.into())
    });
    losses.sum::<f64>() / frozen.len() as f64
}

#[test]
fn an_adjustment_goes_down_the_gradient() {
    let frozen = [[1.0, -0.5, 2.0], [0.25, 1.5, -1.0], [-2.0, 0.0, 0.5]];
    let labels = [1, 0, 2];
    let mut adjustment = Adjustment::<3>::NEW;
    let sgd = Sgd::new(0.125).unwrap();
    for _ in 0..3 {
        let before: [f32; 6] =
            std::array::from_fn(|at| if at < 3 { adjustment.gain()[at] } else { adjustment.offset()[at - 3] });
        let mut logits = frozen;
        adjustment.forward(&mut logits);
        SparseCategoricalCrossEntropy::loss(Kernel::best(), &mut logits, &labels).unwrap();
        adjustment.step_sgd(&frozen, &logits, &sgd).unwrap();
        for (at, &before_step) in before.iter().enumerate() {
            let after = if at < 3 { adjustment.gain()[at] } else { adjustment.offset()[at - 3] };
            let [mut up, mut down] = [before.map(f64::from); 2];
            up[at] += 1e-5;
            down[at] -= 1e-5;
            let gradient = (loss(&frozen, &labels, &up) - loss(&frozen, &labels, &down)) / 2e-5;
            let found = f64::from(before_step - after) / 0.125;
            assert!((found - gradient).abs() < 2e-6, "parameter {at}: {found}, expected {gradient}");
        }
    }
    let before = adjustment.clone();
    assert_eq!(adjustment.step_sgd(&[], &[], &sgd), Err(Error::EmptyBatch));
    let length = Error::Length { what: "deltas", found: 2, expected: 3 };
    assert_eq!(adjustment.step_sgd(&frozen, &frozen[..2], &sgd), Err(length));
    assert_eq!(adjustment, before);
}
