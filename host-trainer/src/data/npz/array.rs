//! One array of NumPy: the format `.npy`.

use formats::npz::read_array;

const TYPES: [&str; 11] = ["b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8"];

/// An array of numbers, in C order.
pub(super) struct Array {
    /// The sizes of its dimensions.
    pub(super) shape: Vec<usize>,
    /// One of [`TYPES`].
    kind: &'static str,
    big_endian: bool,
    bytes: Vec<u8>,
    /// Where the numbers begin.
    start: usize,
}

impl Array {
    /// Reads a whole file.
    pub(super) fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        let (header, data) = read_array(&bytes)?;
        let kind = TYPES.into_iter().find(|kind| header.descr.trim_start_matches(['<', '>', '=', '|']) == *kind);
        let kind = kind.ok_or_else(|| {
            format!("type {}; integers, float32, float64 or bool wanted", header.descr.escape_debug())
        })?;
        if header.fortran_order && header.shape.len() > 1 {
            return Err("columns come first in it; save numpy.ascontiguousarray of it".into());
        }
        let size = kind[1..].parse().unwrap_or(1);
        let wanted = header.shape.iter().try_fold(size, |product: usize, &size| product.checked_mul(size));
        if wanted != Some(data.len()) {
            return Err(format!("{} bytes, which do not fit its shape {:?}", data.len(), header.shape));
        }
        let (start, big_endian) = (bytes.len() - data.len(), header.descr.starts_with('>'));
        Ok(Self { shape: header.shape, kind, big_endian, bytes, start })
    }

    /// Number of numbers.
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the numbers are of `uint8`.
    pub(super) fn is_bytes(&self) -> bool {
        self.kind == "u1"
    }

    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.drain(..self.start);
        self.bytes
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        let size: usize = self.kind[1..].parse().unwrap_or(1);
        self.bytes[self.start..].chunks_exact(size).map(move |bytes| {
            let mut word = [0; 8];
            word[..size].copy_from_slice(bytes);
            if self.big_endian {
                word[..size].reverse();
            }
            let bits = u64::from_le_bytes(word);
            match self.kind {
                "f8" => f64::from_bits(bits),
                "f4" => f64::from(f32::from_bits(bits as u32)),
                // The sign is extended by shifting it to the top and back.
                "i1" | "i2" | "i4" | "i8" => ((bits << (64 - 8 * size)) as i64 >> (64 - 8 * size)) as f64,
                _ => bits as f64,
            }
        })
    }
}
