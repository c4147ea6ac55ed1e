//! Samples that a device practises on: its last lessons, which it keeps in flash, and those compiled into the firmware.

use core::ops::Range;
use core::slice;
use dense_protocol::messages::{FlashFault, Floats, SampleMemory, Target};
use dense_replay::{FactorySet, Memory, MemoryError, Operation, Replay, Sampler, Source, TargetFormat, Value};
use embedded_storage::nor_flash::NorFlash;

/// The samples that a device practises on.
pub trait Samples {
    /// Description of the memory: its capacity, lessons and factory samples. `None` where there is no memory.
    fn description(&self) -> Option<SampleMemory>;

    /// Keeps a lesson, and returns how many there were since the last reset.
    ///
    /// # Errors
    /// [`FlashFault`], [`FlashFault::None`] where there is no flash for lessons.
    fn keep<F: NorFlash, V: Value>(
        &mut self,
        flash: &mut F,
        input: &[V],
        target: Target<'_>,
    ) -> Result<u32, FlashFault>;

    /// Reads the sample that `sampler` draws next: its input, its source and its target. `None` where there is none.
    ///
    /// # Errors
    /// [`FlashFault`] where a lesson cannot be read.
    fn read_next<F: NorFlash, V: Value>(
        &mut self,
        flash: &mut F,
        sampler: &mut Sampler,
        input: &mut [V],
    ) -> Result<Option<(Source, Target<'_>)>, FlashFault>;

    /// Erases the lessons.
    ///
    /// # Errors
    /// [`FlashFault`].
    fn clear<F: NorFlash>(&mut self, flash: &mut F) -> Result<(), FlashFault>;
}

/// No samples.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSamples;

impl Samples for NoSamples {
    fn description(&self) -> Option<SampleMemory> {
        None
    }

    fn keep<F: NorFlash, V: Value>(&mut self, _: &mut F, _: &[V], _: Target<'_>) -> Result<u32, FlashFault> {
        Err(FlashFault::None)
    }

    fn read_next<F: NorFlash, V: Value>(
        &mut self,
        _: &mut F,
        _: &mut Sampler,
        _: &mut [V],
    ) -> Result<Option<(Source, Target<'_>)>, FlashFault> {
        Ok(None)
    }

    fn clear<F: NorFlash>(&mut self, _: &mut F) -> Result<(), FlashFault> {
        Ok(())
    }
}

/// Lessons in flash and a factory set, for a network of `OUT` outputs.
pub struct ReplaySamples<'a, const OUT: usize> {
    replay: Replay<'a>,
    capacity: usize,
    /// Why there is no memory of lessons.
    fault: FlashFault,
    target: OwnedTarget<OUT>,
}

impl<'a, const OUT: usize> ReplaySamples<'a, OUT> {
    /// The last `capacity` lessons, in a `region` of `flash`, and the samples of `factory`. Lessons of another
    /// `names_checksum` count for nothing. An empty region is that of a board without.
    ///
    /// # Errors
    /// [`MemoryError::Region`] where the region has no room for so many. Where it cannot be read, there are factory
    /// samples alone, and the description says why.
    pub fn open<F: NorFlash>(
        flash: &mut F,
        region: Range<u32>,
        capacity: usize,
        factory: FactorySet<'a>,
        names_checksum: u32,
    ) -> Result<Self, MemoryError> {
        let format = factory.format();
        let (memory, fault) = if region.is_empty() {
            (None, FlashFault::None)
        } else {
            match Memory::open(flash, region, capacity, format, names_checksum) {
                Ok(memory) => (Some(memory), FlashFault::None),
                Err(error @ MemoryError::Region { .. }) => return Err(error),
                Err(error) => (None, fault(error)),
            }
        };
        let target = OwnedTarget { format: format.target(), class: 0, values: [[0; 4]; OUT] };
        Ok(Self { replay: Replay { memory, factory }, capacity, fault, target })
    }
}

impl<const OUT: usize> Samples for ReplaySamples<'_, OUT> {
    fn description(&self) -> Option<SampleMemory> {
        let Replay { memory, factory } = &self.replay;
        Some(SampleMemory {
            capacity: self.capacity as u32,
            lessons: memory.as_ref().map(Memory::next_number).ok_or(self.fault),
            factory_samples: factory.len() as u32,
            factory_checksum: factory.checksum(),
        })
    }

    #[inline(never)]
    fn keep<F: NorFlash, V: Value>(
        &mut self,
        flash: &mut F,
        input: &[V],
        target: Target<'_>,
    ) -> Result<u32, FlashFault> {
        let memory = self.replay.memory.as_mut().ok_or(self.fault)?;
        match target {
            Target::Class(class) => self.target.class = class,
            Target::Values(values) => {
                self.target
                    .values
                    .iter_mut()
                    .zip(values.values())
                    .for_each(|(place, value)| *place = value.to_le_bytes());
            }
        }
        memory.append(flash, input, &self.target).map_err(fault)?;
        Ok(memory.next_number())
    }

    #[inline(never)]
    fn read_next<F: NorFlash, V: Value>(
        &mut self,
        flash: &mut F,
        sampler: &mut Sampler,
        input: &mut [V],
    ) -> Result<Option<(Source, Target<'_>)>, FlashFault> {
        let source = self.replay.read_next(flash, sampler, input, &mut self.target).map_err(fault)?;
        Ok(source.map(|source| (source, self.target.as_target())))
    }

    fn clear<F: NorFlash>(&mut self, flash: &mut F) -> Result<(), FlashFault> {
        match &mut self.replay.memory {
            Some(memory) => memory.clear(flash).map_err(fault),
            None if self.fault == FlashFault::None => Ok(()),
            None => Err(self.fault),
        }
    }
}

/// A target in memory.
struct OwnedTarget<const OUT: usize> {
    format: TargetFormat,
    class: u8,
    values: [[u8; 4]; OUT],
}

impl<const OUT: usize> OwnedTarget<OUT> {
    fn as_target(&self) -> Target<'_> {
        match self.format {
            TargetFormat::Class => Target::Class(self.class),
            TargetFormat::Numbers(_) => Target::Values(Floats::from_bytes(&self.values)),
        }
    }
}

impl<const OUT: usize> dense_replay::Target for OwnedTarget<OUT> {
    fn format(&self) -> TargetFormat {
        self.format
    }

    fn to_bytes(&self) -> impl Iterator<Item = u8> {
        let bytes = match self.format {
            TargetFormat::Class => slice::from_ref(&self.class),
            TargetFormat::Numbers(_) => self.values.as_flattened(),
        };
        bytes.iter().copied()
    }

    fn set(&mut self, bytes: &mut impl Iterator<Item = u8>) {
        let own = match self.format {
            TargetFormat::Class => slice::from_mut(&mut self.class),
            TargetFormat::Numbers(_) => self.values.as_flattened_mut(),
        };
        own.iter_mut().zip(bytes).for_each(|(own, byte)| *own = byte);
    }
}

/// The fault of the flash that an error of the memory comes from.
const fn fault(error: MemoryError) -> FlashFault {
    match error {
        MemoryError::Flash { operation: Operation::Erase, .. } => FlashFault::Erase,
        MemoryError::Flash { operation: Operation::Write, .. } => FlashFault::Write,
        MemoryError::Flash { operation: Operation::Read, .. } => FlashFault::Read,
        // Samples have the length of the network's inputs, or the firmware would not have been built.
        MemoryError::Verify
        | MemoryError::Damaged { .. }
        | MemoryError::WrongLength(_)
        | MemoryError::Region { .. } => FlashFault::Verify,
    }
}
