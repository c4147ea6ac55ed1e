//! Checkpoints: training state in a safetensors file.

mod file;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::{fs, io};

use dense_core::math::BACKEND;
use formats::bounded::{self, MAX_CHECKPOINT, MAX_MODEL};
use formats::isolation::{TIME_LIMIT, isolated};
use formats::safetensors::from_safetensors;
use formats::{Provenance, Recipe, Schedule};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use training::State;

use crate::data::Samples;
use crate::prepared::Prepared;

/// The model file that a training writes into the folder of its checkpoint.
const MODEL_FILE: &str = "model.safetensors";

/// A checkpoint: the training that it belongs to, and its state.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Which training it is.
    pub identity: Identity,
    /// The training state: progress, weights and the optimizer's state.
    pub state: State,
}

/// Everything that decides the weights after every step. Threads and kernels do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Numbers of a sample.
    pub inputs: usize,
    /// Outputs of the last layer.
    pub outputs: usize,
    /// The recipe.
    pub recipe: Recipe,
    /// Training samples.
    pub train_samples: usize,
    /// Samples that are held back for validation.
    pub validation_samples: usize,
    /// [`Samples::checksum`] of the training samples, those held back included.
    pub data_checksum: u32,
    /// The [`Backend`](dense_core::math::Backend) of the arithmetic.
    pub backend: String,
}

/// Why training cannot be resumed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum CheckpointError {
    /// There is no such file.
    #[error("{}: no such file", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read, or holds no checkpoint.
    #[error("{}: {fault}", path.display())]
    Faulty { path: PathBuf, fault: String },
    /// The file is of another training. Each setting that differs is said as it is there and as it is wanted.
    #[error("{}: is of another training: {differences}", path.display())]
    Other { path: PathBuf, differences: String },
    /// More epochs have begun than are asked for.
    #[error("{}: is in epoch {reached} already, and --epochs says {wanted}", path.display())]
    TooFar { path: PathBuf, reached: usize, wanted: usize },
}

impl Checkpoint {
    /// Reads the file at `path`.
    fn read(path: &Path) -> Result<Self, String> {
        let bytes = bounded::read(path, MAX_CHECKPOINT).map_err(|error| error.to_string())?;
        isolated(TIME_LIMIT, move || Self::from_bytes(&bytes))?
    }

    /// Renames the state of a training whose model was not written to the first free name `checkpoint-1.safetensors`, `-2`
    /// and so on. Returns where it is now.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn set_aside(path: &Path) -> io::Result<Option<PathBuf>> {
        let checkpoint = Self::read(path).ok();
        if checkpoint.is_none_or(|checkpoint| checkpoint.is_finished() && checkpoint.identity.has_model_beside(path)) {
            return Ok(None);
        }
        let names = (1..).map(|number| path.with_file_name(format!("checkpoint-{number}.safetensors")));
        let Some(aside) = names.into_iter().find(|aside| !aside.exists()) else { return Ok(None) };
        fs::rename(path, &aside)?;
        Ok(Some(aside))
    }

    /// Whether all epochs are done, or early stopping has ended the training.
    fn is_finished(&self) -> bool {
        let Self { identity: Identity { recipe, .. }, state: State { progress, .. } } = self;
        let epochs = progress.epochs.len();
        let patience = progress.best.as_ref().zip(recipe.early_stopping);
        epochs >= recipe.epochs || patience.is_some_and(|(best, patience)| epochs >= best.epoch + patience)
    }

    /// Reads the state in the file at `path`, of the training that `wanted` is.
    ///
    /// # Errors
    /// If there is no such file, it is faulty, or it is of another training.
    pub fn load(path: &Path, wanted: &Identity) -> Result<State, CheckpointError> {
        let path = path.to_owned();
        if !path.exists() {
            return Err(CheckpointError::Missing(path));
        }
        let Self { identity, state } = match Self::read(&path) {
            Ok(checkpoint) => checkpoint,
            Err(fault) => return Err(CheckpointError::Faulty { path, fault }),
        };
        let differences = identity.differences(wanted);
        if !differences.is_empty() {
            return Err(CheckpointError::Other { path, differences: differences.join(", ") });
        }
        let reached = state.progress.epochs.len() + usize::from(state.progress.current.steps > 0);
        if reached > wanted.recipe.epochs {
            return Err(CheckpointError::TooFar { path, reached, wanted: wanted.recipe.epochs });
        }
        Ok(state)
    }
}

impl Identity {
    /// The identity of a training on prepared data.
    pub fn new(prepared: &Prepared) -> Self {
        Self {
            inputs: prepared.input.width(),
            outputs: prepared.output.width(),
            recipe: prepared.recipe.clone(),
            train_samples: prepared.train.len(),
            validation_samples: prepared.validation.as_ref().map_or(0, Samples::len),
            data_checksum: prepared.checksum,
            backend: BACKEND.name().into(),
        }
    }

    /// Whether the model file in the folder of `checkpoint` is of this training: of the same samples, by the same recipe.
    fn has_model_beside(&self, checkpoint: &Path) -> bool {
        let read = bounded::read(&checkpoint.with_file_name(MODEL_FILE), MAX_MODEL);
        let model = read.ok().and_then(|bytes| isolated(TIME_LIMIT, move || from_safetensors(&bytes)).ok()?.ok());
        model.is_some_and(|model| match model.provenance {
            Provenance::Trained { data_checksum, samples, recipe, .. } => {
                (data_checksum, samples, &*recipe) == (self.data_checksum, self.train_samples, &self.recipe)
            }
            Provenance::Imported { .. } => false,
        })
    }

    /// The settings in which the training of a file, this one, is not the one that is wanted.
    fn differences(&self, wanted: &Self) -> Vec<String> {
        let stretched = self.recipe.schedule == Schedule::Cosine;
        let are_patient = self.recipe.early_stopping.is_some() && wanted.recipe.early_stopping.is_some();
        // How long a training goes on does not change what it has become so far, nor what names its settings.
        let comparable = |identity: &Self| {
            let mut identity = identity.clone();
            if !stretched {
                identity.recipe.epochs = 0;
            }
            if are_patient {
                identity.recipe.early_stopping = None;
            }
            identity.recipe.preset.clear();
            identity.recipe.validation_split = None;
            // Through text, which has as many digits as tell numbers of 32 bits apart.
            serde_json::to_string(&identity).and_then(|text| serde_json::from_str(&text)).unwrap_or_default()
        };
        let mut differences = Vec::new();
        compare("", &comparable(self), &comparable(wanted), &mut differences);
        differences
    }
}

/// Adds a text for every leaf in which two values differ.
fn compare(name: &str, found: &Value, wanted: &Value, differences: &mut Vec<String>) {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            let keys: std::collections::BTreeSet<_> = found.keys().chain(wanted.keys()).collect();
            for key in keys {
                let get = |of: &serde_json::Map<String, Value>| of.get(key).cloned().unwrap_or(Value::Null);
                // The name of an optimizer is called after the optimizer.
                let name = if key == "name" { name } else { key };
                compare(name, &get(found), &get(wanted), differences);
            }
        }
        _ if found == wanted => {}
        _ => differences.push(format!("{name} {} in the file, {} here", text(found), text(wanted))),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
