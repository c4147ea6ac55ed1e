//! The boundary around the decoders of CSV, gzip, npz and IDX.

use std::path::Path;
use std::time::Duration;

use formats::isolation;

use super::DataError;

/// How long the files of a data set may take, which may come over a slow network.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// Loads what is at `path`; a panic of a decoder, or one that does not end, is an error of that file.
pub(super) fn isolated<T: Send + 'static>(
    path: &Path,
    load: impl FnOnce() -> Result<T, DataError> + Send + 'static,
) -> Result<T, DataError> {
    isolation::isolated(TIME_LIMIT, load).unwrap_or_else(|fault| Err(DataError::file(path, fault)))
}
