//! One array of NumPy: the format `.npy`.
//!
//! The header is read here: the crates that read it evaluate any Python literal, however deeply nested, and multiply its
//! sizes without a look at overflow.

/// How an array begins.
const MAGIC: &[u8] = b"\x93NUMPY";
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
        let rest = bytes.strip_prefix(MAGIC).ok_or("does not begin as an array of NumPy")?;
        // Versions 2 and 3 have a longer length.
        let (text, data) = match *rest {
            [1, 0, low, high, ref rest @ ..] => rest.split_at_checked(usize::from(u16::from_le_bytes([low, high]))),
            [2 | 3, 0, a, b, c, d, ref rest @ ..] => rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize),
            _ => None,
        }
        .ok_or("the header is cut short or of an unknown version")?;
        let header = str::from_utf8(text).ok().and_then(Header::parse).ok_or_else(|| {
            let start: String = String::from_utf8_lossy(text).chars().take(80).collect();
            format!("an unknown kind of header: {}", start.escape_debug())
        })?;
        let kind = TYPES.into_iter().find(|kind| header.kind.trim_start_matches(['<', '>', '=', '|']) == *kind);
        let kind = kind
            .ok_or_else(|| format!("type {}; integers, float32, float64 or bool wanted", header.kind.escape_debug()))?;
        if header.fortran_order && header.shape.len() > 1 {
            return Err("columns come first in it; save numpy.ascontiguousarray of it".into());
        }
        let size = kind[1..].parse().unwrap_or(1);
        let wanted = header.shape.iter().try_fold(size, |product: usize, &size| product.checked_mul(size));
        if wanted != Some(data.len()) {
            return Err(format!("{} bytes, which do not fit its shape {:?}", data.len(), header.shape));
        }
        let (start, big_endian) = (bytes.len() - data.len(), header.kind.starts_with('>'));
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

    /// The bytes of the numbers.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.split_off(self.start)
    }

    /// The numbers.
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

/// What the header of an array says.
struct Header {
    kind: String,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (784, 10), }`, the keys in any order.
    fn parse(text: &str) -> Option<Self> {
        let (mut kind, mut fortran_order, mut shape) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
        while !rest.is_empty() {
            let (key, value) = rest.split_once(':')?;
            let (value, after) = match value.trim_start().strip_prefix('(') {
                Some(sizes) => sizes.split_once(')')?,
                None => value.split_once(',').unwrap_or((value, "")),
            };
            match key.trim() {
                "'descr'" => kind = Some(value.trim().strip_prefix('\'')?.strip_suffix('\'')?.to_owned()),
                "'fortran_order'" => fortran_order = Some(value.trim() == "True"),
                "'shape'" => {
                    let sizes = value.split(',').map(str::trim).filter(|size| !size.is_empty());
                    shape = Some(sizes.map(|size| size.parse().ok()).collect::<Option<_>>()?);
                }
                _ => return None,
            }
            rest = after.trim_start_matches([',', ' ']);
        }
        Some(Self { kind: kind?, fortran_order: fortran_order?, shape: shape? })
    }
}
