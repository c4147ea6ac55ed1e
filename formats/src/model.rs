//! A trained network that describes itself.

use std::collections::BTreeMap;

use dense_core::PixelTable;
use serde::{Deserialize, Serialize};

use crate::{Activation, DataOptions, Loss, Recipe, Task};

/// A trained network, and all that it takes to use it and to know where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The dense layers, from the input to the output. Their widths fit together; there is at least one.
    pub layers: Vec<Layer>,
    /// The loss, which decides the activation of the last layer.
    pub loss: Loss,
    /// The kind of the inputs: pixels or features.
    pub input: Input,
    /// The kind of the last layer's outputs: classes, two classes, or values, with their names.
    pub output: Output,
    /// The same network in int8, where it was imported as such; `layers` are then its dequantised numbers.
    pub quantized: Option<Vec<QuantizedLayer>>,
    /// Loss and metrics on test samples, by Keras's names: `loss`, `accuracy`, `auc`, `mse`, `mae`, `r2`.
    pub test: BTreeMap<String, f64>,
    /// How the parameters came about.
    pub provenance: Provenance,
}

impl Model {
    /// The layers in Keras's terms: `Flatten(28, 28) -> Dense(32, relu) -> Dense(10, softmax)`.
    pub fn description(&self) -> String {
        let input = match &self.input {
            Input::Pixels(pixels) => format!("Flatten({}, {})", pixels.height, pixels.width),
            Input::Features { window: Some(window), .. } => {
                format!("Flatten({}, {})", window.rows(), window.channels.len())
            }
            Input::Features { names, .. } => format!("Input({})", names.len()),
        };
        let last = self.layers.len().saturating_sub(1);
        let layers = self.layers.iter().enumerate().map(|(index, layer)| {
            let activation = if index == last { self.loss.output_activation() } else { layer.activation.name() };
            format!(" -> Dense({}, {activation})", layer.units())
        });
        input + &layers.collect::<String>()
    }

    /// Inputs, units of each hidden layer, and outputs.
    pub fn widths(&self) -> Vec<usize> {
        std::iter::once(self.input.width()).chain(self.layers.iter().map(Layer::units)).collect()
    }

    /// Number of weights and biases.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(Layer::parameters).sum()
    }

    /// The names of the inputs, if they have any (of a window, of its channels), then those of the outputs.
    pub fn names_of_inputs_and_outputs(&self) -> impl Iterator<Item = &str> {
        let inputs: &[String] = match &self.input {
            Input::Pixels(_) => &[],
            Input::Features { window: Some(window), .. } => &window.channels,
            Input::Features { names, .. } => names,
        };
        inputs.iter().chain(self.output.names()).map(String::as_str)
    }
}

/// A dense layer, y = f(W·x + b).
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Number of inputs.
    pub inputs: usize,
    /// W, `[units][inputs]`.
    pub weights: Vec<f32>,
    /// b, `[units]`.
    pub bias: Vec<f32>,
    /// f; of the last layer [`Activation::Linear`], since the loss decides what becomes of the logits.
    pub activation: Activation,
}

/// Keras's name of layer `index`, from 0: `dense`, `dense_1` and so on.
pub fn layer_name(index: usize) -> String {
    if index == 0 { "dense".into() } else { format!("dense_{index}") }
}

impl Layer {
    /// A layer of zeros.
    pub fn zero(inputs: usize, units: usize, activation: Activation) -> Self {
        Self { inputs, weights: vec![0.0; inputs * units], bias: vec![0.0; units], activation }
    }

    /// Number of outputs.
    pub const fn units(&self) -> usize {
        self.bias.len()
    }

    /// Number of weights and biases.
    pub const fn parameters(&self) -> usize {
        self.weights.len() + self.bias.len()
    }
}

/// A dense layer in int8, as TensorFlow Lite defines it: real = scale · (integer − zero point).
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedLayer {
    /// Number of inputs.
    pub inputs: usize,
    /// `[units][inputs]`; their zero point is 0.
    pub weights: Vec<i8>,
    /// One for all units, or one for each.
    pub weight_scales: Vec<f32>,
    /// `[units]`, of scale input scale · weight scale.
    pub bias: Vec<i32>,
    /// Of the inputs.
    pub input: Quantization,
    /// Of the outputs.
    pub output: Quantization,
    /// [`Activation::Linear`] or [`Activation::Relu`].
    pub activation: Activation,
}

/// An affine quantisation to int8: real = scale · (integer − zero point).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantization {
    /// The real number of one step.
    pub scale: f32,
    /// The integer of the real number 0.
    pub zero_point: i32,
}

/// The kind of the inputs of the first layer: pixels or features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Input {
    /// The bytes of a picture, one channel, row after row; the first layer multiplies them by 1/255.
    Pixels(PixelInput),
    /// Numbers as they are in the data; what standardises them is part of the first layer.
    Features {
        /// The name of each; for a window, of each channel in each of its rows: see [`Window`].
        names: Vec<String>,
        /// Where the features are a window of a time series.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        window: Option<Window>,
        /// Whether an affine standardisation was folded into the first layer.
        #[serde(default)]
        standardized: bool,
    },
}

/// A picture of one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PixelInput {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// The look-up table that pixels go through first, unless it is the identity. In the model file it is a tensor.
    #[serde(skip)]
    pub table: Option<Box<PixelTable>>,
    /// Whether an affine standardisation was folded into the first layer.
    #[serde(default)]
    pub standardized: bool,
}

/// A sliding window over a time series: `length` samples, every `downsample` of which are averaged into one row with a
/// number for each channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The columns of the series, in order.
    pub channels: Vec<String>,
    /// Samples of the series in a window.
    pub length: usize,
    /// Samples from the start of one window to that of the next.
    pub stride: usize,
    /// Consecutive samples that are averaged into one row; divides `length`.
    pub downsample: usize,
    /// The column of groups, such as persons, where there is one: no window crosses from one group to another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Window {
    /// Rows of a window after downsampling.
    pub const fn rows(&self) -> usize {
        self.length / self.downsample
    }

    /// Numbers of a window: rows · channels.
    pub const fn features(&self) -> usize {
        self.rows().saturating_mul(self.channels.len())
    }
}

/// The kind of the outputs: classes, two classes, or values, with their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Output {
    /// A logit for each class.
    Classes {
        /// The name of each.
        names: Vec<String>,
    },
    /// One logit: the positive class against the negative one.
    Binary {
        /// The names of classes 0 and 1.
        names: [String; 2],
    },
    /// Numbers.
    Values {
        /// The name of each.
        names: Vec<String>,
    },
}

impl Output {
    /// The kind of the targets.
    pub const fn task(&self) -> Task {
        match self {
            Self::Classes { .. } => Task::Multiclass,
            Self::Binary { .. } => Task::Binary,
            Self::Values { .. } => Task::Regression,
        }
    }

    /// Number of outputs of the last layer.
    pub const fn width(&self) -> usize {
        match self {
            Self::Classes { names } | Self::Values { names } => names.len(),
            Self::Binary { .. } => 1,
        }
    }

    /// The names of classes or of numbers.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Classes { names } | Self::Values { names } => names,
            Self::Binary { names } => names,
        }
    }
}

impl Input {
    /// Number of inputs of the first layer.
    pub const fn width(&self) -> usize {
        match self {
            Self::Pixels(pixels) => pixels.height.saturating_mul(pixels.width),
            Self::Features { names, .. } => names.len(),
        }
    }

    /// The look-up table of pixels, unless it is the identity.
    pub fn pixel_table(&self) -> Option<&PixelTable> {
        match self {
            Self::Pixels(pixels) => pixels.table.as_deref(),
            Self::Features { .. } => None,
        }
    }
}

/// How the parameters of a model came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "origin", rename_all = "snake_case")]
pub enum Provenance {
    /// By training.
    Trained {
        /// Name of the data set.
        data_set: String,
        /// Where the data set was, and how it was loaded.
        #[serde(default)]
        data: Box<DataOptions>,
        /// CRC-32 of the training samples.
        data_checksum: u32,
        /// Number of training samples.
        samples: usize,
        /// The recipe.
        recipe: Box<Recipe>,
        /// The epoch after which the weights were like this, where early stopping chose it; from 1.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        best_epoch: Option<usize>,
    },
    /// From a file of another program.
    Imported {
        /// Name of the file.
        file: String,
        /// Its format.
        format: String,
    },
}
