//! A checkpoint as safetensors.
//!
//! For each layer there are the tensors `trained.dense.kernel` and `trained.dense.bias`, and where there are such numbers,
//! the same with `first_moments`, `second_moments` and `best` in place of `trained`; the next layers are `dense_1` and
//! so on. The metadata are a JSON text under `checkpoint`. The names are others than those of a model, which the numbers
//! in the middle of a training are not.

use std::collections::HashMap;

use clap::ValueEnum;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::{Deserialize, Serialize};

use super::{Checkpoint, Identity};
use crate::fit::{Best, Moments, Numbers, Position, Running, State};
use crate::history::Epoch;
use crate::model::{Layer, ModelName};
use crate::model_files::safetensors::{names, tensor, to_bytes};

/// Who wrote the file and, by its number, how.
const FORMAT: &str = "host-trainer/checkpoint/1";
/// The entry of the metadata.
const ENTRY: &str = "checkpoint";

const TRAINED: &str = "trained";
const FIRST_MOMENTS: &str = "first_moments";
const SECOND_MOMENTS: &str = "second_moments";
const BEST: &str = "best";

#[derive(Serialize, Deserialize)]
struct Metadata {
    format: String,
    identity: Identity,
    epochs_done: Vec<Epoch>,
    running: Running,
    best_epoch: Option<usize>,
}

pub(super) fn write(checkpoint: &Checkpoint) -> Result<Vec<u8>, SafeTensorError> {
    let Checkpoint { identity, state: State { position, numbers } } = checkpoint;
    let metadata = Metadata {
        format: FORMAT.into(),
        identity: identity.clone(),
        epochs_done: position.epochs.clone(),
        running: position.running,
        best_epoch: position.best.as_ref().map(|best| best.epoch),
    };
    let metadata = HashMap::from([(ENTRY.to_owned(), serde_json::to_string(&metadata)?)]);

    let mut tensors = Vec::new();
    let mut add = |what: &str, before: usize, layer: &Layer, weights: &[f32], bias: &[f32]| {
        let shapes = [vec![layer.outputs(), layer.inputs], vec![layer.outputs()]];
        for ((name, shape), values) in names(before).into_iter().zip(shapes).zip([weights, bias]) {
            tensors.push((format!("{what}.{name}"), shape, to_bytes(values)));
        }
    };
    for (before, layer) in numbers.layers.iter().enumerate() {
        add(TRAINED, before, layer, &layer.weights, &layer.bias);
        if let Some(moments) = numbers.moments.get(before) {
            for (which, what) in [FIRST_MOMENTS, SECOND_MOMENTS].into_iter().enumerate() {
                let values: Vec<f32> = moments.iter().map(|moments| moments[which]).collect();
                let (weights, bias) = values.split_at(layer.weights.len());
                add(what, before, layer, weights, bias);
            }
        }
    }
    for (before, layer) in position.best.iter().flat_map(|best| &best.layers).enumerate() {
        add(BEST, before, layer, &layer.weights, &layer.bias);
    }
    let views: Result<Vec<_>, SafeTensorError> = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect();
    safetensors::serialize(views?, Some(metadata))
}

pub(super) fn read(bytes: &[u8]) -> Result<Checkpoint, String> {
    let container = |error| format!("not a valid safetensors file: {error}");
    let file = SafeTensors::deserialize(bytes).map_err(container)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(container)?;
    let text = header.metadata().as_ref().and_then(|metadata| metadata.get(ENTRY));
    let text = text.ok_or("not a checkpoint of `host-trainer train`")?;
    let metadata: Metadata = serde_json::from_str(text).map_err(|error| format!("metadata: {error}"))?;
    let model = check(&metadata)?;
    let Metadata { identity, epochs_done, running, best_epoch, .. } = metadata;

    let layers = read_layers(&file, TRAINED, model)?;
    let moments = if identity.optimizer == "adam" { read_moments(&file, model)? } else { Vec::new() };
    let best = match best_epoch {
        Some(epoch) => Some(Best { epoch, layers: read_layers(&file, BEST, model)? }),
        None => None,
    };
    let position = Position { epochs: epochs_done, running, best };
    Ok(Checkpoint { identity, state: State { position, numbers: Numbers { layers, moments } } })
}

/// Refuses what no training comes to. Returns which network it is of.
fn check(metadata: &Metadata) -> Result<ModelName, String> {
    let Metadata { format, identity, epochs_done, running, best_epoch } = metadata;
    if format != FORMAT {
        return Err(format!("metadata: format {}, wanted {FORMAT}", format.escape_debug()));
    }
    let named = ModelName::value_variants().iter().find(|model| model.name() == identity.model);
    let model = named.ok_or_else(|| format!("metadata: no model {}", identity.model.escape_debug()))?;
    if identity.batch_size == 0 {
        return Err("metadata: the batch size is 0".into());
    }
    let steps = identity.train_samples.div_ceil(identity.batch_size);
    if running.steps > 0 && running.steps >= steps {
        return Err(format!("metadata: {} steps of an epoch of {steps}", running.steps));
    }
    if running.correct as usize > running.steps.saturating_mul(identity.batch_size) {
        return Err(format!("metadata: {} samples right after {} steps", running.correct, running.steps));
    }
    let validated = epochs_done.iter().all(|epoch| epoch.validation.is_some());
    let is_sound = match best_epoch {
        Some(best) => identity.early_stopping && validated && (1..=epochs_done.len()).contains(best),
        None => !identity.early_stopping || epochs_done.is_empty(),
    };
    if !is_sound {
        return Err("metadata: the best epoch is not among those that are done".into());
    }
    Ok(*model)
}

/// The layers whose tensors begin with `what`.
fn read_layers(file: &SafeTensors<'_>, what: &str, model: ModelName) -> Result<Vec<Layer>, String> {
    let mut layers = model.network().layers();
    for (before, layer) in layers.iter_mut().enumerate() {
        let shapes = [vec![layer.outputs(), layer.inputs], vec![layer.outputs()]];
        let [kernel, bias] = names(before).map(|name| format!("{what}.{name}"));
        (_, layer.weights) = tensor(file, kernel, &[&shapes[0]]).map_err(|error| error.to_string())?;
        (_, layer.bias) = tensor(file, bias, &[&shapes[1]]).map_err(|error| error.to_string())?;
    }
    Ok(layers)
}

fn read_moments(file: &SafeTensors<'_>, model: ModelName) -> Result<Vec<Moments>, String> {
    let [first, second] = [FIRST_MOMENTS, SECOND_MOMENTS].map(|what| read_layers(file, what, model));
    let list = |layer: Layer| layer.weights.into_iter().chain(layer.bias);
    let mut moments = Vec::new();
    for (first, second) in first?.into_iter().zip(second?) {
        let layer: Moments = list(first).zip(list(second)).map(|(first, second)| [first, second]).collect();
        if layer.iter().any(|moments| moments[1] < 0.0) {
            return Err("a mean of squares is negative".into());
        }
        moments.push(layer);
    }
    Ok(moments)
}
