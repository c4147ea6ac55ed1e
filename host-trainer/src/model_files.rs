//! The files a trained model is kept in: Rust for the firmware, in floats and in whole numbers, and safetensors and npz for
//! other tools; and what is read of theirs.

mod arrays;
mod foreign;
mod hdf5;
mod npz;
mod origin;
mod pixel_table;
mod quantized_source;
mod rust_source;
pub(crate) mod safetensors;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use dense_core::PixelTable;
use dense_core::math::{BACKEND, SMALLEST_WEIGHT, flush_below};

use crate::model::{Layer, Layers, Linear, Model, ModelName};

pub use self::arrays::{Array, KernelOrder, from_arrays};
pub use self::foreign::{Foreign, Format, PixelRange, load_foreign};
pub use self::hdf5::from_hdf5;
pub use self::npz::{from_npz, to_npz};
pub use self::origin::{Exported, Import, Origin, Recipe};
pub use self::quantized_source::to_quantized_source;
pub use self::rust_source::{from_rust_source, to_rust_source};
pub use self::safetensors::{from_safetensors, to_safetensors};

/// How generated Rust begins.
const TITLE: &str = "//! The trained model. Generated: edit the recipe, not this file.";

/// The numbers of a network, and which network it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Which network.
    pub model: ModelName,
    /// What becomes of each pixel before the first layer.
    pub pixel_table: PixelTable,
    /// Its layers, the first one first.
    pub layers: Vec<Layer>,
}

impl Weights {
    /// All parameters +0.0.
    #[must_use]
    pub fn zero(model: ModelName) -> Self {
        Self { model, pixel_table: PixelTable::IDENTITY, layers: model.network().layers() }
    }

    /// The network with these numbers.
    #[must_use]
    pub fn network(&self) -> Box<dyn Model> {
        let mut network = self.model.network();
        network.set_layers(&self.layers);
        network
    }

    /// The layers in words: `Flatten(28, 28) -> Dense(10, softmax)`.
    #[must_use]
    pub fn description(&self) -> String {
        let layers = self.layers.iter().map(|layer| format!(" -> Dense({}, {})", layer.outputs(), layer.activation));
        "Flatten(28, 28)".to_owned() + &layers.collect::<String>()
    }

    /// All networks there are, to look for the one that a file holds.
    fn all() -> impl Iterator<Item = Self> {
        ModelName::value_variants().iter().map(|&model| Self::zero(model))
    }
}

/// A trained model, how it was made and how good it is.
#[derive(Clone, Debug)]
pub struct TrainedModel<'a> {
    /// Its numbers.
    pub weights: &'a Weights,
    /// The names of the classes, in the order of the last layer's outputs.
    pub class_names: &'a [String; 10],
    /// How it was made.
    pub origin: Origin,
    /// Share of the test samples classified correctly, from 0 to 1.
    pub test_accuracy: f64,
    /// Mean sparse categorical cross-entropy of a test sample.
    pub test_loss: f64,
}

/// Why a model file could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// There is no such file.
    #[error("{}: no such file; run `host-trainer train` first", .0.display())]
    Missing(PathBuf),
    /// The operating system would not read the file.
    #[error("{}: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// The file was read, but its contents are faulty.
    #[error("{}: {fault}", .path.display())]
    Faulty {
        /// The file.
        path: PathBuf,
        /// The fault in its contents.
        fault: Box<ModelFileError>,
    },
    /// A file of somebody else's is where a model is to be written.
    #[error("{}: not made by `host-trainer train`; remove it, or choose another place with --weights or --out", .0.display())]
    Foreign(PathBuf),
    /// Contents that are not what their first bytes say.
    #[error("not a valid {format} file: {fault}")]
    Format {
        /// What the first bytes say.
        format: &'static str,
        /// What is wrong.
        fault: String,
    },
    /// The arrays of a file make none of the networks.
    #[error("holds {found}; wanted a kernel and a bias for each layer and nothing else, either way round: {wanted}")]
    NoModel {
        /// The arrays found, with their shapes.
        found: String,
        /// Those of each network.
        wanted: String,
    },
    /// A file of another tool in an unknown format.
    #[error("neither HDF5 (.weights.h5 or .h5 of Keras) nor .keras, .npz or safetensors")]
    UnknownForeignFormat,
    /// The contents are neither safetensors nor text.
    #[error("neither a .safetensors file nor a .rs file made by `host-trainer train`")]
    UnknownFormat,
    /// A line of generated Rust is not as `host-trainer train` writes it.
    #[error("line {line}: {fault}")]
    RustSource {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        fault: String,
    },
    /// The container of the tensors is faulty.
    #[error("not a valid safetensors file: {0}")]
    Container(::safetensors::SafeTensorError),
    /// Another range of pixels for a file that this program has written.
    #[error("made by this program, whose models take pixels from 0 to 1; leave --pixels out")]
    OwnPixels,
    /// There are more layers than any model has.
    #[error("{found} dense layers, but no model has more than {most}")]
    Layers {
        /// How many there are.
        found: usize,
        /// How many the largest model has.
        most: usize,
    },
    /// The file holds a good model, but not the one that is wanted.
    #[error("holds the model {}, wanted {}", .found.name(), .wanted.name())]
    OtherModel {
        /// The model in the file.
        found: ModelName,
        /// The model wanted.
        wanted: ModelName,
    },
    /// The model was trained with another `exp`, so that here it would give other bits.
    #[error("trained with backend {found}, and this program has {}", BACKEND.name())]
    OtherBackend {
        /// The backend in the file, fit for a terminal.
        found: String,
    },
    /// A tensor is not one of this model.
    #[error("tensor `{name}`: {fault}")]
    Tensor {
        /// Name of the tensor.
        name: String,
        /// What is wrong with it.
        fault: String,
    },
}

/// Reads the model in the file at `path`; its contents tell which of the two formats it has, and which model it is.
///
/// # Errors
///
/// If the file cannot be read or does not hold a model. The error names the file.
pub fn load(path: &Path) -> Result<Weights, ModelFileError> {
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ModelFileError::Missing(path.into()),
        _ => ModelFileError::Unreadable { path: path.into(), error },
    })?;
    let weights = if is_safetensors(&bytes) {
        from_safetensors(&bytes)
    } else {
        match std::str::from_utf8(&bytes) {
            Ok(text) => from_rust_source(text),
            Err(_) => Err(ModelFileError::UnknownFormat),
        }
    };
    weights.map(flushed).map_err(|fault| faulty(path, fault))
}

/// With +0.0 for what is too small for a weight, as it becomes wherever a weight is set.
fn flushed(mut weights: Weights) -> Weights {
    for number in weights.layers.iter_mut().flat_map(|layer| layer.weights.iter_mut().chain(&mut layer.bias)) {
        *number = flush_below(*number, SMALLEST_WEIGHT);
    }
    weights
}

/// A safetensors file is the length of its header in 8 bytes, then the header, a JSON object.
fn is_safetensors(bytes: &[u8]) -> bool {
    bytes.get(8) == Some(&b'{')
}

/// Refuses weights of another [`Backend`](dense_core::math::Backend) than this program's. A file that names none, such
/// as one of another tool, is taken as it is.
fn check_backend(named: Option<&str>) -> Result<(), ModelFileError> {
    match named {
        Some(found) if found != BACKEND.name() => {
            Err(ModelFileError::OtherBackend { found: found.escape_debug().to_string() })
        }
        _ => Ok(()),
    }
}

/// Reads softmax regression, the model that a device runs, and the table that pixels go through before it, from the file at
/// `path`.
///
/// # Errors
///
/// As [`load`], or if the file holds another model.
pub fn load_linear(path: &Path) -> Result<(Box<Linear>, PixelTable), ModelFileError> {
    let weights = load(path)?;
    if weights.model != ModelName::Linear {
        let fault = ModelFileError::OtherModel { found: weights.model, wanted: ModelName::Linear };
        return Err(faulty(path, fault));
    }
    let mut network = Box::new(Linear::ZERO);
    network.set_layers(&weights.layers);
    Ok((network, weights.pixel_table))
}

fn faulty(path: &Path, fault: ModelFileError) -> ModelFileError {
    ModelFileError::Faulty { path: path.into(), fault: Box::new(fault) }
}

/// Refuses to replace a file that is not generated Rust, such as one that was written by hand.
///
/// # Errors
///
/// There is such a file, or it cannot be read.
pub fn check_replaceable(path: &Path) -> Result<(), ModelFileError> {
    let mut start = Vec::new();
    match fs::File::open(path).and_then(|file| file.take(TITLE.len() as u64).read_to_end(&mut start)) {
        // A folder that is none is for whoever writes the file to complain about.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => Ok(()),
        Err(error) => Err(ModelFileError::Unreadable { path: path.into(), error }),
        Ok(_) if start.is_empty() || start == TITLE.as_bytes() => Ok(()),
        Ok(_) => Err(ModelFileError::Foreign(path.into())),
    }
}

/// Refuses to replace a safetensors file that this program has not written.
///
/// # Errors
///
/// There is such a file, or it cannot be read.
pub fn check_replaceable_safetensors(path: &Path) -> Result<(), ModelFileError> {
    match fs::read(path) {
        Ok(bytes) if bytes.is_empty() || safetensors::is_own(&bytes) => Ok(()),
        Ok(_) => Err(ModelFileError::Foreign(path.into())),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => Ok(()),
        Err(error) => Err(ModelFileError::Unreadable { path: path.into(), error }),
    }
}

#[cfg(test)]
mod tests;
