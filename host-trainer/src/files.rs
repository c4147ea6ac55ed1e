//! Writes output files so that none is ever seen half-written.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};
use thiserror::Error;

/// Why an output could not be written; the paths are those of the caller.
#[derive(Debug, Error)]
pub enum FileError {
    /// A folder is missing and cannot be created, or is none.
    #[error("cannot use the folder {}: {error}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file cannot be created, written or put in place.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Two outputs would be one file.
    #[error("cannot write {}: another output goes to the same file", .0.display())]
    Twice(PathBuf),
    /// An output would replace what is read.
    #[error("cannot write {}: it is the input", .0.display())]
    Input(PathBuf),
}

/// A file that is in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The path it was staged for.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A set of files, written beside their targets and put in place together at the end.
///
/// Each target is replaced by one rename: whoever opens it finds the old file or the whole new
/// one. The set is not one transaction: once all files are on the disk they are renamed one
/// after the other, so a rename that fails, or a machine that stops in between, can leave some
/// targets new and the rest old. Dropped before [`Outputs::commit`], it removes what it wrote
/// except for folders; a process that is killed leaves its temporary files, whose names start
/// with `.tmp`.
#[derive(Debug, Default)]
pub struct Outputs {
    /// The temporary file, the file that it is to become, and what the caller calls that.
    staged: Vec<(NamedTempFile, PathBuf, Written)>,
}

impl Outputs {
    /// A set without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes `bytes` to a temporary file in the folder of `path`, which is created if missing.
    ///
    /// # Errors
    ///
    /// The folder cannot be created, the file cannot be written, or `path` is a folder.
    pub fn stage(&mut self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        let failed = |error| FileError::Write { path: path.to_owned(), error };
        let target = target_of(path)?;
        let folder = folder_of(&target);
        create_folder(folder)?;
        let mut file = temporary_file(folder).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        let written = Written { path: path.to_owned(), bytes: bytes.len() as u64 };
        self.staged.push((file, target, written));
        Ok(())
    }

    /// Waits until all staged files are on the disk, then renames each to its target, in the
    /// order in which they were staged.
    ///
    /// # Errors
    ///
    /// The first file that cannot be put on the disk, before any target has changed, or that
    /// cannot be renamed, when those before it have been.
    pub fn commit(self) -> Result<Vec<Written>, FileError> {
        for (file, _, written) in &self.staged {
            file.as_file().sync_all().map_err(|error| FileError::Write { path: written.path.clone(), error })?;
        }
        let rename = |(file, target, written): (NamedTempFile, PathBuf, Written)| match file.persist(target) {
            Ok(_) => Ok(written),
            Err(failure) => Err(FileError::Write { path: written.path, error: failure.error }),
        };
        self.staged.into_iter().map(rename).collect()
    }
}

/// Finds out whether files can be written to these paths, so that a long run need not fail at its end. Changes nothing:
/// a missing folder is created when a file is staged.
///
/// # Errors
///
/// A folder is a file, or it, or where it is missing the one it would be in, accepts no new file; a path is something
/// else than a file; or two paths mean one file.
pub fn check_targets(paths: &[&Path]) -> Result<(), FileError> {
    let mut targets = Vec::new();
    for path in paths {
        let target = target_of(path)?;
        let folder = folder_of(&target);
        let failed = |error| FileError::Folder { path: folder.to_owned(), error };
        let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("."));
        if !existing.is_dir() {
            return Err(failed(io::ErrorKind::NotADirectory.into()));
        }
        temporary_file(existing).and_then(NamedTempFile::close).map_err(failed)?;
        let missing = folder.strip_prefix(existing).unwrap_or(folder);
        let folder = fs::canonicalize(existing).map_err(failed)?.join(missing);
        let place = folder.join(target.file_name().unwrap_or_default());
        if targets.contains(&place) {
            return Err(FileError::Twice((*path).to_owned()));
        }
        targets.push(place);
    }
    Ok(())
}

/// The file that a path means: where links lead, and nothing but a file or a place for one.
fn target_of(path: &Path) -> Result<PathBuf, FileError> {
    let failed = |error| FileError::Write { path: path.to_owned(), error };
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

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

fn create_folder(folder: &Path) -> Result<(), FileError> {
    let created = if folder.is_file() { Err(io::ErrorKind::NotADirectory.into()) } else { fs::create_dir_all(folder) };
    created.map_err(|error| FileError::Folder { path: folder.to_owned(), error })
}

fn temporary_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    // A temporary file is private by default; this one is to become an ordinary file, with
    // the permissions that the umask leaves.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn targets_change_at_the_commit() {
        let folder = TempDir::new().unwrap();
        let [old, new] = ["old.txt", "deep/er/new.txt"].map(|name| folder.path().join(name));
        fs::write(&old, "before").unwrap();

        let mut outputs = Outputs::new();
        outputs.stage(&old, b"after").unwrap();
        outputs.stage(&new, b"").unwrap();
        assert_eq!(fs::read(&old).unwrap(), b"before");
        assert!(!new.exists());

        let written = outputs.commit().unwrap();
        let sizes: Vec<_> = written.iter().map(|file| (&file.path, file.bytes)).collect();
        assert_eq!(sizes, [(&old, 5), (&new, 0)]);
        assert_eq!(fs::read(&old).unwrap(), b"after");
        assert_eq!(fs::read(&new).unwrap(), b"");
        assert_eq!(names(folder.path()), ["deep", "old.txt"]);
        assert_eq!(names(new.parent().unwrap()), ["new.txt"]);
    }

    #[test]
    fn dropped_outputs_leave_nothing() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("model.rs");
        fs::write(&path, "before").unwrap();
        let mut outputs = Outputs::new();
        outputs.stage(&path, b"after").unwrap();
        drop(outputs);
        assert_eq!(fs::read(&path).unwrap(), b"before");
        assert_eq!(names(folder.path()), ["model.rs"]);
    }

    #[test]
    fn a_failed_rename_names_its_target_and_cleans_up() {
        let folder = TempDir::new().unwrap();
        let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
        let mut outputs = Outputs::new();
        outputs.stage(&first, b"1").unwrap();
        outputs.stage(&second, b"2").unwrap();
        fs::create_dir(&second).unwrap();
        let message = outputs.commit().unwrap_err().to_string();
        assert!(message.starts_with(&format!("cannot write {}: ", second.display())), "{message}");
        assert_eq!(names(folder.path()), ["first", "second"]);
    }

    #[test]
    fn unusable_paths_are_named() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let below = file.join("out");
        for path in [&file, &below] {
            let message = check_targets(&[&path.join("model.rs")]).unwrap_err().to_string();
            let wanted = format!("cannot use the folder {}: ", path.display());
            assert!(message.starts_with(&wanted), "{message}");
        }
        let mut outputs = Outputs::new();
        for (path, named) in [
            (below.as_path(), format!("the folder {}", file.display())),
            (folder.path(), format!("write {}", folder.path().display())),
        ] {
            let message = outputs.stage(path, b"").unwrap_err().to_string();
            assert!(message.contains(&named), "{message}");
        }
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_check_leaves_no_trace() {
        let folder = TempDir::new().unwrap();
        let out = folder.path().join("a/b");
        check_targets(&[&out.join("file")]).unwrap();
        check_targets(&[&out.join("file"), &out.join("other")]).unwrap();
        assert!(names(folder.path()).is_empty());
        let message = check_targets(&[&out.join("file"), &out.join("file")]).unwrap_err().to_string();
        assert!(message.contains("another output goes to the same file"), "{message}");
    }

    #[test]
    fn two_outputs_are_two_files() {
        let folder = TempDir::new().unwrap();
        let [plain, roundabout] = ["file", "./below/../file"].map(|name| folder.path().join(name));
        fs::create_dir(folder.path().join("below")).unwrap();
        for path in [&plain, &roundabout] {
            let message = check_targets(&[&plain, path]).unwrap_err().to_string();
            assert!(message.contains("another output goes to the same file"), "{message}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_devices_refused() {
        let folder = TempDir::new().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let mut outputs = Outputs::new();
        outputs.stage(&link, b"after").unwrap();
        outputs.commit().unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"after");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

        let message = outputs_to("/dev/null").unwrap_err().to_string();
        assert_eq!(message, "cannot write /dev/null: not a regular file");
    }

    #[cfg(unix)]
    fn outputs_to(path: &str) -> Result<(), FileError> {
        Outputs::new().stage(Path::new(path), b"")
    }

    #[cfg(unix)]
    #[test]
    fn files_have_the_permissions_of_ordinary_ones() {
        use std::os::unix::fs::PermissionsExt;
        let folder = TempDir::new().unwrap();
        let [staged, ordinary] = ["staged", "ordinary"].map(|name| folder.path().join(name));
        let mut outputs = Outputs::new();
        outputs.stage(&staged, b"").unwrap();
        outputs.commit().unwrap();
        fs::write(&ordinary, "").unwrap();
        let [staged, ordinary] = [staged, ordinary].map(|path| fs::metadata(path).unwrap().permissions().mode());
        assert_eq!(staged, ordinary);
    }
}
