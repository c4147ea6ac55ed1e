//! Where an output file lies: links followed, folders checked.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::OutputError;

/// The one path of the file that `path` means, after a check that a file can be created there. Changes nothing.
pub(super) fn check(path: &Path) -> Result<PathBuf, OutputError> {
    let target = target_of(path)?;
    let folder = folder_of(&target);
    let failed = |error| OutputError::Folder { path: folder.to_owned(), error };
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
    if !existing.is_dir() {
        return Err(failed(io::ErrorKind::NotADirectory.into()));
    }
    temporary_file(existing).and_then(NamedTempFile::close).map_err(failed)?;
    let missing = folder.strip_prefix(existing).unwrap_or(folder);
    let folder = fs::canonicalize(existing).map_err(failed)?.join(missing);
    Ok(folder.join(target.file_name().unwrap_or_default()))
}

/// The file that a path means: where links lead, and nothing but a file or a place for one.
pub(super) fn target_of(path: &Path) -> Result<PathBuf, OutputError> {
    let failed = |error| OutputError::Write { path: path.to_owned(), error };
    if path.file_name().is_none() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    match fs::metadata(path) {
        Ok(found) if found.is_file() => fs::canonicalize(path).map_err(failed),
        Ok(found) if found.is_dir() => Err(failed(io::ErrorKind::IsADirectory.into())),
        Ok(_) => Err(failed(io::Error::other("not a regular file"))),
        Err(_) => Ok(path.to_owned()),
    }
}

pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

pub(super) fn create_folder(folder: &Path) -> Result<(), OutputError> {
    let created = if folder.is_file() { Err(io::ErrorKind::NotADirectory.into()) } else { fs::create_dir_all(folder) };
    created.map_err(|error| OutputError::Folder { path: folder.to_owned(), error })
}

/// A temporary file with the permissions of an ordinary one: those that the umask leaves.
pub(super) fn temporary_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}
