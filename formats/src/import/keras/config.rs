//! The configuration of a Keras model, in JSON.

use serde_json::Value;

use crate::{Error, Loss};

/// A layer.
pub(super) struct Config {
    pub(super) class: String,
    /// Its own name.
    pub(super) name: String,
    pub(super) settings: Value,
}

impl Config {
    /// An error that names the layer.
    pub(super) fn fault(&self, fault: impl Into<String>) -> Error {
        Error::layer(&self.class, &self.name, fault)
    }

    /// The shape of one sample in a setting whose first dimension is the batch.
    pub(super) fn shape(&self) -> Option<Vec<usize>> {
        let keys = ["batch_shape", "batch_input_shape", "build_input_shape"];
        keys.iter().find_map(|key| shape(self.settings.get(key)?))
    }
}

fn shape(value: &Value) -> Option<Vec<usize>> {
    let sizes = value.as_array()?;
    sizes.get(1..)?.iter().map(|size| usize::try_from(size.as_u64()?).ok()).collect()
}

/// The layers of a model, in order; the first one is its input.
pub(super) fn parse(text: &Value) -> Result<Vec<Config>, Error> {
    let damaged = || Error::format("Keras", "a configuration without layers");
    let class = text.get("class_name").and_then(Value::as_str).unwrap_or_default();
    let config = text.get("config").ok_or_else(damaged)?;
    // The oldest files of a Sequential model have a list alone.
    let list = config.get("layers").unwrap_or(config).as_array().ok_or_else(damaged)?;
    let mut layers: Vec<Config> = Vec::new();
    for layer in list {
        let class = layer.get("class_name").and_then(Value::as_str).ok_or_else(damaged)?.to_owned();
        let settings = layer.get("config").cloned().unwrap_or_default();
        let name = settings.get("name").or_else(|| layer.get("name")).and_then(Value::as_str).unwrap_or_default();
        let found = Config { class, name: name.to_owned(), settings };
        if let Some(nodes) = layer.get("inbound_nodes") {
            check_inbound(&found, nodes, layers.last())?;
        }
        layers.push(found);
    }
    let has_input = layers.first().is_some_and(|layer| layer.shape().is_some());
    let built = [config.get("build_input_shape"), text.get("build_config").and_then(|build| build.get("input_shape"))];
    if let (false, Some(shape)) = (has_input, built.into_iter().flatten().next()) {
        let settings = serde_json::json!({ "batch_shape": shape });
        layers.insert(0, Config { class: "InputLayer".into(), name: String::new(), settings });
    }
    match class {
        "Sequential" | "Functional" | "Model" => Ok(layers),
        _ => Err(Error::layer(class, "", "wanted a Sequential or Functional model")),
    }
}

/// Refuses a layer of a functional model that takes anything but the layer before it.
fn check_inbound(layer: &Config, nodes: &Value, before: Option<&Config>) -> Result<(), Error> {
    let mut sources = Vec::new();
    collect_sources(nodes, 0, &mut sources);
    let before: Vec<&str> = before.iter().map(|before| before.name.as_str()).collect();
    if sources == before {
        return Ok(());
    }
    let found = if sources.is_empty() { "nothing".to_owned() } else { sources.join(", ").escape_debug().to_string() };
    Err(layer.fault(format!("takes {found}: wanted a chain of layers, each taking the one before it")))
}

/// Collects the names of layers in inbound nodes: `"keras_history": [name, 0, 0]`, or older `[name, 0, 0, {}]`.
fn collect_sources<'a>(node: &'a Value, level: usize, sources: &mut Vec<&'a str>) {
    match node {
        Value::Array(items) => match items.as_slice() {
            [Value::String(name), Value::Number(_), Value::Number(_), ..] => sources.push(name),
            items if level < 16 => items.iter().for_each(|item| collect_sources(item, level + 1, sources)),
            _ => {}
        },
        Value::Object(fields) if level < 16 => {
            fields.values().for_each(|item| collect_sources(item, level + 1, sources));
        }
        _ => {}
    }
}

/// The loss that a model was compiled with, where it says what a linear output is.
pub(super) fn loss(compiled: Option<&Value>) -> Option<Loss> {
    let loss = compiled?.get("loss")?;
    let from_logits = loss.pointer("/config/from_logits").and_then(Value::as_bool).unwrap_or(false);
    let name = loss.as_str().or_else(|| loss.get("class_name")?.as_str())?;
    match name.replace('_', "").to_lowercase().as_str() {
        "sparsecategoricalcrossentropy" | "categoricalcrossentropy" if from_logits => {
            Some(Loss::SparseCategoricalCrossentropy)
        }
        "binarycrossentropy" if from_logits => Some(Loss::BinaryCrossentropy),
        "meansquarederror" | "mse" => Some(Loss::MeanSquaredError),
        "meanabsoluteerror" | "mae" => Some(Loss::MeanAbsoluteError),
        "huber" | "huberloss" => Some(Loss::Huber),
        _ => None,
    }
}
