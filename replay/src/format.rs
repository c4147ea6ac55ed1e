//! How a sample is written in bytes: its target, then the values of its input in a few bits each.

use crate::quantization::{Bits, Quantization, Value};
use crate::target::{Target, TargetFormat};
use core::fmt;
use dense_protocol::checksum::Checksum;

/// How a sample is written: what it consists of, and what its bits mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleFormat<'a> {
    inputs: usize,
    target: TargetFormat,
    bits: Bits,
    quantizations: &'a [Quantization],
}

impl<'a> SampleFormat<'a> {
    /// Samples of `inputs` values. Value `i` has quantization `i` modulo their number: one for all values, one for each
    /// channel of a time series, or one for each value.
    ///
    /// # Panics
    /// Where there is no value or no quantization. In a constant, that is an error of the compiler.
    #[must_use]
    pub const fn new(inputs: usize, target: TargetFormat, bits: Bits, quantizations: &'a [Quantization]) -> Self {
        assert!(inputs > 0 && !quantizations.is_empty(), "no value, or no quantization");
        Self { inputs, target, bits, quantizations }
    }

    /// The number of values of an input.
    #[must_use]
    pub const fn inputs(&self) -> usize {
        self.inputs
    }

    /// Format of a target: a class, or so many numbers.
    #[must_use]
    pub const fn target(&self) -> TargetFormat {
        self.target
    }

    /// The bits of a value.
    #[must_use]
    pub const fn bits(&self) -> Bits {
        self.bits
    }

    /// Quantizations of the values: that of value `i` is number `i` modulo their number.
    #[must_use]
    pub const fn quantizations(&self) -> &'a [Quantization] {
        self.quantizations
    }

    /// The bytes of a sample.
    #[must_use]
    pub const fn sample_bytes(&self) -> usize {
        self.target.bytes() + self.inputs.div_ceil(self.bits.values_per_byte())
    }

    /// A checksum of the format: bytes of one format mean nothing in another.
    pub(crate) fn checksum(&self) -> Checksum {
        let mut checksum = Checksum::default();
        let outputs = match self.target {
            TargetFormat::Class => 0,
            TargetFormat::Numbers(count) => count,
        };
        for number in [self.inputs, outputs, self.bits.count(), self.quantizations.len()] {
            checksum.update(&(number as u32).to_le_bytes());
        }
        for Quantization { minimum, step } in self.quantizations {
            checksum.update(&minimum.to_le_bytes());
            checksum.update(&step.to_le_bytes());
        }
        checksum
    }

    /// The bytes of a sample.
    ///
    /// # Errors
    /// [`WrongLength`] of the input or the target.
    pub fn encode<V: Value, T: Target + ?Sized>(
        &self,
        input: &[V],
        target: &T,
    ) -> Result<impl Iterator<Item = u8>, WrongLength> {
        self.check(input, target)?;
        let bits = self.bits;
        let mut quantizations = self.quantizations.iter().cycle();
        let values = input.chunks(bits.values_per_byte()).map(move |values| {
            let levels = values.iter().zip(&mut quantizations);
            let levels = levels.map(|(value, quantization)| quantization.level(value.to_f32(), bits));
            levels.enumerate().fold(0, |byte, (place, level)| byte | level << (place * bits.count()))
        });
        Ok(target.to_bytes().chain(values))
    }

    /// Reads a sample from its bytes. The input becomes that which the bits stand for.
    ///
    /// # Errors
    /// [`WrongLength`] of the input or the target, which are then as they were.
    pub fn decode<V: Value, T: Target + ?Sized>(
        &self,
        mut bytes: impl Iterator<Item = u8>,
        input: &mut [V],
        target: &mut T,
    ) -> Result<(), WrongLength> {
        self.check(input, target)?;
        target.set(&mut bytes);
        let (bits, highest) = (self.bits.count(), self.bits.highest());
        let mut quantizations = self.quantizations.iter().cycle();
        for (values, mut byte) in input.chunks_mut(self.bits.values_per_byte()).zip(bytes) {
            for (value, quantization) in values.iter_mut().zip(&mut quantizations) {
                *value = V::from_f32(quantization.value(byte & highest));
                // All 8 bits are too many for `>>`.
                byte = byte.checked_shr(bits as u32).unwrap_or(0);
            }
        }
        Ok(())
    }

    pub(crate) fn check<V, T: Target + ?Sized>(&self, input: &[V], target: &T) -> Result<(), WrongLength> {
        let wrong = |what, found, expected| Err(WrongLength { what, found, expected });
        let target_bytes = target.format().bytes();
        if input.len() != self.inputs {
            wrong("values of the input", input.len(), self.inputs)
        } else if target.format() != self.target {
            wrong("bytes of the target", target_bytes, self.target.bytes())
        } else {
            Ok(())
        }
    }
}

/// A sample is not as long as those of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongLength {
    /// Quantity that was counted: values of the input, or bytes of the target.
    pub what: &'static str,
    /// How many there are.
    pub found: usize,
    /// How many there must be.
    pub expected: usize,
}

impl fmt::Display for WrongLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {} expected", self.found, self.what, self.expected)
    }
}

impl core::error::Error for WrongLength {}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;
    use std::{vec, vec::Vec};

    #[test]
    fn first_value_is_in_the_low_bits() {
        let cases = [
            (Bits::Eight, vec![9, 0, 85, 170, 255, 255]),
            (Bits::Four, vec![9, 0x50, 0xfa, 0x0f]),
            (Bits::Two, vec![9, 0b11_10_01_00, 0b11]),
            (Bits::One, vec![9, 0b11100]),
        ];
        for (bits, expected) in cases {
            let quantizations = [Quantization::new(0.0, 255.0, bits)];
            let format = SampleFormat::new(5, TargetFormat::Class, bits, &quantizations);
            let bytes: Vec<u8> = format.encode(&[0_u8, 85, 170, 255, 255], &9_u8).unwrap().collect();
            assert_eq!(bytes, expected, "{bits:?}");
            assert_eq!(bytes.len(), format.sample_bytes(), "{bits:?}");

            let (mut input, mut target) = ([1_u8; 5], 0_u8);
            format.decode(bytes.iter().copied(), &mut input, &mut target).unwrap();
            let nearest = if bits == Bits::One { [0, 0, 255, 255, 255] } else { [0, 85, 170, 255, 255] };
            assert_eq!((input, target), (nearest, 9), "{bits:?}");
        }
    }

    #[test]
    fn channels_have_their_own_quantization() {
        let quantizations = [Quantization::new(0.0, 3.0, Bits::Two), Quantization::new(-30.0, 0.0, Bits::Two)];
        let format = SampleFormat::new(5, TargetFormat::Numbers(2), Bits::Two, &quantizations);
        let samples = [3.0_f32, -30.0, 1.0, 0.0, 2.0];
        let bytes: Vec<u8> = format.encode(&samples, &[1.0, -2.5]).unwrap().collect();
        let (mut input, mut target) = ([0.0_f32; 5], [0.0; 2]);
        format.decode(bytes.into_iter(), &mut input, &mut target).unwrap();
        assert_eq!((input, target), (samples, [1.0, -2.5]));
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let quantizations = [Quantization::new(0.0, 1.0, Bits::One)];
        let format = SampleFormat::new(3, TargetFormat::Numbers(2), Bits::One, &quantizations);
        let encoded = |input: &[f32], target: &[f32]| format.encode(input, target).err().map(|error| error.to_string());
        assert_eq!(encoded(&[0.0; 3], &[0.0; 2]), None);
        assert_eq!(encoded(&[0.0; 4], &[0.0; 2]).unwrap(), "4 values of the input, 3 expected");
        assert_eq!(encoded(&[0.0; 3], &[0.0; 1]).unwrap(), "4 bytes of the target, 8 expected");
        assert!(format.decode([0; 9].into_iter(), &mut [0.0_f32; 3], &mut 0_u8).is_err(), "a class is no numbers");
    }

    #[test]
    fn formats_have_their_own_checksums() {
        let [one, other] = [[Quantization::new(0.0, 1.0, Bits::One)], [Quantization::new(0.0, 2.0, Bits::One)]];
        let formats = [
            SampleFormat::new(3, TargetFormat::Class, Bits::One, &one),
            SampleFormat::new(4, TargetFormat::Class, Bits::One, &one),
            SampleFormat::new(3, TargetFormat::Numbers(1), Bits::One, &one),
            SampleFormat::new(3, TargetFormat::Class, Bits::Two, &one),
            SampleFormat::new(3, TargetFormat::Class, Bits::One, &other),
        ];
        let mut checksums = formats.map(|format| format.checksum().finish()).to_vec();
        checksums.sort_unstable();
        checksums.dedup();
        assert_eq!(checksums.len(), formats.len());
    }
}
