//! Int8 networks: quantised from trained ones, evaluated beside them, and exported.

use dense_core::activations::Relu;
use dense_core::quant::{self, Multiplier, Quantization, Quantize, QuantizedNetwork, Rounding};
use dense_core::{Error, Hidden, Kernel, Network, Output, QuantizedDense, SparseCategoricalCrossEntropy};

use crate::dataset::Split;
use crate::idx::{CLASSES, PIXELS};
use crate::model::{Layer, Layers, ModelName};

/// Training images that calibrate the ranges of hidden outputs. With more, about as many decisions change, among training
/// images too.
const CALIBRATION_SAMPLES: usize = 5_000;

/// The training images that calibration takes: the first ones.
#[must_use]
pub fn calibration_images(train: &Split) -> &[[u8; PIXELS]] {
    &train.images[..train.len().min(CALIBRATION_SAMPLES)]
}

/// An int8 network for images of ten classes.
pub trait QuantizedModel {
    /// The class that each image is taken for.
    ///
    /// # Errors
    ///
    /// None for images of this size.
    fn classes(&self, split: &Split, kernel: Kernel) -> Result<Vec<u8>, Error>;

    /// The logits of an image, in fixed point with 16 fraction bits.
    ///
    /// # Errors
    ///
    /// None for images of this size.
    fn logits(&self, image: &[u8; PIXELS], kernel: Kernel) -> Result<[i32; CLASSES], Error>;

    /// A copy of the numbers of all layers, the first one first.
    fn layers(&self) -> Vec<QuantizedLayer>;
}

/// The numbers of one layer, of whatever shape.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedLayer {
    /// How many numbers go into it.
    pub inputs: usize,
    /// Output after output, its weight of each input.
    pub weights: Vec<i8>,
    /// One for each output.
    pub bias: Vec<i32>,
    /// The scale of each sum.
    pub scale: Vec<f32>,
    /// The requantisation of a hidden layer; `None` for the layer of logits.
    pub output: Option<QuantizedOutput>,
}

/// How the sums of a hidden layer become the bytes of the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedOutput {
    /// What a sum is multiplied by, for each output.
    pub multipliers: Vec<Multiplier>,
    /// What the bytes stand for.
    pub quantization: Quantization,
}

impl QuantizedLayer {
    fn of<const IN: usize, const OUT: usize>(layer: &QuantizedDense<IN, OUT>, output: Option<QuantizedOutput>) -> Self {
        Self {
            inputs: IN,
            weights: (0..OUT).flat_map(|output| (0..IN).map(move |input| layer.weight(output, input))).collect(),
            bias: layer.bias().to_vec(),
            scale: layer.scale().to_vec(),
            output,
        }
    }
}

impl QuantizedLayer {
    /// How much memory the numbers take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.weights) + size_of_val(&*self.bias) + size_of_val(&*self.scale)
    }
}

/// The int8 model with these layers; `calibration` are training images, as [`calibration_images`]
/// has them.
///
/// # Errors
///
/// A weight or bias that is not finite, or so large or small that its scale cannot be represented.
pub fn quantize(
    model: ModelName,
    layers: &[Layer],
    calibration: &[[u8; PIXELS]],
    kernel: Kernel,
) -> Result<Box<dyn QuantizedModel>, Error> {
    type Logits<const IN: usize> = Output<IN, CLASSES, SparseCategoricalCrossEntropy>;
    match model {
        ModelName::Linear => quantize_as::<Logits<PIXELS>>(layers, calibration, kernel),
        ModelName::Mlp32 => quantize_as::<Hidden<PIXELS, 32, Relu, Logits<32>>>(layers, calibration, kernel),
        ModelName::Mlp128x64 => {
            quantize_as::<Hidden<PIXELS, 128, Relu, Hidden<128, 64, Relu, Logits<64>>>>(layers, calibration, kernel)
        }
    }
}

fn quantize_as<N>(
    layers: &[Layer],
    calibration: &[[u8; PIXELS]],
    kernel: Kernel,
) -> Result<Box<dyn QuantizedModel>, Error>
where
    N: Network<PIXELS> + Layers + QuantizedLayers<PIXELS>,
    N::Quantized: QuantizedNetwork<PIXELS, Output = [i32; CLASSES]> + 'static,
{
    let mut trained = Box::new(<N as dense_core::Memory>::ZERO);
    trained.set_layers(layers);
    let mut ranges = N::Ranges::default();
    for image in calibration {
        trained.calibrate_with(kernel, image, &mut ranges)?;
    }
    let mut quantized = Box::new(Quantized { network: N::Quantized::ZERO, layers: Vec::new() });
    // Neighbouring pixels are alike.
    trained.quantize(Quantization::PIXELS, Rounding::Diffused, &ranges, &mut quantized.network)?;
    N::list(&quantized.network, &ranges, &mut quantized.layers)?;
    Ok(quantized)
}

/// An int8 network, and a copy of its numbers.
struct Quantized<Q> {
    network: Q,
    layers: Vec<QuantizedLayer>,
}

impl<Q: QuantizedNetwork<PIXELS, Output = [i32; CLASSES]>> QuantizedModel for Quantized<Q> {
    fn classes(&self, split: &Split, kernel: Kernel) -> Result<Vec<u8>, Error> {
        split.images.iter().map(|image| Ok(quant::class(&self.logits(image, kernel)?) as u8)).collect()
    }

    fn logits(&self, image: &[u8; PIXELS], kernel: Kernel) -> Result<[i32; CLASSES], Error> {
        self.network.infer_with(kernel, image)
    }

    fn layers(&self) -> Vec<QuantizedLayer> {
        self.layers.clone()
    }
}

/// A network whose int8 form is also a list of layers.
trait QuantizedLayers<const IN: usize>: Quantize<IN> {
    /// Appends the numbers of all layers to `layers`. `ranges` are those that it was quantised with.
    fn list(quantized: &Self::Quantized, ranges: &Self::Ranges, layers: &mut Vec<QuantizedLayer>) -> Result<(), Error>;
}

impl<const IN: usize, const OUT: usize, L: dense_core::losses::Loss<OUT>> QuantizedLayers<IN> for Output<IN, OUT, L> {
    fn list(quantized: &Self::Quantized, (): &(), layers: &mut Vec<QuantizedLayer>) -> Result<(), Error> {
        layers.push(QuantizedLayer::of(quantized, None));
        Ok(())
    }
}

impl<const IN: usize, const WIDTH: usize, Next: QuantizedLayers<WIDTH>> QuantizedLayers<IN>
    for Hidden<IN, WIDTH, Relu, Next>
{
    fn list(quantized: &Self::Quantized, ranges: &Self::Ranges, layers: &mut Vec<QuantizedLayer>) -> Result<(), Error> {
        let output = QuantizedOutput {
            multipliers: quantized.layer.multipliers().to_vec(),
            quantization: ranges.outputs.quantization()?,
        };
        layers.push(QuantizedLayer::of(&quantized.layer.layer, Some(output)));
        Next::list(&quantized.next, &ranges.next, layers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_quantised_is_refused() {
        for (model, not_finite, too_large) in [
            (ModelName::Linear, "weights", "scale"),
            (ModelName::Mlp32, "hidden sums", "activation scale"),
            (ModelName::Mlp128x64, "hidden sums", "activation scale"),
        ] {
            for (weight, wanted) in [(f32::NAN, not_finite), (1e9, too_large)] {
                let mut layers = model.network().layers();
                layers[0].weights[0] = weight;
                let error = quantize(model, &layers, &[[255; PIXELS]], Kernel::best()).err().unwrap();
                assert!(error.to_string().contains(wanted), "{model:?}, {weight}: {error}");
            }
        }
    }
}
