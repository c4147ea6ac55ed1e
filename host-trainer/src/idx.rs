//! One file of images or labels in the IDX format: reads it, plain or compressed by gzip, and writes it compressed.

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use thiserror::Error;

/// Rows, and columns, of an image.
pub const SIDE: usize = 28;
/// Pixels of an image.
pub const PIXELS: usize = SIDE * SIDE;
/// Classes that a label can name: 0 up to, but not including, this.
pub const CLASSES: usize = 10;

/// Unsigned bytes in three dimensions.
const IMAGES_MAGIC: u32 = 0x0000_0803;
/// Unsigned bytes in one dimension.
const LABELS_MAGIC: u32 = 0x0000_0801;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// Bytes that are set aside on the word of the header alone.
const FIRST_CHUNK: usize = 64 * 1024;

/// What is wrong with an IDX file.
#[derive(Debug, Error)]
pub enum IdxError {
    /// The file does not start with the magic number of what was asked for.
    #[error(
        "magic number {found:#010x}{} found, {wanted:#010x}{} wanted",
        meaning(*found),
        meaning(*wanted)
    )]
    Magic {
        /// The first four bytes of the file.
        found: u32,
        /// The magic number of images, or that of labels.
        wanted: u32,
    },
    /// The images have another size.
    #[error("images of {rows} x {columns} pixels found, {SIDE} x {SIDE} wanted")]
    Shape {
        /// Rows of an image, by the header.
        rows: u32,
        /// Columns of an image, by the header.
        columns: u32,
    },
    /// The file ends within its header.
    #[error("the file ends after {found} of the {wanted} bytes of its header")]
    Header {
        /// Bytes in the file.
        found: usize,
        /// Bytes of a header.
        wanted: usize,
    },
    /// The header says that there are no samples.
    #[error("the file holds no samples")]
    Empty,
    /// The file ends before its last sample does.
    #[error("the header says {wanted} samples, the file ends after {found}")]
    Truncated {
        /// Whole samples in the file.
        found: usize,
        /// Samples by the header.
        wanted: usize,
    },
    /// The file goes on after its last sample.
    #[error("the header says {wanted} samples, the file goes on after them")]
    Trailing {
        /// Samples by the header.
        wanted: usize,
    },
    /// A label names no class.
    #[error("label {label} found at sample {index}, 0 to {} wanted", CLASSES - 1)]
    Label {
        /// Index of the first such sample, from 0.
        index: usize,
        /// Its label.
        label: u8,
    },
    /// The compressed data is damaged, cut short or followed by something else.
    #[error("corrupt gzip: {0}")]
    Gzip(io::Error),
    /// The source could not be read.
    #[error("cannot read: {0}")]
    Io(io::Error),
}

fn meaning(magic: u32) -> &'static str {
    match magic {
        IMAGES_MAGIC => " (images)",
        LABELS_MAGIC => " (labels)",
        _ => "",
    }
}

/// Reads a whole file of images, each a row after row of greys from 0 to 255.
///
/// # Errors
///
/// Anything but at least one image of 28 x 28 pixels, exactly as many as the header says.
pub fn read_images<R: BufRead>(source: R) -> Result<Vec<[u8; PIXELS]>, IdxError> {
    read_samples(source, IMAGES_MAGIC)
}

/// Reads a whole file of labels, each from 0 to 9.
///
/// # Errors
///
/// Anything but at least one label, exactly as many as the header says.
pub fn read_labels<R: BufRead>(source: R) -> Result<Vec<u8>, IdxError> {
    let labels = read_samples::<R, 1>(source, LABELS_MAGIC)?.into_flattened();
    match labels.iter().position(|&label| usize::from(label) >= CLASSES) {
        Some(index) => Err(IdxError::Label { index, label: labels[index] }),
        None => Ok(labels),
    }
}

fn read_samples<R: BufRead, const SIZE: usize>(mut source: R, magic: u32) -> Result<Vec<[u8; SIZE]>, IdxError> {
    let mut start = [0; GZIP_MAGIC.len()];
    let length = fill(&mut source, &mut start)?;
    let source = start[..length].chain(source);
    if start != GZIP_MAGIC {
        return decode(source, magic);
    }
    // Not the decoder of a single member: that one would pass over whatever follows it.
    decode(MultiGzDecoder::new(source), magic).map_err(|error| match error {
        IdxError::Io(error) if is_corruption(error.kind()) => IdxError::Gzip(error),
        error => error,
    })
}

/// Whether the gzip decoder reports what is wrong with its input by this kind of error.
fn is_corruption(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::InvalidInput | ErrorKind::InvalidData | ErrorKind::UnexpectedEof)
}

fn decode<R: Read, const SIZE: usize>(mut source: R, magic: u32) -> Result<Vec<[u8; SIZE]>, IdxError> {
    let words = if magic == IMAGES_MAGIC { 4 } else { 2 };
    let mut word = |index: usize| {
        let mut bytes = [0; 4];
        match fill(&mut source, &mut bytes)? {
            4 => Ok(u32::from_be_bytes(bytes)),
            length => Err(IdxError::Header { found: 4 * index + length, wanted: 4 * words }),
        }
    };
    let found = word(0)?;
    if found != magic {
        return Err(IdxError::Magic { found, wanted: magic });
    }
    let wanted = word(1)? as usize;
    if magic == IMAGES_MAGIC {
        let (rows, columns) = (word(2)?, word(3)?);
        if [rows, columns] != [SIDE as u32; 2] {
            return Err(IdxError::Shape { rows, columns });
        }
    }
    if wanted == 0 {
        return Err(IdxError::Empty);
    }

    let mut samples = Vec::new();
    while samples.len() < wanted {
        // Never more than as much again as has been read: the header may claim any number.
        let start = samples.len();
        let growth = start.max(FIRST_CHUNK / SIZE).min(wanted - start);
        samples.reserve_exact(growth);
        samples.resize(start + growth, [0; SIZE]);
        let bytes = samples[start..].as_flattened_mut();
        let length = fill(&mut source, bytes)?;
        if length < bytes.len() {
            return Err(IdxError::Truncated { found: start + length / SIZE, wanted });
        }
    }
    // Only at its end does a gzip stream compare its checksum.
    match fill(&mut source, &mut [0])? {
        0 => Ok(samples),
        _ => Err(IdxError::Trailing { wanted }),
    }
}

/// A file of images, compressed by gzip; the same bytes for the same images.
///
/// # Errors
///
/// More images than fit into 32 bits; nothing else fails in memory.
pub fn write_images(images: &[[u8; PIXELS]]) -> io::Result<Vec<u8>> {
    write_samples(images, &[IMAGES_MAGIC, count(images)?, SIDE as u32, SIDE as u32])
}

/// A file of labels, compressed by gzip; the same bytes for the same labels.
///
/// # Errors
///
/// Those of [`write_images`].
pub fn write_labels(labels: &[u8]) -> io::Result<Vec<u8>> {
    write_samples(labels.as_chunks::<1>().0, &[LABELS_MAGIC, count(labels)?])
}

fn count<T>(samples: &[T]) -> io::Result<u32> {
    u32::try_from(samples.len()).map_err(|_| io::Error::other("more samples than an IDX file can count"))
}

fn write_samples<const SIZE: usize>(samples: &[[u8; SIZE]], header: &[u32]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for word in header {
        encoder.write_all(&word.to_be_bytes())?;
    }
    encoder.write_all(samples.as_flattened())?;
    encoder.finish()
}

/// Reads until `buffer` is full or the source ends; returns the bytes read.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<usize, IdxError> {
    let mut length = 0;
    while length < buffer.len() {
        match source.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(IdxError::Io(error)),
        }
    }
    Ok(length)
}

#[cfg(test)]
pub(crate) mod tests;
