//! A network that the page has, and what can be asked of it.

use dense_core::{Kernel, PixelTable};
use dense_protocol::checksum;
use formats::{Input, Layer, Model, Optimizer, OptimizerName, Provenance, Recipe, Task};
use training::evaluate::{evaluate, logits, predict};
use training::{Callbacks, Data, Inputs, Network, Samples, Settings, Silent, Targets, fit};

use crate::engine::{Answer, bytes, numbers, split};

#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) network: Network,
    /// Height and width, where inputs are pictures.
    pub(crate) picture: Option<[usize; 2]>,
    pub(crate) pixel_table: Option<Box<PixelTable>>,
    /// Checksum of the names of inputs and outputs, as devices have it.
    pub(crate) names_checksum: u32,
    /// The recipe of its training, where it comes from a trained model's file.
    pub(crate) recipe: Option<Recipe>,
}

impl Entry {
    pub(crate) fn new(network: Network) -> Self {
        Self { network, picture: None, pixel_table: None, names_checksum: checksum::of_names([]), recipe: None }
    }

    pub(crate) fn of_model(model: Model) -> Result<Self, String> {
        let names_checksum = checksum::of_names(model.names_of_inputs_and_outputs());
        let network = Network::new(model.layers, model.loss).map_err(|error| error.to_string())?;
        let recipe = match model.provenance {
            Provenance::Trained { recipe, .. } => Some(*recipe),
            Provenance::Imported { .. } => None,
        };
        let (picture, pixel_table) = match model.input {
            Input::Pixels(pixels) => (Some([pixels.height, pixels.width]), pixels.table),
            Input::Features { .. } => (None, None),
        };
        Ok(Self { network, picture, pixel_table, names_checksum, recipe })
    }

    pub(crate) fn parameters(&self) -> impl Iterator<Item = f32> {
        self.network.layers().iter().flat_map(|layer| layer.weights.iter().chain(&layer.bias)).copied()
    }

    pub(crate) fn set_parameters(&mut self, bytes: &[u8]) -> Answer {
        let values = numbers(bytes)?;
        let expected: usize = self.network.layers().iter().map(Layer::parameters).sum();
        if values.len() != expected {
            return Err(format!("{} parameters where the network has {expected}", values.len()));
        }
        let mut values = values.into_iter();
        let mut layers = self.network.layers().to_vec();
        for parameter in layers.iter_mut().flat_map(|layer| layer.weights.iter_mut().chain(&mut layer.bias)) {
            *parameter = values.next().unwrap_or_default();
        }
        self.network = Network::new(layers, self.network.loss()).map_err(|error| error.to_string())?;
        Ok(Vec::new())
    }

    pub(crate) fn checksum(&self) -> u32 {
        let table = self.pixel_table.as_ref().map(|table| table.values());
        checksum::of_parameters(table, self.parameters())
    }

    /// Inputs of whole samples.
    fn inputs(&self, bytes: &[u8]) -> Result<Inputs, String> {
        let width = self.network.inputs();
        let mut inputs = if self.picture.is_some() {
            Inputs::Bytes { width, values: bytes.to_vec() }
        } else {
            Inputs::Numbers { width, values: numbers(bytes)? }
        };
        let found = if self.picture.is_some() { bytes.len() } else { bytes.len() / 4 };
        if found % width != 0 || found == 0 {
            return Err(format!("{found} numbers are no inputs of {width} each"));
        }
        if let Some(table) = &self.pixel_table {
            inputs.look_up(table);
        }
        Ok(inputs)
    }

    /// Inputs of so many samples, and then their targets.
    fn samples(&self, bytes: &[u8], samples: usize) -> Result<Samples, String> {
        let number = if self.picture.is_some() { 1 } else { 4 };
        let (inputs, targets) = split(bytes, samples.saturating_mul(self.network.inputs()).saturating_mul(number))?;
        let outputs = self.network.outputs();
        let targets = match self.network.loss().task() {
            Task::Regression => Targets::Numbers { width: outputs, values: numbers(targets)? },
            Task::Multiclass | Task::Binary => Targets::Labels(targets.to_vec()),
        };
        Ok(Samples { inputs: self.inputs(inputs)?, targets, groups: Vec::new() })
    }

    pub(crate) fn predict(&self, input: &[u8]) -> Answer {
        let (inputs, kernel) = (self.inputs(input)?, Kernel::best());
        let logits = logits(&self.network, &inputs, kernel, 1).map_err(|error| error.to_string())?;
        let outputs = predict(&self.network, &inputs, kernel, 1).map_err(|error| error.to_string())?;
        Ok(bytes(logits.into_iter().chain(outputs)))
    }

    pub(crate) fn learn(&mut self, bytes: &[u8], samples: usize, learning_rate: f32) -> Answer {
        let train = self.samples(bytes, samples)?;
        let optimizer = Optimizer { name: OptimizerName::Sgd, learning_rate, ..Optimizer::default() };
        let recipe = Recipe { optimizer, epochs: 1, batch_size: samples, ..Recipe::default() };
        let settings = Settings { recipe, threads: 1, kernel: Kernel::best() };
        let mut callbacks = Callbacks { progress: &mut Silent, stop: &mut || false, checkpoints: None };
        let fitted = fit(&mut self.network, &Data::new(&train), &settings, None, &mut callbacks);
        let epochs = fitted.map_err(|error| error.to_string())?.state.progress.epochs;
        let loss = epochs.first().map_or(f64::NAN, |epoch| epoch.train.loss);
        Ok(loss.to_le_bytes().into())
    }

    /// The loss of one sample. The mean over one is a number of f32.
    pub(crate) fn loss(&self, bytes: &[u8]) -> Result<f32, String> {
        let sample = self.samples(bytes, 1)?;
        let metrics = evaluate(&self.network, &sample, Kernel::best(), 1).map_err(|error| error.to_string())?;
        Ok(metrics.loss as f32)
    }

    pub(crate) fn evaluate(&self, bytes: &[u8], samples: usize) -> Answer {
        let samples = self.samples(bytes, samples)?;
        let metrics = evaluate(&self.network, &samples, Kernel::best(), 1).map_err(|error| error.to_string())?;
        Ok([metrics.loss, metrics.metric].into_iter().flat_map(f64::to_le_bytes).collect())
    }
}
