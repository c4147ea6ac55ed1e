//! The model file: safetensors that describe themselves.
//!
//! | tensor | type and shape |
//! |---|---|
//! | `dense.kernel`, `dense_1.kernel`, … | F32 `[units, inputs]` |
//! | `dense.bias`, `dense_1.bias`, … | F32 `[units]` |
//! | `pixel_table`, where pixels go through one | U8 `[256]` |
//! | of an int8 model: `dense.int8_kernel`, … | I8 `[units, inputs]` |
//! | `dense.int8_bias`, … | I32 `[units]` |
//! | `dense.int8_scales`, … | F32 `[1]` or `[units]` |
//!
//! All else is a JSON text under `model` in the metadata.

mod metadata;

use std::collections::HashMap;

use dense_core::PixelTable;
use dense_core::math::BACKEND;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use self::metadata::{Int8LayerText, LayerText, Metadata};
use crate::bounded::{MAX_MODEL, size};
use crate::check::MAX_WIDTH;
use crate::{Error, Input, Layer, Model, QuantizedLayer, layer_name};

const FORMAT: &str = "safetensors";
const PIXEL_TABLE: &str = "pixel_table";
/// The entry of the metadata.
const MODEL: &str = "model";

/// The names of the tensors of layer `index`, as Keras counts.
fn names<const PARTS: usize>(index: usize, parts: [&str; PARTS]) -> [String; PARTS] {
    parts.map(|part| format!("{}.{part}", layer_name(index)))
}

/// Writes `model`. The same model gives the same bytes.
///
/// # Errors
/// [`Error::Model`] where its parts do not fit together.
pub fn to_safetensors(model: &Model) -> Result<Vec<u8>, Error> {
    model.check()?;
    // All in one entry: the order of several is that of a hash map.
    let text = serde_json::to_string(&Metadata::of(model)).map_err(|error| Error::format(FORMAT, error))?;
    let metadata = HashMap::from([(MODEL.to_owned(), text)]);
    let mut tensors = Vec::new();
    for (index, layer) in model.layers.iter().enumerate() {
        let [kernel, bias] = names(index, ["kernel", "bias"]);
        tensors.push((kernel, Dtype::F32, vec![layer.units(), layer.inputs], bytes(&layer.weights, f32::to_le_bytes)));
        tensors.push((bias, Dtype::F32, vec![layer.units()], bytes(&layer.bias, f32::to_le_bytes)));
    }
    if let Some(table) = model.input.pixel_table() {
        tensors.push((PIXEL_TABLE.to_owned(), Dtype::U8, vec![256], table.values().to_vec()));
    }
    for (index, layer) in model.quantized.iter().flatten().enumerate() {
        let (units, scales) = (layer.bias.len(), layer.weight_scales.len());
        let [kernel, bias, scale] = names(index, ["int8_kernel", "int8_bias", "int8_scales"]);
        tensors.push((kernel, Dtype::I8, vec![units, layer.inputs], bytes(&layer.weights, i8::to_le_bytes)));
        tensors.push((bias, Dtype::I32, vec![units], bytes(&layer.bias, i32::to_le_bytes)));
        tensors.push((scale, Dtype::F32, vec![scales], bytes(&layer.weight_scales, f32::to_le_bytes)));
    }
    let views: Result<Vec<_>, _> = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect();
    let views = views.map_err(|error: safetensors::SafeTensorError| Error::format(FORMAT, error))?;
    safetensors::serialize(views, Some(metadata)).map_err(|error| Error::format(FORMAT, error))
}

/// Reads a model that [`to_safetensors`] wrote.
///
/// # Errors
/// [`Error::Unknown`] where the file does not describe itself; where it is damaged, its parts do not fit together, or it
/// was trained with another backend, the error that says so.
pub fn from_safetensors(bytes: &[u8]) -> Result<Model, Error> {
    if bytes.len() as u64 > MAX_MODEL {
        return Err(Error::format(FORMAT, format!("more than {}, which is the limit", size(MAX_MODEL))));
    }
    let file = SafeTensors::deserialize(bytes).map_err(|error| Error::format(FORMAT, error))?;
    let Some(text) = own_metadata(bytes)? else {
        return Err(Error::Unknown("safetensors of another program: import it first".into()));
    };
    let text: Metadata = serde_json::from_str(&text).map_err(|error| Error::format(FORMAT, error))?;
    text.check()?;
    let model = model(&file, text)?;
    model.check()?;
    Ok(model.flushed())
}

/// Whether [`to_safetensors`] wrote a file, in this version or another, whole or damaged after its header.
pub fn is_own(bytes: &[u8]) -> bool {
    own_metadata(bytes).is_ok_and(|metadata| metadata.is_some())
}

/// The text of this program's entry in the metadata, if there is one.
fn own_metadata(bytes: &[u8]) -> Result<Option<String>, Error> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| Error::format(FORMAT, error))?;
    let text = header.metadata().as_ref().and_then(|metadata| metadata.get(MODEL));
    let is_own = |text: &&String| {
        let value: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let format = value.as_ref().and_then(|value| value.get("format")?.as_str());
        format.is_some_and(|format| format.starts_with("host-trainer/"))
    };
    Ok(text.filter(is_own).cloned())
}

fn model(file: &SafeTensors<'_>, text: Metadata) -> Result<Model, Error> {
    let layers = text
        .layers
        .iter()
        .enumerate()
        .map(|(index, layer)| read_layer(file, index, layer))
        .collect::<Result<_, _>>()?;
    let quantized = text.quantized.map(|quantized| {
        let pairs = text.layers.iter().zip(&quantized).enumerate();
        let layers: Result<Vec<_>, _> =
            pairs.map(|(index, (layer, int8))| read_int8(file, index, layer, int8)).collect();
        layers
    });
    let mut input = text.input;
    if let Input::Pixels(pixels) = &mut input {
        pixels.table = pixel_table(file)?.map(Box::new);
    }
    Ok(Model {
        layers,
        loss: text.loss,
        input,
        output: text.output,
        quantized: quantized.transpose()?,
        test: text.test,
        provenance: text.provenance,
    })
}

fn read_layer(file: &SafeTensors<'_>, index: usize, layer: &LayerText) -> Result<Layer, Error> {
    let [kernel, bias] = names(index, ["kernel", "bias"]);
    Ok(Layer {
        inputs: layer.inputs,
        weights: tensor(file, &kernel, Dtype::F32, &[layer.units, layer.inputs], f32::from_le_bytes)?,
        bias: tensor(file, &bias, Dtype::F32, &[layer.units], f32::from_le_bytes)?,
        activation: layer.activation,
    })
}

fn read_int8(
    file: &SafeTensors<'_>,
    index: usize,
    layer: &LayerText,
    int8: &Int8LayerText,
) -> Result<QuantizedLayer, Error> {
    let [kernel, bias, scale] = names(index, ["int8_kernel", "int8_bias", "int8_scales"]);
    Ok(QuantizedLayer {
        inputs: layer.inputs,
        weights: tensor(file, &kernel, Dtype::I8, &[layer.units, layer.inputs], i8::from_le_bytes)?,
        weight_scales: tensor(file, &scale, Dtype::F32, &[int8.scales], f32::from_le_bytes)?,
        bias: tensor(file, &bias, Dtype::I32, &[layer.units], i32::from_le_bytes)?,
        input: int8.input,
        output: int8.output,
        activation: int8.activation,
    })
}

/// The table of pixels, unless there is none or it is the identity.
fn pixel_table(file: &SafeTensors<'_>) -> Result<Option<PixelTable>, Error> {
    if file.tensor(PIXEL_TABLE).is_err() {
        return Ok(None);
    }
    let values: Vec<u8> = tensor(file, PIXEL_TABLE, Dtype::U8, &[256], u8::from_le_bytes)?;
    let values = values.try_into().map_err(|_| Error::tensor(PIXEL_TABLE, "not 256 bytes"))?;
    Ok(PixelTable::new(values).unless_identity().cloned())
}

/// The numbers of the tensor `name`, of `SIZE` bytes each, in row-major order.
fn tensor<T, const SIZE: usize>(
    file: &SafeTensors<'_>,
    name: &str,
    dtype: Dtype,
    shape: &[usize],
    number: fn([u8; SIZE]) -> T,
) -> Result<Vec<T>, Error> {
    let Ok(tensor) = file.tensor(name) else { return Err(Error::tensor(name, "missing")) };
    if tensor.dtype() != dtype {
        return Err(Error::tensor(name, format!("type {}, wanted {dtype}", tensor.dtype())));
    }
    if tensor.shape() != shape {
        return Err(Error::tensor(name, format!("shape {:?}, wanted {shape:?}", tensor.shape())));
    }
    Ok(tensor.data().as_chunks().0.iter().map(|bytes| number(*bytes)).collect())
}

fn bytes<T: Copy, const SIZE: usize>(values: &[T], number: fn(T) -> [u8; SIZE]) -> Vec<u8> {
    values.iter().flat_map(|&value| number(value)).collect()
}

/// Refuses a backend that is not this program's.
fn check_backend(found: &str) -> Result<(), Error> {
    if found == BACKEND.name() {
        return Ok(());
    }
    Err(Error::Backend { found: found.escape_debug().to_string() })
}

/// Refuses widths with whose product a shape would overflow.
fn check_width(width: usize) -> Result<(), Error> {
    if (1..=MAX_WIDTH).contains(&width) {
        return Ok(());
    }
    Err(Error::Model(format!("a layer of width {width}, must be 1 to {MAX_WIDTH}")))
}

#[cfg(test)]
mod tests;
