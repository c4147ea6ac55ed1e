//! Weights without a description: kernels and biases alone.

use safetensors::{Dtype, SafeTensors};

use super::ImportOptions;
use crate::arrays::{Array, Budget, Float, MAX_ARRAYS};
use crate::chain::{Chain, Step, transposed};
use crate::check::MAX_LAYERS;
use crate::{Activation, Error};

/// How many arrays an error lists.
const MAX_LISTED: usize = 12;

/// Which dimension of a kernel comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// `[inputs, units]`, as in Keras.
    InputsFirst,
    /// `[units, inputs]`, as in PyTorch.
    UnitsFirst,
}

/// The chain of tensors of another program.
pub(super) fn from_safetensors(bytes: &[u8], options: &ImportOptions) -> Result<Chain, Error> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| Error::format("safetensors", error))?;
    if file.len() > MAX_ARRAYS {
        return Err(Error::format("safetensors", format!("{} tensors, at most {MAX_ARRAYS}", file.len())));
    }
    let mut budget = Budget::default();
    let arrays = file.tensors().into_iter().map(|(name, tensor)| {
        let float = match tensor.dtype() {
            Dtype::F16 => Ok(Float::F16),
            Dtype::BF16 => Ok(Float::Bf16),
            Dtype::F32 => Ok(Float::F32),
            Dtype::F64 => Ok(Float::F64),
            other => Err(format!("type {other}, wanted F16, BF16, F32 or F64")),
        };
        let values = float.and_then(|float| float.decode(tensor.shape(), tensor.data(), false, &mut budget));
        Array { name, shape: tensor.shape().to_vec(), values }
    });
    chain(arrays.collect(), options)
}

/// The network that `arrays` make: a kernel and at most one bias for each layer, in the natural order of their names, the
/// kernels all the same way round. The names of layers are free.
pub(super) fn chain(mut arrays: Vec<Array>, options: &ImportOptions) -> Result<Chain, Error> {
    arrays.sort_by_cached_key(|array| natural(&array.name));
    let layers = pairs(&arrays).filter(|layers| !layers.is_empty() && layers.len() <= MAX_LAYERS);
    let layers = layers.ok_or_else(|| no_network(&arrays))?;
    let order = order(&layers).ok_or_else(|| no_network(&arrays))?;
    let last = layers.len() - 1;
    let mut chain = Chain::default();
    for (index, (kernel, bias)) in layers.into_iter().enumerate() {
        let (rows, columns) = (kernel.shape[0], kernel.shape[1]);
        let numbers = kernel.numbers()?;
        let (inputs, units, weights) = match order {
            Order::UnitsFirst => (columns, rows, numbers),
            Order::InputsFirst => (rows, columns, transposed(&numbers, rows, columns)),
        };
        let bias = bias.map_or_else(|| Ok(vec![0.0; units]), Array::numbers)?;
        chain.push(Step::Dense { name: kernel.name.clone(), inputs, weights, bias })?;
        if index < last {
            chain.push(Step::Activation(hidden_activation(options)?))?;
        }
    }
    Ok(chain)
}

fn hidden_activation(options: &ImportOptions) -> Result<Activation, Error> {
    options.activation.ok_or(Error::Needed { what: "the activation of hidden layers is", option: "--activation" })
}

/// Each kernel with its bias: the one of the same layer by name, else the array that follows.
fn pairs(arrays: &[Array]) -> Option<Vec<(&Array, Option<&Array>)>> {
    let kernels: Vec<usize> = (0..arrays.len()).filter(|&index| arrays[index].shape.len() == 2).collect();
    let mut used = kernels.len();
    let mut pairs = Vec::new();
    for &index in &kernels {
        let named = arrays.iter().filter(|array| array.shape.len() == 1 && layer(array) == layer(&arrays[index]));
        let named: Vec<&Array> = if layer(&arrays[index]).is_empty() { Vec::new() } else { named.collect() };
        let next = arrays.get(index + 1).filter(|next| next.shape.len() == 1 && layer(next).is_empty());
        let bias = match named[..] {
            [] => next,
            [bias] => Some(bias),
            _ => return None,
        };
        let fits = bias.is_none_or(|bias| arrays[index].shape.contains(&bias.shape[0]));
        if !fits || arrays[index].shape.contains(&0) {
            return None;
        }
        used += usize::from(bias.is_some());
        pairs.push((&arrays[index], bias));
    }
    // Any other array is none of a chain of dense layers.
    (used == arrays.len()).then_some(pairs)
}

/// The part of a name before its last point or slash.
fn layer(array: &Array) -> &str {
    array.name.rsplit_once(['/', '.']).map_or("", |(layer, _)| layer)
}

/// Which way round all kernels lie, so that they and the biases fit together. Where both would do, the name tells.
fn order(layers: &[(&Array, Option<&Array>)]) -> Option<Order> {
    let fits = |order: Order| {
        let ends = |kernel: &Array| match order {
            Order::InputsFirst => (kernel.shape[0], kernel.shape[1]),
            Order::UnitsFirst => (kernel.shape[1], kernel.shape[0]),
        };
        layers.iter().all(|(kernel, bias)| bias.is_none_or(|bias| bias.shape[0] == ends(kernel).1))
            && layers.windows(2).all(|pair| ends(pair[0].0).1 == ends(pair[1].0).0)
    };
    match (fits(Order::InputsFirst), fits(Order::UnitsFirst)) {
        (true, false) => Some(Order::InputsFirst),
        (false, true) => Some(Order::UnitsFirst),
        (false, false) => None,
        (true, true) => {
            let ends = |name: &str| layers.iter().all(|(kernel, _)| kernel.name.ends_with(name));
            if ends("kernel") || ends("vars/0") {
                Some(Order::InputsFirst)
            } else {
                ends("weight").then_some(Order::UnitsFirst)
            }
        }
    }
}

fn no_network(arrays: &[Array]) -> Error {
    let listed: Vec<String> = arrays.iter().take(MAX_LISTED).map(Array::describe).collect();
    let mut found = if listed.is_empty() { "no arrays".to_owned() } else { listed.join(", ") };
    if arrays.len() > MAX_LISTED {
        found += &format!(" and {} more", arrays.len() - MAX_LISTED);
    }
    Error::Model(format!(
        "holds {found}; wanted a kernel and a bias for each layer and nothing else, in order, all kernels the same way round"
    ))
}

/// A key in whose order `dense_2` comes before `dense_10`.
fn natural(name: &str) -> Vec<(u64, String)> {
    let mut key = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let text = rest.find(|character: char| character.is_ascii_digit()).unwrap_or(rest.len());
        let (before, after) = rest.split_at(text);
        let digits = after.find(|character: char| !character.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(digits);
        key.push((0, before.to_owned()));
        key.push((number.parse().unwrap_or(u64::MAX), String::new()));
        rest = after;
    }
    key
}
