//! The outputs that have a delta.

use core::arch::asm;
use core::mem::MaybeUninit;
use core::slice;

use super::GROUP;

/// The most outputs to choose from at a time.
pub(super) const CHUNK: usize = 32;

/// An output: its delta, and where its weights begin. The assembly depends on the order of the fields.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Chosen {
    pub(super) delta: f32,
    pub(super) weights: *mut f32,
}

/// Those of up to [`CHUNK`] neighbouring outputs whose delta is not zero. `weights` are those of the first output, those
/// of the next are [`GROUP`] further.
#[inline(never)]
pub(super) fn choose<'a>(
    deltas: &[f32],
    weights: *mut f32,
    places: &'a mut [MaybeUninit<Chosen>; CHUNK],
) -> &'a [Chosen] {
    assert!(deltas.len() <= CHUNK);
    let first: *mut Chosen = places.as_mut_ptr().cast();
    let end: *mut Chosen;
    // SAFETY: each delta is written to a place, and stays there if it is not zero; there are as many places as deltas,
    // and those up to the end have been written.
    unsafe {
        asm!(
            "wls lr, lr, 3f",
            "2:",
            "ldr {delta}, [{deltas}], #4",
            "strd {delta}, {weights}, [{place}]",
            "lsls {delta}, {delta}, #1",
            "it ne",
            "addne {place}, {place}, #8",
            "add {weights}, {weights}, #4*{group}",
            "le lr, 2b",
            "3:",
            deltas = inout(reg) deltas.as_ptr() => _,
            weights = inout(reg) weights => _,
            place = inout(reg) first => end,
            delta = out(reg) _,
            group = const GROUP,
            inout("lr") deltas.len() => _,
            options(nostack),
        );
        slice::from_raw_parts(first, end.offset_from_unsigned(first))
    }
}
