//! A NOR flash with the rules of the strictest ones, whose power can be cut at any operation.
//!
//! A word is written once after an erase, whole and aligned; sectors are erased whole. Writing a word and erasing a
//! sector are one operation each. The operation that the power cut falls into leaves the old content, the new one, random
//! bits, or bits that read differently each time; nothing works after it until [`Flash::power_up`].

use super::Random;
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use std::collections::BTreeMap;

#[derive(Clone)]
pub struct Flash<const WORD: usize, const SECTOR: usize> {
    bytes: Vec<u8>,
    is_written: Vec<bool>,
    /// The bits of a byte that read differently each time, by its address.
    marginal: BTreeMap<usize, u8>,
    noise: Random,
    operations: u64,
    power: Power,
    /// A byte that no write changes.
    stuck: Option<usize>,
    /// How many reads will succeed.
    good_reads: u64,
    /// Whether it refuses to write a word that was written since it was erased, as one with error correction; else the test
    /// fails.
    refuses_second_writes: bool,
}

#[derive(Clone)]
enum Power {
    On,
    /// It will fail in the operation of that number.
    Failing {
        at: u64,
        torn: Torn,
        random: Random,
    },
    Off,
}

/// State of a word or sector after a power cut during its write or erase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    Old,
    New,
    RandomBits,
    /// Bits that read differently each time, until they are erased: up to three of a word that was else written, and any
    /// in half of the words of a sector whose other words are as they were, or erased.
    Marginal,
}

impl Torn {
    pub const ALL: [Self; 4] = [Self::Old, Self::New, Self::RandomBits, Self::Marginal];
}

#[derive(Debug)]
pub enum Fault {
    PowerIsOff,
    CannotRead,
    WrittenTwice,
    Misuse(NorFlashErrorKind),
}

impl NorFlashError for Fault {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::PowerIsOff | Self::CannotRead | Self::WrittenTwice => NorFlashErrorKind::Other,
            Self::Misuse(kind) => *kind,
        }
    }
}

impl<const WORD: usize, const SECTOR: usize> Flash<WORD, SECTOR> {
    /// An erased flash.
    pub fn new(sectors: usize) -> Self {
        let bytes = sectors * SECTOR;
        Self {
            bytes: vec![0xff; bytes],
            is_written: vec![false; bytes / WORD],
            marginal: BTreeMap::new(),
            noise: Random(0),
            operations: 0,
            power: Power::On,
            stuck: None,
            good_reads: u64::MAX,
            refuses_second_writes: false,
        }
    }

    /// The whole of it, as a region.
    pub fn region(&self) -> std::ops::Range<u32> {
        0..self.bytes.len() as u32
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether some bits read differently each time.
    pub fn is_marginal(&self) -> bool {
        !self.marginal.is_empty()
    }

    /// The content, to be tampered with. It must be erased before anything else is written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.is_written.fill(true);
        &mut self.bytes
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// The power will fail in the operation after `after` more.
    pub fn cut_power(&mut self, after: u64, torn: Torn, random: Random) {
        self.power = Power::Failing { at: self.operations + after, torn, random };
    }

    /// The power is back.
    pub fn power_up(&mut self) {
        self.power = Power::On;
    }

    /// The byte at `address` will not change in any write.
    pub fn break_byte(&mut self, address: usize) {
        self.stuck = Some(address);
    }

    /// All reads after `count` more will fail.
    pub fn fail_reads_after(&mut self, count: u64) {
        self.good_reads = count;
    }

    /// Writing a word twice is refused from now on, and is no fault of the test.
    pub fn refuse_second_writes(&mut self) {
        self.refuses_second_writes = true;
    }

    /// Gives it the content and the state of `other`, of the same size.
    pub fn copy_from(&mut self, other: &Self) {
        self.bytes.copy_from_slice(&other.bytes);
        self.is_written.copy_from_slice(&other.is_written);
        self.marginal.clone_from(&other.marginal);
        self.noise = other.noise.clone();
        self.operations = other.operations;
        self.power = other.power.clone();
        self.stuck = other.stuck;
        self.good_reads = other.good_reads;
        self.refuses_second_writes = other.refuses_second_writes;
    }

    /// Begins an operation. Returns how it goes wrong, if it does.
    fn begin(&mut self) -> Result<Option<(Torn, Random)>, Fault> {
        let failure = match &self.power {
            Power::On => None,
            Power::Off => return Err(Fault::PowerIsOff),
            Power::Failing { at, torn, random } => (*at == self.operations).then(|| (*torn, random.clone())),
        };
        if failure.is_some() {
            self.power = Power::Off;
        }
        self.operations += 1;
        Ok(failure)
    }
}

impl<const WORD: usize, const SECTOR: usize> ErrorType for Flash<WORD, SECTOR> {
    type Error = Fault;
}

impl<const WORD: usize, const SECTOR: usize> ReadNorFlash for Flash<WORD, SECTOR> {
    const READ_SIZE: usize = WORD;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Fault> {
        if matches!(self.power, Power::Off) {
            return Err(Fault::PowerIsOff);
        }
        self.good_reads = self.good_reads.checked_sub(1).ok_or(Fault::CannotRead)?;
        check_read(self, offset, bytes.len()).map_err(Fault::Misuse)?;
        let offset = offset as usize;
        bytes.copy_from_slice(&self.bytes[offset..offset + bytes.len()]);
        for (address, bits) in self.marginal.range(offset..offset + bytes.len()) {
            bytes[address - offset] ^= bits & self.noise.next() as u8;
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl<const WORD: usize, const SECTOR: usize> NorFlash for Flash<WORD, SECTOR> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Fault> {
        check_erase(self, from, to).map_err(Fault::Misuse)?;
        for start in (from as usize..to as usize).step_by(SECTOR) {
            let mut failure = self.begin()?;
            let sector = &mut self.bytes[start..start + SECTOR];
            if !matches!(failure, Some((Torn::Old, _))) {
                self.marginal.retain(|address, _| !(start..start + SECTOR).contains(address));
            }
            match &mut failure {
                None | Some((Torn::New, _)) => sector.fill(0xff),
                Some((Torn::Old, _)) => {}
                Some((Torn::Marginal, random)) => {
                    self.noise = random.fork();
                    for (word, start) in sector.chunks_exact_mut(WORD).zip((start..).step_by(WORD)) {
                        match random.below(4) {
                            0 => {}
                            1 => word.fill(0xff),
                            _ => self
                                .marginal
                                .extend((start..start + WORD).map(|address| (address, random.next() as u8))),
                        }
                    }
                }
                Some((Torn::RandomBits, random)) => {
                    // Some bytes are as they were, some are erased, some are neither.
                    for byte in sector {
                        *byte = match random.below(4) {
                            0 => *byte,
                            1 => 0xff,
                            2 => *byte | random.next() as u8,
                            _ => random.next() as u8,
                        };
                    }
                }
            }
            let is_erased = matches!(failure, None | Some((Torn::New, _)));
            self.is_written[start / WORD..(start + SECTOR) / WORD].fill(!is_erased);
            if failure.is_some() {
                return Err(Fault::PowerIsOff);
            }
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Fault> {
        check_write(self, offset, bytes.len()).map_err(Fault::Misuse)?;
        for (start, new) in (offset as usize..).step_by(WORD).zip(bytes.chunks_exact(WORD)) {
            let mut failure = self.begin()?;
            if self.refuses_second_writes && self.is_written[start / WORD] {
                return Err(Fault::WrittenTwice);
            }
            assert!(!self.is_written[start / WORD], "the word at {start} is written twice");
            self.is_written[start / WORD] = true;
            let stuck = self.stuck.filter(|address| (start..start + WORD).contains(address));
            let kept = stuck.map(|address| (address, self.bytes[address]));
            let word = &mut self.bytes[start..start + WORD];
            match &mut failure {
                None | Some((Torn::New, _)) => word.copy_from_slice(new),
                Some((Torn::Old, _)) => {}
                Some((Torn::RandomBits, random)) => word.fill_with(|| random.next() as u8),
                Some((Torn::Marginal, random)) => {
                    word.copy_from_slice(new);
                    self.noise = random.fork();
                    for _ in 0..=random.below(3) {
                        let address = start + random.below(WORD as u64) as usize;
                        *self.marginal.entry(address).or_default() |= 1 << random.below(8);
                    }
                }
            }
            if let Some((address, byte)) = kept {
                self.bytes[address] = byte;
            }
            if failure.is_some() {
                return Err(Fault::PowerIsOff);
            }
        }
        Ok(())
    }
}
