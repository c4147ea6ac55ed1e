//! Golden test: a fixed course of computations whose numbers must be the same on every machine, to the last bit.
//!
//! The host goes through it once and keeps the numbers, the golden vectors; a device goes through it again and compares.

mod comparison;
mod hazards;
mod inference;
mod int8;
mod kernels;
mod shapes;
mod softmax;
mod training;

use dense_core::{Error, Kernel};
use dense_protocol::checksum::Checksum;

pub use comparison::Comparison;

/// Receiver of the numbers, in the order in which they are computed.
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

/// Room for the numbers of the course: 110 KB, so that it fits a device, where it is a static.
#[derive(Debug)]
pub struct Work {
    kernels: kernels::Work,
    training: training::Work,
}

impl Work {
    /// Nothing computed yet.
    pub const NEW: Self = Self { kernels: kernels::Work::NEW, training: training::Work::NEW };
}

/// A part of the course, with golden vectors of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Softmax and losses.
    Softmax,
    /// Real images with the weights in flash.
    Inference,
    /// Sums of whole numbers, and real images with the quantised weights in flash.
    Int8,
    /// Numbers that are not finite, deltas that are zero, batches out of order.
    Hazards,
    /// Every loop over weights. Needs room.
    Kernels,
    /// Every shape of a small layer. Needs room.
    Shapes,
    /// Steps of learning from real images. Needs room.
    Training,
}

impl Part {
    /// The folder that the golden vectors are written to, on the machine that builds this.
    pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/golden");

    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Softmax, Self::Inference, Self::Int8, Self::Hazards, Self::Kernels, Self::Shapes, Self::Training];

    /// Its name, which is that of its vectors' file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Softmax => "softmax",
            Self::Inference => "inference",
            Self::Int8 => "int8",
            Self::Hazards => "hazards",
            Self::Kernels => "kernels",
            Self::Shapes => "shapes",
            Self::Training => "training",
        }
    }

    /// Its golden vectors: words of four bytes, the lowest first.
    #[must_use]
    pub const fn vectors(self) -> &'static [u8] {
        match self {
            Self::Softmax => include_bytes!("../vectors/golden/softmax"),
            Self::Inference => include_bytes!("../vectors/golden/inference"),
            Self::Int8 => include_bytes!("../vectors/golden/int8"),
            Self::Hazards => include_bytes!("../vectors/golden/hazards"),
            Self::Kernels => include_bytes!("../vectors/golden/kernels"),
            Self::Shapes => include_bytes!("../vectors/golden/shapes"),
            Self::Training => include_bytes!("../vectors/golden/training"),
        }
    }

    /// Goes through it with one kernel. Returns whether it did: without room, some parts cannot be.
    ///
    /// # Errors
    /// Those of dense-core, where the course itself is wrong.
    pub fn run(self, kernel: Kernel, work: Option<&mut Work>, witness: &mut impl Witness) -> Result<bool, Error> {
        // None of these is inlined, so that their frames are not on the stack together.
        match (self, work) {
            (Self::Softmax, _) => softmax::run(kernel, witness)?,
            (Self::Inference, _) => inference::run(kernel, witness)?,
            (Self::Int8, _) => int8::run(kernel, witness)?,
            (Self::Hazards, _) => hazards::run(kernel, witness)?,
            (Self::Kernels, Some(work)) => kernels::run(kernel, &mut work.kernels, witness)?,
            (Self::Shapes, Some(work)) => shapes::run(kernel, &mut work.kernels, witness)?,
            (Self::Training, Some(work)) => training::run(kernel, &mut work.training, witness)?,
            (Self::Kernels | Self::Shapes | Self::Training, None) => return Ok(false),
        }
        Ok(true)
    }
}
