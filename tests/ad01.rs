//! MLPerf Tiny's anomaly detection network against TensorFlow Lite's reference kernels, byte for byte, for every kernel
//! (`interchange/test_ad01.py` writes and checks the checksums).

use dense_core::activations::Relu;
use dense_core::quant::{Clamp, Quantization, QuantizedHidden, QuantizedNetwork, RequantizedDense};
use dense_core::{Kernel, Random};
use dense_protocol::checksum::Checksum;
use formats::{Activation, ImportOptions, Loss, Model, QuantizedLayer, import};
use golden::Result;
use std::{fs, path::Path};

type Square<Next> = QuantizedHidden<128, 128, Relu, Next>;
type Decoder = QuantizedHidden<8, 128, Relu, Square<Square<Square<RequantizedDense<128, 640>>>>>;
type Network = QuantizedHidden<640, 128, Relu, Square<Square<Square<QuantizedHidden<128, 8, Relu, Decoder>>>>>;

/// Values of a frame, of which an input has five in a row.
const MELS: usize = 128;
/// Inputs beside those of the clip, and the seed and the stream that they are drawn from.
const RANDOM: (usize, u64, u64) = (10_000, 2026, 640);

fn read(name: &str) -> Result<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/ad01");
    Ok(fs::read(folder.join(name))?)
}

fn quantization(quantization: formats::Quantization) -> Result<Quantization> {
    Ok(Quantization::from_int8(quantization.scale, quantization.zero_point.try_into()?)?)
}

fn set<const IN: usize, const OUT: usize>(place: &mut RequantizedDense<IN, OUT>, layer: &QuantizedLayer) -> Result<()> {
    let (weights, bias) = (layer.weights.as_chunks().0.try_into()?, layer.bias.as_slice().try_into()?);
    let (input, output) = (quantization(layer.input)?, quantization(layer.output)?);
    let clamp = if layer.activation == Activation::Relu { Clamp::Relu } else { Clamp::None };
    *place = RequantizedDense::from_tflite(weights, bias, &layer.weight_scales, input, output, clamp)?;
    Ok(())
}

fn network(model: &Model) -> Result<Box<Network>> {
    let layers = model.quantized.as_deref().ok_or("the model is not int8")?;
    let [first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth] = layers else {
        return Err(format!("found {} layers, wanted 10", layers.len()).into());
    };
    let mut network = Box::new(Network::ZERO);
    set(&mut network.layer, first)?;
    set(&mut network.next.layer, second)?;
    set(&mut network.next.next.layer, third)?;
    set(&mut network.next.next.next.layer, fourth)?;
    let encoded = &mut network.next.next.next.next;
    set(&mut encoded.layer, fifth)?;
    set(&mut encoded.next.layer, sixth)?;
    set(&mut encoded.next.next.layer, seventh)?;
    set(&mut encoded.next.next.next.layer, eighth)?;
    set(&mut encoded.next.next.next.next.layer, ninth)?;
    set(&mut encoded.next.next.next.next.next, tenth)?;
    Ok(network)
}

/// The CRC-32C of the int8 outputs: the bytes without the 128 that is added to each.
fn checksum(network: &Network, kernel: Kernel, inputs: &[u8; 640]) -> Result<[u8; 4]> {
    let mut checksum = Checksum::default();
    checksum.update(&network.infer_with(kernel, inputs)?.map(|byte| byte ^ 128));
    Ok(checksum.finish().to_le_bytes())
}

/// The inputs of the clip.
fn clip(quantization: Quantization) -> Result<Vec<[u8; 640]>> {
    let bytes = read("normal_id_01_00000000_hist_librosa.bin")?;
    let values = bytes.as_chunks().0.iter().map(|bytes| quantization.quantize(f32::from_le_bytes(*bytes)));
    let values: Vec<u8> = values.collect();
    Ok(values.windows(640).step_by(MELS).map(|window| std::array::from_fn(|at| window[at])).collect())
}

#[test]
fn outputs_are_those_of_the_reference_kernels() -> Result<()> {
    let options = ImportOptions { loss: Some(Loss::MeanSquaredError), ..ImportOptions::default() };
    let model = import(&read("ad01_int8.tflite")?, "ad01_int8.tflite", &options)?;
    let network = network(&model)?;
    let first = model.quantized.iter().flatten().next().ok_or("there is no layer")?;
    let clip = clip(quantization(first.input)?)?;
    let expected = read("outputs.crc32c")?;
    let (expected_of_clip, expected_of_random) = expected.split_last_chunk::<4>().ok_or("there are no checksums")?;
    assert_eq!((clip.len(), expected_of_clip.len()), (196, 196 * 4));
    for kernel in Kernel::available() {
        for (number, (inputs, expected)) in clip.iter().zip(expected_of_clip.as_chunks().0).enumerate() {
            assert_eq!(checksum(&network, kernel, inputs)?, *expected, "{kernel:?}, input {number} of the clip");
        }
        let (count, seed, stream) = RANDOM;
        let mut random = Random::new(seed, stream);
        let mut of_all = Checksum::default();
        for _ in 0..count {
            let mut inputs = [0; 640];
            for quad in inputs.as_chunks_mut().0 {
                // The numbers are int8.
                *quad = random.next_u32().to_le_bytes().map(|byte| byte ^ 128);
            }
            of_all.update(&checksum(&network, kernel, &inputs)?);
        }
        assert_eq!(of_all.finish().to_le_bytes(), *expected_of_random, "{kernel:?}, random inputs");
    }
    Ok(())
}

#[test]
fn another_bias_has_other_checksums() -> Result<()> {
    let options = ImportOptions { loss: Some(Loss::MeanSquaredError), ..ImportOptions::default() };
    let mut model = import(&read("ad01_int8.tflite")?, "ad01_int8.tflite", &options)?;
    let layers = model.quantized.as_mut().ok_or("the model is not int8")?;
    // Some three steps of an output.
    let bias = layers.last_mut().and_then(|layer| layer.bias.first_mut()).ok_or("there is no bias")?;
    *bias += 2000;
    let quantization = quantization(layers[0].input)?;
    let (network, expected) = (network(&model)?, read("outputs.crc32c")?);
    let clip = clip(quantization)?;
    for (inputs, expected) in clip.iter().zip(expected.as_chunks().0) {
        assert_ne!(checksum(&network, Kernel::best(), inputs)?, *expected);
    }
    Ok(())
}
