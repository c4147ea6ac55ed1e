//! Numbers against golden vectors.

use super::Witness;
use core::fmt::Arguments;

/// How many faults are worth a line.
const SHOWN: u32 = 10;

/// Compares each number with the next of the vectors.
pub struct Comparison<P> {
    /// Name of the kernel whose results are compared, for the lines that report differences.
    name: &'static str,
    left: &'static [u8],
    passed: u32,
    failed: u32,
    print: P,
}

impl<P: FnMut(Arguments<'_>)> Comparison<P> {
    /// With `vectors`, words of four bytes, the lowest first. `print` gets a line for each of the first faults.
    pub const fn new(name: &'static str, vectors: &'static [u8], print: P) -> Self {
        Self { name, left: vectors, passed: 0, failed: 0, print }
    }

    /// How many numbers were right, how many were not, and how many were not computed.
    pub const fn counts(&self) -> [u32; 3] {
        [self.passed, self.failed, (self.left.len() / size_of::<u32>()) as u32]
    }
}

impl<P: FnMut(Arguments<'_>)> Witness for Comparison<P> {
    fn see(&mut self, case: Arguments<'_>, word: u32) {
        let expected = self.left.split_first_chunk().map(|(&first, left)| {
            self.left = left;
            u32::from_le_bytes(first)
        });
        if expected == Some(word) {
            self.passed += 1;
            return;
        }
        self.failed += 1;
        if self.failed <= SHOWN {
            let name = self.name;
            match expected {
                Some(expected) => (self.print)(format_args!("{name}, {case}: {word:#010x}, expected {expected:#010x}")),
                None => (self.print)(format_args!("{name}, {case}: {word:#010x}, expected nothing more")),
            }
        }
    }
}
