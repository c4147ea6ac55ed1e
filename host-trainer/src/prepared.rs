//! Data that are ready to train on.

use dense_core::PixelTable;
use formats::{DataOptions, Input, MAX_PARAMETERS, MAX_WIDTH, Model, Output, Provenance, Recipe, Task};
use training::{Callbacks, Data, Fit, FitError, Network, Settings, State, int8};

use crate::data::{Dataset, Inputs, Samples, TargetScaling, Targets};
use crate::failure::Failure;
use crate::options::RecipeArgs;

/// How many training inputs are shown.
const FIRST: usize = 9;

/// Samples as the first layer sees them, and the recipe to train by.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Name of the data set.
    pub name: String,
    /// The kind of the inputs: pixels or features.
    pub input: Input,
    /// The kind of the targets: classes, two classes, or values, with their names.
    pub output: Output,
    /// The recipe.
    pub recipe: Recipe,
    /// The samples to learn from.
    pub train: Samples,
    /// The samples held back for validation.
    pub validation: Option<Samples>,
    /// The samples to test with.
    pub test: Samples,
    /// The test samples as they are in the data set, where pixels go through a table.
    pub unchanged_test: Option<Samples>,
    /// The first training samples, to choose the quantisation by.
    pub calibration: Inputs,
    /// The first training inputs as they are in the data set, to be shown.
    pub first: Inputs,
    /// Number of training samples in the data set.
    pub loaded_samples: usize,
    /// [`Samples::checksum`] of the training samples with those held back, as they are in the data set.
    pub checksum: u32,
}

impl Prepared {
    /// Completes the recipe for loaded data. Of the training samples only the first `limit` are kept.
    ///
    /// # Errors
    /// Options contradict each other or the data.
    pub fn new(dataset: Dataset, arguments: &RecipeArgs, limit: Option<usize>) -> Result<Self, Failure> {
        let samples = dataset.train.len().min(limit.unwrap_or(usize::MAX));
        let recipe = arguments.recipe(&dataset.input, dataset.task(), samples).map_err(Failure::new)?;
        let Dataset { name, mut input, output, mut train, mut test } = dataset;
        if input.width() > MAX_WIDTH {
            return Err(Failure::new(format!("{} inputs, at most {MAX_WIDTH}", input.width())));
        }
        let parameters = parameters(input.width(), &recipe, output.width());
        if parameters > MAX_PARAMETERS {
            return Err(Failure::new(format!("{parameters} weights and biases, at most {MAX_PARAMETERS}")));
        }
        let loaded_samples = train.len();
        let mut calibration = train.inputs.first(int8::CALIBRATION_SAMPLES);
        train.truncate(limit.unwrap_or(usize::MAX));
        let checksum = train.checksum();
        let first = train.inputs.first(FIRST);
        let mut unchanged_test = None;
        if let Input::Pixels(pixels) = &mut input {
            pixels.standardized = recipe.smallest_deviation.is_some();
            if recipe.pixel_exponent != 1.0 {
                let table = PixelTable::power(recipe.pixel_exponent);
                unchanged_test = Some(test.clone());
                for inputs in [&mut train.inputs, &mut test.inputs, &mut calibration] {
                    inputs.look_up(&table);
                }
                pixels.table = Some(Box::new(table));
            }
        } else if let Input::Features { standardized, .. } = &mut input {
            *standardized = recipe.smallest_deviation.is_some();
        }
        let validation = recipe.validation_split.map(|share| split_off(&mut train, share)).transpose()?;
        Ok(Self {
            name,
            input,
            output,
            recipe,
            train,
            validation,
            test,
            unchanged_test,
            calibration,
            first,
            loaded_samples,
            checksum,
        })
    }

    /// The kind of the targets.
    pub const fn task(&self) -> Task {
        self.recipe.loss.task()
    }

    /// Trains `network` by the settings; where `test` is set, test samples are measured after each epoch.
    ///
    /// The targets of a regression are standardised where the inputs are, so that losses are in units of their variance,
    /// and that is folded into the last layer.
    ///
    /// # Errors
    /// Those of [`training::fit`].
    pub fn fit(
        &mut self,
        network: &mut Network,
        settings: &Settings,
        test: bool,
        from: Option<&State>,
        callbacks: &mut Callbacks<'_>,
    ) -> Result<Fit, FitError> {
        let scaling = self.recipe.smallest_deviation.and_then(|_| TargetScaling::measure(&self.train.targets));
        // In place, as a copy of all samples could take as much memory again.
        let unscaled: Vec<Targets> = match &scaling {
            Some(scaling) => self.targets().map(|targets| scaling.replace(targets)).collect(),
            None => Vec::new(),
        };
        let data = Data { test: test.then_some(&self.test), ..self.data() };
        let fit = training::fit(network, &data, settings, from, callbacks);
        self.targets().zip(unscaled).for_each(|(targets, unscaled)| *targets = unscaled);
        let (Some(scaling), Ok(_)) = (scaling, &fit) else { return fit };
        let mut layers = network.layers().to_vec();
        if let Some(last) = layers.last_mut() {
            scaling.fold(last);
        }
        *network = Network::new(layers, network.loss())?;
        fit
    }

    fn targets(&mut self) -> impl Iterator<Item = &mut Targets> {
        let samples = [Some(&mut self.train), self.validation.as_mut(), Some(&mut self.test)];
        samples.into_iter().flatten().map(|samples| &mut samples.targets)
    }

    /// The data of a training: its samples, those that early stopping judges by, and the size of pictures.
    pub fn data(&self) -> Data<'_> {
        let picture = match &self.input {
            Input::Pixels(pixels) => Some([pixels.height, pixels.width]),
            Input::Features { .. } => None,
        };
        Data { validation: self.validation.as_ref(), picture, ..Data::new(&self.train) }
    }

    /// The trained network as a model that describes itself.
    pub fn model(
        &self,
        network: Network,
        test: std::collections::BTreeMap<String, f64>,
        data: DataOptions,
        best_epoch: Option<usize>,
    ) -> Model {
        let provenance = Provenance::Trained {
            data_set: self.name.clone(),
            data: Box::new(data),
            data_checksum: self.checksum,
            samples: self.train.len(),
            recipe: Box::new(self.recipe.clone()),
            best_epoch: best_epoch.filter(|&best| best < self.recipe.epochs),
        };
        Model {
            loss: network.loss(),
            layers: network.into_layers(),
            input: self.input.clone(),
            output: self.output.clone(),
            quantized: None,
            test,
            provenance,
        }
    }
}

/// The number of weights and biases of a network by the recipe.
pub(crate) fn parameters(inputs: usize, recipe: &Recipe, outputs: usize) -> usize {
    let widths = [&[inputs], &recipe.hidden[..], &[outputs]].concat();
    widths.windows(2).map(|pair| (pair[0] + 1).saturating_mul(pair[1])).sum()
}

/// Takes so large a share of the samples, the last ones, away, as many as Keras does.
fn split_off(train: &mut Samples, share: f64) -> Result<Samples, Failure> {
    let samples = train.len();
    let left = (samples as f64 * (1.0 - share)) as usize;
    if left == 0 || left == samples {
        let what = if left == samples { "validate on" } else { "train on" };
        return Err(Failure::new(format!("--validation-split {share}: of {samples} samples it leaves none to {what}")));
    }
    Ok(train.split_off(left))
}
