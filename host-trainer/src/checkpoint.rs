//! The state of a training in a file, to go on another time to the same last bit.

mod file;
mod identity;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use self::identity::{Identity, data_checksum};
use crate::fit::State;

/// A training that may go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Which training it is.
    pub identity: Identity,
    /// Where it is.
    pub state: State,
}

/// Why a training cannot go on from a file.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// There is none.
    #[error("{}: no such file; there is nothing to resume", .0.display())]
    Missing(PathBuf),
    /// The operating system would not read it.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        error: io::Error,
    },
    /// Its contents are faulty.
    #[error("{}: {fault}", path.display())]
    Faulty {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: String,
    },
    /// It is of another training than the one that is wanted.
    #[error("{}: cannot go on with other settings: {differences}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// The settings, each as it is there and as it is wanted.
        differences: String,
    },
    /// It has come further than it is to come.
    #[error("{}: is in epoch {reached} already, and --epochs says {wanted}", path.display())]
    TooFar {
        /// The file.
        path: PathBuf,
        /// The last epoch that it has begun.
        reached: usize,
        /// The epochs that are wanted.
        wanted: usize,
    },
}

impl Checkpoint {
    /// The contents of a file; the same training at the same place gives the same ones but for its times.
    ///
    /// # Errors
    ///
    /// If the format cannot hold it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, safetensors::SafeTensorError> {
        file::write(self)
    }

    /// Reads the contents of a file.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        file::read(bytes)
    }

    /// Moves the state of a training that has not made all its epochs out of the way of another one. Returns where it is
    /// now.
    ///
    /// # Errors
    ///
    /// If it cannot be renamed.
    pub fn set_aside(path: &Path) -> io::Result<Option<PathBuf>> {
        let checkpoint = fs::read(path).ok().and_then(|bytes| Self::from_bytes(&bytes).ok());
        if checkpoint.is_none_or(|it| it.state.position.epochs.len() >= it.identity.epochs) {
            return Ok(None);
        }
        let aside = path.with_file_name("previous-checkpoint.safetensors");
        fs::rename(path, &aside)?;
        Ok(Some(aside))
    }

    /// Reads the state in the file at `path`, of the training that `wanted` is.
    ///
    /// # Errors
    ///
    /// If there is no such file, it is faulty, or it is of another training.
    pub fn load(path: &Path, wanted: &Identity) -> Result<State, CheckpointError> {
        let path = path.to_owned();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(CheckpointError::Missing(path)),
            Err(error) => return Err(CheckpointError::Unreadable { path, error }),
        };
        let Self { identity, state } = match Self::from_bytes(&bytes) {
            Ok(checkpoint) => checkpoint,
            Err(fault) => return Err(CheckpointError::Faulty { path, fault }),
        };
        let differences = identity.differences(wanted);
        if !differences.is_empty() {
            return Err(CheckpointError::Other { path, differences: differences.join(", ") });
        }
        let reached = state.position.epochs.len() + usize::from(state.position.running.steps > 0);
        if reached > wanted.epochs {
            return Err(CheckpointError::TooFar { path, reached, wanted: wanted.epochs });
        }
        Ok(state)
    }
}
