//! The tensors of a TensorFlow Lite file.

use super::{FLOAT32, FORMAT};
use crate::Error;
use crate::arrays::{Array, Budget, MAX_ARRAYS};
use crate::tflite::table::Table;

#[derive(Debug)]
pub(super) struct Tensor<'a> {
    pub(super) name: String,
    /// Its `TensorType`.
    pub(super) kind: u8,
    pub(super) shape: Vec<usize>,
    /// The bytes of a constant.
    pub(super) data: Option<&'a [u8]>,
    /// Real = scale · (integer − zero), one for all or one for each row.
    pub(super) scales: Vec<f32>,
    pub(super) zeros: Vec<i64>,
}

impl Tensor<'_> {
    /// An error that names it.
    pub(super) fn fault(&self, fault: impl Into<String>) -> Error {
        Error::tensor(&self.name, fault)
    }

    /// The numbers of a constant of `SIZE` bytes each, as many as the shape says.
    pub(super) fn numbers<T, const SIZE: usize>(&self, from: fn([u8; SIZE]) -> T) -> Result<Vec<T>, Error> {
        let count = Array::count(&self.shape).map_err(|fault| self.fault(fault))?;
        let data = self.data.unwrap_or_default();
        if data.len() != count * SIZE {
            return Err(self.fault(format!("{} bytes of numbers, wanted {}", data.len(), count * SIZE)));
        }
        Ok(data.as_chunks().0.iter().map(|bytes| from(*bytes)).collect())
    }

    /// The numbers of a constant in f32.
    pub(super) fn floats(&self) -> Result<Vec<f32>, Error> {
        if self.kind != FLOAT32 {
            return Err(self.fault(format!("type {}, wanted float32", self.kind)));
        }
        let numbers = self.numbers(f32::from_le_bytes)?;
        match numbers.iter().position(|number| !number.is_finite()) {
            Some(index) => Err(self.fault(format!("value {index} is {}", numbers[index]))),
            None => Ok(numbers),
        }
    }

    /// Scale and offset of x + c, x · c, x − c or x / c, or of c − x where x is not `first`.
    pub(super) fn affine(&self, code: u32, first: bool) -> Option<(Vec<f64>, Vec<f64>)> {
        let numbers: Vec<f64> = self.floats().ok()?.into_iter().map(f64::from).collect();
        Some(match (code, first) {
            (0, _) => (vec![1.0], numbers),
            (18, _) => (numbers, vec![0.0]),
            (41, true) => (vec![1.0], numbers.iter().map(|number| -number).collect()),
            (41, false) => (vec![-1.0], numbers),
            (42, true) => (numbers.iter().map(|number| 1.0 / number).collect(), vec![0.0]),
            _ => return None,
        })
    }
}

/// The tensors of a subgraph.
pub(super) fn tensors<'a>(graph: &Table<'a>, buffers: &[Table<'a>]) -> Result<Vec<Tensor<'a>>, Error> {
    let tables = graph.tables(0);
    if tables.len() > MAX_ARRAYS {
        return Err(Error::format(FORMAT, format!("{} tensors, at most {MAX_ARRAYS}", tables.len())));
    }
    let mut budget = Budget::default();
    let tensor = |tensor: &Table<'a>| {
        let shape = tensor.numbers(0, i32::from_le_bytes);
        let data = buffers.get(tensor.u32(2) as usize).map(|buffer| buffer.bytes(0));
        let quantization = tensor.table(4);
        let scales = quantization.map(|table| table.numbers(2, f32::from_le_bytes)).unwrap_or_default();
        let zeros = quantization.map(|table| table.numbers(3, i64::from_le_bytes)).unwrap_or_default();
        let taken = budget.take(shape.len() + scales.len() + zeros.len());
        taken.map_err(|fault| Error::format(FORMAT, fault))?;
        Ok(Tensor {
            name: tensor.text(3),
            kind: tensor.byte(1),
            // A size that is not known is that of the batch.
            shape: shape.into_iter().map(|size| usize::try_from(size).unwrap_or(1)).collect(),
            data: data.filter(|data| !data.is_empty()),
            scales,
            zeros,
        })
    };
    tables.iter().map(tensor).collect()
}
