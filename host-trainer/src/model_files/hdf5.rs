//! Reads the arrays of HDF5, in which Keras keeps weights.

use std::fmt::Display;

use hdf5_pure::{Dataset, Datatype, DatatypeByteOrder, Error, File, FloatingPointLayout, Group};

use super::ModelFileError;
use super::arrays::{Array, Float, MOST_ARRAYS};

/// How every HDF5 file begins that Keras writes.
pub(super) const MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Groups of what a network does not need to infer: the state of the optimizer, in `.weights.h5` and in the older
/// `.h5`, and that of dropout.
const SKIPPED: [&str; 3] = ["optimizer", "optimizer_weights", "seed_generator"];
/// Groups within groups: Keras has six.
const MOST_LEVELS: usize = 12;

/// The arrays of a `.weights.h5` of Keras 3, or of a whole model as older `.h5`, without those of its optimizer.
///
/// # Errors
///
/// [`ModelFileError::Format`] where the file is damaged or has far more in it than such a model.
pub fn from_hdf5(bytes: Vec<u8>) -> Result<Vec<Array>, ModelFileError> {
    let file = File::from_bytes(bytes).map_err(damaged)?;
    let (mut arrays, mut groups) = (Vec::new(), 0);
    collect(&file.root(), "", 0, &mut groups, &mut arrays)?;
    Ok(arrays)
}

fn damaged(fault: impl Display) -> ModelFileError {
    ModelFileError::Format { format: "HDF5", fault: fault.to_string().escape_debug().to_string() }
}

/// Appends the arrays in `group` and in the groups below it.
fn collect(
    group: &Group,
    path: &str,
    level: usize,
    groups: &mut usize,
    arrays: &mut Vec<Array>,
) -> Result<(), ModelFileError> {
    *groups += 1;
    let names = group.datasets().map_err(damaged)?;
    // A damaged file can hold a group within itself.
    if level > MOST_LEVELS || *groups > MOST_ARRAYS || arrays.len() + names.len() > MOST_ARRAYS {
        return Err(damaged("more groups and arrays than a model has"));
    }
    for name in names {
        let dataset = group.dataset(&name).map_err(damaged)?;
        let array = read(&dataset, format!("{path}{name}")).map_err(damaged)?;
        arrays.push(array);
    }
    for name in group.groups().map_err(damaged)? {
        if !SKIPPED.contains(&name.as_str()) {
            let below = group.group(&name).map_err(damaged)?;
            collect(&below, &format!("{path}{name}/"), level + 1, groups, arrays)?;
        }
    }
    Ok(())
}

fn read(dataset: &Dataset, name: String) -> Result<Array, Error> {
    let sizes = dataset.shape()?;
    let shape: Vec<usize> = sizes.iter().map(|&size| usize::try_from(size).unwrap_or(usize::MAX)).collect();
    let values = match (Array::count(&shape), float(dataset)?) {
        (None, _) => Err("more numbers than any network has".into()),
        (Some(_), None) => Err(format!("type {}, wanted f16, bf16, f32 or f64", dataset.dtype()?)),
        (Some(_), Some((float, big_endian))) => Ok(float.decode(&dataset.read_raw()?, big_endian)),
    };
    Ok(Array { name, shape, values })
}

/// The kind of the numbers, and whether their first byte is the greatest.
fn float(dataset: &Dataset) -> Result<Option<(Float, bool)>, Error> {
    const BINARY16: FloatingPointLayout = FloatingPointLayout {
        bit_offset: 0,
        bit_precision: 16,
        exponent_location: 10,
        exponent_size: 5,
        mantissa_location: 0,
        mantissa_size: 10,
        exponent_bias: 15,
    };
    const KINDS: [(u32, Float, FloatingPointLayout); 3] = [
        (2, Float::F16, BINARY16),
        (4, Float::F32, FloatingPointLayout::IEEE754_BINARY32),
        (8, Float::F64, FloatingPointLayout::IEEE754_BINARY64),
    ];
    Ok(match dataset.datatype()? {
        Datatype::FloatingPoint { size, byte_order, layout } if byte_order != DatatypeByteOrder::Vax => {
            let kind = KINDS.into_iter().find(|kind| kind.0 == size && kind.2 == layout);
            kind.map(|(_, float, _)| (float, byte_order == DatatypeByteOrder::BigEndian))
        }
        // HDF5 has no such type, so Keras writes bytes and says what they are.
        Datatype::Opaque { size: 2, .. } if is_bfloat16(dataset)? => Some((Float::Bf16, false)),
        _ => None,
    })
}

fn is_bfloat16(dataset: &Dataset) -> Result<bool, Error> {
    Ok(dataset.attrs()?.get("dtype").is_some_and(|text| text.as_str() == Some("bfloat16")))
}
