//! Operations on each element of a slice by itself.

use core::arch::asm;

use crate::math::NAN;

/// `outputs[i]` = `outputs[i]` · `scale` + `bias[i]`, with the canonical NaN.
#[inline(never)]
pub(super) fn scale_and_add(outputs: &mut [f32], scale: f32, bias: &[f32]) {
    assert!(bias.len() == outputs.len());
    // SAFETY: tail predication keeps loads and stores within the two slices, which have the same length.
    unsafe {
        asm!(
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{outputs}]",
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
            inout("lr") outputs.len() => _, out("d0") _, out("d1") _, out("d2") _, out("d3") _,
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
#[inline(never)]
pub(in crate::kernels) fn all_finite(values: &[f32]) -> bool {
    let sums: u32;
    // SAFETY: tail predication keeps loads within the slice.
    unsafe {
        asm!(
            "mov {zero}, #0",
            "vmov.i32 q1, #0",
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{values}], #16",
            // Zero times such a value is NaN, and stays in the sum.
            "vfma.f32 q1, q0, {zero}",
            "letp lr, 2b",
            "3:",
            "vcmp.f32 ne, q1, q1",
            "vmrs {zero}, p0",
            values = inout(reg) values.as_ptr() => _,
            zero = out(reg) sums,
            inout("lr") values.len() => _, out("d0") _, out("d1") _, out("d2") _, out("d3") _,
            options(nostack, readonly),
        );
    }
    sums == 0
}
