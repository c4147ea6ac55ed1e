//! Why data cannot be loaded.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why data cannot be loaded.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum DataError {
    /// Options contradict each other or the data.
    #[error("{0}")]
    Conflict(String),
    /// A file or folder is unreadable or malformed.
    #[error("{}: {fault}", path.display())]
    File { path: PathBuf, fault: String },
    /// A value of a table is malformed; its place is a line, from 1, of which the header is the first, or a sample, from 0.
    #[error("{}: {place}, column `{column}`: {fault}", path.display())]
    Cell { path: PathBuf, place: String, column: String, fault: String },
}

impl DataError {
    /// [`DataError::File`].
    pub(super) fn file(path: &Path, fault: impl Display) -> Self {
        Self::File { path: path.to_owned(), fault: fault.to_string() }
    }
}
