//! The networks in whole numbers: made from trained ones, tested beside them, and written down.

use dense_core::quant::{self, PIXEL_STEP, QuantizedHidden, QuantizedNetwork};
use dense_core::{Error, Kernel, QuantizedDense};

use crate::dataset::Split;
use crate::idx::{CLASSES, PIXELS};
use crate::model::{Layer, Layers, ModelName};

/// A network in whole numbers for images of ten classes.
pub trait QuantizedModel {
    /// The class that each image is taken for.
    ///
    /// # Errors
    ///
    /// None for images of this size.
    fn classes(&self, split: &Split, kernel: Kernel) -> Result<Vec<u8>, Error>;

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
    /// What a step of each sum stands for.
    pub scale: Vec<f32>,
}

/// The model with these layers in whole numbers; `samples` are training images that tell how large the outputs of hidden
/// layers become.
///
/// # Errors
///
/// A weight or bias that is not finite, or so large or small that its scale cannot be represented.
pub fn quantize(
    model: ModelName,
    layers: &[Layer],
    samples: &Split,
    kernel: Kernel,
) -> Result<Box<dyn QuantizedModel>, Error> {
    match model {
        ModelName::Linear => quantize_as::<QuantizedDense<PIXELS, CLASSES>>(layers, samples, kernel),
        ModelName::Mlp32 => {
            quantize_as::<QuantizedHidden<PIXELS, 32, QuantizedDense<32, CLASSES>>>(layers, samples, kernel)
        }
        ModelName::Mlp128x64 => {
            type Rest = QuantizedHidden<128, 64, QuantizedDense<64, CLASSES>>;
            quantize_as::<QuantizedHidden<PIXELS, 128, Rest>>(layers, samples, kernel)
        }
    }
}

fn quantize_as<Q>(layers: &[Layer], samples: &Split, kernel: Kernel) -> Result<Box<dyn QuantizedModel>, Error>
where
    Q: QuantizedNetwork<PIXELS, Logits = [i32; CLASSES]> + QuantizedLayers + 'static,
    Q::Float: Layers,
{
    let mut floats = Box::new(<Q::Float as dense_core::Network<PIXELS>>::ZERO);
    floats.set_layers(layers);
    let mut ranges = Q::Ranges::default();
    for image in &samples.images {
        Q::calibrate(&floats, kernel, image, &mut ranges)?;
    }
    let mut network = Box::new(Q::ZERO);
    network.quantize_network(&floats, PIXEL_STEP, &ranges)?;
    Ok(network)
}

impl<Q: QuantizedNetwork<PIXELS, Logits = [i32; CLASSES]> + QuantizedLayers> QuantizedModel for Q {
    fn classes(&self, split: &Split, kernel: Kernel) -> Result<Vec<u8>, Error> {
        let class = |image| Ok(quant::class(&self.infer(kernel, image)?) as u8);
        split.images.iter().map(class).collect()
    }

    fn layers(&self) -> Vec<QuantizedLayer> {
        let mut layers = Vec::new();
        self.list(&mut layers);
        layers
    }
}

/// A network as a list of layers.
trait QuantizedLayers {
    /// Appends the numbers of all layers to `layers`.
    fn list(&self, layers: &mut Vec<QuantizedLayer>);
}

impl<const IN: usize, const OUT: usize> QuantizedLayers for QuantizedDense<IN, OUT> {
    fn list(&self, layers: &mut Vec<QuantizedLayer>) {
        layers.push(QuantizedLayer {
            inputs: IN,
            weights: (0..OUT).flat_map(|output| (0..IN).map(move |input| self.weight(output, input))).collect(),
            bias: self.bias().to_vec(),
            scale: self.scale().to_vec(),
        });
    }
}

impl<const IN: usize, const WIDTH: usize, Next: QuantizedLayers> QuantizedLayers for QuantizedHidden<IN, WIDTH, Next> {
    fn list(&self, layers: &mut Vec<QuantizedLayer>) {
        self.layer.list(layers);
        self.next.list(layers);
    }
}
