//! What every machine must compute, to the last bit: a fixed course of computations that ends in numbers.
//!
//! The host goes through it once and keeps the numbers, the golden vectors; a device goes through it again and compares.

mod int8;
mod kernels;
mod softmax;
mod training;

use crate::checksum::Checksum;
use dense_core::{Error, Kernel};

/// Whoever takes the numbers.
pub trait Witness {
    /// Takes `word`, a number of what `case` says: the bits of a float, or a checksum of many.
    fn see(&mut self, case: core::fmt::Arguments<'_>, word: u32);

    /// Takes the bits of all `values`.
    fn see_all(&mut self, case: core::fmt::Arguments<'_>, values: impl IntoIterator<Item = f32>)
    where
        Self: Sized,
    {
        for value in values {
            self.see(case, value.to_bits());
        }
    }

    /// Takes the CRC-32C of the bits of all `values`, for where there are too many of them to keep.
    fn see_checksum(&mut self, case: core::fmt::Arguments<'_>, values: impl IntoIterator<Item = f32>)
    where
        Self: Sized,
    {
        let mut checksum = Checksum::default();
        for value in values {
            checksum.update(&value.to_bits().to_le_bytes());
        }
        self.see(case, checksum.finish());
    }
}

/// Room for the numbers of the course: 114 KB, so that it fits a device, where it is a static.
#[derive(Debug)]
pub struct Work {
    kernels: kernels::Work,
    training: training::Work,
    int8: int8::Work,
}

impl Work {
    /// Nothing computed yet.
    pub const NEW: Self = Self { kernels: kernels::Work::NEW, training: training::Work::NEW, int8: int8::Work::NEW };
}

/// Goes through the whole course with one kernel.
///
/// # Errors
/// Those of dense-core, where the course itself is wrong.
pub fn run(kernel: Kernel, work: &mut Work, witness: &mut impl Witness) -> Result<(), Error> {
    kernels::run(kernel, &mut work.kernels, witness)?;
    softmax::run(kernel, witness)?;
    training::run(kernel, &mut work.training, witness)?;
    int8::run(kernel, &mut work.int8, witness)
}
