//! A lock on a folder of outputs, so that no two trainings write to it at once.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use crate::outputs::OutputError;

/// The file that is locked. It stays, empty.
const NAME: &str = ".host-trainer.lock";

/// Held while this program writes to a folder. The system releases it when the process ends, however that ends.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "closing the file releases the lock")] File);

impl Lock {
    /// Locks the folder, which is created if missing.
    ///
    /// # Errors
    /// [`OutputError::Locked`] where another process holds it; [`OutputError::Folder`] where the folder cannot be used.
    pub(crate) fn acquire(folder: &Path) -> Result<Self, OutputError> {
        let failed = |error| OutputError::Folder { path: folder.to_owned(), error };
        fs::create_dir_all(folder).map_err(failed)?;
        let path = folder.join(NAME);
        if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(failed(io::Error::other(format!("{NAME} in it is no regular file"))));
        }
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(OutputError::Locked(folder.to_owned())),
            // A file system without locks.
            Err(TryLockError::Error(_)) => Ok(Self(file)),
        }
    }
}
