//! Parameters: saved in flash and loaded, read and written by the host.

use super::{Device, PARAMETERS_READ};
use crate::Model;
use crate::samples::Samples;
use crate::store::{Operation, StoreError};
use dense_protocol::messages::{FlashFault, Floats, Origin, Refusal, Reply, Saved};
use embedded_storage::nor_flash::NorFlash;

impl<M: Model, F: NorFlash, S: Samples> Device<'_, M, F, S> {
    pub(super) fn save(&mut self) -> Result<Reply<'_>, Refusal> {
        self.check_complete()?;
        let saved = self.store.save(&mut self.flash, &self.model).map_err(refusal)?;
        self.origin = Origin::Save(saved.save);
        Ok(Reply::Saved(Saved { save: saved.save, slot: saved.slot }))
    }

    pub(super) fn load(&mut self) -> Result<Reply<'_>, Refusal> {
        match self.store.load(&mut self.flash, &mut self.model) {
            Ok(saved) => {
                self.set_origin(Origin::Save(saved.save));
                Ok(Reply::Loaded { save: saved.save })
            }
            Err(error) => {
                // The parameters are as they were, unless others were being written or some have changed.
                if self.written.is_some() || error == StoreError::Verify {
                    self.restore_factory(origin_without(error));
                }
                Err(refusal(error))
            }
        }
    }

    pub(super) fn reset(&mut self) -> Result<Reply<'_>, Refusal> {
        self.samples.clear(&mut self.flash).map_err(Refusal::Flash)?;
        match self.store.erase(&mut self.flash) {
            Ok(()) | Err(StoreError::NoFlash) => {
                self.restore_factory(Origin::Factory);
                Ok(Reply::Reset)
            }
            Err(error) => Err(refusal(error)),
        }
    }

    pub(super) fn read_parameters(&mut self, first: u32) -> Result<Reply<'_>, Refusal> {
        self.check_complete()?;
        let left = (M::PARAMETERS as u32).saturating_sub(first) as usize;
        let read = self.read.get_mut(..left.min(PARAMETERS_READ)).unwrap_or_default();
        for (place, value) in read.iter_mut().zip(self.model.parameters().skip(first as usize)) {
            *place = value.to_le_bytes();
        }
        Ok(Reply::Parameters(Floats::from_bytes(read)))
    }

    pub(super) fn write_parameters(&mut self, first: u32, values: Floats<'_>) -> Result<Reply<'_>, Refusal> {
        // The first piece begins anew.
        let expected = if first == 0 { 0 } else { self.written.unwrap_or(0) };
        let left = M::PARAMETERS as u32 - expected;
        if first != expected || values.len() > left as usize || !values.is_whole() {
            return Err(Refusal::Parameters { found: first, expected });
        }
        if !values.values().all(f32::is_finite) {
            return Err(Refusal::NotFinite);
        }
        for (index, value) in (first as usize..).zip(values.values()) {
            self.model.set_parameter(index, value);
        }
        self.written = Some(expected + values.len() as u32);
        self.checksum = None;
        Ok(Reply::Written { missing: left - values.len() as u32 })
    }

    pub(super) fn use_parameters(&mut self, checksum: u32) -> Result<Reply<'_>, Refusal> {
        let (written, count) = (self.written.unwrap_or(0), M::PARAMETERS as u32);
        if written != count {
            return Err(Refusal::Parameters { found: count, expected: written });
        }
        let found = self.model.checksum();
        if found != checksum {
            self.go_back();
            return Err(Refusal::Checksum { found });
        }
        self.set_origin(Origin::Host);
        self.checksum = Some(found);
        Ok(Reply::Used)
    }

    /// Refuses what needs parameters that are complete.
    pub(super) const fn check_complete(&self) -> Result<(), Refusal> {
        if self.written.is_some() { Err(Refusal::Writing) } else { Ok(()) }
    }

    /// The parameters saved last or, where there are none, those of the firmware.
    pub(super) fn go_back(&mut self) {
        match self.store.load(&mut self.flash, &mut self.model) {
            Ok(saved) => self.set_origin(Origin::Save(saved.save)),
            Err(error) => self.restore_factory(origin_without(error)),
        }
    }

    fn restore_factory(&mut self, origin: Origin) {
        self.model.restore_factory();
        self.set_origin(origin);
    }

    /// The parameters are other ones now, from there.
    fn set_origin(&mut self, origin: Origin) {
        self.model.reset_optimizer();
        (self.origin, self.checksum, self.written) = (origin, None, None);
    }

    /// The checksum of the parameters. It takes much longer than a step, so it is computed when it is asked for.
    pub(super) fn checksum(&mut self) -> u32 {
        *self.checksum.get_or_insert_with(|| self.model.checksum())
    }
}

/// Where the parameters come from when the store has this error.
const fn origin_without(error: StoreError) -> Origin {
    match error {
        StoreError::NothingSaved | StoreError::NoFlash => Origin::Factory,
        _ => Origin::Unreadable,
    }
}

/// The [`Refusal`] of a [`StoreError`].
fn refusal(error: StoreError) -> Refusal {
    match error {
        StoreError::NothingSaved => Refusal::NothingSaved,
        StoreError::NoFlash => Refusal::Flash(FlashFault::None),
        StoreError::NotFinite { .. } => Refusal::Overflow,
        StoreError::Flash { operation: Operation::Erase, .. } => Refusal::Flash(FlashFault::Erase),
        StoreError::Flash { operation: Operation::Write, .. } => Refusal::Flash(FlashFault::Write),
        StoreError::Flash { operation: Operation::Read, .. } => Refusal::Flash(FlashFault::Read),
        StoreError::Verify | StoreError::Region { .. } => Refusal::Flash(FlashFault::Verify),
    }
}
