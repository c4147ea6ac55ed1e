//! Reads zip files: `.npz` and `.keras`.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::{ImportOptions, MAX_BYTES, bare, keras};
use crate::arrays::MAX_ARRAYS;
use crate::chain::Chain;
use crate::{Error, npz};

pub(super) const FORMAT: &str = "zip";

/// The chain of the model in a zip file; its entries tell which kind it is.
pub(super) fn from_zip(bytes: &[u8], options: &ImportOptions) -> Result<Chain, Error> {
    let entries = entries(bytes)?;
    let find = |name: &str| entries.iter().find(|(found, _)| found == name).map(|(_, bytes)| bytes.as_slice());
    if let (Some(config), Some(weights)) = (find("config.json"), find("model.weights.h5")) {
        return keras::from_keras(config, weights);
    }
    if entries.iter().any(|(name, _)| name.ends_with("data.pkl")) {
        return Err(Error::Unknown("a file of PyTorch, which is a pickle of Python: save safetensors or ONNX".into()));
    }
    let (arrays, pixel_table) = npz::arrays(entries)?;
    Ok(Chain { pixel_table, ..bare::chain(arrays, options)? })
}

/// The files in a zip file, which may say what it likes of how long they are.
fn entries(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| Error::format(FORMAT, error))?;
    if archive.len() > MAX_ARRAYS {
        return Err(Error::format(FORMAT, format!("{} files, at most {MAX_ARRAYS}", archive.len())));
    }
    let (mut entries, mut left) = (Vec::new(), MAX_BYTES as u64);
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| Error::format(FORMAT, error))?;
        let name = entry.name().map_err(|error| Error::format(FORMAT, error))?.into_owned();
        let mut bytes = Vec::new();
        let read = entry.take(left + 1).read_to_end(&mut bytes).map_err(|error| Error::format(FORMAT, error))?;
        left = left.checked_sub(read as u64).ok_or_else(|| Error::format(FORMAT, "more than 256 MB of files"))?;
        entries.push((name, bytes));
    }
    Ok(entries)
}
