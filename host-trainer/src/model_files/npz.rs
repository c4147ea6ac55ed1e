//! Writes and reads a model as the arrays of an .npz, the format of NumPy; and reads a .keras, which is a zip file, too.
//!
//! The header of an array is read here: the crates that read it evaluate any Python literal, however deeply nested, and
//! multiply its sizes without a look at overflow.

use std::fmt::Display;
use std::io::{Cursor, Read, Write};

use dense_core::PixelTable;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::arrays::{Array, Float, MOST_ARRAYS, MOST_NUMBERS, from_arrays};
use super::hdf5::from_hdf5;
use super::{ModelFileError, Weights};

/// How a zip file begins.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";
/// How an array begins.
const ARRAY_MAGIC: &[u8] = b"\x93NUMPY";
/// The header of an array of two dimensions takes 118 bytes, the largest array of f64 eight times its numbers.
const MOST_BYTES: usize = 8 * MOST_NUMBERS + 4096;
/// The HDF5 file in a .keras, and more than it has for the largest network with an optimizer.
const KERAS_WEIGHTS: &str = "model.weights.h5";
const MOST_KERAS_BYTES: usize = 64 << 20;
/// The name of the array of bytes that says what becomes of the pixels.
const PIXEL_TABLE: &str = "pixel_table";

/// The model as an .npz file: for each layer `dense/kernel` of shape `[inputs, outputs]` and `dense/bias` of shape
/// `[outputs]`, then `dense_1/kernel` and so on, in the order in which Keras's `set_weights` takes them; at the end
/// `pixel_table`, 256 bytes, where pixels are to be replaced. The same model gives the same bytes.
///
/// # Errors
///
/// None for the networks there are: the format holds four gigabytes.
pub fn to_npz(weights: &Weights) -> Result<Vec<u8>, ModelFileError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut write = |name: &str, descr: &str, shape: &[usize], data: &[u8]| -> Result<(), ModelFileError> {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(format!("{name}.npy"), options).map_err(damaged)?;
        archive.write_all(&header(descr, shape)).and_then(|()| archive.write_all(data)).map_err(damaged)
    };
    for (before, layer) in weights.layers.iter().enumerate() {
        let name = if before == 0 { "dense".to_owned() } else { format!("dense_{before}") };
        let (inputs, outputs) = (layer.inputs, layer.outputs());
        let places = (0..inputs).flat_map(|input| (0..outputs).map(move |output| output * inputs + input));
        let kernel: Vec<u8> = places.flat_map(|place| layer.weights[place].to_le_bytes()).collect();
        let bias: Vec<u8> = layer.bias.iter().flat_map(|bias| bias.to_le_bytes()).collect();
        write(&format!("{name}/kernel"), "<f4", &[inputs, outputs], &kernel)?;
        write(&format!("{name}/bias"), "<f4", &[outputs], &bias)?;
    }
    if !weights.pixel_table.is_identity() {
        write(PIXEL_TABLE, "|u1", &[256], weights.pixel_table.values())?;
    }
    Ok(archive.finish().map_err(damaged)?.into_inner())
}

/// What comes before the numbers of an array: padded, so that they begin at a multiple of 64 bytes.
fn header(descr: &str, shape: &[usize]) -> Vec<u8> {
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let sizes = if shape.len() == 1 { sizes.trim_end() } else { sizes.trim_end_matches(", ") };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let before = ARRAY_MAGIC.len() + 4;
    text += &" ".repeat(63 - (before + text.len()) % 64);
    text.push('\n');
    [ARRAY_MAGIC, &[1, 0], &(text.len() as u16).to_le_bytes(), text.as_bytes()].concat()
}

/// The model that [`to_npz`] wrote, or that of any .npz whose arrays are those of a network; see
/// [`from_arrays`](super::from_arrays).
///
/// # Errors
///
/// The file is damaged, or [`from_arrays`](super::from_arrays) refuses what is in it.
pub fn from_npz(bytes: &[u8]) -> Result<Weights, ModelFileError> {
    let (arrays, pixel_table) = read_zip(bytes)?;
    let (weights, _) = from_arrays(&arrays)?;
    Ok(Weights { pixel_table, ..weights })
}

/// The arrays of an .npz, or of the weights of a .keras, and what is to become of pixels.
///
/// # Errors
///
/// The file is damaged or has more in it than a model.
pub(super) fn read_zip(bytes: &[u8]) -> Result<(Vec<Array>, PixelTable), ModelFileError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MOST_ARRAYS {
        return Err(damaged("more arrays than a model has"));
    }
    let (mut arrays, mut pixel_table) = (Vec::new(), PixelTable::IDENTITY);
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        if name == KERAS_WEIGHTS {
            return Ok((from_hdf5(read_entry(entry, MOST_KERAS_BYTES)?)?, PixelTable::IDENTITY));
        }
        let Some(name) = name.strip_suffix(".npy") else { continue };
        let fault = |fault| ModelFileError::Tensor { name: name.escape_debug().to_string(), fault };
        let (header, data) = read_array(&read_entry(entry, MOST_BYTES)?).map_err(fault)?;
        if name == PIXEL_TABLE {
            let values = data.as_array().filter(|_| header.descr == "|u1" && header.shape == [256]);
            pixel_table = PixelTable::new(*values.ok_or_else(|| fault("not 256 bytes".into()))?);
        } else {
            arrays.push(to_array(name, header, &data));
        }
    }
    Ok((arrays, pixel_table))
}

fn damaged(fault: impl Display) -> ModelFileError {
    ModelFileError::Format { format: "zip", fault: fault.to_string().escape_debug().to_string() }
}

/// The contents of an entry, which may say what it likes of how long it is.
fn read_entry(entry: impl Read, most: usize) -> Result<Vec<u8>, ModelFileError> {
    let mut bytes = Vec::new();
    entry.take(most as u64 + 1).read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() > most { Err(damaged("an array larger than any of a model")) } else { Ok(bytes) }
}

/// What the header of an array says.
struct Header {
    descr: String,
    fortran_order: bool,
    shape: Vec<usize>,
}

/// The header of an array, and the bytes that follow it.
fn read_array(bytes: &[u8]) -> Result<(Header, Vec<u8>), String> {
    let rest = bytes.strip_prefix(ARRAY_MAGIC).ok_or("does not begin as an array of NumPy")?;
    // Versions 2 and 3 have a longer length.
    let (text, data) = match *rest {
        [1, 0, low, high, ref rest @ ..] => rest.split_at_checked(usize::from(u16::from_le_bytes([low, high]))),
        [2 | 3, 0, a, b, c, d, ref rest @ ..] => rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize),
        _ => None,
    }
    .ok_or("the header is cut short or of an unknown version")?;
    let text = str::from_utf8(text).map_err(|_| "the header is not text")?;
    let header = parse_header(text).ok_or_else(|| {
        let start: String = text.chars().take(80).collect();
        format!("an unknown kind of header: {}", start.escape_debug())
    })?;
    Ok((header, data.to_vec()))
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (784, 10), }`, the keys in any order.
fn parse_header(text: &str) -> Option<Header> {
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    while !rest.is_empty() {
        let (key, value) = rest.split_once(':')?;
        let (value, after) = match value.trim_start().strip_prefix('(') {
            Some(sizes) => sizes.split_once(')')?,
            None => value.split_once(',').unwrap_or((value, "")),
        };
        match key.trim() {
            "'descr'" => descr = Some(value.trim().strip_prefix('\'')?.strip_suffix('\'')?.to_owned()),
            "'fortran_order'" => fortran_order = Some(matches!(value.trim(), "True")),
            "'shape'" => {
                let sizes = value.split(',').map(str::trim).filter(|size| !size.is_empty());
                shape = Some(sizes.map(|size| size.parse().ok()).collect::<Option<Vec<usize>>>()?);
            }
            _ => return None,
        }
        rest = after.trim_start_matches([',', ' ']);
    }
    Some(Header { descr: descr?, fortran_order: fortran_order?, shape: shape? })
}

fn to_array(name: &str, header: Header, data: &[u8]) -> Array {
    let Header { descr, fortran_order, shape } = header;
    let big_endian = descr.starts_with('>');
    let float = match descr.trim_start_matches(['<', '>', '=']) {
        "f2" => Some(Float::F16),
        "f4" => Some(Float::F32),
        "f8" => Some(Float::F64),
        _ => None,
    };
    let values = match (Array::count(&shape), float) {
        (None, _) => Err("more numbers than any network has".into()),
        (_, None) => Err(format!("type {}, wanted float16, float32 or float64", descr.escape_debug())),
        (Some(count), Some(float)) if data.len() != count * float.size() => {
            Err(format!("{} bytes of numbers, wanted {}", data.len(), count * float.size()))
        }
        (Some(_), Some(float)) => Ok(float.decode(data, big_endian)),
    };
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
