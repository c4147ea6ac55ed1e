//! The recipe and the model of a training as values of [`formats`].

use formats::{
    Activation, Input, Layer, Loss, Model, Optimizer, OptimizerName, Output, PixelInput, Provenance, Recipe,
};

use crate::cli::Schedule;
use crate::data::{Inputs, Samples, Targets};
use crate::dataset::Split;
use crate::fit::{self, Settings};
use crate::idx::{CLASSES, PIXELS, SIDE};
use crate::model;
use crate::model_files::Weights;
use crate::presets::{Preset, PresetName};

pub(super) fn recipe(
    preset: (PresetName, Preset),
    settings: &Settings,
    hidden: Vec<usize>,
    split: Option<f64>,
) -> Recipe {
    Recipe {
        preset: preset.0.name().into(),
        hidden,
        activation: Activation::Relu,
        loss: match settings.loss {
            fit::Loss::CrossEntropy => Loss::SparseCategoricalCrossentropy,
            fit::Loss::GeneralizedCrossEntropy => Loss::GeneralizedCrossentropy,
        },
        optimizer: Optimizer {
            name: match settings.optimizer {
                crate::cli::Optimizer::Adam => OptimizerName::Adam,
                crate::cli::Optimizer::Sgd => OptimizerName::Sgd,
            },
            learning_rate: settings.learning_rate,
            momentum: 0.0,
            nesterov: false,
            weight_decay: 0.0,
        },
        schedule: match settings.schedule {
            Schedule::Constant => formats::Schedule::Constant,
            Schedule::Cosine => formats::Schedule::Cosine,
            Schedule::Step { epochs, factor } => formats::Schedule::Step { epochs, factor },
        },
        batch_size: settings.batch_size,
        epochs: settings.epochs,
        seed: settings.seed,
        pixel_exponent: preset.1.pixel_exponent,
        smallest_deviation: settings.smallest_deviation,
        validation_split: split,
        early_stopping: settings.early_stopping,
    }
}

pub(super) fn layers(layers: &[model::Layer]) -> Vec<Layer> {
    let last = layers.len() - 1;
    let layer = |(index, layer): (usize, &model::Layer)| Layer {
        inputs: layer.inputs,
        weights: layer.weights.clone(),
        bias: layer.bias.clone(),
        activation: if index < last { Activation::Relu } else { Activation::Linear },
    };
    layers.iter().enumerate().map(layer).collect()
}

pub(super) fn input() -> Input {
    Input::Pixels(PixelInput { height: SIDE, width: SIDE, table: None, standardized: false })
}

pub(super) fn output(class_names: &[String; CLASSES]) -> Output {
    Output::Classes { names: class_names.to_vec() }
}

pub(super) fn model(weights: &Weights, class_names: &[String; CLASSES], recipe: &Recipe) -> Model {
    Model {
        layers: layers(&weights.layers),
        loss: recipe.loss,
        input: input(),
        output: output(class_names),
        quantized: None,
        test: Default::default(),
        provenance: Provenance::Imported { file: String::new(), format: String::new() },
    }
}

pub(super) fn samples(split: &Split) -> Samples {
    Samples {
        inputs: Inputs::Bytes { width: PIXELS, values: split.images.as_flattened().to_vec() },
        targets: Targets::Labels(split.labels.clone()),
        groups: Vec::new(),
    }
}
