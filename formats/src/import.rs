//! Reads a model that another program trained.

mod bare;
mod finish;
mod fold;
mod hdf5;
mod keras;
mod zip;

use crate::bounded::{MAX_IMPORT, size};
use crate::chain::Chain;
use crate::isolation::{TIME_LIMIT, isolated};
use crate::{Activation, Error, Input, Loss, Model, Output, onnx, safetensors, tflite};

/// Information that a file may lack.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// The activation of hidden layers. Needed for bare weights with hidden layers.
    pub activation: Option<Activation>,
    /// The loss. Without it, softmax means cross-entropy, one sigmoid binary cross-entropy; a linear output needs it, unless
    /// [`output`](Self::output) says the task.
    pub loss: Option<Loss>,
    /// Kind of the inputs. Without it, pixels where the file takes bytes, `pixels` is given, or the file rescales
    /// something of two dimensions; features with the names in the file or `x0`, `x1`, … where it takes one dimension.
    pub input: Option<Input>,
    /// Kind of the outputs. Without it, they have the names in the file or `0`, `1`, …
    pub output: Option<Output>,
    /// For pixels: what the other program made of a byte before it gave it to the first layer of the file. Without it,
    /// the byte as it is where the file takes bytes or rescales, else byte / 255.
    pub pixels: Option<PixelRange>,
}

/// A range that pixels were scaled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelRange {
    /// pixel / 255
    Unit,
    /// The pixel as it is.
    Byte,
    /// pixel / 127.5 − 1
    Symmetric,
}

impl PixelRange {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unit, Self::Byte, Self::Symmetric];

    /// The name: `0..1`, `0..255` or `-1..1`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unit => "0..1",
            Self::Byte => "0..255",
            Self::Symmetric => "-1..1",
        }
    }

    /// The other program's input is factor · pixel / 255 + offset.
    const fn factor_and_offset(self) -> (f64, f64) {
        match self {
            Self::Unit => (1.0, 0.0),
            Self::Byte => (255.0, 0.0),
            Self::Symmetric => (2.0, -1.0),
        }
    }
}

/// Reads the model in a file of another program, or in this program's own model file. The contents tell the format:
/// `.keras`, `.h5` and `.weights.h5` of Keras, `.npz`, safetensors, ONNX, TensorFlow Lite. `file` is its name, for the
/// provenance.
///
/// Affine layers become part of the dense layers: Rescaling, Normalization, BatchNormalization; Dropout and Flatten
/// vanish. Whatever else is not a dense layer or an activation is refused by name.
///
/// # Errors
/// The file is damaged, does not hold a chain of dense layers, or leaves open what no option says: see [`Error`].
pub fn import(bytes: &[u8], file: &str, options: &ImportOptions) -> Result<Model, Error> {
    if bytes.len() as u64 > MAX_IMPORT {
        return Err(Error::Unknown(format!("more than {}, which is the limit", size(MAX_IMPORT))));
    }
    let Some((format, read)) = reader(bytes) else { return Err(unknown(bytes)) };
    if safetensors::is_own(bytes) {
        return own(bytes, options);
    }
    // A decoder of another project's may panic on a damaged file, or not come to an end.
    let copies = (bytes.to_vec(), options.clone());
    let chain = isolated(TIME_LIMIT, move || read(&copies.0, &copies.1));
    let chain = chain.map_err(|fault| Error::format(format, fault))??;
    finish::model(chain, format, file, options)
}

type Reader = fn(&[u8], &ImportOptions) -> Result<Chain, Error>;

/// The format of a file and its reader, by its first bytes.
fn reader(bytes: &[u8]) -> Option<(&'static str, Reader)> {
    Some(match bytes {
        [0x89, b'H', b'D', b'F', ..] => (hdf5::FORMAT, |bytes, options| keras::from_h5(bytes, options)),
        [b'P', b'K', 3, 4, ..] => (zip::FORMAT, zip::from_zip),
        [_, _, _, _, b'T', b'F', b'L', b'3', ..] => ("TensorFlow Lite", |bytes, _| tflite::from_tflite(bytes)),
        [_, _, _, _, _, _, _, _, b'{', ..] => ("safetensors", bare::from_safetensors),
        // The field ir_version of an ONNX file, a small number.
        [8, 1..32, ..] => ("ONNX", |bytes, _| onnx::from_onnx(bytes)),
        _ => return None,
    })
}

fn unknown(bytes: &[u8]) -> Error {
    let wanted = "wanted .keras, .h5 or .weights.h5 of Keras, .npz, safetensors, ONNX or TensorFlow Lite";
    // A pickle of protocol 2 and above: what PyTorch wrote before it wrote zip files.
    if matches!(bytes, [0x80, 2..=5, ..]) {
        return Error::Unknown(format!("a pickle of Python, as PyTorch's .pt is: save safetensors or ONNX; {wanted}"));
    }
    Error::Unknown(format!("an unknown format; {wanted}"))
}

/// The model in this program's own file. It says everything itself.
fn own(bytes: &[u8], options: &ImportOptions) -> Result<Model, Error> {
    let model = safetensors::from_safetensors(bytes)?;
    if let Some(pixels) = options.pixels
        && pixels != PixelRange::Unit
    {
        return Err(contradiction("--pixels", PixelRange::Unit.name(), pixels.name()));
    }
    if let Some(loss) = options.loss
        && loss.output_activation() != model.loss.output_activation()
    {
        return Err(contradiction("--loss", model.loss.name(), loss.name()));
    }
    let hidden = model.layers.split_last().map_or(&[][..], |(_, hidden)| hidden);
    if let Some(activation) = options.activation
        && let Some(layer) = hidden.iter().find(|layer| layer.activation != activation)
    {
        return Err(contradiction("--activation", layer.activation.name(), activation.name()));
    }
    Ok(model)
}

pub(crate) fn contradiction(option: &'static str, found: &str, given: &str) -> Error {
    Error::Contradiction { option, found: found.into(), given: given.into() }
}

#[cfg(test)]
mod tests;
