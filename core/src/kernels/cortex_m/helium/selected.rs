//! Selection of the outputs whose delta is not zero.

use core::arch::asm;
use core::mem::MaybeUninit;
use core::slice;

use super::GROUP;

/// The most outputs to select from at a time.
pub(super) const CHUNK: usize = 32;

/// An output: its delta, and where its weights begin. The assembly depends on the order of the fields.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Selected {
    pub(super) delta: f32,
    pub(super) weights: *mut f32,
}

/// Number of nonzero deltas; `None` where one is NaN or infinite.
#[inline(never)]
pub(super) fn count(deltas: &[f32]) -> Option<usize> {
    let (not_zero, suspect): (usize, u32);
    // SAFETY: tail predication keeps loads within the slice.
    unsafe {
        asm!(
            "vmov.i32 q1, #1",
            "vmov.i32 q2, #0",
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{deltas}], #16",
            // Zero times NaN or infinity is NaN.
            "vfma.f32 q2, q0, {zero}",
            "vpt.f32 ne, q0, zr",
            "vaddvat.u32 r0, q1",
            "letp lr, 2b",
            "3:",
            "vcmp.f32 ne, q2, q2",
            "vmrs {zero}, p0",
            deltas = inout(reg) deltas.as_ptr() => _,
            zero = inout(reg) 0 => suspect,
            inout("r0") 0 => not_zero,
            inout("lr") deltas.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            options(nostack, readonly),
        );
    }
    (suspect == 0).then_some(not_zero)
}

/// Those of up to [`CHUNK`] neighbouring outputs whose delta is not +0.0. `weights` are those of the first output, those
/// of the next are [`GROUP`] further.
#[inline(never)]
pub(super) fn select<'a>(
    deltas: &[f32],
    weights: *mut f32,
    places: &'a mut [MaybeUninit<Selected>; CHUNK],
) -> &'a [Selected] {
    assert!(deltas.len() <= CHUNK);
    let first: *mut Selected = places.as_mut_ptr().cast();
    let end: *mut Selected;
    // SAFETY: there are as many places as deltas, and those up to the end have been written.
    unsafe {
        asm!(
            "wls lr, lr, 4f",
            "2:",
            "ldr r0, [{deltas}], #4",
            "cbz r0, 3f",
            "strd r0, {weights}, [{place}], #8",
            "3:",
            "add {weights}, {weights}, #4*{group}",
            "le lr, 2b",
            "4:",
            deltas = inout(reg) deltas.as_ptr() => _,
            weights = inout(reg) weights => _,
            place = inout(reg) first => end,
            group = const GROUP,
            // `cbz` takes one of the low registers.
            out("r0") _,
            inout("lr") deltas.len() => _,
            options(nostack),
        );
        slice::from_raw_parts(first, end.offset_from_unsigned(first))
    }
}
