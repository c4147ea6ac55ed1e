//! Reads the golden vectors, which `vectors/generate.py` writes with real Keras.

use crate::Result;
use dense_core::Dense;
use safetensors::{Dtype, SafeTensors};
use std::path::{Path, PathBuf};

/// The folder of this package.
pub fn directory() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One file of golden vectors.
pub struct Vectors {
    path: PathBuf,
    content: Vec<u8>,
}

impl Vectors {
    /// Reads a file of the folder `vectors`.
    pub fn open(file_name: &str) -> Result<Self> {
        let path = directory().join("vectors").join(file_name);
        let content = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path, content })
    }

    /// The command and the versions that made the file.
    pub fn generated_by(&self) -> Result<String> {
        let (_, header) = SafeTensors::read_metadata(&self.content)?;
        header
            .metadata()
            .as_ref()
            .and_then(|metadata| metadata.get("generated_by").cloned())
            .ok_or_else(|| format!("{}: no generated_by", self.path.display()).into())
    }

    /// Every element of a tensor in row order. Float64 holds each of these kinds exactly.
    pub fn values(&self, name: &str) -> Result<Vec<f64>> {
        let tensors = SafeTensors::deserialize(&self.content)?;
        let tensor = tensors.tensor(name).map_err(|error| format!("{}: {name}: {error}", self.path.display()))?;
        let data = tensor.data();
        match tensor.dtype() {
            Dtype::I8 => Ok(data.iter().map(|&byte| f64::from(byte.cast_signed())).collect()),
            Dtype::I32 => Ok(elements(data, i32::from_le_bytes).map(f64::from).collect()),
            Dtype::U8 => Ok(data.iter().copied().map(f64::from).collect()),
            Dtype::F32 => Ok(elements(data, f32::from_le_bytes).map(f64::from).collect()),
            Dtype::F64 => Ok(elements(data, f64::from_le_bytes).collect()),
            other => Err(format!("{}: {name}: unused type {other:?}", self.path.display()).into()),
        }
    }

    /// `case.name` and `case_float64.name`: the same from Keras in float32 and in float64.
    pub fn precisions(&self, case: &str, name: &str) -> Result<[Vec<f64>; 2]> {
        Ok([self.values(&format!("{case}.{name}"))?, self.values(&format!("{case}_float64.{name}"))?])
    }

    /// A tensor [rows, N] of float32.
    pub fn rows<const N: usize>(&self, name: &str) -> Result<Vec<[f32; N]>> {
        let values: Vec<f32> = self.values(name)?.iter().map(|&value| value as f32).collect();
        let (rows, rest) = values.as_chunks();
        if rest.is_empty() {
            Ok(rows.to_vec())
        } else {
            let (path, length) = (self.path.display(), values.len());
            Err(format!("{path}: {name}: {length} values do not make rows of {N}").into())
        }
    }

    /// A tensor of class numbers.
    pub fn classes(&self, name: &str) -> Result<Vec<u8>> {
        Ok(self.values(name)?.iter().map(|&value| value as u8).collect())
    }

    /// `name.weights`, then `name.bias`.
    pub fn parameters(&self, name: &str) -> Result<Vec<f64>> {
        let mut parameters = self.values(&format!("{name}.weights"))?;
        parameters.extend(self.values(&format!("{name}.bias"))?);
        Ok(parameters)
    }

    /// The layer of `name.weights` (`OUT` × `IN`) and `name.bias` (`OUT`).
    pub fn dense<const IN: usize, const OUT: usize>(&self, name: &str) -> Result<Dense<IN, OUT>> {
        let weights = self.rows(&format!("{name}.weights"))?;
        let bias = self.rows(&format!("{name}.bias"))?;
        let ([bias], Ok(weights)) = (bias.as_slice(), weights.try_into()) else {
            let path = self.path.display();
            return Err(format!("{path}: {name}: not a layer of {OUT} rows of {IN}").into());
        };
        Ok(Dense::new(weights, *bias))
    }
}

fn elements<T, const SIZE: usize>(data: &[u8], from_le_bytes: impl Fn([u8; SIZE]) -> T) -> impl Iterator<Item = T> {
    // The file's header was checked: its data is a whole number of elements.
    data.as_chunks().0.iter().map(move |&bytes| from_le_bytes(bytes))
}
