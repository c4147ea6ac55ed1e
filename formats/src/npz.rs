//! NumPy's `.npz`: arrays in a zip file.

mod header;

use std::io::{Cursor, Write};

use dense_core::PixelTable;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use self::header::header;
pub use self::header::{Header, read_array};
use crate::arrays::{Array, Budget, Float};
use crate::{Error, Model, layer_name};

const FORMAT: &str = "npz";
const PIXEL_TABLE: &str = "pixel_table";

/// Writes the weights of `model`, for Keras's `set_weights`: `dense/kernel` `[inputs, units]` and `dense/bias` `[units]`,
/// `dense_1/kernel` and so on; at the end `pixel_table`, 256 bytes, where pixels go through one. Activations, names and
/// loss are lost. The same model gives the same bytes.
///
/// # Errors
/// [`Error::Model`] where its parts do not fit together.
pub fn to_npz(model: &Model) -> Result<Vec<u8>, Error> {
    model.check()?;
    let damaged = |error: &dyn std::fmt::Display| Error::format(FORMAT, error);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut write = |name: &str, descr: &str, shape: &[usize], data: &[u8]| -> Result<(), Error> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(format!("{name}.npy"), options).map_err(|error| damaged(&error))?;
        let written = archive.write_all(&header(descr, shape)).and_then(|()| archive.write_all(data));
        written.map_err(|error| damaged(&error))
    };
    for (index, layer) in model.layers.iter().enumerate() {
        let name = layer_name(index);
        let (inputs, units) = (layer.inputs, layer.units());
        let places = (0..inputs).flat_map(|input| (0..units).map(move |unit| unit * inputs + input));
        let kernel: Vec<u8> = places.flat_map(|place| layer.weights[place].to_le_bytes()).collect();
        let bias: Vec<u8> = layer.bias.iter().flat_map(|bias| bias.to_le_bytes()).collect();
        write(&format!("{name}/kernel"), "<f4", &[inputs, units], &kernel)?;
        write(&format!("{name}/bias"), "<f4", &[units], &bias)?;
    }
    if let Some(table) = model.input.pixel_table() {
        write(PIXEL_TABLE, "|u1", &[256], table.values())?;
    }
    Ok(archive.finish().map_err(|error| damaged(&error))?.into_inner())
}

/// The arrays of an npz, in natural order, from its entries; and what becomes of pixels.
pub(crate) fn arrays(entries: Vec<(String, Vec<u8>)>) -> Result<(Vec<Array>, Option<PixelTable>), Error> {
    let (mut arrays, mut table, mut budget) = (Vec::new(), None, Budget::default());
    for (name, bytes) in entries {
        let Some(name) = name.strip_suffix(".npy") else { continue };
        let (header, data) = read_array(&bytes).map_err(|fault| Error::tensor(name, fault))?;
        if name == PIXEL_TABLE {
            let values = data.try_into().ok().filter(|_| header.descr == "|u1" && header.shape == [256]);
            let values = values.ok_or_else(|| Error::tensor(name, "not 256 bytes"))?;
            table = PixelTable::new(values).unless_identity().cloned();
        } else {
            arrays.push(to_array(name, header, data, &mut budget));
        }
    }
    Ok((arrays, table))
}

fn to_array(name: &str, header: Header, data: &[u8], budget: &mut Budget) -> Array {
    let Header { descr, fortran_order, shape } = header;
    let big_endian = descr.starts_with('>');
    let float = match descr.trim_start_matches(['<', '>', '=']) {
        "f2" => Ok(Float::F16),
        "f4" => Ok(Float::F32),
        "f8" => Ok(Float::F64),
        _ => Err(format!("type {}, wanted float16, float32 or float64", descr.escape_debug())),
    };
    let values = float.and_then(|float| float.decode(&shape, data, big_endian, budget));
    let values = match (values, shape.as_slice()) {
        (Ok(values), &[rows, columns]) if fortran_order => {
            Ok((0..rows * columns).map(|place| values[place % columns * rows + place / columns]).collect())
        }
        (values, _) => values,
    };
    Array { name: name.to_owned(), shape, values }
}

#[cfg(test)]
mod tests;
