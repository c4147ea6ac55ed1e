//! Int8 layers against TensorFlow Lite's reference kernels, byte for byte (`vectors/requantization.py`).

use dense_core::activations::{Sigmoid, Tanh};
use dense_core::quant::{Clamp, Quantization, RequantizedDense, lookup_table};
use dense_core::{Batch, Kernel};
use golden::{Result, vectors::Vectors};

/// The cases, and the activation of each layer.
const CASES: [(&str, [Step; 3]); 7] = [
    ("relu", [Step::Clamp(Clamp::Relu), Step::Clamp(Clamp::Relu), Step::Clamp(Clamp::None)]),
    ("relu_per_channel", [Step::Clamp(Clamp::Relu), Step::Clamp(Clamp::Relu), Step::Clamp(Clamp::None)]),
    ("relu6", [Step::Clamp(Clamp::Relu6); 3]),
    ("tanh", [Step::Tanh, Step::Tanh, Step::Clamp(Clamp::None)]),
    ("logistic", [Step::Logistic, Step::Logistic, Step::Tanh]),
    ("large", [Step::Clamp(Clamp::None), Step::Clamp(Clamp::Relu), Step::Clamp(Clamp::None)]),
    ("tiny", [Step::Clamp(Clamp::None); 3]),
];

#[derive(Clone, Copy, Debug)]
enum Step {
    Clamp(Clamp),
    Tanh,
    Logistic,
}

/// The bytes of a tensor of int8, 128 added to each.
fn bytes<const N: usize>(vectors: &Vectors, name: &str) -> Result<Vec<[u8; N]>> {
    let bytes: Vec<u8> = vectors.values(name)?.iter().map(|&value| (value + 128.0) as u8).collect();
    Ok(bytes.as_chunks().0.to_vec())
}

fn quantization(vectors: &Vectors, name: &str) -> Result<Quantization> {
    let values = vectors.values(name)?;
    let [scale, zero_point]: [f64; 2] = values.as_slice().try_into()?;
    Ok(Quantization::from_int8(scale as f32, zero_point as i8)?)
}

/// Runs one layer on every kernel, and returns its outputs after the activation, as expected from TensorFlow Lite.
fn layer<const IN: usize, const OUT: usize>(
    vectors: &Vectors,
    case: &str,
    index: usize,
    step: Step,
    inputs: &[[u8; IN]],
) -> Result<Vec<[u8; OUT]>> {
    let name = |part: &str| format!("{case}.{index}.{part}");
    let weights: Vec<i8> = vectors.values(&name("weights"))?.iter().map(|&value| value as i8).collect();
    let weights: [[i8; IN]; OUT] = weights.as_chunks().0.try_into()?;
    let bias: Vec<i32> = vectors.values(&name("bias"))?.iter().map(|&value| value as i32).collect();
    let scales: Vec<f32> = vectors.values(&name("weight_scales"))?.iter().map(|&value| value as f32).collect();
    let (input, output) = (quantization(vectors, &name("input"))?, quantization(vectors, &name("output"))?);
    let clamp = if let Step::Clamp(clamp) = step { clamp } else { Clamp::None };
    let layer = RequantizedDense::from_tflite(&weights, bias.as_slice().try_into()?, &scales, input, output, clamp)?;
    let expected = bytes::<OUT>(vectors, &name("sums"))?;
    assert_eq!(expected.len(), inputs.len());
    for kernel in Kernel::available() {
        let mut found = vec![[0; OUT]; inputs.len()];
        layer.forward_with(kernel, Batch::new(inputs)?, &mut found)?;
        assert_eq!(found, expected, "{case}, layer {index}, {kernel:?}");
    }
    let table = match step {
        Step::Clamp(_) => return Ok(expected),
        Step::Tanh => lookup_table::<Tanh>(output, Quantization::TANH),
        Step::Logistic => lookup_table::<Sigmoid>(output, Quantization::SIGMOID),
    };
    let activations = bytes::<OUT>(vectors, &name("activations"))?;
    let found: Vec<[u8; OUT]> = expected.iter().map(|sample| sample.map(|byte| table[usize::from(byte)])).collect();
    assert_eq!(found, activations, "{case}, activation {index}");
    Ok(activations)
}

#[test]
fn all_bytes_are_those_of_the_reference_kernels() -> Result<()> {
    let vectors = Vectors::open("requantization.safetensors")?;
    for (case, [first, second, third]) in CASES {
        let inputs = bytes::<17>(&vectors, &format!("{case}.inputs"))?;
        assert_eq!(inputs.len(), 24, "{case}");
        let outputs = layer::<17, 10>(&vectors, case, 0, first, &inputs)?;
        let outputs = layer::<10, 8>(&vectors, case, 1, second, &outputs)?;
        layer::<8, 5>(&vectors, case, 2, third, &outputs)?;
    }
    Ok(())
}
