//! Reads a model of Keras: its configuration, which says the layers, and its weights.

mod config;
mod layers;

use serde_json::Value;

use self::config::{Config, loss, parse};
use super::hdf5::{FORMAT, Hdf5};
use super::{ImportOptions, bare};
use crate::Error;
use crate::arrays::Array;
use crate::chain::Chain;

/// The largest configuration, in bytes.
const MAX_CONFIGURATION: usize = 1 << 22;

/// The chain of a `.keras` file: its `config.json` and its `model.weights.h5`.
pub(super) fn from_keras(config: &[u8], weights: &[u8]) -> Result<Chain, Error> {
    let text = json(config, "Keras")?;
    let config = parse(&text)?;
    let arrays = Hdf5::open(weights)?.arrays("layers")?;
    let chain =
        layers::chain(&config, &|layer, count| of_group(&arrays, &format!("{}/vars/", numbered(layer, count))))?;
    Ok(Chain { loss: loss(text.get("compile_config")), ..chain })
}

/// The chain of a `.h5` file: a whole model as older Keras has it, or bare weights.
pub(super) fn from_h5(bytes: &[u8], options: &ImportOptions) -> Result<Chain, Error> {
    let file = Hdf5::open(bytes)?;
    let Some(text) = file.attribute("model_config")? else { return bare::chain(file.arrays("")?, options) };
    let text = json(text.as_bytes(), FORMAT)?;
    let config = parse(&text)?;
    let arrays = file.arrays("model_weights")?;
    let chain = layers::chain(&config, &|layer, _| of_group(&arrays, &format!("{}/", layer.name)))?;
    let training = file.attribute("training_config")?;
    let training = training.and_then(|text| json(text.as_bytes(), FORMAT).ok());
    Ok(Chain { loss: loss(training.as_ref()), ..chain })
}

/// A configuration, which is far smaller than what is made of it.
fn json(text: &[u8], format: &'static str) -> Result<Value, Error> {
    if text.len() > MAX_CONFIGURATION {
        return Err(Error::format(format, format!("a configuration of {} bytes", text.len())));
    }
    serde_json::from_slice(text).map_err(|error| Error::format(format, error))
}

/// The arrays whose names start with `group`, under the rest of their names without groups and a trailing `:0`.
fn of_group(arrays: &[Array], group: &str) -> Vec<Array> {
    let of_group = arrays.iter().filter_map(|array| {
        let name = array.name.strip_prefix(group)?;
        let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
        let name = name.strip_suffix(":0").unwrap_or(name);
        Some(Array { name: name.to_owned(), ..array.clone() })
    });
    of_group.collect()
}

/// The name of the group of a layer of which there are `count` of the same class before: `batch_normalization_1`.
fn numbered(layer: &Config, count: usize) -> String {
    let mut name = String::new();
    for character in layer.class.chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(character.to_ascii_lowercase());
    }
    if count > 0 { format!("{name}_{count}") } else { name }
}
