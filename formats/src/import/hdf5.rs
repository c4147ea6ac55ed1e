//! Reads arrays and attributes of HDF5, in which Keras keeps weights.

use hdf5_pure::{
    AttrValue, Dataset, Datatype, DatatypeByteOrder, Error as Fault, File, FloatingPointLayout, Group, Layout,
};

use crate::arrays::{Array, Budget, Float, MAX_ARRAYS};
use crate::{Error, MAX_PARAMETERS};

pub(super) const FORMAT: &str = "HDF5";

/// Groups of what inference does not need: the state of the optimizer, and that of dropout.
const SKIPPED: [&str; 3] = ["optimizer", "optimizer_weights", "seed_generator"];
/// Groups within groups: Keras has six.
const MAX_LEVELS: usize = 12;

/// An HDF5 file.
pub(super) struct Hdf5 {
    file: File,
    /// Bytes of the file, which bound the chunks that it can have.
    size: u64,
}

/// The arrays of the groups visited so far, and the budget that is left.
#[derive(Default)]
struct Found {
    arrays: Vec<Array>,
    groups: usize,
    budget: Budget,
}

impl Hdf5 {
    pub(super) fn open(bytes: &[u8]) -> Result<Self, Error> {
        let file = File::from_bytes(bytes.to_vec()).map_err(damaged)?;
        Ok(Self { file, size: bytes.len() as u64 })
    }

    /// The text of an attribute of the root, if there is one.
    pub(super) fn attribute(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(match self.file.root().attrs().map_err(damaged)?.remove(name) {
            Some(AttrValue::String(text)) => Some(text),
            Some(value) => value.as_str().map(str::to_owned),
            None => None,
        })
    }

    /// The arrays in the group at `path`, the root for an empty one, and in those below, under their paths from there.
    /// None where there is no such group.
    pub(super) fn arrays(&self, path: &str) -> Result<Vec<Array>, Error> {
        let group = match path {
            "" => self.file.root(),
            path => match self.file.group(path) {
                Ok(group) => group,
                Err(_) => return Ok(Vec::new()),
            },
        };
        let mut found = Found::default();
        self.collect(&group, "", 0, &mut found)?;
        Ok(found.arrays)
    }

    /// Appends the arrays in `group` and in the groups below it.
    fn collect(&self, group: &Group, path: &str, level: usize, found: &mut Found) -> Result<(), Error> {
        found.groups += 1;
        let names = group.datasets().map_err(damaged)?;
        // A damaged file can hold a group within itself.
        if level > MAX_LEVELS || found.groups > MAX_ARRAYS || found.arrays.len() + names.len() > MAX_ARRAYS {
            return Err(Error::format(FORMAT, "more groups and arrays than a model has"));
        }
        for name in names {
            let dataset = group.dataset(&name).map_err(damaged)?;
            let array = self.read(&dataset, format!("{path}{name}"), &mut found.budget).map_err(damaged)?;
            found.arrays.push(array);
        }
        for name in group.groups().map_err(damaged)? {
            if !SKIPPED.contains(&name.as_str()) {
                let below = group.group(&name).map_err(damaged)?;
                self.collect(&below, &format!("{path}{name}/"), level + 1, found)?;
            }
        }
        Ok(())
    }

    fn read(&self, dataset: &Dataset, name: String, budget: &mut Budget) -> Result<Array, Fault> {
        let sizes = dataset.shape()?;
        let shape: Vec<usize> = sizes.iter().map(|&size| usize::try_from(size).unwrap_or(usize::MAX)).collect();
        let values = match (float(dataset)?, Array::count(&shape), self.check_layout(&dataset.layout()?, &sizes)) {
            (None, ..) => Err(format!("type {}, wanted f16, bf16, f32 or f64", dataset.dtype()?)),
            (_, Err(fault), _) | (_, _, Err(fault)) => Err(fault),
            (Some((float, big_endian)), ..) => float.decode(&shape, &dataset.read_raw()?, big_endian, budget),
        };
        Ok(Array { name, shape, values })
    }

    /// Refuses a layout over which the decoder would loop for longer than the file can need: it takes the sizes of chunks
    /// from the file.
    fn check_layout(&self, layout: &Layout, shape: &[u64]) -> Result<(), String> {
        let product = |sizes: Vec<u64>| sizes.into_iter().try_fold(1_u64, u64::checked_mul);
        match layout {
            Layout::Compact { size } | Layout::Contiguous { size, .. } if *size <= self.size => Ok(()),
            Layout::Chunked { chunk_shape, .. } if chunk_shape.len() == shape.len() && !chunk_shape.contains(&0) => {
                let chunks =
                    product(shape.iter().zip(chunk_shape).map(|(size, chunk)| size.div_ceil(*chunk)).collect());
                let numbers = product(chunk_shape.clone());
                // A chunk takes a byte at the least.
                match (chunks, numbers) {
                    (Some(chunks), Some(numbers)) if chunks <= self.size && numbers <= MAX_PARAMETERS as u64 => Ok(()),
                    _ => Err(format!("chunks of {chunk_shape:?}, which do not fit the file")),
                }
            }
            layout => Err(format!("a layout that does not fit the file: {layout:?}")),
        }
    }
}

fn damaged(fault: Fault) -> Error {
    Error::format(FORMAT, fault)
}

/// The kind of the numbers, and whether their first byte is the greatest.
fn float(dataset: &Dataset) -> Result<Option<(Float, bool)>, Fault> {
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

fn is_bfloat16(dataset: &Dataset) -> Result<bool, Fault> {
    Ok(dataset.attrs()?.get("dtype").is_some_and(|text| text.as_str() == Some("bfloat16")))
}
