//! The layers of Keras as steps of a chain.

use std::collections::HashMap;

use dense_core::activations::LeakyRelu;
use serde_json::Value;

use super::config::Config;
use crate::arrays::Array;
use crate::chain::{Chain, Step, transposed};
use crate::{Activation, Error};

/// Layers that do nothing at inference.
const IDLE: [&str; 8] = [
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "SpatialDropout1D",
    "SpatialDropout2D",
];

/// The chain of these layers. `arrays` returns those of a layer of whose class there are so many before.
pub(super) fn chain(layers: &[Config], arrays: &dyn Fn(&Config, usize) -> Vec<Array>) -> Result<Chain, Error> {
    let mut chain = Chain::default();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut shape: Option<Vec<usize>> = None;
    for (index, layer) in layers.iter().enumerate() {
        if let (0, Some(found)) = (index, layer.shape()) {
            shape = Some(found.clone());
            chain.input_shape = Some(found);
            chain.bytes = layer.settings.get("dtype").and_then(Value::as_str) == Some("uint8");
        }
        let count = counts.entry(&layer.class).or_default();
        let read = || arrays(layer, *count);
        match layer.class.as_str() {
            "InputLayer" => {}
            class if IDLE.contains(&class) => {}
            "Flatten" => {
                let channels = layer.settings.get("data_format").and_then(Value::as_str);
                if channels == Some("channels_first") && shape.as_ref().is_some_and(|shape| shape.len() > 1) {
                    return Err(layer.fault("reorders channels_first"));
                }
                shape = shape.map(flat);
            }
            "Reshape" => {
                let sizes = layer.settings.get("target_shape").and_then(Value::as_array);
                let known =
                    sizes.map(|sizes| sizes.iter().map(|size| size.as_u64().map(|size| size as usize)).collect());
                match known.flatten() {
                    Some(sizes) => shape = Some(sizes),
                    None => shape = shape.map(flat),
                }
            }
            "Dense" => {
                if shape.as_ref().is_some_and(|shape| shape.len() != 1) {
                    return Err(
                        layer.fault(format!("takes {:?}: wanted a Flatten before it", shape.unwrap_or_default()))
                    );
                }
                let (dense, units) = dense(layer, &read())?;
                chain.push(dense)?;
                activation(layer, layer.settings.get("activation"))?
                    .into_iter()
                    .try_for_each(|step| chain.push(step))?;
                shape = Some(vec![units]);
            }
            "Rescaling" => chain.steps.push(rescaling(layer)?),
            "Normalization" => {
                check_axes(layer, shape.as_deref())?;
                chain.push(normalization(layer, &read())?)?;
            }
            "BatchNormalization" => {
                check_axes(layer, shape.as_deref())?;
                chain.push(batch_normalization(layer, &read())?)?;
            }
            "Activation" => chain.steps.extend(activation(layer, layer.settings.get("activation"))?),
            "ReLU" | "LeakyReLU" | "ELU" | "Softmax" => {
                let settings = serde_json::json!({ "class_name": layer.class, "config": layer.settings });
                activation(layer, Some(&settings))?.into_iter().try_for_each(|step| chain.push(step))?;
            }
            _ => return Err(layer.fault("is not part of a dense network")),
        }
        *count += 1;
    }
    Ok(chain)
}

/// The shape of one dimension with as many numbers.
fn flat(shape: Vec<usize>) -> Vec<usize> {
    vec![shape.into_iter().fold(1, usize::saturating_mul)]
}

/// The dense layer, and how many units it has.
fn dense(layer: &Config, arrays: &[Array]) -> Result<(Step, usize), Error> {
    let kernel = array(layer, arrays, &["kernel", "0"])?;
    let &[inputs, units] = kernel.shape.as_slice() else {
        return Err(layer.fault(format!("has a kernel of shape {:?}", kernel.shape)));
    };
    let has_bias = layer.settings.get("use_bias").and_then(Value::as_bool).unwrap_or(true);
    let bias = if has_bias { array(layer, arrays, &["bias", "1"])?.numbers()? } else { vec![0.0; units] };
    if bias.len() != units || inputs == 0 || units == 0 {
        return Err(layer.fault(format!("has a kernel of shape {:?} and {} biases", kernel.shape, bias.len())));
    }
    let weights = transposed(&kernel.numbers()?, inputs, units);
    Ok((Step::Dense { name: layer.name.clone(), inputs, weights, bias }, units))
}

/// The array of a layer by its name in older files, or by its number in newer ones.
fn array<'a>(layer: &Config, arrays: &'a [Array], names: &[&str]) -> Result<&'a Array, Error> {
    let found = arrays.iter().find(|array| names.contains(&array.name.as_str()));
    found.ok_or_else(|| layer.fault(format!("has no {} in the file", names[0])))
}

fn rescaling(layer: &Config) -> Result<Step, Error> {
    let scale = numbers(layer, "scale")?.unwrap_or_else(|| vec![1.0]);
    let offset = numbers(layer, "offset")?.unwrap_or_else(|| vec![0.0]);
    Ok(Step::Affine { name: layer.name.clone(), scale, offset })
}

/// (x − mean) / max(√variance, 1e-7).
fn normalization(layer: &Config, arrays: &[Array]) -> Result<Step, Error> {
    if layer.settings.get("invert").and_then(Value::as_bool) == Some(true) {
        return Err(layer.fault("inverts"));
    }
    let part = |name: &str, number: &str| match numbers(layer, name)? {
        Some(numbers) => Ok(numbers),
        None => Ok(array(layer, arrays, &[name, number])?.exact()?.to_vec()),
    };
    let (mean, variance) = (part("mean", "0")?, part("variance", "1")?);
    affine(layer, &mean, &variance, |variance| 1.0 / variance.sqrt().max(1e-7), &[1.0], &[0.0])
}

/// γ · (x − mean) / √(variance + ε) + β.
fn batch_normalization(layer: &Config, arrays: &[Array]) -> Result<Step, Error> {
    let epsilon = layer.settings.get("epsilon").and_then(Value::as_f64).unwrap_or(1e-3);
    let on = |name| layer.settings.get(name).and_then(Value::as_bool).unwrap_or(true);
    let mut number = 0;
    let mut part = |name: &str, on: bool| {
        if !on {
            return Ok(None);
        }
        number += 1;
        Ok(Some(array(layer, arrays, &[name, &(number - 1).to_string()])?.exact()?.to_vec()))
    };
    let gamma = part("gamma", on("scale"))?.unwrap_or_else(|| vec![1.0]);
    let beta = part("beta", on("center"))?.unwrap_or_else(|| vec![0.0]);
    let mean = part("moving_mean", true)?.unwrap_or_default();
    let variance = part("moving_variance", true)?.unwrap_or_default();
    affine(layer, &mean, &variance, |variance| 1.0 / (variance + epsilon).sqrt(), &gamma, &beta)
}

/// γ · (x − mean) · inverse(variance) + β, where γ and β may be one number for all.
fn affine(
    layer: &Config,
    mean: &[f64],
    variance: &[f64],
    inverse: impl Fn(f64) -> f64,
    gamma: &[f64],
    beta: &[f64],
) -> Result<Step, Error> {
    let length = mean.len().max(gamma.len());
    let fits = |values: &[f64]| values.len() == 1 || values.len() == length;
    if length == 0 || ![mean, variance, gamma, beta].into_iter().all(fits) {
        return Err(layer.fault("has arrays that do not fit together"));
    }
    let at = |values: &[f64], index: usize| values[index % values.len()];
    let scale: Vec<f64> = (0..length).map(|index| at(gamma, index) * inverse(at(variance, index))).collect();
    let offset: Vec<f64> = (0..length).map(|index| at(beta, index) - at(mean, index) * scale[index]).collect();
    if scale.iter().chain(&offset).any(|number| !number.is_finite()) {
        return Err(layer.fault("has a number that is not finite"));
    }
    Ok(Step::Affine { name: layer.name.clone(), scale, offset })
}

/// Refuses statistics over other axes than the last ones, which would not repeat along a flat sample.
fn check_axes(layer: &Config, shape: Option<&[usize]>) -> Result<(), Error> {
    let rank = shape.map_or(2, |shape| shape.len() + 1) as i64;
    let axes: Vec<i64> = match layer.settings.get("axis") {
        Some(Value::Array(axes)) => axes.iter().filter_map(Value::as_i64).collect(),
        Some(Value::Number(axis)) => axis.as_i64().into_iter().collect(),
        _ => Vec::new(),
    };
    let mut axes: Vec<i64> = axes.into_iter().map(|axis| if axis < 0 { axis + rank } else { axis }).collect();
    axes.sort_unstable();
    if axes.iter().rev().zip((0..rank).rev()).all(|(axis, wanted)| *axis == wanted) {
        return Ok(());
    }
    Err(layer.fault(format!("has axis {axes:?} of {rank}: wanted the last")))
}

/// A setting that is a number, or nested lists of numbers.
fn numbers(layer: &Config, name: &str) -> Result<Option<Vec<f64>>, Error> {
    fn flatten(value: &Value, level: usize, numbers: &mut Vec<f64>) -> Option<()> {
        match value {
            Value::Number(number) => numbers.push(number.as_f64()?),
            Value::Array(items) if level < 8 => {
                items.iter().try_for_each(|item| flatten(item, level + 1, numbers))?;
            }
            // A tensor of Keras: {"class_name": "__numpy__", "config": {"value": [...]}}.
            Value::Object(fields) if level < 8 => flatten(fields.get("config")?.get("value")?, level + 1, numbers)?,
            _ => return None,
        }
        Some(())
    }
    let value = match layer.settings.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let mut numbers = Vec::new();
    flatten(value, 0, &mut numbers).ok_or_else(|| layer.fault(format!("has a {name} that is no number")))?;
    Ok(Some(numbers))
}

/// An activation by name, or as an object with settings. None for a linear one.
fn activation(layer: &Config, value: Option<&Value>) -> Result<Option<Step>, Error> {
    let unknown = || layer.fault(format!("has an unknown activation {}", value.unwrap_or(&Value::Null)));
    let (name, settings) = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(name)) => (name.as_str(), &Value::Null),
        Some(value) => {
            let settings = value.get("config").unwrap_or(&Value::Null);
            // A function has its name in the place of settings.
            let class = value.get("class_name").and_then(Value::as_str).filter(|&class| class != "function");
            (class.or(settings.as_str()).ok_or_else(unknown)?, settings)
        }
    };
    let number = |key: &str| settings.get(key).and_then(Value::as_f64);
    let refuse = |what: &str| Err(layer.fault(what));
    let activation = match name {
        "linear" => Activation::Linear,
        "relu" => Activation::Relu,
        "ReLU" => {
            let is = |key, plain| number(key).is_none_or(|number| number == plain);
            if settings.get("max_value").is_some_and(|value| !value.is_null()) {
                return refuse("has a max_value");
            }
            match number("negative_slope").unwrap_or(0.0) {
                _ if !is("threshold", 0.0) => return refuse("has a threshold"),
                0.0 => Activation::Relu,
                slope => leaky(layer, slope)?,
            }
        }
        // The function has another slope by default than the layer.
        "leaky_relu" => leaky(layer, number("negative_slope").unwrap_or(0.2))?,
        "LeakyReLU" | "LeakyRelu" => leaky(layer, number("negative_slope").or(number("alpha")).unwrap_or(0.3))?,
        "elu" | "ELU" if number("alpha").is_none_or(|alpha| alpha == 1.0) => Activation::Elu,
        "elu" | "ELU" => return refuse("has another alpha than 1"),
        "gelu" if settings.get("approximate").and_then(Value::as_bool) == Some(true) => {
            return refuse("approximates GELU by tanh");
        }
        "gelu" => Activation::Gelu,
        "sigmoid" => Activation::Sigmoid,
        "tanh" => Activation::Tanh,
        "softmax" | "Softmax" => return Ok(Some(Step::Softmax)),
        _ => return Err(unknown()),
    };
    Ok((activation != Activation::Linear).then_some(Step::Activation(activation)))
}

fn leaky(layer: &Config, slope: f64) -> Result<Activation, Error> {
    if slope as f32 == LeakyRelu::NEGATIVE_SLOPE {
        return Ok(Activation::LeakyRelu);
    }
    Err(layer.fault(format!("has a leaky ReLU of slope {slope}, wanted {}", LeakyRelu::NEGATIVE_SLOPE)))
}
