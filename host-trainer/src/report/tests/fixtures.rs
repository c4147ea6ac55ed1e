//! Reports on models of every kind.

use formats::{Activation, Layer, Loss, Optimizer, OptimizerName, PixelInput, Provenance, Schedule, Window};
use training::Metrics;

use crate::data::Inputs;
use crate::report::*;

pub(super) const SAMPLES: usize = 40;

pub(crate) fn recipe() -> Recipe {
    Recipe {
        preset: "recipe".into(),
        hidden: vec![],
        activation: Activation::Tanh,
        loss: Loss::SparseCategoricalCrossentropy,
        optimizer: Optimizer {
            name: OptimizerName::Sgd,
            learning_rate: 0.001,
            momentum: 0.9,
            nesterov: true,
            weight_decay: 0.01,
        },
        schedule: Schedule::Constant,
        batch_size: 32,
        epochs: 10,
        seed: 0,
        pixel_exponent: 0.3,
        shift: 0,
        smallest_deviation: Some(0.1),
        validation_split: Some(0.1),
        early_stopping: Some(3),
    }
}

/// The inputs of a report: recipe, model, record of the training, and test samples with their outputs.
pub(super) struct Run {
    pub(super) recipe: Recipe,
    pub(super) model: Model,
    pub(super) epochs: Vec<Epoch>,
    pub(super) best_epoch: Option<usize>,
    pub(super) test: BTreeMap<String, f64>,
    pub(super) samples: Samples,
    pub(super) outputs: Vec<f32>,
}

pub(super) fn names(count: usize) -> Vec<String> {
    (0..count).map(|class| format!("<class & \"{class}\">")).collect()
}

fn pixels(height: usize, width: usize) -> Input {
    Input::Pixels(PixelInput { height, width, table: None, standardized: false })
}

pub(super) fn features(count: usize) -> Input {
    Input::Features { names: names(count), window: None, standardized: true }
}

fn network(widths: &[usize]) -> Vec<Layer> {
    let layer = |pair: &[usize]| {
        let mut layer = Layer::zero(pair[0], pair[1], Activation::Linear);
        let weights = layer.weights.iter_mut().enumerate();
        weights.for_each(|(index, weight)| *weight = ((index * 37 % 101) as f32 - 50.0) / 50.0);
        layer
    };
    widths.windows(2).map(layer).collect()
}

impl Run {
    /// Forty samples, the first three of which are mistakes of a classifier, ever surer ones.
    pub(super) fn new(input: Input, output: Output, loss: Loss, hidden: &[usize], epochs: usize) -> Self {
        let classes = output.names().len();
        let width = output.width();
        let widths = [&[input.width()], hidden, &[width]].concat();
        let label = |sample: usize| (sample % classes) as u8;
        let predicted = |sample: usize| if sample < 3 { label(sample + 1) } else { label(sample) };
        let sure = |sample: usize| 0.9 + 0.01 * sample.min(5) as f32;
        let outputs: Vec<f32> = match &output {
            Output::Classes { .. } => (0..SAMPLES)
                .flat_map(|sample| {
                    let of = move |class| if class == usize::from(predicted(sample)) { sure(sample) } else { 0.0 };
                    (0..width).map(of)
                })
                .collect(),
            Output::Binary { .. } => (0..SAMPLES)
                .map(|sample| if predicted(sample) == 1 { sure(sample) } else { 1.0 - sure(sample) })
                .collect(),
            Output::Values { .. } => (0..SAMPLES * width).map(|index| index as f32 + 0.5).collect(),
        };
        let targets = match &output {
            Output::Values { .. } => {
                Targets::Numbers { width, values: (0..SAMPLES * width).map(|index| index as f32).collect() }
            }
            _ => Targets::Labels((0..SAMPLES).map(label).collect()),
        };
        let inputs = match &input {
            Input::Pixels(_) => {
                let values = (0..SAMPLES).flat_map(|sample| vec![6 * sample as u8; input.width()]).collect();
                Inputs::Bytes { width: input.width(), values }
            }
            Input::Features { .. } => {
                let values = (0..SAMPLES * input.width()).map(|index| (index % 7) as f32).collect();
                Inputs::Numbers { width: input.width(), values }
            }
        };
        let epoch = |epoch: usize| {
            let share = epoch as f64 / epochs as f64;
            let [train, validation, test] =
                [0.5, 0.6, 0.7].map(|loss| Metrics { loss: loss - 0.3 * share, metric: 0.5 + 0.4 * share });
            Epoch { train, validation: Some(validation), test: Some(test), seconds: 0.03 }
        };
        let test = match loss.task() {
            Task::Multiclass => &[("loss", 0.4), ("accuracy", 0.925)][..],
            Task::Binary => &[("loss", 0.4), ("accuracy", 0.925), ("auc", 0.98)],
            Task::Regression => &[("loss", 0.25), ("mse", 0.25), ("mae", 0.5), ("r2", 0.998)],
        };
        let recipe = Recipe { hidden: hidden.to_vec(), loss, ..recipe() };
        let model = Model {
            layers: network(&widths),
            loss,
            input,
            output,
            quantized: None,
            test: BTreeMap::new(),
            provenance: Provenance::Imported { file: String::new(), format: String::new() },
        };
        Self {
            recipe,
            model,
            epochs: (1..=epochs).map(epoch).collect(),
            best_epoch: Some(epochs.min(7)),
            test: test.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
            samples: Samples { inputs, targets, groups: vec![] },
            outputs,
        }
    }

    pub(super) fn multiclass(classes: usize, hidden: &[usize], epochs: usize) -> Self {
        let output = Output::Classes { names: names(classes) };
        Self::new(pixels(28, 28), output, Loss::SparseCategoricalCrossentropy, hidden, epochs)
    }

    /// One of each kind.
    pub(super) fn all() -> Vec<Self> {
        let two = names(2).try_into().unwrap();
        let window =
            Window { channels: vec!["x".into(), "y".into()], length: 6, stride: 3, downsample: 2, group: None };
        let series = Input::Features { names: names(6), window: Some(window), standardized: true };
        vec![
            Self::multiclass(10, &[], 10),
            Self::multiclass(3, &[32], 10),
            Self::new(
                pixels(5, 9),
                Output::Binary { names: names(2).try_into().unwrap() },
                Loss::BinaryCrossentropy,
                &[],
                2,
            ),
            Self::new(features(30), Output::Binary { names: two }, Loss::BinaryCrossentropy, &[8], 10),
            Self::new(series, Output::Classes { names: names(7) }, Loss::GeneralizedCrossentropy, &[32], 3),
            Self::new(features(8), Output::Values { names: names(1) }, Loss::MeanSquaredError, &[], 1),
            Self::new(pixels(4, 4), Output::Values { names: names(50) }, Loss::Huber, &[4], 10),
        ]
    }

    pub(super) fn report(&self) -> Report<'_> {
        Report {
            data_set: "<script>clothes</script>",
            recipe: &self.recipe,
            model: &self.model,
            epochs: &self.epochs,
            best_epoch: self.best_epoch,
            training_samples: 60_000,
            validation_samples: 6_000,
            test: &self.test,
            samples: &self.samples,
            outputs: &self.outputs,
            int8: Ok(Int8 { metrics: &self.test, bytes: 7_920, comparison: None }),
            model_files: &[("model.safetensors", 32_048)],
            threads: 1,
            kernel: "portable",
        }
    }

    pub(super) fn page(&self) -> String {
        String::from_utf8(self.report().files().unwrap()[0].clone()).unwrap()
    }
}
