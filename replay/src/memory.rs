//! The last lessons in flash, kept through a power cut at any moment.
//!
//! A region of flash has two halves, and one of them holds the lessons: records one after another, with rising numbers,
//! of which the last few count. When that half is full, the other one is erased, those few are copied there, and it goes
//! on there. So it does after every start, and after a failed write: a word that a power cut fell into may look as if it
//! had never been written, and a word must be written once after an erase, where flash has error correction. See
//! [`record`] for their bytes.
//!
//! A lesson whose write was cut short is kept, is lost, or has bits that read differently each time. In the last case
//! [`read`](Memory::read) returns [`Damaged`](MemoryError::Damaged) whenever its checksum is wrong, and the next
//! [`append`](Memory::append) keeps it or drops it.
//!
//! The lessons kept depend on the number of lessons alone, whatever starts there were between and however large the
//! flash is: a host can tell.

mod error;
mod record;

pub use error::{MemoryError, Operation};
pub use record::record_bytes;

use crate::format::SampleFormat;
use crate::quantization::Value;
use crate::target::Target;
use core::cmp::Ordering;
use core::ops::Range;
use embedded_storage::nor_flash::NorFlash;
use error::failed;
use record::{GENERATIONS, Reader, Seed, UNIT};

/// The last lessons, in a region of a flash that each method is lent. It remembers where they are.
#[derive(Clone, Debug)]
pub struct Memory<'a> {
    format: SampleFormat<'a>,
    /// A checksum of the format and the identity, which that of each record begins with.
    origin: u32,
    start: u32,
    half_bytes: u32,
    /// How many lessons are kept.
    capacity: u32,
    /// Which half holds the lessons.
    half: Half,
    /// The generations of the lower and the upper half: that of a copy is the next one.
    generations: [u8; 2],
    /// The number of the first lesson of that half.
    first: u32,
    /// How many are in it. The last ones of them, as many as are kept, count.
    count: u32,
    /// Whether the words after the last lesson are known to be erased.
    is_open: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Lower,
    Upper,
}

impl Half {
    const fn other(self) -> Self {
        match self {
            Self::Lower => Self::Upper,
            Self::Upper => Self::Lower,
        }
    }
}

// What is not inlined keeps its buffers off the stack of callers that are busy with something else.
impl<'a> Memory<'a> {
    /// Finds the lessons in a `region` of `flash`, from one address to another; the last `capacity` lessons are kept. Those
    /// of another `format` or `identity` are none: that is a checksum of whatever else gives a lesson its meaning, such as
    /// the names of the classes.
    ///
    /// # Errors
    /// [`MemoryError::Region`] where it is not in the flash, has halves that are not whole sectors, or has not the
    /// [bytes](region_bytes) for so many lessons, or for none; [`MemoryError::Flash`] where it cannot be read.
    #[inline(never)]
    pub fn open<F: NorFlash>(
        flash: &mut F,
        region: Range<u32>,
        capacity: usize,
        format: SampleFormat<'a>,
        identity: u32,
    ) -> Result<Self, MemoryError> {
        const {
            assert!(UNIT.is_multiple_of(F::WRITE_SIZE) && UNIT.is_multiple_of(F::READ_SIZE), "words of 1 to 16 bytes");
        }
        let half_bytes = region.end.saturating_sub(region.start) / 2;
        let (sector, least) = (F::ERASE_SIZE as u32, region_bytes(&format, capacity, F::ERASE_SIZE));
        let fits = region.end as usize <= flash.capacity()
            && region.start.is_multiple_of(sector)
            && half_bytes.is_multiple_of(sector)
            && half_bytes as usize >= least / 2
            && capacity > 0;
        if !fits {
            return Err(MemoryError::Region { start: region.start, end: region.end, least, sector, capacity });
        }
        let capacity = capacity as u32;
        let mut origin = format.checksum();
        origin.update(&identity.to_le_bytes());
        let (origin, start) = (origin.finish(), region.start);
        let (half, generations, is_open) = (Half::Lower, [0; 2], false);
        let mut memory =
            Self { format, origin, start, half_bytes, capacity, half, generations, first: 0, count: 0, is_open };
        let [lower, upper] = [memory.find_run(flash, Half::Lower)?, memory.find_run(flash, Half::Upper)?];
        // Where both end with the same lesson, the one with copies of the other may not be whole at each start.
        let [of_lower, of_upper] = memory.generations;
        memory.half = match ahead(upper, lower) {
            Ordering::Greater => Half::Upper,
            Ordering::Equal if of_lower == next(of_upper) => Half::Upper,
            _ => Half::Lower,
        };
        (memory.first, memory.count) = if memory.half == Half::Upper { upper } else { lower };
        Ok(memory)
    }

    /// How its samples are written.
    #[must_use]
    pub const fn format(&self) -> SampleFormat<'a> {
        self.format
    }

    /// The bytes of flash that a lesson takes.
    #[must_use]
    pub fn record_bytes(&self) -> usize {
        record_bytes(&self.format)
    }

    /// How many lessons are kept: the last ones.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// The number of lessons.
    #[must_use]
    pub const fn len(&self) -> usize {
        (self.count - self.outdated()) as usize
    }

    /// How many lessons of the half count no more.
    const fn outdated(&self) -> u32 {
        self.count.saturating_sub(self.capacity)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The number that the next lesson will have: how many there were since it was last [cleared](Self::clear).
    #[must_use]
    pub const fn next_number(&self) -> u32 {
        self.first.wrapping_add(self.count)
    }

    /// Keeps a lesson. When this returns `Ok`, it is in the flash and has been read back.
    ///
    /// # Errors
    /// [`MemoryError::WrongLength`] of the input or the target; [`MemoryError::Flash`] and [`MemoryError::Verify`] where
    /// the flash fails. The lessons before it are then still there.
    #[inline(never)]
    pub fn append<F: NorFlash, V: Value, T: Target + ?Sized>(
        &mut self,
        flash: &mut F,
        input: &[V],
        target: &T,
    ) -> Result<(), MemoryError> {
        let format = self.format;
        let sample = format.encode(input, target)?;
        if !self.is_open || self.count >= self.room() {
            self.move_to_other_half(flash)?;
        }
        let (number, address) = (self.next_number(), self.address(self.half, self.count));
        // Whatever fails from here on, the words of the record can be written no more.
        self.is_open = false;
        record::write(flash, address, self.seed(self.half), number, sample, self.record_bytes())?;
        if self.number_at(flash, self.half, self.count)? != Some(number) {
            return Err(MemoryError::Verify);
        }
        self.count += 1;
        self.is_open = true;
        Ok(())
    }

    /// Reads the lesson of an index; 0 is the oldest. Returns whether there is one.
    ///
    /// # Errors
    /// [`MemoryError::WrongLength`] of the input or the target; [`MemoryError::Flash`] or [`MemoryError::Damaged`] where
    /// the lesson cannot be read or is not as it was written: the input and the target may have changed.
    #[inline(never)]
    pub fn read<F: NorFlash, V: Value, T: Target + ?Sized>(
        &self,
        flash: &mut F,
        index: usize,
        input: &mut [V],
        target: &mut T,
    ) -> Result<bool, MemoryError> {
        self.format.check(input, target)?;
        if index >= self.len() {
            return Ok(false);
        }
        let index = self.outdated() + index as u32;
        let expected = self.first.wrapping_add(index);
        let mut reader = self.reader(flash, self.half, index);
        let number = reader.number();
        self.format.decode(reader.by_ref().take(self.format.sample_bytes()), input, target)?;
        let is_whole = reader.finish()?;
        if is_whole && number == expected { Ok(true) } else { Err(MemoryError::Damaged { number: expected }) }
    }

    /// Forgets the lessons. When this returns `Ok`, there is none and the next has number 0; until then, there are all of
    /// them, or the first of them.
    ///
    /// # Errors
    /// [`MemoryError::Flash`] and [`MemoryError::Verify`] where the flash fails.
    #[inline(never)]
    pub fn clear<F: NorFlash>(&mut self, flash: &mut F) -> Result<(), MemoryError> {
        self.is_open = false;
        // The lessons go last, or a power cut in between would bring back older ones.
        self.erase(flash, self.half.other())?;
        self.erase(flash, self.half)?;
        (self.first, self.count) = (0, 0);
        for half in [Half::Lower, Half::Upper] {
            if self.number_at(flash, half, 0)?.is_some() {
                return Err(MemoryError::Verify);
            }
        }
        Ok(())
    }

    /// Copies the lessons that count into the other half, once that is erased. This half stays as it is until the other one
    /// holds a newer lesson, unless the write of its last lesson was cut short: then it is erased at once.
    fn move_to_other_half<F: NorFlash>(&mut self, flash: &mut F) -> Result<(), MemoryError> {
        let (half, other) = (self.half, self.half.other());
        // Bits of a lesson that a power cut fell into may read differently each time; only the last one can be it.
        let last = self.count.saturating_sub(1);
        let is_broken = !self.is_open && self.number_at(flash, half, last)?.is_none();
        let count = if is_broken { last } else { self.count };
        let is_cut = !self.is_open && !self.is_erased(flash, half, count)?;
        let dropped = count.saturating_sub(self.capacity);
        self.set_generation(other, next(self.generation(half)));
        self.erase(flash, other)?;
        for index in 0..count - dropped {
            let from = (self.address(half, dropped + index), self.seed(half));
            record::copy(flash, [from, (self.address(other, index), self.seed(other))], self.record_bytes())?;
            if self.number_at(flash, other, index)? != Some(self.first.wrapping_add(dropped + index)) {
                return Err(MemoryError::Verify);
            }
        }
        self.half = other;
        self.first = self.first.wrapping_add(dropped);
        self.count = count - dropped;
        if is_cut {
            // It could read as whole at another start, and have the number of the next lesson.
            self.erase(flash, half)?;
        }
        self.is_open = true;
        Ok(())
    }

    fn erase<F: NorFlash>(&self, flash: &mut F, half: Half) -> Result<(), MemoryError> {
        let start = self.address(half, 0);
        flash.erase(start, start + self.half_bytes).map_err(failed(Operation::Erase))
    }

    /// Finds the generation of a half, and returns its [run](Self::run).
    fn find_run<F: NorFlash>(&mut self, flash: &mut F, half: Half) -> Result<(u32, u32), MemoryError> {
        for generation in 0..GENERATIONS {
            self.set_generation(half, generation);
            let run = self.run(flash, half)?;
            if run.1 > 0 {
                return Ok(run);
            }
        }
        Ok((0, 0))
    }

    const fn generation(&self, half: Half) -> u8 {
        let [lower, upper] = self.generations;
        if matches!(half, Half::Lower) { lower } else { upper }
    }

    const fn set_generation(&mut self, half: Half, generation: u8) {
        let [lower, upper] = &mut self.generations;
        *(if matches!(half, Half::Lower) { lower } else { upper }) = generation;
    }

    const fn seed(&self, half: Half) -> Seed {
        Seed { origin: self.origin, generation: self.generation(half) }
    }

    /// The lessons that a half begins with: the number of the first, and how many follow each other.
    fn run<F: NorFlash>(&self, flash: &mut F, half: Half) -> Result<(u32, u32), MemoryError> {
        let Some(first) = self.number_at(flash, half, 0)? else { return Ok((0, 0)) };
        let mut count = 1;
        while count < self.room() && self.number_at(flash, half, count)? == Some(first.wrapping_add(count)) {
            count += 1;
        }
        Ok((first, count))
    }

    /// The records that a half has room for.
    fn room(&self) -> u32 {
        self.half_bytes / self.record_bytes() as u32
    }

    /// Whether the record of an index is erased, or beyond the end of the half.
    fn is_erased<F: NorFlash>(&self, flash: &mut F, half: Half, index: u32) -> Result<bool, MemoryError> {
        if index >= self.room() {
            return Ok(true);
        }
        let mut reader = self.reader(flash, half, index);
        let is_erased = reader.by_ref().all(|byte| byte == 0xff);
        reader.finish()?;
        Ok(is_erased)
    }

    /// The number of a record, if it is whole.
    fn number_at<F: NorFlash>(&self, flash: &mut F, half: Half, index: u32) -> Result<Option<u32>, MemoryError> {
        let mut reader = self.reader(flash, half, index);
        let number = reader.number();
        Ok(reader.finish()?.then_some(number))
    }

    fn reader<'f, F: NorFlash>(&self, flash: &'f mut F, half: Half, index: u32) -> Reader<'f, F> {
        Reader::new(flash, self.address(half, index), self.record_bytes(), self.seed(half))
    }

    fn address(&self, half: Half, index: u32) -> u32 {
        let start = if half == Half::Lower { self.start } else { self.start + self.half_bytes };
        start + index * self.record_bytes() as u32
    }
}

/// The fewest bytes of a region that keeps so many lessons, in a flash with sectors of `sector` bytes. More of them let
/// more lessons come between two erases.
#[must_use]
pub fn region_bytes(format: &SampleFormat<'_>, capacity: usize, sector: usize) -> usize {
    // One more than are kept.
    2 * capacity.saturating_add(1).saturating_mul(record_bytes(format)).next_multiple_of(sector)
}

/// Whether one run of lessons ends later than another or, where both end with the same lesson, begins earlier. Numbers wrap
/// around; those of two halves are never far apart.
fn ahead((first, count): (u32, u32), (other_first, other_count): (u32, u32)) -> Ordering {
    if count == 0 || other_count == 0 {
        return count.cmp(&other_count);
    }
    let ahead = first.wrapping_add(count).wrapping_sub(other_first.wrapping_add(other_count)).cast_signed();
    ahead.cmp(&0).then(count.cmp(&other_count))
}

/// The generation after one.
const fn next(generation: u8) -> u8 {
    (generation + 1) % GENERATIONS
}
