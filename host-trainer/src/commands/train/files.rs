//! The files that `train` writes.

use std::path::{Path, PathBuf};

use formats::{Input, rust, safetensors};
use training::{State, TrainingProgress};

use super::arguments::{FIRMWARE_WEIGHTS, TrainArgs};
use super::start::{PICTURE_COLUMNS, first_pictures};
use crate::checkpoint::{Checkpoint, Identity};
use crate::commands::testing::{Int8Test, NoInt8};
use crate::failure::Failure;
use crate::history::History;
use crate::options::in_workspace;
use crate::outputs::{Outputs, Written};
use crate::prepared::Prepared;
use crate::report::{self, Int8, Report};

pub(super) struct Paths {
    pub(super) picture: Option<PathBuf>,
    pub(super) history: PathBuf,
    pub(super) model: PathBuf,
    pub(super) quantized: PathBuf,
    pub(super) checkpoint: PathBuf,
    pub(super) report: Vec<PathBuf>,
    pub(super) weights: Vec<PathBuf>,
}

impl Paths {
    pub(super) fn new(arguments: &TrainArgs, prepared: &Prepared) -> Self {
        let out = |name: &str| arguments.out.join(name);
        let mut weights = vec![arguments.weights.clone().unwrap_or_else(|| out("weights.rs"))];
        if arguments.install {
            weights.push(in_workspace(FIRMWARE_WEIGHTS));
        }
        Self {
            picture: matches!(prepared.input, Input::Pixels(_)).then(|| out("images.png")),
            history: out("history.json"),
            model: out("model.safetensors"),
            quantized: out("quantized.rs"),
            checkpoint: out("checkpoint.safetensors"),
            report: report::file_names(&prepared.input, prepared.task()).into_iter().map(out).collect(),
            weights,
        }
    }

    pub(super) fn all(&self) -> Vec<&Path> {
        let Self { picture, history, model, quantized, checkpoint, report, weights } = self;
        let files = [history, model, quantized, checkpoint].into_iter().chain(picture).chain(report).chain(weights);
        files.map(PathBuf::as_path).collect()
    }
}

/// Writes the state of a training to its checkpoint.
pub(super) struct CheckpointWriter<'a> {
    pub(super) path: &'a Path,
    pub(super) identity: &'a Identity,
    pub(super) force: bool,
}

impl CheckpointWriter<'_> {
    pub(super) fn write(&self, state: &State) -> Result<Vec<Written>, Failure> {
        let checkpoint = Checkpoint { identity: self.identity.clone(), state: state.clone() };
        let mut outputs = Outputs::new(self.force);
        outputs.stage(self.path, &checkpoint.to_bytes()?)?;
        Ok(outputs.commit()?)
    }
}

/// A training that has come to its end.
pub(super) struct Trained<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) model: &'a formats::Model,
    pub(super) history: &'a History,
    pub(super) progress: &'a TrainingProgress,
}

impl Trained<'_> {
    /// Writes all files but the checkpoint.
    ///
    /// # Errors
    /// Those of [`Outputs`].
    pub(super) fn write(
        &self,
        arguments: &TrainArgs,
        paths: &Paths,
        predictions: &[f32],
        int8: Result<&Int8Test, &NoInt8>,
    ) -> Result<Vec<Written>, Failure> {
        let Self { prepared, model, history, progress } = self;
        let model_file = safetensors::to_safetensors(model)?;
        let source = rust::to_rust(model)?;
        let int8_source =
            int8.ok().map(|int8| rust::to_quantized_rust(model, &int8.network, &int8.metrics)).transpose()?;
        let mut model_files = vec![("model.safetensors", model_file.len())];
        model_files.extend(int8_source.as_ref().map(|source| ("quantized.rs", source.len())));
        model_files.push(("weights.rs", source.len()));
        let report = Report {
            data_set: &prepared.name,
            recipe: &prepared.recipe,
            model,
            epochs: &progress.epochs,
            best_epoch: history.best_epoch,
            training_samples: prepared.train.len(),
            validation_samples: history.validation_samples,
            test: &history.test,
            samples: prepared.unchanged_test.as_ref().unwrap_or(&prepared.test),
            outputs: predictions,
            int8: match int8 {
                Ok(int8) => {
                    Ok(Int8 { metrics: &int8.metrics, bytes: int8.bytes(), comparison: int8.comparison.as_ref() })
                }
                Err(no_int8) => Err(&no_int8.reason),
            },
            threads: history.threads,
            kernel: &history.kernel,
            model_files: &model_files,
        };
        let mut outputs = Outputs::new(arguments.force);
        if let (Some(path), Some(pictures)) = (&paths.picture, first_pictures(prepared)) {
            outputs.stage(path, &pictures.png_grid(PICTURE_COLUMNS)?)?;
        }
        outputs.stage(&paths.history, &history.to_json())?;
        outputs.stage(&paths.model, &model_file)?;
        outputs.stage_or_remove(&paths.quantized, int8_source.as_deref().map(str::as_bytes))?;
        let pictures = report.files()?;
        for (path, bytes) in paths.report.iter().zip(&pictures) {
            outputs.stage(path, bytes)?;
        }
        for path in &paths.weights {
            outputs.stage(path, source.as_bytes())?;
        }
        let written = outputs.commit()?;
        // What an earlier training had, and this one has not.
        for path in &paths.report[pictures.len()..] {
            let _ = std::fs::remove_file(path);
        }
        Ok(written)
    }
}
