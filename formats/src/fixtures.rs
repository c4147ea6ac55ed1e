//! Models that tests share: each kind of input and output, and every activation.

pub(crate) mod int8;

use std::collections::BTreeMap;

use dense_core::kernels::{self, Element, Rows};
use dense_core::{Kernel, PixelTable, Random, activations};

use crate::{
    Activation, Input, Layer, Loss, Model, Output, PixelInput, Provenance, Quantization, QuantizedLayer, Recipe, Window,
};

/// A model of these widths, with one activation for each hidden layer.
fn model(input: Input, output: Output, loss: Loss, hidden: &[(usize, Activation)]) -> Model {
    let mut random = Random::new(2026, 11);
    let (mut layers, mut inputs) = (Vec::new(), input.width());
    for &(units, activation) in hidden.iter().chain(&[(output.width(), Activation::Linear)]) {
        let mut layer = Layer::zero(inputs, units, activation);
        layer.weights.fill_with(|| random.uniform() - 0.5);
        layer.bias.fill_with(|| random.uniform() - 0.5);
        layers.push(layer);
        inputs = units;
    }
    let recipe = Recipe {
        hidden: hidden.iter().map(|&(units, _)| units).collect(),
        activation: hidden.first().map_or(Activation::Relu, |&(_, activation)| activation),
        loss,
        ..Recipe::default()
    };
    let provenance = Provenance::Trained {
        data_set: "fashion-mnist".into(),
        data: Box::default(),
        data_checksum: 0xdead_beef,
        samples: 60_000,
        recipe: Box::new(recipe),
        best_epoch: None,
    };
    Model {
        layers,
        loss,
        input,
        output,
        quantized: None,
        test: BTreeMap::from([("accuracy".into(), 0.8428), ("loss".into(), 0.452_11)]),
        provenance,
    }
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.into()).collect()
}

pub(crate) fn pixels(height: usize, width: usize, table: Option<PixelTable>) -> Input {
    Input::Pixels(PixelInput { height, width, table: table.map(Box::new), standardized: false })
}

fn features(names: &[&str]) -> Input {
    Input::Features { names: strings(names), window: None, standardized: true }
}

/// Softmax regression of 5 × 4 pixels.
pub(crate) fn softmax_regression() -> Model {
    let names = strings(&["cat", "\u{ace0}\u{c591}\u{c774}", "a\"b\\c\n??/\u{202e}"]);
    let loss = Loss::SparseCategoricalCrossentropy;
    model(pixels(5, 4, None), Output::Classes { names }, loss, &[])
}

/// A hidden layer with ReLU, for pixels that go through a table.
pub(crate) fn pixel_mlp() -> Model {
    let names = strings(&["circle", "square", "triangle"]);
    let loss = Loss::GeneralizedCrossentropy;
    let input = pixels(3, 6, Some(PixelTable::power(0.5)));
    model(input, Output::Classes { names }, loss, &[(7, Activation::Relu)])
}

/// Windows of a time series through tanh and GELU.
pub(crate) fn windows() -> Model {
    let channels = strings(&["acc x", "acc y"]);
    let window =
        Window { channels: channels.clone(), length: 20, stride: 10, downsample: 2, group: Some("who".into()) };
    let names = (0..10).flat_map(|row| channels.iter().map(move |channel| format!("{channel} {row}"))).collect();
    let input = Input::Features { names, window: Some(window), standardized: true };
    let output = Output::Classes { names: strings(&["rest", "walk", "run"]) };
    let hidden = [(9, Activation::Tanh), (5, Activation::Gelu)];
    model(input, output, Loss::SparseCategoricalCrossentropy, &hidden)
}

/// Logistic regression behind a layer of ELU and one of sigmoid.
pub(crate) fn binary() -> Model {
    let output = Output::Binary { names: ["no".into(), "yes".into()] };
    let hidden = [(4, Activation::Elu), (3, Activation::Sigmoid)];
    model(features(&["age", "height"]), output, Loss::BinaryCrossentropy, &hidden)
}

/// Regression of two numbers behind a layer of leaky ReLU and a linear one.
pub(crate) fn regression() -> Model {
    let output = Output::Values { names: strings(&["width", "height"]) };
    let hidden = [(4, Activation::LeakyRelu), (3, Activation::Linear)];
    model(features(&["a", "b", "c"]), output, Loss::Huber, &hidden)
}

/// Linear regression.
pub(crate) fn linear_regression() -> Model {
    model(features(&["a", "b"]), Output::Values { names: strings(&["c"]) }, Loss::MeanSquaredError, &[])
}

/// All of them, with a name.
pub(crate) fn all() -> [(&'static str, Model); 6] {
    [
        ("softmax regression", softmax_regression()),
        ("pixels", pixel_mlp()),
        ("windows", windows()),
        ("binary", binary()),
        ("regression", regression()),
        ("linear regression", linear_regression()),
    ]
}

/// A model in int8 as TensorFlow Lite has it.
pub(crate) fn imported_int8() -> Model {
    let mut model = regression();
    model.layers[0].activation = Activation::Relu;
    let (mut input, mut layers) = (Quantization { scale: 0.03, zero_point: -5 }, Vec::new());
    for (index, layer) in model.layers.iter_mut().enumerate() {
        let output = Quantization { scale: 0.02 + index as f32 * 0.01, zero_point: -128 + 100 * index as i32 };
        let scales = if index == 1 { vec![0.004] } else { vec![0.004; layer.units()] };
        let weights: Vec<i8> = layer.weights.iter().map(|weight| (weight / 0.004).round() as i8).collect();
        layer.weights = weights.iter().map(|&weight| f32::from(weight) * 0.004).collect();
        layers.push(QuantizedLayer {
            inputs: layer.inputs,
            weights,
            bias: layer.bias.iter().map(|bias| (bias / 0.004 / input.scale) as i32).collect(),
            weight_scales: scales,
            input,
            output,
            activation: layer.activation,
        });
        input = output;
    }
    model.quantized = Some(layers);
    model.provenance = Provenance::Imported { file: "ad.tflite".into(), format: "TensorFlow Lite".into() };
    model
}

/// The network's logits of one sample, by core's portable kernel.
pub(crate) fn logits<T: Element>(model: &Model, sample: &[T]) -> Vec<f32> {
    let scale = if matches!(model.input, Input::Pixels(_)) { 1.0 / 255.0 } else { 1.0 };
    let mut values = forward(&model.layers[0], sample, scale);
    for pair in model.layers.windows(2) {
        activate(pair[0].activation, &mut values);
        values = forward(&pair[1], &values, 1.0);
    }
    values
}

fn forward<T: Element>(layer: &Layer, sample: &[T], scale: f32) -> Vec<f32> {
    let mut outputs = vec![0.0; layer.units()];
    let rows = Rows::contiguous(sample, layer.inputs, 1);
    kernels::forward(Kernel::PORTABLE, rows, &layer.weights, &layer.bias, scale, &mut outputs).unwrap();
    outputs
}

/// Applies an activation in place.
pub(crate) fn activate(activation: Activation, values: &mut [f32]) {
    use activations::Activation as _;
    match activation {
        Activation::Linear => activations::Linear::forward(values),
        Activation::Relu => activations::Relu::forward(values),
        Activation::LeakyRelu => activations::LeakyRelu::forward(values),
        Activation::Elu => activations::Elu::forward(values),
        Activation::Gelu => activations::Gelu::forward(values),
        Activation::Sigmoid => activations::Sigmoid::forward(values),
        Activation::Tanh => activations::Tanh::forward(values),
    }
}
