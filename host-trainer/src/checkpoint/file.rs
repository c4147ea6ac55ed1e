//! A checkpoint as safetensors.
//!
//! For each layer there are the tensors `trained.dense.kernel` and `trained.dense.bias`, and where there are such
//! numbers, the same with `state_0`, `state_1` (the arrays of the optimizer's state) and `best` in place of `trained`; the
//! next layers are `dense_1` and so on. The metadata are a JSON text under `checkpoint`. The names are others than those
//! of a model, which the numbers in the middle of a training are not.

use std::collections::HashMap;

use formats::{Activation, Layer, OptimizerName, Recipe, layer_name};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::{Deserialize, Serialize};
use training::{Best, Epoch, Parameters, PartialEpoch, State, TrainingProgress, Variables};

use super::{Checkpoint, Identity};

/// The writer and the version of the metadata.
const FORMAT: &str = "host-trainer/checkpoint/2";
/// The entry of the metadata.
const ENTRY: &str = "checkpoint";
/// Layers and units that are read, at most.
const MAX_LAYERS: usize = 64;
const MAX_WIDTH: usize = 1 << 20;

#[derive(Serialize, Deserialize)]
struct Metadata {
    format: String,
    identity: Identity,
    epochs_done: Vec<Epoch>,
    running: PartialEpoch,
    best_epoch: Option<usize>,
}

impl Checkpoint {
    /// The contents of a file.
    ///
    /// # Errors
    /// If the format cannot hold it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SafeTensorError> {
        let Self { identity, state: State { progress, variables } } = self;
        let metadata = Metadata {
            format: FORMAT.into(),
            identity: identity.clone(),
            epochs_done: progress.epochs.clone(),
            running: progress.current,
            best_epoch: progress.best.as_ref().map(|best| best.epoch),
        };
        let metadata = HashMap::from([(ENTRY.to_owned(), serde_json::to_string(&metadata)?)]);

        let mut tensors = Vec::new();
        let mut add = |what: &str, index: usize, layer: &Layer, weights: &[f32], bias: &[f32]| {
            let [kernel, bias_name] = names(what, index);
            tensors.push((kernel, vec![layer.units(), layer.inputs], bytes(weights)));
            tensors.push((bias_name, vec![layer.units()], bytes(bias)));
        };
        for (index, layer) in variables.layers.iter().enumerate() {
            add("trained", index, layer, &layer.weights, &layer.bias);
            for (array, state) in variables.states.get(index).into_iter().flatten().enumerate() {
                add(&format!("state_{array}"), index, layer, &state.weights, &state.bias);
            }
        }
        for (index, layer) in progress.best.iter().flat_map(|best| &best.layers).enumerate() {
            add("best", index, layer, &layer.weights, &layer.bias);
        }
        let views: Result<Vec<_>, SafeTensorError> = tensors
            .iter()
            .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
            .collect();
        safetensors::serialize(views?, Some(metadata))
    }

    /// Reads the contents of a file.
    ///
    /// # Errors
    /// The fault in them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let container = |error| format!("not a valid safetensors file: {error}");
        let file = SafeTensors::deserialize(bytes).map_err(container)?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(container)?;
        let text = header.metadata().as_ref().and_then(|metadata| metadata.get(ENTRY));
        let text = text.ok_or("not a checkpoint of `host-trainer train`")?;
        let metadata: Metadata = serde_json::from_str(text).map_err(|error| format!("metadata: {error}"))?;
        check(&metadata)?;
        let Metadata { identity, epochs_done, running, best_epoch, .. } = metadata;

        let layers = read_layers(&file, "trained", &identity)?;
        let mut states: Vec<Vec<Parameters>> = vec![Vec::new(); layers.len()];
        let optimizer = identity.recipe.optimizer;
        for array in 0..optimizer.states() {
            let what = format!("state_{array}");
            // The last array of Adam and of RMSprop.
            let are_squares = optimizer.name != OptimizerName::Sgd && array + 1 == optimizer.states();
            for (index, (state, layer)) in states.iter_mut().zip(read_layers(&file, &what, &identity)?).enumerate() {
                for (name, values) in names(&what, index).iter().zip([&layer.weights, &layer.bias]) {
                    if are_squares && values.iter().any(|&square| square < 0.0) {
                        return Err(format!("tensor `{name}`: a mean of squares is negative"));
                    }
                }
                state.push(Parameters { weights: layer.weights, bias: layer.bias });
            }
        }
        let best = match best_epoch {
            Some(epoch) => Some(Best { epoch, layers: read_layers(&file, "best", &identity)? }),
            None => None,
        };
        let progress = TrainingProgress { epochs: epochs_done, current: running, best };
        Ok(Self { identity, state: State { progress, variables: Variables { layers, states } } })
    }
}

/// Validates the metadata.
fn check(metadata: &Metadata) -> Result<(), String> {
    let Metadata { format, identity, epochs_done, running, best_epoch } = metadata;
    if format != FORMAT {
        return Err(format!("metadata: format {}, wanted {FORMAT}", format.escape_debug()));
    }
    let Recipe { batch_size, hidden, early_stopping, .. } = &identity.recipe;
    if *batch_size == 0 {
        return Err("metadata: the batch size is 0".into());
    }
    let widths = hidden.iter().chain([&identity.inputs, &identity.outputs]);
    if hidden.len() >= MAX_LAYERS || widths.into_iter().any(|&width| width == 0 || width > MAX_WIDTH) {
        return Err("metadata: no such network".into());
    }
    let steps = identity.train_samples.div_ceil(*batch_size);
    if running.steps > 0 && running.steps >= steps {
        return Err(format!("metadata: {} steps of an epoch of {steps}", running.steps));
    }
    let validated = epochs_done.iter().all(|epoch| epoch.validation.is_some());
    let is_sound = match best_epoch {
        Some(best) => early_stopping.is_some() && validated && (1..=epochs_done.len()).contains(best),
        None => early_stopping.is_none() || epochs_done.is_empty(),
    };
    if !is_sound {
        return Err("metadata: the best epoch is not among those that are done".into());
    }
    Ok(())
}

/// The names of the tensors of layer `index`.
fn names(what: &str, index: usize) -> [String; 2] {
    ["kernel", "bias"].map(|tensor| format!("{what}.{}.{tensor}", layer_name(index)))
}

/// The layers whose tensors begin with `what`.
fn read_layers(file: &SafeTensors<'_>, what: &str, identity: &Identity) -> Result<Vec<Layer>, String> {
    let Recipe { hidden, activation, .. } = &identity.recipe;
    let mut inputs = identity.inputs;
    let hidden = hidden.iter().map(|&units| (units, *activation));
    let layers = hidden.chain([(identity.outputs, Activation::Linear)]).enumerate();
    let layers = layers.map(|(index, (units, activation))| {
        let [kernel, bias] = names(what, index);
        let weights = numbers(file, &kernel, &[units, inputs])?;
        let bias = numbers(file, &bias, &[units])?;
        Ok(Layer { inputs: std::mem::replace(&mut inputs, units), weights, bias, activation })
    });
    layers.collect()
}

/// The finite numbers of a tensor of this shape.
fn numbers(file: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
    let tensor = file.tensor(name).map_err(|_| format!("tensor `{name}`: missing"))?;
    if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
        let found = (tensor.dtype(), tensor.shape());
        return Err(format!("tensor `{name}`: {found:?} found, F32 of shape {shape:?} wanted"));
    }
    let (numbers, _) = tensor.data().as_chunks::<4>();
    let numbers: Vec<f32> = numbers.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    if numbers.iter().any(|number| !number.is_finite()) {
        return Err(format!("tensor `{name}`: holds a number that is not finite"));
    }
    Ok(numbers)
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
