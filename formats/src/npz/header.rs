//! The header of an array of NumPy.
//!
//! It is read here, since the crates that read it evaluate any Python literal, however deeply nested, and multiply sizes
//! without a check.

/// How an array begins.
const MAGIC: &[u8] = b"\x93NUMPY";

/// The header of an array.
#[derive(Debug)]
pub struct Header {
    /// The type of a number, such as `<f4`.
    pub descr: String,
    /// Whether the first index changes fastest.
    pub fortran_order: bool,
    /// The size of each dimension.
    pub shape: Vec<usize>,
}

/// The header of an `.npy` array, version 1.0: padded, so that the numbers begin at a multiple of 64 bytes.
pub(super) fn header(descr: &str, shape: &[usize]) -> Vec<u8> {
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let sizes = if shape.len() == 1 { sizes.trim_end() } else { sizes.trim_end_matches(", ") };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}");
    let before = MAGIC.len() + 4;
    text += &" ".repeat(63 - (before + text.len()) % 64);
    text.push('\n');
    [MAGIC, &[1, 0], &(text.len() as u16).to_le_bytes(), text.as_bytes()].concat()
}

/// Reads the header of an array; returns it and the bytes of its numbers, which are not checked against its shape.
///
/// # Errors
/// The file does not begin with a header that NumPy writes.
pub fn read_array(bytes: &[u8]) -> Result<(Header, &[u8]), String> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("does not begin as an array of NumPy")?;
    // Versions 2 and 3 have a longer length.
    let (text, data) = match *rest {
        [1, 0, low, high, ref rest @ ..] => rest.split_at_checked(usize::from(u16::from_le_bytes([low, high]))),
        [2 | 3, 0, a, b, c, d, ref rest @ ..] => rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize),
        _ => None,
    }
    .ok_or("the header is cut short or of an unknown version")?;
    let header = str::from_utf8(text).ok().and_then(parse).ok_or_else(|| {
        let start: String = String::from_utf8_lossy(text).chars().take(80).collect();
        format!("an unknown kind of header: {}", start.escape_debug())
    })?;
    Ok((header, data))
}

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (784, 10), }`, the keys in any order.
fn parse(text: &str) -> Option<Header> {
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    while !rest.is_empty() {
        let (key, value) = rest.split_once(':')?;
        let (value, after) = match value.trim_start().strip_prefix('(') {
            Some(sizes) => sizes.split_once(')')?,
            None => value.split_once(',').unwrap_or((value, "")),
        };
        match key.trim() {
            "'descr'" => descr = Some(value.trim().strip_prefix('\'')?.strip_suffix('\'')?.to_owned()),
            "'fortran_order'" => fortran_order = Some(matches!(value.trim(), "True")),
            "'shape'" => {
                let sizes = value.split(',').map(str::trim).filter(|size| !size.is_empty());
                shape = Some(sizes.map(|size| size.parse().ok()).collect::<Option<Vec<usize>>>()?);
            }
            _ => return None,
        }
        rest = after.trim_start_matches([',', ' ']);
    }
    Some(Header { descr: descr?, fortran_order: fortran_order?, shape: shape? })
}
