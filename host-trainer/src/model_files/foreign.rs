//! Reads a model that another tool has trained, in whichever format it is.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::ValueEnum;

use super::arrays::{KernelOrder, from_arrays};
use super::hdf5::{self, from_hdf5};
use super::npz::{self, read_zip};
use super::safetensors::{from_safetensors, is_own, safetensors_arrays};
use super::{ModelFileError, Weights, faulty, flushed, is_safetensors};

/// Far more than a file of any of the networks has.
const MOST_BYTES: u64 = 256 << 20;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.weights.h5` of Keras 3, or an older `.h5`.
    Hdf5,
    /// `.npz` of NumPy, or `.keras`.
    Zip,
    /// safetensors of another tool.
    Safetensors,
    /// safetensors of this one.
    Own,
}

impl Format {
    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hdf5 => "HDF5",
            Self::Zip => "zip",
            Self::Safetensors | Self::Own => "safetensors",
        }
    }
}

/// What the other tool made of a pixel before it gave it to the first layer; the networks here take pixel / 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PixelRange {
    /// pixel / 255
    #[value(name = "0..1")]
    Unit,
    /// The pixel as it is
    #[value(name = "0..255")]
    Byte,
    /// pixel / 127.5 - 1
    #[value(name = "-1..1")]
    Symmetric,
}

impl PixelRange {
    /// The name as `--pixels` takes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unit => "0..1",
            Self::Byte => "0..255",
            Self::Symmetric => "-1..1",
        }
    }

    /// The other tool's input is factor · pixel / 255 + offset.
    const fn factor_and_offset(self) -> (f64, f64) {
        match self {
            Self::Unit => (1.0, 0.0),
            Self::Byte => (255.0, 0.0),
            Self::Symmetric => (2.0, -1.0),
        }
    }
}

/// A model of another tool.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// The model, for pixels as the networks here take them.
    pub weights: Weights,
    /// The format it was in.
    pub format: Format,
    /// How its kernels lie in the file.
    pub order: KernelOrder,
}

/// Reads the model in the file at `path`; its contents tell which of the formats it has, and which model it is. Weights
/// that are for other pixels become weights for these.
///
/// # Errors
///
/// If the file cannot be read or does not hold just a model. The error names the file.
pub fn load_foreign(path: &Path, pixels: PixelRange) -> Result<Foreign, ModelFileError> {
    let mut bytes = Vec::new();
    let unreadable = |error| ModelFileError::Unreadable { path: path.into(), error };
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    parse(bytes, pixels).map_err(|fault| faulty(path, fault))
}

fn parse(bytes: Vec<u8>, pixels: PixelRange) -> Result<Foreign, ModelFileError> {
    if bytes.len() as u64 > MOST_BYTES {
        return Err(ModelFileError::UnknownForeignFormat);
    }
    let (mut weights, format, order) = if bytes.starts_with(hdf5::MAGIC) {
        let (weights, order) = from_arrays(&from_hdf5(bytes)?)?;
        (weights, Format::Hdf5, order)
    } else if bytes.starts_with(npz::MAGIC) {
        let (arrays, pixel_table) = read_zip(&bytes)?;
        let (weights, order) = from_arrays(&arrays)?;
        (Weights { pixel_table, ..weights }, Format::Zip, order)
    } else if is_own(&bytes) {
        (from_safetensors(&bytes)?, Format::Own, KernelOrder::OutputsFirst)
    } else if is_safetensors(&bytes) {
        let (weights, order) = from_arrays(&safetensors_arrays(&bytes)?)?;
        (weights, Format::Safetensors, order)
    } else {
        return Err(ModelFileError::UnknownForeignFormat);
    };
    if format == Format::Own && pixels != PixelRange::Unit {
        return Err(ModelFileError::OwnPixels);
    }
    rescale(&mut weights, pixels)?;
    Ok(Foreign { weights: flushed(weights), format, order })
}

/// Lets the first layer take pixel / 255 in place of what it takes: W · (factor · x + offset) + b is
/// (factor · W) · x + (b + offset · the sum of W's row).
fn rescale(weights: &mut Weights, pixels: PixelRange) -> Result<(), ModelFileError> {
    let (factor, offset) = pixels.factor_and_offset();
    let Some(layer) = weights.layers.first_mut().filter(|_| pixels != PixelRange::Unit) else {
        return Ok(());
    };
    for (row, bias) in layer.weights.chunks_mut(layer.inputs).zip(&mut layer.bias) {
        *bias = (f64::from(*bias) + offset * row.iter().copied().map(f64::from).sum::<f64>()) as f32;
        row.iter_mut().for_each(|weight| *weight = (f64::from(*weight) * factor) as f32);
    }
    match layer.weights.iter().chain(&layer.bias).find(|number| !number.is_finite()) {
        Some(_) => Err(ModelFileError::Tensor {
            name: "first layer".into(),
            fault: format!("too large to be rescaled from pixels in {}", pixels.name()),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
