//! The record of the files that this program has written to a folder.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::Crc;
use formats::bounded::{self, MAX_CHECKPOINT, MAX_TEXT};
use serde::{Deserialize, Serialize};

use super::place::{folder_of, temporary_file};

/// The file of the record, in the folder itself.
const NAME: &str = ".host-trainer.json";
/// How generated Rust begins, which says of itself where it comes from.
const GENERATED: [&[u8]; 2] = [b"//! The trained model. Generated:", b"//! Training samples to practise. Generated:"];

/// The files of a folder, by name. Each has up to two versions: while a file is being replaced, the old one too.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Manifest {
    files: BTreeMap<String, Vec<Version>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    bytes: u64,
    crc32: u32,
}

impl Manifest {
    /// The record of a folder; an empty one where there is none that can be read.
    fn load(folder: &Path) -> Self {
        let bytes = bounded::read(&folder.join(NAME), MAX_TEXT).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// Adds a version of the file at `target`, which lies in `folder`.
    pub(super) fn record(folder: &Path, target: &Path, bytes: u64, crc32: u32) -> io::Result<()> {
        let Some(name) = target.file_name().and_then(|name| name.to_str()) else { return Ok(()) };
        // Another process may write to the same folder; a system that does not lock folders goes on without.
        let folder_file = fs::File::open(folder).ok();
        let _ = folder_file.as_ref().map(fs::File::lock);
        let mut manifest = Self::load(folder);
        let versions = manifest.files.entry(name.to_owned()).or_default();
        let version = Version { bytes, crc32 };
        versions.retain(|known| *known != version);
        versions.push(version);
        if versions.len() > 2 {
            versions.remove(0);
        }
        let mut file = temporary_file(folder)?;
        file.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
        file.persist(folder.join(NAME)).map_err(|failure| failure.error)?;
        Ok(())
    }
}

/// The CRC-32 of the bytes.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let mut checksum = Crc::new();
    checksum.update(bytes);
    checksum.sum()
}

/// Whether a file says in its contents that it is generated, and needs no record: Rust.
pub(super) fn names_itself(target: &Path) -> bool {
    target.extension().is_some_and(|extension| extension == "rs")
}

/// Whether the file at `target` is missing, empty, as recorded in its folder, or generated Rust.
pub(super) fn is_own(target: &Path) -> io::Result<bool> {
    let found = match fs::metadata(target) {
        Ok(found) => found,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(true);
        }
        Err(error) => return Err(error),
    };
    let manifest = Manifest::load(folder_of(target));
    let name = target.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let versions = manifest.files.get(name).map_or(&[][..], Vec::as_slice);
    let is_generated = names_itself(target);
    if found.len() == 0 {
        return Ok(true);
    }
    if !is_generated && versions.iter().all(|version| version.bytes != found.len()) {
        return Ok(false);
    }
    // Whatever is longer is not this program's, which could not read it back.
    let Ok(bytes) = bounded::open(target, MAX_CHECKPOINT).and_then(|file| bounded::read_all(file, MAX_CHECKPOINT))
    else {
        return Ok(false);
    };
    let version = Version { bytes: found.len(), crc32: checksum(&bytes) };
    Ok(versions.contains(&version) || is_generated && GENERATED.iter().any(|start| bytes.starts_with(start)))
}
