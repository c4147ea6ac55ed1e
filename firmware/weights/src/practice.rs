//! The samples that the device practises on: those of the file that `FACTORY_SET` names, and its own lessons.

use core::ops::Range;
use dense_replay::MemoryError;
use embedded_storage::nor_flash::NorFlash;

#[cfg(factory_set)]
include!(concat!(env!("OUT_DIR"), "/factory_set.rs"));

/// The samples.
#[cfg(factory_set)]
pub type Samples = dense_device::ReplaySamples<'static, { crate::OUTPUTS }>;
/// The samples: none.
#[cfg(not(factory_set))]
pub type Samples = dense_device::NoSamples;

/// The samples, with lessons in a `region` of `flash`; an empty one is that of a board without.
///
/// # Errors
/// [`MemoryError::Region`] where it has no room for as many lessons as the file says.
#[cfg(factory_set)]
#[inline(never)]
pub fn samples<F: NorFlash>(flash: &mut F, region: Range<u32>) -> Result<Samples, MemoryError> {
    use dense_device::Model;
    use dense_protocol::messages::Task;
    use dense_replay::TargetFormat;

    const {
        let is_number = matches!(<crate::Served<'static> as Model>::TASK, Task::Values);
        let is_like_network = match factory_set::SAMPLE_FORMAT.target() {
            TargetFormat::Class => !is_number,
            TargetFormat::Numbers(count) => is_number && count == crate::OUTPUTS,
        };
        assert!(is_like_network, "FACTORY_SET is for a network with other outputs than WEIGHTS");
        assert!(
            factory_set::SAMPLE_FORMAT.inputs() == crate::INPUTS,
            "FACTORY_SET is for a network with other inputs than WEIGHTS"
        );
    }
    Samples::open(flash, region, factory_set::LESSONS, factory_set::FACTORY_SET, crate::names_checksum())
}

/// The samples: none.
///
/// # Errors
/// None.
#[cfg(not(factory_set))]
pub fn samples<F: NorFlash>(_: &mut F, _: Range<u32>) -> Result<Samples, MemoryError> {
    Ok(dense_device::NoSamples)
}
