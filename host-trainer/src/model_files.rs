//! The two files a trained model is kept in: Rust for the firmware and safetensors for other tools.

mod rust_source;
mod safetensors;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use dense_core::Dense;
use serde::Serialize;

pub use self::rust_source::{from_rust_source, to_rust_source};
pub use self::safetensors::{from_safetensors, to_safetensors};

/// Pixels of an image.
const INPUTS: usize = 784;
/// Classes.
const OUTPUTS: usize = 10;

/// How generated Rust begins.
const TITLE: &str = "//! The trained model. Generated: edit the recipe, not this file.";
const MODEL: &str = "Flatten(28, 28) -> Dense(10, softmax)";

/// Everything that decides the trained weights, down to the last bit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recipe {
    /// Name of the data set.
    pub data_set: String,
    /// Name of the optimizer.
    pub optimizer: String,
    /// Step size of the optimizer.
    pub learning_rate: f32,
    /// Samples in one training step.
    pub batch_size: usize,
    /// Passes over the training samples.
    pub epochs: usize,
    /// Training samples in one epoch.
    pub samples: usize,
    /// Seed of the initial weights and of the shuffling.
    pub seed: u64,
}

/// A trained model, how it was made and how good it is.
#[derive(Clone, Debug)]
pub struct TrainedModel<'a> {
    /// The weights, a row for each class, and the biases.
    pub layer: &'a Dense<784, 10>,
    /// The names of the classes, in the order of the rows.
    pub class_names: &'a [String; 10],
    /// How it was made.
    pub recipe: Recipe,
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
    #[error("{}: not made by `host-trainer train`; remove it, or choose another file for --weights", .0.display())]
    Foreign(PathBuf),
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
    /// A tensor is not one of this model.
    #[error("tensor `{name}`: {fault}")]
    Tensor {
        /// Name of the tensor.
        name: &'static str,
        /// What is wrong with it.
        fault: String,
    },
}

/// Reads the model in the file at `path`; its contents tell which of the two formats it has.
///
/// # Errors
///
/// If the file cannot be read or does not hold a model of 784 inputs and 10 outputs. The error
/// names the file.
pub fn load(path: &Path) -> Result<Box<Dense<784, 10>>, ModelFileError> {
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ModelFileError::Missing(path.into()),
        _ => ModelFileError::Unreadable { path: path.into(), error },
    })?;
    // A safetensors file is the length of its header in 8 bytes, then the header, a JSON object.
    let layer = if bytes.get(8) == Some(&b'{') {
        from_safetensors(&bytes)
    } else {
        match std::str::from_utf8(&bytes) {
            Ok(text) => from_rust_source(text),
            Err(_) => Err(ModelFileError::UnknownFormat),
        }
    };
    layer.map(Box::new).map_err(|fault| ModelFileError::Faulty { path: path.into(), fault: Box::new(fault) })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_generated_files_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.rs");
        check_replaceable(&path).unwrap();
        for (contents, replaceable) in [
            (to_rust_source(&model(&layer(), &class_names())).into_bytes(), true),
            (Vec::new(), true),
            (b"//! By hand.".to_vec(), false),
            (b"\xff\xfe and more than the title is long, so that it is read whole".to_vec(), false),
        ] {
            fs::write(&path, &contents).unwrap();
            assert_eq!(check_replaceable(&path).is_ok(), replaceable, "{contents:?}");
        }
    }

    /// A layer whose every number is another, of both signs and far apart in size.
    pub(super) fn layer() -> Dense<784, 10> {
        let mut layer = Dense::ZERO;
        let mut number = 1.0e-15_f32;
        let mut next = || {
            number *= -1.007;
            number
        };
        layer.set_weights(std::iter::repeat_with(&mut next));
        layer.bias_mut().fill_with(next);
        layer
    }

    pub(super) fn class_names() -> [String; 10] {
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
            .map(String::from)
    }

    pub(super) fn model<'a>(layer: &'a Dense<784, 10>, class_names: &'a [String; 10]) -> TrainedModel<'a> {
        TrainedModel {
            layer,
            class_names,
            recipe: Recipe {
                data_set: "fashion-mnist".into(),
                optimizer: "adam".into(),
                learning_rate: 0.001,
                batch_size: 32,
                epochs: 10,
                samples: 60_000,
                seed: 7,
            },
            test_accuracy: 0.843_75,
            test_loss: 0.451_25,
        }
    }

    #[test]
    fn load_tells_the_formats_apart_by_their_contents() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let layer = layer();
        let class_names = class_names();
        let model = model(&layer, &class_names);
        for contents in [to_rust_source(&model).into_bytes(), to_safetensors(&model).unwrap()] {
            fs::write(&path, contents).unwrap();
            assert_eq!(*load(&path).unwrap(), layer);
        }
    }

    #[test]
    fn load_names_the_file_and_the_fault() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        let name = path.display().to_string();

        let missing = load(&path).unwrap_err().to_string();
        assert_eq!(missing, format!("{name}: no such file; run `host-trainer train` first"));

        for (contents, wanted) in [
            (&b""[..], "line 1: the file ends"),
            (&b"fn main() {}\n"[..], "line 1: found `fn main() {}`, wanted `use"),
            (&b"\xff\xfe\x00"[..], "neither a .safetensors file nor a .rs file"),
            (&b"\x02\0\0\0\0\0\0\0{}"[..], "tensor `dense.kernel`: missing"),
            (&b"\xff\0\0\0\0\0\0\0{}"[..], "not a valid safetensors file: "),
        ] {
            fs::write(&path, contents).unwrap();
            let text = load(&path).unwrap_err().to_string();
            assert!(text.starts_with(&name) && text.contains(wanted), "{text}");
        }
        assert!(matches!(load(folder.path()), Err(ModelFileError::Unreadable { .. })));
    }
}
