//! What is shown before a fit: the data, the bookkeeping and the model.

use crate::dataset::{Dataset, Split};
use crate::fit::Settings;
use crate::idx::{CLASSES, PIXELS, SIDE};
use crate::model::{Layer, ModelName};
use crate::summary::{LayerSummary, summary, thousands};

/// The shape of the images, as NumPy writes it.
#[must_use]
pub fn describe_shape(split: &Split) -> String {
    format!("({}, {SIDE}, {SIDE})", split.len())
}

/// The labels and the bookkeeping of the fit; so many more samples are held back for validation.
#[must_use]
pub fn describe_data(dataset: &Dataset, settings: &Settings, validation: usize) -> String {
    let mut text = String::from("label  class          training samples\n");
    for (label, (name, count)) in dataset.class_names.iter().zip(dataset.train.label_counts()).enumerate() {
        text += &format!("{label:>5}  {name:<13}  {:>16}\n", thousands(count));
    }
    let samples = dataset.train.len();
    let steps = settings.steps_per_epoch(samples);
    text += &format!("\ntask: multi-class classification, {CLASSES} classes\n");
    text += &format!(
        "{} in batches of {}: {} an epoch, {} in {}\n",
        counted(samples, "sample"),
        thousands(settings.batch_size),
        counted(steps, "iteration"),
        thousands(steps * settings.epochs),
        counted(settings.epochs, "epoch"),
    );
    if validation > 0 {
        text += &format!("{} held back for validation\n", counted(validation, "sample"));
    }
    text
}

/// So many of a thing.
fn counted(count: usize, thing: &str) -> String {
    format!("{} {thing}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// The table of the layers.
#[must_use]
pub fn describe_model(model: ModelName, layers: &[Layer]) -> String {
    let flatten = LayerSummary {
        name: "flatten".into(),
        kind: "Flatten",
        output_shape: format!("(None, {PIXELS})"),
        parameters: 0,
        trainable: true,
    };
    let dense = layers.iter().enumerate().map(|(before, layer)| LayerSummary {
        name: if before == 0 { "dense".into() } else { format!("dense_{before}") },
        kind: "Dense",
        output_shape: format!("(None, {})", layer.outputs()),
        parameters: layer.parameters(),
        trainable: true,
    });
    let name = if model == ModelName::Linear { "softmax_regression" } else { model.name() };
    summary(name, &std::iter::once(flatten).chain(dense).collect::<Vec<_>>())
}
