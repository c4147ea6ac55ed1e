//! Zip files, which may say what they like of how much is in them.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use zip::ZipArchive;

use super::{read_all, size};

/// The most files that are looked for in one.
const MAX_FILES: usize = 1024;
/// How the locator of a zip64 directory begins, and what follows it after so many bytes.
const ZIP64_LOCATOR: &[u8] = b"PK\x06\x07";
const END_OF_DIRECTORY: &[u8] = b"PK\x05\x06";
const LOCATOR_BYTES: usize = 20;

/// A zip file, of which no more bytes are unpacked than a limit.
#[derive(Debug)]
pub struct Zip<R> {
    archive: ZipArchive<R>,
    limit: u64,
    left: u64,
}

impl<R: Read + Seek> Zip<R> {
    /// Reads the directory.
    ///
    /// # Errors
    /// Not a zip file, or one of more than 1024 files.
    pub fn open(mut source: R, limit: u64) -> io::Result<Self> {
        let many = |count: &str| invalid(format!("{count} files, at most {MAX_FILES}"));
        // For a zip64 file memory is set aside for as many files as it says.
        if is_zip64(&mut source)? {
            return Err(many("zip64, for more than 65,535"));
        }
        let archive = ZipArchive::new(source).map_err(invalid)?;
        if archive.len() > MAX_FILES {
            return Err(many(&archive.len().to_string()));
        }
        Ok(Self { archive, limit, left: limit })
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.archive.len()
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.archive.is_empty()
    }

    /// The place of a file of this name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.archive.index_for_name(name)
    }

    /// The name and the contents of a file.
    ///
    /// # Errors
    /// It is damaged, or more than the limit with those read before.
    pub fn read(&mut self, index: usize) -> io::Result<(String, Vec<u8>)> {
        let entry = self.archive.by_index(index).map_err(invalid)?;
        let name = entry.name().map_err(invalid)?.into_owned();
        let bytes = read_all(entry, self.left).map_err(|error| match error.kind() {
            ErrorKind::FileTooLarge => io::Error::new(
                error.kind(),
                format!("more than {} of unpacked files, which is the limit", size(self.limit)),
            ),
            _ => error,
        })?;
        self.left -= bytes.len() as u64;
        Ok((name, bytes))
    }
}

fn invalid(error: impl ToString) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error.to_string())
}

/// Whether a source has the locator of a zip64 directory anywhere, for a reader looks everywhere. Rewinds it.
fn is_zip64(source: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut buffer = Vec::with_capacity(1 << 16);
    loop {
        let kept = buffer.len();
        source.by_ref().take((1 << 16) - kept as u64).read_to_end(&mut buffer)?;
        let ends = |start: &usize| {
            let after = buffer.get(start + LOCATOR_BYTES..).unwrap_or_default();
            after.starts_with(END_OF_DIRECTORY)
        };
        let mut starts = (0..buffer.len()).filter(|&start| buffer[start..].starts_with(ZIP64_LOCATOR));
        if starts.any(|start| ends(&start)) {
            return Ok(true);
        }
        if buffer.len() == kept {
            source.seek(SeekFrom::Start(0))?;
            return Ok(false);
        }
        let overlap = LOCATOR_BYTES + END_OF_DIRECTORY.len() - 1;
        buffer.drain(..buffer.len().saturating_sub(overlap));
    }
}
