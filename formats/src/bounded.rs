//! Bounded reading: regular files only, of no more bytes than a limit, stored or unpacked.
//!
//! Every reader of files of this project begins here. The limits are such that no file makes a command take more than
//! 1 GB of memory.

#[cfg(feature = "foreign")]
pub mod zip;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

/// Bytes of a small text, such as a list of names.
pub const MAX_TEXT: u64 = 1 << 20;
/// Bytes of a picture, before it is decoded.
pub const MAX_PICTURE: u64 = 1 << 26;
/// Bytes of a model of another program; on the way its numbers take several times as many.
pub const MAX_IMPORT: u64 = 1 << 26;
/// Bytes of a model file.
pub const MAX_MODEL: u64 = 1 << 25;
/// Bytes of a table of comma-separated values.
pub const MAX_TABLE: u64 = 1 << 28;
/// Bytes of a checkpoint: weights, two arrays of an optimizer's state, the best weights.
pub const MAX_CHECKPOINT: u64 = 9 << 23;
/// Bytes of all arrays of a data set.
pub const MAX_ARRAYS: u64 = 1 << 28;
/// Bytes of the training images of a data set.
pub const MAX_TRAIN_IMAGES: u64 = 1 << 28;
/// Bytes of its test images, which are read at the same time and may be copied once.
pub const MAX_TEST_IMAGES: u64 = 1 << 26;
/// Numbers of a data set that are not bytes, and of the predictions for its test samples; 4 bytes each, and they are
/// copied several times.
pub const MAX_NUMBERS: usize = 1 << 24;
/// Samples of a data set; each may have a text of its own.
pub const MAX_ROWS: usize = 1 << 21;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Opens a regular file of at most `limit` bytes; a pipe or a device could wait, or go on, for ever.
///
/// # Errors
/// It is missing, unreadable, too long, a folder, a pipe, a device or a socket.
pub fn open(path: &Path, limit: u64) -> io::Result<File> {
    // Before it is opened: to open a pipe is to wait for whoever writes to it.
    let kind = fs::metadata(path)?;
    if kind.is_dir() {
        return Err(io::Error::new(ErrorKind::IsADirectory, "a folder, where a file is wanted"));
    }
    if !kind.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let file = File::open(path)?;
    if file.metadata()?.len() > limit { Err(too_long(limit)) } else { Ok(file) }
}

/// The contents of a file of at most `limit` bytes, unpacked where they are a gzip, whatever the file's name. What is
/// unpacked has no limit of its own.
///
/// # Errors
/// Those of [`open`].
pub fn unpacked(path: &Path, limit: u64) -> io::Result<Box<dyn Read>> {
    let mut source = BufReader::with_capacity(64 * 1024, open(path, limit)?);
    let compressed = source.fill_buf()?.starts_with(&GZIP_MAGIC);
    // Not the decoder of a single member: that one would pass over whatever follows it.
    Ok(if compressed { Box::new(Gzip(MultiGzDecoder::new(source))) } else { Box::new(source) })
}

/// All bytes of a file, unpacked, `limit` at most.
///
/// # Errors
/// Those of [`open`], a damaged gzip, or more bytes.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_all(unpacked(path, limit)?, limit)
}

/// All bytes of a source, `limit` at most.
///
/// # Errors
/// The source's, or more bytes.
pub fn read_all(source: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(too_long(limit)) } else { Ok(bytes) }
}

/// The error of more than `limit` bytes.
pub fn too_long(limit: u64) -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, format!("more than {}, which is the limit", size(limit)))
}

/// A number of bytes, a multiple of 1 MiB: `256 MiB`.
pub fn size(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

/// A gzip decoder that says so when its input is damaged, cut short or followed by something else.
struct Gzip<R>(MultiGzDecoder<R>);

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
                io::Error::new(ErrorKind::InvalidData, format!("corrupt gzip: {error}"))
            }
            _ => error,
        })
    }
}

#[cfg(test)]
mod tests;
