//! The constants of an ONNX file.

use crate::arrays::{Array, Budget, Float};
use crate::onnx::messages::{Tensor, data_type};

/// The numbers of a constant of floats.
pub(super) fn numbers(tensor: &Tensor) -> Array {
    let name = tensor.name.clone().unwrap_or_default();
    let shape: Vec<usize> = tensor.dims.iter().map(|&size| usize::try_from(size).unwrap_or(usize::MAX)).collect();
    let values = values(tensor, &shape);
    Array { name, shape, values }
}

fn values(tensor: &Tensor, shape: &[usize]) -> Result<Vec<f64>, String> {
    if tensor.data_location == Some(1) {
        return Err("in another file: save the model as one".into());
    }
    let float = match tensor.data_type {
        Some(data_type::FLOAT) => Float::F32,
        Some(data_type::DOUBLE) => Float::F64,
        Some(data_type::FLOAT16) => Float::F16,
        Some(data_type::BFLOAT16) => Float::Bf16,
        other => return Err(format!("type {}, wanted floats", other.unwrap_or_default())),
    };
    if let Some(bytes) = &tensor.raw_data {
        return float.decode(shape, bytes, false, &mut Budget::default());
    }
    let values: Vec<f64> = match float {
        Float::F32 => tensor.float_data.iter().copied().map(f64::from).collect(),
        Float::F64 => tensor.double_data.clone(),
        Float::F16 | Float::Bf16 => return Err("without raw data".into()),
    };
    let count = Array::count(shape)?;
    if values.len() == count { Ok(values) } else { Err(format!("{} numbers, wanted {count}", values.len())) }
}
