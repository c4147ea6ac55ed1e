//! The JSON text of a model file.

use std::collections::BTreeMap;

use dense_core::math::BACKEND;
use serde::{Deserialize, Serialize};

use super::{check_backend, check_width};
use crate::check::MAX_LAYERS;
use crate::{Activation, Error, Input, Loss, Model, Output, Provenance, Quantization};

/// The writer and the version of the text.
const VERSION: &str = "host-trainer/2";

/// All of a model but its numbers.
#[derive(Serialize, Deserialize)]
pub(super) struct Metadata {
    format: String,
    backend: String,
    pub(super) layers: Vec<LayerText>,
    pub(super) loss: Loss,
    pub(super) input: Input,
    pub(super) output: Output,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) quantized: Option<Vec<Int8LayerText>>,
    #[serde(default)]
    pub(super) test: BTreeMap<String, f64>,
    pub(super) provenance: Provenance,
}

#[derive(Serialize, Deserialize)]
pub(super) struct LayerText {
    pub(super) inputs: usize,
    pub(super) units: usize,
    pub(super) activation: Activation,
}

/// A layer in int8.
#[derive(Serialize, Deserialize)]
pub(super) struct Int8LayerText {
    /// Number of weight scales.
    pub(super) scales: usize,
    pub(super) input: Quantization,
    pub(super) output: Quantization,
    pub(super) activation: Activation,
}

impl Metadata {
    pub(super) fn of(model: &Model) -> Self {
        let layers = model.layers.iter().map(|layer| LayerText {
            inputs: layer.inputs,
            units: layer.units(),
            activation: layer.activation,
        });
        let quantized = model.quantized.as_ref().map(|layers| {
            let layers = layers.iter().map(|layer| Int8LayerText {
                scales: layer.weight_scales.len(),
                input: layer.input,
                output: layer.output,
                activation: layer.activation,
            });
            layers.collect()
        });
        Self {
            format: VERSION.into(),
            backend: BACKEND.name().into(),
            layers: layers.collect(),
            loss: model.loss,
            input: model.input.clone(),
            output: model.output.clone(),
            quantized,
            test: model.test.clone(),
            provenance: model.provenance.clone(),
        }
    }

    /// Checks what has to hold before tensors are looked for.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.format != VERSION {
            let fault = format!("version {}, and this program reads {VERSION}", self.format);
            return Err(Error::format(super::FORMAT, fault));
        }
        check_backend(&self.backend)?;
        if self.layers.len() > MAX_LAYERS {
            return Err(Error::Model(format!("{} layers, at most {MAX_LAYERS}", self.layers.len())));
        }
        if let Some(quantized) = &self.quantized
            && quantized.len() != self.layers.len()
        {
            let fault = format!("{} layers in int8, and {} in f32", quantized.len(), self.layers.len());
            return Err(Error::Model(fault));
        }
        self.layers.iter().flat_map(|layer| [layer.inputs, layer.units]).try_for_each(check_width)
    }
}
