//! Reads zip files: `.npz` and `.keras`.

use std::io::Cursor;

use super::{ImportOptions, bare, keras};
use crate::bounded::MAX_IMPORT;
use crate::bounded::zip::Zip;
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

/// The files in a zip file.
fn entries(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut files = Zip::open(Cursor::new(bytes), MAX_IMPORT).map_err(|error| Error::format(FORMAT, error))?;
    (0..files.len()).map(|index| files.read(index).map_err(|error| Error::format(FORMAT, error))).collect()
}
