//! Samples that a program comes with.

use crate::format::{SampleFormat, WrongLength};
use crate::quantization::Value;
use crate::target::Target;

/// Samples of the training set that a trainer chose, compiled into the program.
#[derive(Clone, Copy, Debug)]
pub struct FactorySet<'a> {
    format: SampleFormat<'a>,
    bytes: &'a [u8],
}

impl<'a> FactorySet<'a> {
    /// Samples in `format`, one after another. None of them is a factory set, too.
    ///
    /// # Panics
    /// Where the last sample is not whole. In a constant, that is an error of the compiler.
    #[must_use]
    pub const fn new(format: SampleFormat<'a>, bytes: &'a [u8]) -> Self {
        assert!(bytes.len().is_multiple_of(format.sample_bytes()), "the last sample is not whole");
        Self { format, bytes }
    }

    /// How its samples are written.
    #[must_use]
    pub const fn format(&self) -> SampleFormat<'a> {
        self.format
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The CRC-32C of the format and the bytes, by which a host tells that it has the same.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        let mut checksum = self.format.checksum();
        checksum.update(self.bytes);
        checksum.finish()
    }

    /// The number of samples.
    #[must_use]
    pub const fn len(&self) -> usize {
        // A sample has bytes; the compiler does not know.
        match self.bytes.len().checked_div(self.format.sample_bytes()) {
            Some(count) => count,
            None => 0,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Reads a sample. Returns whether there is one of that index; the input and the target are else as they were.
    ///
    /// # Errors
    /// [`WrongLength`] of the input or the target, which are then as they were.
    pub fn read<V: Value, T: Target + ?Sized>(
        &self,
        index: usize,
        input: &mut [V],
        target: &mut T,
    ) -> Result<bool, WrongLength> {
        if index >= self.len() {
            return Ok(false);
        }
        let length = self.format.sample_bytes();
        let bytes = self.bytes.get(index * length..).unwrap_or_default();
        self.format.decode(bytes.iter().copied(), input, target)?;
        Ok(true)
    }
}
