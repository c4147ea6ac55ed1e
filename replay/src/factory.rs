//! Samples that a program comes with.

use crate::format::{SampleFormat, WrongLength};
use crate::quantization::Value;
use crate::target::Target;

/// Samples of the training set that a trainer chose, compiled into the program.
///
/// Each stands for so many of the training set: those that it is like. It is drawn in proportion to them.
#[derive(Clone, Copy, Debug)]
pub struct FactorySet<'a> {
    format: SampleFormat<'a>,
    cumulative_counts: &'a [u32],
    bytes: &'a [u8],
}

impl<'a> FactorySet<'a> {
    /// Samples in `format`, one after another. For each, `cumulative_counts` has how many training samples all up to and
    /// with it stand for. None of them is a factory set, too.
    ///
    /// # Panics
    /// Where `bytes` are not as many samples as `cumulative_counts` says, or one stands for none. In a constant, that is an
    /// error of the compiler.
    #[must_use]
    pub const fn new(format: SampleFormat<'a>, cumulative_counts: &'a [u32], bytes: &'a [u8]) -> Self {
        assert!(bytes.len() == cumulative_counts.len() * format.sample_bytes(), "another number of samples");
        let (mut index, mut before) = (0, 0);
        while index < cumulative_counts.len() {
            assert!(cumulative_counts[index] > before, "a sample stands for none");
            before = cumulative_counts[index];
            index += 1;
        }
        Self { format, cumulative_counts, bytes }
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

    /// How many training samples its samples stand for: each with all before it.
    #[must_use]
    pub const fn cumulative_counts(&self) -> &'a [u32] {
        self.cumulative_counts
    }

    /// The CRC-32C of the format, the counts and the bytes, by which a host tells that it has the same.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        let mut checksum = self.format.checksum();
        for count in self.cumulative_counts {
            checksum.update(&count.to_le_bytes());
        }
        checksum.update(self.bytes);
        checksum.finish()
    }

    /// The number of samples.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.cumulative_counts.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.cumulative_counts.is_empty()
    }

    /// How many training samples all of them stand for.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.cumulative_counts.last().copied().unwrap_or(0)
    }

    /// The index of the sample that stands for training sample `number`, if there are as many.
    pub(crate) fn index_of(&self, number: u32) -> usize {
        self.cumulative_counts.partition_point(|&count| count <= number)
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
