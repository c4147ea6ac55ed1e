//! Reading of files, plain or compressed by gzip, within limits.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

/// No file of data holds more bytes, after decompression.
pub const MAX_BYTES: u64 = 1 << 30;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Opens a regular file; a pipe or a device could wait, or go on, for ever.
///
/// # Errors
///
/// It is missing, unreadable, a folder, a pipe, a device or a socket.
pub fn open(path: &Path) -> io::Result<File> {
    let kind = fs::metadata(path)?;
    if kind.is_dir() {
        return Err(io::Error::new(ErrorKind::IsADirectory, "a folder, where a file is wanted"));
    }
    if !kind.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    File::open(path)
}

/// The contents of a file, decompressed where they are a gzip, whatever the file's name.
pub(super) fn decompressed(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut source = BufReader::with_capacity(64 * 1024, open(path)?);
    let compressed = source.fill_buf()?.starts_with(&GZIP_MAGIC);
    // Not the decoder of a single member: that one would pass over whatever follows it.
    Ok(if compressed { Box::new(Gzip(MultiGzDecoder::new(source))) } else { Box::new(source) })
}

/// All bytes of a file, decompressed.
///
/// # Errors
///
/// Those of [`open`], a damaged gzip, or more than [`MAX_BYTES`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    decompressed(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("more than 1 GiB"));
    }
    Ok(bytes)
}

/// Reads until `buffer` is full or the source ends; returns the bytes read.
pub(super) fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match source.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
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
