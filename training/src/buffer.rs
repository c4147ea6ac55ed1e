//! Memory for numbers, in cache lines of its own.

use std::ops::{Deref, DerefMut};

/// A cache line, and the widest vector.
const ALIGNMENT: usize = 64;
const NUMBERS: usize = ALIGNMENT / size_of::<f32>();

/// Numbers whose first one lies at the start of a cache line, so that no vector of a row of whole lines crosses two; the
/// last line holds nothing else, so that no two threads write to one.
#[derive(Debug)]
pub(super) struct Buffer {
    memory: Vec<f32>,
    start: usize,
    len: usize,
}

impl Buffer {
    /// `len` zeros.
    pub(super) fn new(len: usize) -> Self {
        let memory = vec![0.0_f32; len.next_multiple_of(NUMBERS) + NUMBERS];
        let start = memory.as_ptr().align_offset(ALIGNMENT).min(NUMBERS);
        Self { memory, start, len }
    }

    /// A copy of `values`.
    pub(super) fn of(values: &[f32]) -> Self {
        let mut buffer = Self::new(values.len());
        buffer.copy_from_slice(values);
        buffer
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.memory[self.start..self.start + self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.memory[self.start..self.start + self.len]
    }
}
