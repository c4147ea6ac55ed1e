//! Shared test helpers: a simulated flash, random numbers, and a memory of small samples.
#![allow(dead_code, unreachable_pub, reason = "each test uses some of it")]

#[path = "../../../firmware/device/tests/device/common/flash.rs"]
pub mod flash;

use dense_replay::{Bits, Memory, MemoryError, Quantization, SampleFormat, TargetFormat};
use embedded_storage::nor_flash::NorFlash;

/// SplitMix64.
#[derive(Clone)]
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A source of other numbers.
    pub fn fork(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }
}

/// A class and seven values of 4 bits: records of 16 bytes.
pub const SMALL: SampleFormat<'static> =
    SampleFormat::new(7, TargetFormat::Class, Bits::Four, &[Quantization::new(0.0, 255.0, Bits::Four)]);
/// Samples that take more than one chunk: records of 80 bytes.
pub const LARGE: SampleFormat<'static> =
    SampleFormat::new(70, TargetFormat::Class, Bits::Eight, &[Quantization::new(0.0, 255.0, Bits::Eight)]);

/// An input and its class.
pub type Sample = (Vec<u8>, u8);

/// A sample that `format` keeps as it is.
pub fn sample(format: &SampleFormat<'_>, random: &mut Random) -> Sample {
    let step = if format.bits() == Bits::Four { 17 } else { 1 };
    let levels = 255 / u64::from(step) + 1;
    let input = (0..format.inputs()).map(|_| random.below(levels) as u8 * step).collect();
    (input, random.next() as u8)
}

/// A memory of the last `capacity` lessons in all of a flash.
pub fn open<F: NorFlash>(
    flash: &mut F,
    capacity: usize,
    format: SampleFormat<'static>,
) -> Result<Memory<'static>, MemoryError> {
    let region = 0..flash.capacity() as u32;
    Memory::open(flash, region, capacity, format, 1)
}

/// The number of the first lesson, and all of them.
pub type Content = (u32, Vec<Sample>);

pub fn content<F: NorFlash>(memory: &Memory<'_>, flash: &mut F) -> Content {
    let lessons = (0..memory.len()).map(|index| {
        let mut lesson = (vec![0; memory.format().inputs()], 0);
        assert_eq!(memory.read(flash, index, &mut lesson.0, &mut lesson.1), Ok(true), "lesson {index}");
        lesson
    });
    let lessons: Vec<Sample> = lessons.collect();
    (memory.next_number() - lessons.len() as u32, lessons)
}

/// Expected contents after one more lesson: where `capacity` lessons are kept, the oldest goes.
pub fn appended((first, lessons): &Content, capacity: usize, sample: Sample) -> Content {
    let dropped = usize::from(lessons.len() == capacity);
    (first + dropped as u32, lessons[dropped..].iter().cloned().chain([sample]).collect())
}
