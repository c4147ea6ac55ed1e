//! Activations on bytes: clamps and look-up tables.

use core::fmt::Debug;

use super::{Quantization, Range};
use crate::Error;
use crate::activations::{Activation, Elu, Gelu, LeakyRelu, Linear, Relu, Sigmoid, Tanh};

/// An activation fused into the requantisation, as limits of its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clamp {
    /// 0 to 255, the range of a byte.
    None,
    /// max(z, 0).
    Relu,
    /// min(max(z, 0), 6).
    Relu6,
}

impl Clamp {
    /// The smallest and largest byte of an output with this quantisation.
    #[must_use]
    pub const fn bytes(self, output: Quantization) -> (u8, u8) {
        match self {
            Self::None => (0, u8::MAX),
            Self::Relu => (output.zero_point(), u8::MAX),
            Self::Relu6 => (output.zero_point(), output.quantize(6.0)),
        }
    }
}

/// An activation with an int8 form. ReLU and linear are fused into the requantisation; the others are a table of 256
/// bytes.
#[diagnostic::on_unimplemented(
    message = "the activation `{Self}` has no int8 form",
    label = "not an int8 activation",
    note = "implement `QuantizedActivation` with `lookup_table` for an activation of your own"
)]
pub trait QuantizedActivation: Activation {
    /// `[u8; 256]`, or `()` where a clamp is enough.
    type Table: Clone + Debug + PartialEq;
    /// The table of a network without weights.
    const ZERO: Self::Table;
    /// The clamp of the requantisation before the table.
    const CLAMP: Clamp;

    /// The quantisations of the sums and of the outputs, for values in these ranges, and the table from one to the other.
    ///
    /// # Errors
    /// Those of [`Range::quantization`].
    fn quantize(sums: &Range, outputs: &Range) -> Result<(Quantization, Quantization, Self::Table), Error>;

    /// Replaces each byte by its entry in the table.
    fn apply(table: &Self::Table, bytes: &mut [u8]);
}

impl QuantizedActivation for Relu {
    type Table = ();
    const ZERO: () = ();
    const CLAMP: Clamp = Clamp::Relu;

    fn quantize(_: &Range, outputs: &Range) -> Result<(Quantization, Quantization, ()), Error> {
        let output = outputs.quantization()?;
        Ok((output, output, ()))
    }

    fn apply((): &(), _: &mut [u8]) {}
}

impl QuantizedActivation for Linear {
    type Table = ();
    const ZERO: () = ();
    const CLAMP: Clamp = Clamp::None;

    fn quantize(_: &Range, outputs: &Range) -> Result<(Quantization, Quantization, ()), Error> {
        let output = outputs.quantization()?;
        Ok((output, output, ()))
    }

    fn apply((): &(), _: &mut [u8]) {}
}

/// Implements an activation by table, whose output has this quantisation in this range.
macro_rules! by_table {
    ($activation:ty, |$outputs:ident| $output:expr) => {
        impl QuantizedActivation for $activation {
            type Table = [u8; 256];
            const ZERO: [u8; 256] = [0; 256];
            const CLAMP: Clamp = Clamp::None;

            fn quantize(sums: &Range, $outputs: &Range) -> Result<(Quantization, Quantization, [u8; 256]), Error> {
                let (input, output) = (sums.quantization()?, $output);
                Ok((input, output, lookup_table::<Self>(input, output)))
            }

            fn apply(table: &[u8; 256], bytes: &mut [u8]) {
                for byte in bytes {
                    *byte = table[usize::from(*byte)];
                }
            }
        }
    };
}

by_table!(Tanh, |_outputs| Quantization::TANH);
by_table!(Sigmoid, |_outputs| Quantization::SIGMOID);
by_table!(LeakyRelu, |outputs| outputs.quantization()?);
by_table!(Elu, |outputs| outputs.quantization()?);
by_table!(Gelu, |outputs| outputs.quantization()?);

/// The output byte of an activation for every input byte. TensorFlow Lite's `LUTPopulate` makes the same table.
#[must_use]
pub fn lookup_table<A: Activation>(input: Quantization, output: Quantization) -> [u8; 256] {
    let mut values: [f32; 256] = core::array::from_fn(|byte| input.dequantize(byte as u8));
    A::forward(&mut values);
    output.quantize_all(&values)
}
