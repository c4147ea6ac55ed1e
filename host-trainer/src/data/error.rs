//! Why data cannot be loaded.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why data cannot be loaded.
#[derive(Debug, Error)]
pub enum DataError {
    /// Options contradict each other or the data.
    #[error("{0}")]
    Conflict(String),
    /// A file or folder is unreadable or malformed.
    #[error("{}: {fault}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The fault.
        fault: String,
    },
    /// A value of a table is malformed.
    #[error("{}: {place}, column `{column}`: {fault}", path.display())]
    Cell {
        /// The file.
        path: PathBuf,
        /// Its line, from 1, of which the header is the first; or its sample, from 0.
        place: String,
        /// The name of the column.
        column: String,
        /// The fault.
        fault: String,
    },
}

impl DataError {
    /// [`DataError::File`].
    pub(super) fn file(path: &Path, fault: impl Display) -> Self {
        Self::File { path: path.to_owned(), fault: fault.to_string() }
    }
}
