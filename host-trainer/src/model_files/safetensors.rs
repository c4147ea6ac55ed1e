//! Writes and reads a model as safetensors, a format that Python and most other tools read.

use std::collections::HashMap;

use dense_core::PixelTable;
use dense_core::math::BACKEND;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::Serialize;

use super::arrays::{Array, Float};
use super::{ModelFileError, Origin, TrainedModel, Weights, check_backend};

/// Who wrote the file and, by its number, how.
const FORMAT: &str = "host-trainer/1";

/// The name of the tensor with the table of pixels.
const PIXEL_TABLE: &str = "pixel_table";

#[derive(Serialize)]
struct Metadata<'a> {
    format: &'a str,
    model: String,
    backend: &'a str,
    class_names: &'a [String; 10],
    #[serde(flatten)]
    origin: &'a Origin,
    test_accuracy: f64,
    test_loss: f64,
}

/// The names that Keras gives the tensors of a dense layer, of which `before` come before it.
pub(crate) fn names(before: usize) -> [String; 2] {
    let number = if before == 0 { String::new() } else { format!("_{before}") };
    ["kernel", "bias"].map(|tensor| format!("dense{number}.{tensor}"))
}

/// The model as a safetensors file: for each layer a kernel of shape `[outputs, inputs]` and a bias of shape `[outputs]`,
/// named `dense.kernel` and `dense.bias`, `dense_1.kernel` and so on; where pixels do not stay as they are, what becomes of
/// each of the 256 as `pixel_table`, of U8; and as metadata a JSON text under `recipe`. The
/// same model gives the same bytes.
///
/// # Errors
///
/// If the format cannot hold the model.
pub fn to_safetensors(model: &TrainedModel<'_>) -> Result<Vec<u8>, ModelFileError> {
    let metadata = Metadata {
        format: FORMAT,
        model: model.weights.description(),
        backend: BACKEND.name(),
        class_names: model.class_names,
        origin: &model.origin,
        test_accuracy: model.test_accuracy,
        test_loss: model.test_loss,
    };
    // All in one entry: the order in which the entries of a hash map are written is left to chance.
    let recipe = serde_json::to_string(&metadata).map_err(SafeTensorError::from)?;
    let metadata = HashMap::from([("recipe".to_owned(), recipe)]);

    let mut tensors = Vec::new();
    for (before, layer) in model.weights.layers.iter().enumerate() {
        let [kernel, bias] = names(before);
        tensors.push((kernel, Dtype::F32, vec![layer.outputs(), layer.inputs], to_bytes(&layer.weights)));
        tensors.push((bias, Dtype::F32, vec![layer.outputs()], to_bytes(&layer.bias)));
    }
    if let Some(table) = model.weights.pixel_table.unless_identity() {
        tensors.push((PIXEL_TABLE.to_owned(), Dtype::U8, vec![256], table.values().to_vec()));
    }
    let views: Result<Vec<_>, SafeTensorError> = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect();
    Ok(safetensors::serialize(views?, Some(metadata))?)
}

/// The model in a safetensors file: how many layers it has says which one it is. A kernel may also have the shape
/// `[inputs, outputs]`, as Keras lays it out. Without a `pixel_table` pixels stay as they are. Other tensors are not looked
/// at, nor is any metadata but the backend.
///
/// # Errors
///
/// If the file is damaged, lacks a tensor, or a tensor has another type or shape or a number that
/// is not finite; if it has more layers than any model; if it was trained with another backend.
pub fn from_safetensors(bytes: &[u8]) -> Result<Weights, ModelFileError> {
    let file = SafeTensors::deserialize(bytes)?;
    check_backend(backend(bytes)?.as_deref())?;
    // A file without any layer lacks those of the smallest model.
    let found = (0..).take_while(|&before| names(before).iter().any(|name| file.tensor(name).is_ok())).count().max(1);
    let most = Weights::all().map(|weights| weights.layers.len()).max().unwrap_or(0);
    let weights = Weights::all().find(|weights| weights.layers.len() == found);
    let mut weights = weights.ok_or(ModelFileError::Layers { found, most })?;
    for (before, layer) in weights.layers.iter_mut().enumerate() {
        let (inputs, outputs) = (layer.inputs, layer.outputs());
        let [kernel, bias] = names(before);
        let (shape, values) = tensor(&file, kernel, &[&[outputs, inputs], &[inputs, outputs]])?;
        if shape == [outputs, inputs] {
            layer.weights = values;
        } else {
            for (index, value) in values.into_iter().enumerate() {
                layer.weights[index % outputs * inputs + index / outputs] = value;
            }
        }
        (_, layer.bias) = tensor(&file, bias, &[&[outputs]])?;
    }
    weights.pixel_table = table(&file)?;
    Ok(weights)
}

/// The table of pixels, if there is one, else the identity.
fn table(file: &SafeTensors<'_>) -> Result<PixelTable, ModelFileError> {
    let Ok(tensor) = file.tensor(PIXEL_TABLE) else { return Ok(PixelTable::IDENTITY) };
    let fault = |fault| ModelFileError::Tensor { name: PIXEL_TABLE.into(), fault };
    if tensor.dtype() != Dtype::U8 {
        return Err(fault(format!("type {}, wanted U8", tensor.dtype())));
    }
    match tensor.data().try_into() {
        Ok(values) if tensor.shape() == [256] => Ok(PixelTable::new(values)),
        _ => Err(fault(format!("shape {:?}, wanted [256]", tensor.shape()))),
    }
}

/// Whether the trainer itself wrote the file, by [`to_safetensors`].
pub(super) fn is_own(bytes: &[u8]) -> bool {
    backend(bytes).is_ok_and(|backend| backend.is_some())
}

/// All tensors of a safetensors file of whatever tool.
///
/// # Errors
///
/// If the file is damaged.
pub(super) fn safetensors_arrays(bytes: &[u8]) -> Result<Vec<Array>, ModelFileError> {
    let read = |(name, tensor): (String, TensorView<'_>)| {
        let float = match tensor.dtype() {
            Dtype::F16 => Some(Float::F16),
            Dtype::BF16 => Some(Float::Bf16),
            Dtype::F32 => Some(Float::F32),
            Dtype::F64 => Some(Float::F64),
            _ => None,
        };
        let values = match (Array::count(tensor.shape()), float) {
            (None, _) => Err("more numbers than any network has".into()),
            (_, None) => Err(format!("type {}, wanted F16, BF16, F32 or F64", tensor.dtype())),
            (_, Some(float)) => Ok(float.decode(tensor.data(), false)),
        };
        Array { name, shape: tensor.shape().to_vec(), values }
    };
    Ok(SafeTensors::deserialize(bytes)?.tensors().into_iter().map(read).collect())
}

/// The backend that the metadata names, where they are those of [`to_safetensors`].
fn backend(bytes: &[u8]) -> Result<Option<String>, SafeTensorError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let recipe = header.metadata().as_ref().and_then(|metadata| metadata.get("recipe"));
    let recipe = recipe.and_then(|recipe| serde_json::from_str::<serde_json::Value>(recipe).ok());
    Ok(recipe.and_then(|recipe| Some(recipe.get("backend")?.as_str()?.to_owned())))
}

/// The shape and the numbers of the tensor `name`, if it is of one of the `shapes`.
pub(crate) fn tensor(
    file: &SafeTensors<'_>,
    name: String,
    shapes: &[&[usize]],
) -> Result<(Vec<usize>, Vec<f32>), ModelFileError> {
    let found = file.tensor(&name);
    let fault = |fault| ModelFileError::Tensor { name, fault };
    let Ok(tensor) = found else {
        return Err(fault("missing".into()));
    };
    if tensor.dtype() != Dtype::F32 {
        return Err(fault(format!("type {}, wanted F32", tensor.dtype())));
    }
    if !shapes.contains(&tensor.shape()) {
        let wanted: Vec<String> = shapes.iter().map(|shape| format!("{shape:?}")).collect();
        let wanted = wanted.join(" or ");
        return Err(fault(format!("shape {:?}, wanted {wanted}", tensor.shape())));
    }
    let (values, _) = tensor.data().as_chunks();
    let values: Vec<f32> = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(fault(format!("value {index} is {}", values[index]))),
        None => Ok((tensor.shape().to_vec(), values)),
    }
}

pub(crate) fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

impl From<SafeTensorError> for ModelFileError {
    fn from(error: SafeTensorError) -> Self {
        Self::Container(error)
    }
}

#[cfg(test)]
mod tests;
