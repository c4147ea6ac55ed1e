//! Arrays as other tools keep the numbers of a model in files, and which network they make.

use dense_core::math::{SMALLEST_WEIGHT, flush_below};

use super::{ModelFileError, Weights};

/// No array of a network here has more numbers.
pub(super) const MOST_NUMBERS: usize = 784 * 128;
/// No file has more arrays than this that holds one model of so few layers, optimizer and all.
pub(super) const MOST_ARRAYS: usize = 256;
/// How many arrays an error lists.
const MOST_LISTED: usize = 12;

/// A named array of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its name, with that of the layer where the file has one.
    pub name: String,
    /// Its shape, the slowest dimension first.
    pub shape: Vec<usize>,
    /// Its numbers in the order of the shape, exactly as they are in the file; or in words why they are not numbers of a
    /// network.
    pub values: Result<Vec<f64>, String>,
}

impl Array {
    /// How many numbers a shape has, if that is not too many for any network.
    pub(super) fn count(shape: &[usize]) -> Option<usize> {
        let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size))?;
        (count <= MOST_NUMBERS).then_some(count)
    }

    /// The name, fit for a terminal, and the shape.
    fn describe(&self) -> String {
        format!("{} {:?}", self.name.escape_debug(), self.shape)
    }

    /// The numbers as a network takes them; such as are too small to matter become +0.0.
    fn numbers(&self) -> Result<Vec<f32>, ModelFileError> {
        let fault = |fault| ModelFileError::Tensor { name: self.name.escape_debug().to_string(), fault };
        let values = self.values.as_ref().map_err(|reason| fault(reason.clone()))?;
        let number = |(index, &value): (usize, &f64)| match value as f32 {
            number if number.is_finite() => Ok(flush_below(number, SMALLEST_WEIGHT)),
            _ if value.is_finite() => Err(fault(format!("value {index} is {value:e}, too large for an f32"))),
            _ => Err(fault(format!("value {index} is {value}"))),
        };
        values.iter().enumerate().map(number).collect()
    }
}

/// A kind of floating-point number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Float {
    /// IEEE binary16.
    F16,
    /// The upper half of an f32.
    Bf16,
    /// IEEE binary32.
    F32,
    /// IEEE binary64.
    F64,
}

impl Float {
    /// Bytes of a number.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The numbers in `bytes`; what is left at their end is not looked at.
    pub(super) fn decode(self, bytes: &[u8], big_endian: bool) -> Vec<f64> {
        let number = |bytes: &[u8]| {
            let shift = |bits: u64, &byte: &u8| bits << 8 | u64::from(byte);
            let bits = if big_endian { bytes.iter().fold(0, shift) } else { bytes.iter().rev().fold(0, shift) };
            match self {
                Self::F16 => half(bits as u16),
                Self::Bf16 => f64::from(f32::from_bits((bits as u32) << 16)),
                Self::F32 => f64::from(f32::from_bits(bits as u32)),
                Self::F64 => f64::from_bits(bits),
            }
        };
        bytes.chunks_exact(self.size()).map(number).collect()
    }
}

/// The number that the bits of an IEEE binary16 stand for.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2.0_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2.0_f64.powi(exponent - 25),
    };
    if bits >> 15 == 0 { magnitude } else { -magnitude }
}

/// Which dimension of a kernel comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelOrder {
    /// `[inputs, outputs]`, as in Keras.
    InputsFirst,
    /// `[outputs, inputs]`, as in PyTorch and in the trainer's own files.
    OutputsFirst,
}

impl KernelOrder {
    /// In words, after "kernels".
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::InputsFirst => "inputs first, as in Keras",
            Self::OutputsFirst => "outputs first, as in PyTorch",
        }
    }

    const fn shape(self, inputs: usize, outputs: usize) -> [usize; 2] {
        match self {
            Self::InputsFirst => [inputs, outputs],
            Self::OutputsFirst => [outputs, inputs],
        }
    }
}

/// The network that `arrays` make, and how its kernels lie in them. Their shapes alone tell, as no two arrays of a network
/// have the same: names and their order are free.
///
/// # Errors
///
/// The arrays are not just a kernel and a bias for each layer of one of the networks, or a number is not one that a
/// network can have.
pub fn from_arrays(arrays: &[Array]) -> Result<(Weights, KernelOrder), ModelFileError> {
    let find = |shape: &[usize]| arrays.iter().find(|array| array.shape == shape);
    for order in [KernelOrder::InputsFirst, KernelOrder::OutputsFirst] {
        for mut weights in Weights::all() {
            let shapes = weights.layers.iter().map(|layer| (layer.inputs, layer.outputs()));
            let pairs = shapes.map(|(inputs, outputs)| Some((find(&order.shape(inputs, outputs))?, find(&[outputs])?)));
            let Some(pairs) = pairs.collect::<Option<Vec<_>>>().filter(|pairs| 2 * pairs.len() == arrays.len()) else {
                continue;
            };
            for (layer, (kernel, bias)) in weights.layers.iter_mut().zip(pairs) {
                let (inputs, outputs) = (layer.inputs, layer.outputs());
                (layer.weights, layer.bias) = (kernel.numbers()?, bias.numbers()?);
                if order == KernelOrder::InputsFirst {
                    let columns =
                        (0..outputs).flat_map(|output| (0..inputs).map(move |input| input * outputs + output));
                    layer.weights = columns.map(|place| layer.weights[place]).collect();
                }
            }
            return Ok((weights, order));
        }
    }
    let listed: Vec<String> = arrays.iter().take(MOST_LISTED).map(Array::describe).collect();
    let mut found = if listed.is_empty() { "no arrays".to_owned() } else { listed.join(", ") };
    if arrays.len() > MOST_LISTED {
        found += &format!(" and {} more", arrays.len() - MOST_LISTED);
    }
    let wanted = Weights::all().map(|weights| {
        let layers = weights.layers.iter().map(|layer| format!("[{}, {}] [{1}]", layer.inputs, layer.outputs()));
        format!("{}: {}", weights.model.name(), layers.collect::<Vec<_>>().join(" "))
    });
    Err(ModelFileError::NoModel { found, wanted: wanted.collect::<Vec<_>>().join("; ") })
}

#[cfg(test)]
mod tests;
