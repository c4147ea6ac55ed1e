//! What makes a training the one that it is.

use dense_core::math::BACKEND;
use flate2::Crc;
use serde::{Deserialize, Serialize};

use crate::cli::Schedule;
use crate::dataset::Split;
use crate::fit::{Data, Loss, Settings};
use crate::model::ModelName;

/// Everything that decides what the weights become from step to step. Threads and kernels do not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The network, as `--model` names it.
    pub model: String,
    /// What is minimised.
    pub loss: Loss,
    /// The exponent of the curve that pixels went through.
    pub pixel_exponent: f64,
    /// The least that was taken for the standard deviation of a pixel, where pixels were standardised.
    pub smallest_deviation: Option<f64>,
    /// The rule, as `--optimizer` names it.
    pub optimizer: String,
    /// Its step size.
    pub learning_rate: f32,
    /// What becomes of it, as `--learning-rate-schedule` names it.
    pub learning_rate_schedule: String,
    /// Samples in a step.
    pub batch_size: usize,
    /// Epochs in all. Only where a schedule is stretched over them may they not change.
    pub epochs: usize,
    /// The seed of the initial weights and of the shuffling.
    pub seed: u64,
    /// Whether the best epoch is looked for; with which patience is no matter.
    pub early_stopping: bool,
    /// Samples that are trained on.
    pub train_samples: usize,
    /// Samples that are held back for validation.
    pub validation_samples: usize,
    /// [`data_checksum`] of the training samples.
    pub data_checksum: u32,
    /// The [`Backend`](dense_core::math::Backend) of the arithmetic.
    pub backend: String,
}

impl Identity {
    /// The identity of a training of `model` on data with this [`data_checksum`].
    #[must_use]
    pub fn new(
        model: ModelName,
        pixel_exponent: f64,
        settings: &Settings,
        data: &Data<'_>,
        data_checksum: u32,
    ) -> Self {
        Self {
            model: model.name().into(),
            loss: settings.loss,
            pixel_exponent,
            smallest_deviation: settings.smallest_deviation,
            optimizer: settings.optimizer.name().into(),
            learning_rate: settings.learning_rate,
            learning_rate_schedule: settings.schedule.to_string(),
            batch_size: settings.batch_size,
            epochs: settings.epochs,
            seed: settings.seed,
            early_stopping: settings.early_stopping.is_some(),
            train_samples: data.train.len(),
            validation_samples: data.validation.map_or(0, Split::len),
            data_checksum,
            backend: BACKEND.name().into(),
        }
    }

    /// In which settings the training of a file, this one, is not the one that is wanted.
    pub(super) fn differences(&self, wanted: &Self) -> Vec<String> {
        fn differ<T: PartialEq + ToString>(option: &str, found: &T, wanted: &T) -> Option<String> {
            (found != wanted)
                .then(|| format!("{option} {} in the file, {} here", found.to_string(), wanted.to_string()))
        }
        let deviation = |of: &Self| of.smallest_deviation.map_or_else(|| "none".into(), |least| least.to_string());
        let on = |on| if on { "is" } else { "is not" };
        let stretched = self.learning_rate_schedule == Schedule::Cosine.to_string();
        [
            differ("--model", &self.model, &wanted.model),
            differ("loss", &self.loss.name(), &wanted.loss.name()),
            differ("exponent of pixels", &self.pixel_exponent, &wanted.pixel_exponent),
            differ("least deviation of a pixel", &deviation(self), &deviation(wanted)),
            differ("--optimizer", &self.optimizer, &wanted.optimizer),
            differ("--learning-rate", &self.learning_rate, &wanted.learning_rate),
            differ("--learning-rate-schedule", &self.learning_rate_schedule, &wanted.learning_rate_schedule),
            differ("--batch-size", &self.batch_size, &wanted.batch_size),
            stretched.then(|| differ("--epochs, which cosine depends on,", &self.epochs, &wanted.epochs)).flatten(),
            differ("--seed", &self.seed, &wanted.seed),
            differ("--early-stopping", &on(self.early_stopping), &on(wanted.early_stopping)),
            differ("training samples", &self.train_samples, &wanted.train_samples),
            differ("validation samples", &self.validation_samples, &wanted.validation_samples),
            differ("checksum of the training samples", &self.data_checksum, &wanted.data_checksum),
            differ("backend", &self.backend, &wanted.backend),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The CRC-32 of all pixels and then all labels of some samples.
#[must_use]
pub fn data_checksum(split: &Split) -> u32 {
    let mut checksum = Crc::new();
    checksum.update(split.images.as_flattened());
    checksum.update(&split.labels);
    checksum.sum()
}
