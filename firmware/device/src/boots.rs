//! The number of a start, larger than those of all starts before, whatever happens to the power.
//!
//! A region of flash of two sectors holds entries of 16 bytes, one for each start: its number, and the same inverted, in
//! little-endian order, each in a word of its own size or smaller. The next entry goes behind the last one. When a sector is
//! full, the other one is erased, and it goes on there; the last entry of the full one stays until that is full, too.
//!
//! A word that a power cut fell into may look erased, though a flash with error correction refuses to write it again, or
//! may read differently each time. So each place has a number of its own, whether it is used or passed over: a cut entry
//! that reads as whole at one start and as broken at the next never has the number of another. A number is used only when
//! its entry has been read back.
//!
//! Assumption: in each sector, at least one entry is written without a power cut. Otherwise numbers may be used again.

use core::ops::Range;
use dense_protocol::messages::FlashFault;
use embedded_storage::nor_flash::NorFlash;

/// Bytes of an entry.
const ENTRY: u32 = 16;
/// Entries of a sector, at most: all of them are read at a start.
const MOST_ENTRIES: u32 = 256;

/// The number of this start, from 1, which is then in the flash: one more than that of the last start, and one more for each
/// place that cannot be written. To be called once a start.
///
/// # Errors
/// [`FlashFault`]; [`FlashFault::None`] where `region` is empty, and [`FlashFault::Verify`] where no entry can be written or
/// the numbers are used up.
///
/// # Panics
/// Where `region` is neither empty nor two sectors of `flash`.
#[inline(never)]
pub fn next_boot<F: NorFlash>(flash: &mut F, region: Range<u32>) -> Result<u32, FlashFault> {
    const {
        assert!((ENTRY as usize).is_multiple_of(F::WRITE_SIZE) && (ENTRY as usize).is_multiple_of(F::READ_SIZE));
        assert!(F::ERASE_SIZE >= ENTRY as usize, "words of 1 to 16 bytes");
    }
    if region.is_empty() {
        return Err(FlashFault::None);
    }
    let sector = F::ERASE_SIZE as u32;
    assert!(
        region.start.is_multiple_of(sector) && region.end == region.start + 2 * sector,
        "numbers of starts need two sectors"
    );
    let starts = [region.start, region.start + sector];
    let mut last = Last { boot: 0, sector: 0, next: 0 };
    for (sector, start) in starts.into_iter().enumerate() {
        for index in 0..entries::<F>() {
            if let Some(boot) = read(flash, start + ENTRY * index)?
                && boot > last.boot
            {
                last = Last { boot, sector, next: index + 1 };
            }
        }
    }
    let mut boot = last.boot;
    for index in last.next..entries::<F>() {
        boot = boot.checked_add(1).ok_or(FlashFault::Verify)?;
        if write(flash, starts[last.sector] + ENTRY * index, boot) {
            return Ok(boot);
        }
    }
    let other = starts[1 - last.sector];
    flash.erase(other, other + sector).map_err(|_| FlashFault::Erase)?;
    for index in 0..entries::<F>() {
        boot = boot.checked_add(1).ok_or(FlashFault::Verify)?;
        if write(flash, other + ENTRY * index, boot) {
            return Ok(boot);
        }
    }
    Err(FlashFault::Verify)
}

/// The newest entry.
struct Last {
    boot: u32,
    /// Which sector it is in.
    sector: usize,
    /// The index of the entry behind it.
    next: u32,
}

const fn entries<F: NorFlash>() -> u32 {
    let fit = F::ERASE_SIZE as u32 / ENTRY;
    if fit < MOST_ENTRIES { fit } else { MOST_ENTRIES }
}

/// The number of an entry, if it is whole.
fn read<F: NorFlash>(flash: &mut F, address: u32) -> Result<Option<u32>, FlashFault> {
    let mut bytes = [0; ENTRY as usize];
    flash.read(address, &mut bytes).map_err(|_| FlashFault::Read)?;
    let [number, inverted, ..] = *bytes.as_chunks::<4>().0 else { return Ok(None) };
    let (number, inverted) = (u32::from_le_bytes(number), u32::from_le_bytes(inverted));
    Ok((number == !inverted && bytes == to_bytes(number)).then_some(number))
}

/// Writes an entry where there seems to be none, and returns whether it is there.
fn write<F: NorFlash>(flash: &mut F, address: u32, number: u32) -> bool {
    let mut bytes = [0; ENTRY as usize];
    flash.read(address, &mut bytes).is_ok()
        && bytes == [0xff; ENTRY as usize]
        && flash.write(address, &to_bytes(number)).is_ok()
        && read(flash, address) == Ok(Some(number))
}

/// The number and its inverse, twice.
fn to_bytes(number: u32) -> [u8; ENTRY as usize] {
    let mut bytes = [0; ENTRY as usize];
    for (place, word) in bytes.as_chunks_mut().0.iter_mut().zip([number, !number].into_iter().cycle()) {
        *place = word.to_le_bytes();
    }
    bytes
}
