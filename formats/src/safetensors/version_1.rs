//! Version 1 of the model file: networks of 784 pixels and ten classes, with ReLU in hidden layers.

use std::collections::BTreeMap;

use safetensors::SafeTensors;
use serde::Deserialize;

use super::metadata::LayerText;
use super::{check_backend, check_width, names, pixel_table, read_layer};
use crate::check::MAX_LAYERS;
use crate::{
    Activation, Error, Input, Layer, Loss, Model, Optimizer, OptimizerName, Output, PixelInput, Provenance, Recipe,
    Schedule,
};

/// The entry of the metadata.
pub(super) const RECIPE: &str = "recipe";

#[derive(Deserialize)]
struct Metadata {
    backend: String,
    class_names: Vec<String>,
    test_accuracy: f64,
    test_loss: f64,
    #[serde(flatten)]
    origin: Origin,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Origin {
    Trained(Trained),
    Imported { imported_from: String, format_of_import: String },
    Exported { exported_from: String },
}

#[derive(Deserialize)]
struct Trained {
    data_set: String,
    preset: String,
    #[serde(default = "one")]
    pixel_exponent: f64,
    #[serde(default)]
    smallest_deviation: Option<f64>,
    #[serde(default)]
    loss: Option<String>,
    optimizer: OptimizerName,
    learning_rate: f32,
    schedule: Schedule,
    batch_size: usize,
    epochs: usize,
    samples: usize,
    seed: u64,
    #[serde(default)]
    best_epoch: Option<usize>,
}

fn one() -> f64 {
    1.0
}

/// The model of a file with this text under [`RECIPE`].
pub(super) fn model(file: &SafeTensors<'_>, text: &str) -> Result<Model, Error> {
    let metadata: Metadata = serde_json::from_str(text).map_err(|error| Error::format(super::FORMAT, error))?;
    check_backend(&metadata.backend)?;
    let layers = layers(file)?;
    let table = pixel_table(file)?.map(Box::new);
    let hidden = layers.iter().rev().skip(1).rev().map(Layer::units).collect();
    let robust =
        matches!(&metadata.origin, Origin::Trained(Trained { loss: Some(loss), .. }) if loss != "cross-entropy");
    let loss = if robust { Loss::GeneralizedCrossentropy } else { Loss::SparseCategoricalCrossentropy };
    let standardized = matches!(&metadata.origin, Origin::Trained(Trained { smallest_deviation: Some(_), .. }));
    Ok(Model {
        layers,
        loss,
        input: Input::Pixels(PixelInput { height: 28, width: 28, table, standardized }),
        output: Output::Classes { names: metadata.class_names },
        quantized: None,
        test: BTreeMap::from([("accuracy".into(), metadata.test_accuracy), ("loss".into(), metadata.test_loss)]),
        provenance: provenance(metadata.origin, hidden, loss),
    })
}

/// The layers that there are tensors of.
fn layers(file: &SafeTensors<'_>) -> Result<Vec<Layer>, Error> {
    let mut layers = Vec::new();
    for index in 0..MAX_LAYERS {
        let [kernel, _] = names(index, ["kernel", "bias"]);
        let Ok(tensor) = file.tensor(&kernel) else { break };
        let &[units, inputs] = tensor.shape() else {
            return Err(Error::tensor(&kernel, format!("shape {:?}, wanted two dimensions", tensor.shape())));
        };
        [inputs, units].into_iter().try_for_each(check_width)?;
        layers.push(read_layer(file, index, &LayerText { inputs, units, activation: Activation::Relu })?);
    }
    if let Some(last) = layers.last_mut() {
        last.activation = Activation::Linear;
    }
    Ok(layers)
}

fn provenance(origin: Origin, hidden: Vec<usize>, loss: Loss) -> Provenance {
    let trained = match origin {
        Origin::Trained(trained) => trained,
        Origin::Imported { imported_from, format_of_import } => {
            return Provenance::Imported { file: imported_from, format: format_of_import };
        }
        Origin::Exported { exported_from } => {
            return Provenance::Imported { file: exported_from, format: super::FORMAT.into() };
        }
    };
    let optimizer = Optimizer {
        name: trained.optimizer,
        learning_rate: trained.learning_rate,
        momentum: 0.0,
        nesterov: false,
        weight_decay: 0.0,
    };
    let recipe = Recipe {
        preset: trained.preset,
        hidden,
        activation: Activation::Relu,
        loss,
        optimizer,
        schedule: trained.schedule,
        batch_size: trained.batch_size,
        epochs: trained.epochs,
        seed: trained.seed,
        pixel_exponent: trained.pixel_exponent,
        shift: 0,
        smallest_deviation: trained.smallest_deviation,
        validation_split: None,
        early_stopping: None,
    };
    Provenance::Trained {
        data_set: trained.data_set,
        data: Box::default(),
        data_checksum: 0,
        samples: trained.samples,
        recipe: Box::new(recipe),
        best_epoch: trained.best_epoch,
    }
}
