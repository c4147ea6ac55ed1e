//! The IDX format of MNIST: one file of images or of labels, plain or compressed by gzip.

use std::fmt::Display;
use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use formats::bounded::size;

use crate::data::images::Images;

/// Unsigned bytes in three dimensions.
const IMAGES_MAGIC: u32 = 0x0000_0803;
/// Unsigned bytes in one dimension.
const LABELS_MAGIC: u32 = 0x0000_0801;

/// Reads the images of a decompressed file.
///
/// # Errors
/// Anything but at least one image, exactly as many as the header says, and `limit` bytes at most.
pub fn read_images(mut source: impl Read, limit: u64) -> Result<Images, String> {
    let [count, height, width] = header(&mut source, IMAGES_MAGIC)?;
    if height == 0 || width == 0 {
        return Err(format!("images of {height} x {width} pixels"));
    }
    let values = read_values(source, count, height as u64 * width as u64, limit)?;
    Ok(Images { height: height as usize, width: width as usize, values })
}

/// Reads the labels of a decompressed file.
///
/// # Errors
/// Anything but at least one label, exactly as many as the header says, and `limit` at most.
pub fn read_labels(mut source: impl Read, limit: u64) -> Result<Vec<u8>, String> {
    let [count] = header(&mut source, LABELS_MAGIC)?;
    read_values(source, count, 1, limit)
}

/// The sizes in the header.
fn header<const SIZES: usize>(source: &mut impl Read, magic: u32) -> Result<[u32; SIZES], String> {
    let mut word = |index: usize| {
        let mut bytes = Vec::new();
        source.by_ref().take(4).read_to_end(&mut bytes).map_err(cannot_read)?;
        <[u8; 4]>::try_from(bytes).map(u32::from_be_bytes).map_err(|bytes| {
            let (found, wanted) = (4 * index + bytes.len(), 4 * (SIZES + 1));
            format!("the file ends after {found} of the {wanted} bytes of its header")
        })
    };
    let found = word(0)?;
    if found != magic {
        let [found_meaning, meaning] = [found, magic].map(meaning);
        return Err(format!("magic number {found:#010x}{found_meaning} found, {magic:#010x}{meaning} wanted"));
    }
    let mut sizes = [0; SIZES];
    for (index, size) in sizes.iter_mut().enumerate() {
        *size = word(index + 1)?;
    }
    Ok(sizes)
}

const fn meaning(magic: u32) -> &'static str {
    match magic {
        IMAGES_MAGIC => " (images)",
        LABELS_MAGIC => " (labels)",
        _ => "",
    }
}

/// `count` samples of `bytes` bytes each, and no more.
fn read_values(mut source: impl Read, count: u32, bytes: u64, limit: u64) -> Result<Vec<u8>, String> {
    if count == 0 {
        return Err("the file holds no samples".into());
    }
    let wanted = u64::from(count).saturating_mul(bytes);
    if wanted > limit {
        let limit = size(limit);
        return Err(format!("the header says {count} samples of {bytes} bytes each, more than the limit of {limit}"));
    }
    // The vector grows with what is read: the header may claim any number.
    let mut values = Vec::new();
    source.by_ref().take(wanted).read_to_end(&mut values).map_err(cannot_read)?;
    let found = values.len() as u64;
    if found < wanted {
        return Err(format!("the header says {count} samples, the file ends after {}", found / bytes));
    }
    // Only at its end does a gzip stream compare its checksum.
    match source.take(1).read_to_end(&mut Vec::new()).map_err(cannot_read)? {
        0 => Ok(values),
        _ => Err(format!("the header says {count} samples, the file goes on after them")),
    }
}

fn cannot_read(error: impl Display) -> String {
    format!("cannot read: {error}")
}

/// A file of images, compressed by gzip; the same bytes for the same images.
///
/// # Errors
/// More images, rows or columns than fit into 32 bits; nothing else fails in memory.
pub(super) fn write_images(images: &Images) -> io::Result<Vec<u8>> {
    write(&images.values, &[IMAGES_MAGIC, word(images.len())?, word(images.height)?, word(images.width)?])
}

/// A file of labels, compressed by gzip; the same bytes for the same labels.
pub(super) fn write_labels(labels: &[u8]) -> io::Result<Vec<u8>> {
    write(labels, &[LABELS_MAGIC, word(labels.len())?])
}

fn word(size: usize) -> io::Result<u32> {
    u32::try_from(size).map_err(|_| io::Error::other("more samples than an IDX file can count"))
}

fn write(values: &[u8], header: &[u32]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for word in header {
        encoder.write_all(&word.to_be_bytes())?;
    }
    encoder.write_all(values)?;
    encoder.finish()
}

#[cfg(test)]
mod tests;
