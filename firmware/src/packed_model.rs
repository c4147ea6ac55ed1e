//! A quantised model as bytes, to be sent or kept outside the firmware, and refused where anything about it is wrong.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `DQM1`: the format, its version, and with it the order of what follows |
//! | 4 + 4 | inputs and outputs |
//! | inputs · outputs | the weights, output after output, whatever order the machine packs them in |
//! | 4 · outputs | the biases |
//! | 4 · outputs | the bits of the scales |
//! | 4 | CRC-32C of all before |
//!
//! Numbers have their lowest byte first. The format is here and not in `dense-core` because a checksum is, and because a
//! model compiled into the firmware needs neither.

use core::fmt;
use dense_core::quant::{LARGEST_BIAS, LARGEST_SCALE, SMALLEST_SCALE};
use dense_core::{Error, QuantizedDense};
use dense_protocol::checksum::Checksum;

const MAGIC: [u8; 4] = *b"DQM1";
const WORD: usize = size_of::<u32>();
const HEADER: usize = MAGIC.len() + 2 * WORD;

/// Why bytes are no model of this shape.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PackedModelError {
    /// They do not begin as a model does, or are of another version.
    Magic,
    /// A model of another shape.
    Shape {
        /// Its inputs.
        inputs: u32,
        /// Its outputs.
        outputs: u32,
    },
    /// More or fewer bytes than the shape needs.
    Length {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The checksum is not that of the bytes.
    Checksum,
    /// A number that no quantised layer has, although the checksum is right.
    Number(Error),
}

impl fmt::Display for PackedModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => write!(f, "not a packed model of this version"),
            Self::Shape { inputs, outputs } => write!(f, "the packed model has shape {inputs} x {outputs}"),
            Self::Length { found, expected } => write!(f, "the packed model has {found} bytes, expected {expected}"),
            Self::Checksum => write!(f, "the packed model's checksum is wrong"),
            Self::Number(error) => write!(f, "in the packed model, {error}"),
        }
    }
}

impl core::error::Error for PackedModelError {}

/// How many bytes a model of this shape has.
#[must_use]
pub const fn size(inputs: usize, outputs: usize) -> usize {
    HEADER + inputs * outputs + 2 * WORD * outputs + WORD
}

/// Hands the bytes of a model to `write`, piece by piece.
pub fn write<const IN: usize, const OUT: usize>(model: &QuantizedDense<IN, OUT>, mut write: impl FnMut(&[u8])) {
    let mut checksum = Checksum::default();
    let mut put = |bytes: &[u8]| {
        checksum.update(bytes);
        write(bytes);
    };
    put(&MAGIC);
    for length in [IN, OUT] {
        put(&(length as u32).to_le_bytes());
    }
    for (output, input) in (0..OUT).flat_map(|output| (0..IN).map(move |input| (output, input))) {
        put(&model.weight(output, input).to_le_bytes());
    }
    for bias in model.bias() {
        put(&bias.to_le_bytes());
    }
    for scale in model.scale() {
        put(&scale.to_bits().to_le_bytes());
    }
    write(&checksum.finish().to_le_bytes());
}

/// Reads a model. All is checked before the first number is taken over.
///
/// # Errors
/// Any [`PackedModelError`]; `model` is then as it was.
pub fn read<const IN: usize, const OUT: usize>(
    bytes: &[u8],
    model: &mut QuantizedDense<IN, OUT>,
) -> Result<(), PackedModelError> {
    let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or(PackedModelError::Magic)?;
    let [a, b, c, d, shape @ ..] = *header;
    if [a, b, c, d] != MAGIC {
        return Err(PackedModelError::Magic);
    }
    let shape = shape.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word));
    if !shape.clone().eq([IN as u32, OUT as u32]) {
        let mut shape = shape;
        let (inputs, outputs) = (shape.next().unwrap_or_default(), shape.next().unwrap_or_default());
        return Err(PackedModelError::Shape { inputs, outputs });
    }
    let length = PackedModelError::Length { found: bytes.len(), expected: size(IN, OUT) };
    if bytes.len() != size(IN, OUT) {
        return Err(length);
    }
    let (weights, words) = rest.split_at_checked(IN * OUT).ok_or(length)?;
    let (words, _) = words.as_chunks::<WORD>();
    let (biases, words) = words.split_at_checked(OUT).ok_or(length)?;
    let (scales, checksums) = words.split_at_checked(OUT).ok_or(length)?;
    let mut checksum = Checksum::default();
    checksum.update(bytes.get(..bytes.len() - WORD).ok_or(length)?);
    if checksums != [checksum.finish().to_le_bytes()] {
        return Err(PackedModelError::Checksum);
    }

    let biases = biases.iter().map(|&word| i32::from_le_bytes(word));
    let scales = scales.iter().map(|&word| f32::from_bits(u32::from_le_bytes(word)));
    let number = |what, found, least, most| PackedModelError::Number(Error::Setting { what, found, least, most });
    if weights.contains(&0x80) {
        return Err(number("weight", -128.0, -127.0, 127.0));
    }
    let largest = LARGEST_BIAS as f32;
    if let Some(bias) = biases.clone().find(|bias| bias.unsigned_abs() > LARGEST_BIAS.unsigned_abs()) {
        return Err(number("bias", bias as f32, -largest, largest));
    }
    if let Some(scale) = scales.clone().find(|scale| !(SMALLEST_SCALE..=LARGEST_SCALE).contains(scale)) {
        return Err(number("scale", scale, SMALLEST_SCALE, LARGEST_SCALE));
    }
    for (output, weights) in weights.chunks_exact(IN).enumerate() {
        for (input, &weight) in weights.iter().enumerate() {
            model.set_weight(output, input, weight.cast_signed());
        }
    }
    for (output, (bias, scale)) in biases.zip(scales).enumerate() {
        model.set_bias(output, bias).and(model.set_scale(output, scale)).map_err(PackedModelError::Number)?;
    }
    Ok(())
}
