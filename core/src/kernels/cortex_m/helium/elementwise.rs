//! Operations on each element of a slice by itself.

use core::arch::asm;

use crate::math::{NAN, SMALLEST_SIGNAL};

/// `outputs[i]` = (`outputs[i]` + 0.0) · `scale` + `bias[i]`, with the canonical NaN.
#[inline(never)]
pub(super) fn scale_and_add(outputs: &mut [f32], scale: f32, bias: &[f32]) {
    assert!(bias.len() == outputs.len());
    // SAFETY: tail predication keeps loads and stores within the two slices, which have the same length.
    unsafe {
        asm!(
            "vmov.i32 q2, #0",
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{outputs}]",
            "vadd.f32 q0, q0, q2",
            "vldrw.u32 q1, [{bias}], #16",
            "vfma.f32 q1, q0, {scale}",
            "vpt.f32 ne, q1, q1",
            "vdupt.32 q1, {nan}",
            "vstrw.32 q1, [{outputs}], #16",
            "letp lr, 2b",
            "3:",
            outputs = inout(reg) outputs.as_mut_ptr() => _,
            bias = inout(reg) bias.as_ptr() => _,
            scale = in(reg) scale.to_bits(),
            nan = in(reg) NAN.to_bits(),
            inout("lr") outputs.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            options(nostack),
        );
    }
}

/// Replaces each value of a magnitude below `limit` by +0.0, and each NaN by the canonical one.
#[inline(never)]
pub(super) fn flush_below(values: &mut [f32], limit: f32) {
    // SAFETY: tail predication keeps loads and stores within the slice.
    unsafe {
        asm!(
            "vdup.32 q2, {limit}",
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{values}]",
            "vabs.f32 q1, q0",
            "vpt.f32 gt, q2, q1",
            "vmovt.i32 q0, #0",
            "vpt.f32 ne, q0, q0",
            "vdupt.32 q0, {nan}",
            "vstrw.32 q0, [{values}], #16",
            "letp lr, 2b",
            "3:",
            values = inout(reg) values.as_mut_ptr() => _,
            limit = in(reg) limit.to_bits(),
            nan = in(reg) NAN.to_bits(),
            inout("lr") values.len() => _, out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            options(nostack),
        );
    }
}

/// Whether no value is NaN or infinite.
///
/// A sum of products is not finite where one of the values is not. Only then each value is tested.
#[inline(never)]
pub(in crate::kernels) fn all_finite(values: &[f32]) -> bool {
    let (chunks, rest) = values.as_chunks::<16>();
    let suspect: u32;
    // SAFETY: reads the chunks, and then the rest, which follows them, under tail predication.
    unsafe {
        asm!(
            "vmov.i32 q2, #0",
            "wls lr, {chunks}, 3f",
            "2:",
            "vldrw.u32 q0, [{values}], #16",
            "vldrw.u32 q1, [{values}], #16",
            "vfma.f32 q2, q0, q1",
            "vldrw.u32 q0, [{values}], #16",
            "vldrw.u32 q1, [{values}], #16",
            "vfma.f32 q2, q0, q1",
            "le lr, 2b",
            "3:",
            "wlstp.32 lr, {rest}, 5f",
            "4:",
            "vldrw.u32 q0, [{values}], #16",
            "vfma.f32 q2, q0, q0",
            "letp lr, 4b",
            "5:",
            // Zero times NaN or infinity is NaN.
            "vmul.f32 q2, q2, {zero}",
            "vcmp.f32 ne, q2, q2",
            "vmrs {suspect}, p0",
            values = inout(reg) values.as_ptr() => _,
            chunks = in(reg) chunks.len(),
            rest = in(reg) rest.len(),
            zero = in(reg) 0,
            suspect = lateout(reg) suspect,
            out("lr") _, out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            options(nostack, readonly),
        );
    }
    suspect == 0 || values.iter().all(|value| value.is_finite())
}

/// Each value, or +0.0 where it is below [`SMALLEST_SIGNAL`].
#[inline(never)]
pub(in crate::kernels) fn relu(values: &mut [f32]) {
    // SAFETY: tail predication keeps loads and stores within the slice.
    unsafe {
        asm!(
            "vdup.32 q1, {limit}",
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{values}]",
            "vpt.f32 gt, q1, q0",
            "vmovt.i32 q0, #0",
            "vstrw.32 q0, [{values}], #16",
            "letp lr, 2b",
            "3:",
            values = inout(reg) values.as_mut_ptr() => _,
            limit = in(reg) SMALLEST_SIGNAL.to_bits(),
            inout("lr") values.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _,
            options(nostack),
        );
    }
}

/// Each delta where its output is positive, else +0.0.
#[inline(never)]
pub(in crate::kernels) fn relu_backward(outputs: &[f32], deltas: &mut [f32]) {
    assert!(outputs.len() == deltas.len());
    // SAFETY: tail predication keeps loads and stores within the two slices, which have the same length.
    unsafe {
        asm!(
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{outputs}], #16",
            "vldrw.u32 q1, [{deltas}]",
            // True for NaN.
            "vpt.f32 le, q0, zr",
            "vmovt.i32 q1, #0",
            "vstrw.32 q1, [{deltas}], #16",
            "letp lr, 2b",
            "3:",
            outputs = inout(reg) outputs.as_ptr() => _,
            deltas = inout(reg) deltas.as_mut_ptr() => _,
            inout("lr") deltas.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _,
            options(nostack),
        );
    }
}
