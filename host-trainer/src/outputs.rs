//! Output files: none is ever seen half-written, and none that this program has not written is replaced.

mod manifest;
mod place;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use self::manifest::Manifest;
use self::place::{create_folder, folder_of, target_of, temporary_file};

/// Why an output cannot be written. The paths are those of the caller.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// A folder is missing and cannot be created, or is none.
    #[error("cannot use the folder {}: {error}", path.display())]
    Folder { path: PathBuf, error: io::Error },
    /// A file cannot be created, written or put in place.
    #[error("cannot write {}: {error}", path.display())]
    Write { path: PathBuf, error: io::Error },
    /// Two outputs would be one file.
    #[error("cannot write {}: another output goes to the same file", .0.display())]
    Twice(PathBuf),
    /// An output would replace what is read.
    #[error("cannot write {}: it is the input", .0.display())]
    Input(PathBuf),
    /// A file is in the way that this program has not written, or that was changed since.
    #[error("{} is there already and is not, or no longer, as host-trainer wrote it; --force replaces it", .0.display())]
    Foreign(PathBuf),
    /// Another process writes to the folder.
    #[error("{}: another host-trainer is writing to this folder", .0.display())]
    Locked(PathBuf),
}

/// A file that is in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The path it was staged for.
    pub path: PathBuf,
    pub bytes: u64,
}

/// A set of output files, written beside their targets and put in place together at the end.
///
/// Each target is replaced by one rename: whoever opens it finds the old file or the whole new one. The set is not one
/// transaction: once all files are on the disk they are renamed one after the other, so a rename that fails, or a
/// machine that stops in between, can leave some targets new and the rest old. Dropped before [`commit`](Self::commit),
/// it removes what it wrote except for folders; a process that is killed leaves its temporary files, whose names start
/// with `.tmp`.
///
/// Each folder records the files written to it, by size and checksum, in the file `.host-trainer.json`.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    staged: Vec<Staged>,
    /// Files that are to go.
    removed: Vec<PathBuf>,
    force: bool,
}

#[derive(Debug)]
struct Staged {
    file: NamedTempFile,
    target: PathBuf,
    checksum: u32,
    written: Written,
}

impl Outputs {
    /// A set without files. With `force`, files of others are replaced.
    pub(crate) const fn new(force: bool) -> Self {
        Self { staged: Vec::new(), removed: Vec::new(), force }
    }

    /// Finds out whether files can be written to these paths, so that a long run need not fail at its end. Changes
    /// nothing: a missing folder is created when a file is staged.
    ///
    /// # Errors
    /// A folder is a file, or it, or where it is missing the one it would be in, accepts no new file; a path is
    /// something else than a file, or one of the `inputs`; a file is there that this program has not written; or two
    /// paths mean one file.
    pub(crate) fn check(&self, paths: &[&Path], inputs: &[&Path]) -> Result<(), OutputError> {
        let inputs: Vec<PathBuf> = inputs.iter().filter_map(|input| std::fs::canonicalize(input).ok()).collect();
        let mut places = Vec::new();
        for &path in paths {
            let place = place::check(path)?;
            if inputs.contains(&place) {
                return Err(OutputError::Input(path.to_owned()));
            }
            if places.contains(&place) {
                return Err(OutputError::Twice(path.to_owned()));
            }
            self.check_replaceable(path)?;
            places.push(place);
        }
        Ok(())
    }

    /// Writes `bytes` to a temporary file in the folder of `path`, which is created if missing.
    ///
    /// # Errors
    /// The folder cannot be created, the file cannot be written, `path` is a folder or a file of somebody else's.
    pub(crate) fn stage(&mut self, path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
        let failed = |error| OutputError::Write { path: path.to_owned(), error };
        self.check_replaceable(path)?;
        let target = target_of(path)?;
        let folder = folder_of(&target);
        create_folder(folder)?;
        let mut file = temporary_file(folder).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        let written = Written { path: path.to_owned(), bytes: bytes.len() as u64 };
        self.staged.push(Staged { file, target, checksum: manifest::checksum(bytes), written });
        Ok(())
    }

    /// Stages a file, or where there is none for `path`, has [`commit`](Self::commit) remove that of an earlier run.
    ///
    /// # Errors
    /// Those of [`stage`](Self::stage).
    pub(crate) fn stage_or_remove(&mut self, path: &Path, bytes: Option<&[u8]>) -> Result<(), OutputError> {
        match bytes {
            Some(bytes) => self.stage(path, bytes),
            None => {
                self.check_replaceable(path)?;
                self.removed.push(path.to_owned());
                Ok(())
            }
        }
    }

    /// Waits until all staged files are on the disk, then renames each to its target, in the order in which they were
    /// staged, and removes those that are to go.
    ///
    /// # Errors
    /// The first file that cannot be put on the disk, before any target has changed, or that cannot be renamed, when
    /// those before it have been.
    pub(crate) fn commit(self) -> Result<Vec<Written>, OutputError> {
        for Staged { file, written, .. } in &self.staged {
            file.as_file().sync_all().map_err(|error| OutputError::Write { path: written.path.clone(), error })?;
        }
        let mut all = Vec::new();
        for Staged { file, target, checksum, written } in self.staged {
            // Recorded first: a file that is not as recorded counts as somebody else's.
            let folder = folder_of(&target).to_owned();
            let failed = |error| OutputError::Write { path: written.path.clone(), error };
            if !manifest::names_itself(&target) {
                Manifest::record(&folder, &target, written.bytes, checksum).map_err(failed)?;
            }
            file.persist(&target).map_err(|failure| failed(failure.error))?;
            all.push(written);
        }
        for path in self.removed {
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(OutputError::Write { path, error });
                }
                _ => {}
            }
        }
        Ok(all)
    }

    fn check_replaceable(&self, path: &Path) -> Result<(), OutputError> {
        let target = target_of(path)?;
        if self.force || manifest::is_own(&target).map_err(|error| OutputError::Write { path: path.into(), error })? {
            Ok(())
        } else {
            Err(OutputError::Foreign(path.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests;
