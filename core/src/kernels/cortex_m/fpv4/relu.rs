//! ReLU and its derivative, in fewer instructions than the compiler's.

use core::arch::asm;

use crate::math::SMALLEST_SIGNAL;

/// Each value, or +0.0 where it is below [`SMALLEST_SIGNAL`]; NaN stays NaN.
pub(in crate::kernels) fn relu(values: &mut [f32]) {
    let (chunks, rest) = values.as_chunks_mut::<4>();
    // SAFETY: reads and writes the chunks and then the rest, which follows them.
    unsafe {
        asm!(
            "vmov s30, s31, {zero}, {limit}",
            "subs {chunks}, {chunks}, #1",
            "blo 3f",
            "2:",
            "vldmia {value}, {{s0-s3}}",
            each!([0 1 2 3] "vcmp.f32 s", ", s31\n vmrs APSR_nzcv, fpscr\n it mi\n vmovmi.f32 s", ", s30"),
            "vstmia {value}!, {{s0-s3}}",
            "subs {chunks}, {chunks}, #1",
            "bhs 2b",
            "3:",
            "subs {rest}, {rest}, #1",
            "blo 5f",
            "4:",
            "vldr s0, [{value}]",
            each!([0] "vcmp.f32 s", ", s31\n vmrs APSR_nzcv, fpscr\n it mi\n vmovmi.f32 s", ", s30"),
            "vstmia {value}!, {{s0}}",
            "subs {rest}, {rest}, #1",
            "bhs 4b",
            "5:",
            zero = in(reg) 0,
            limit = in(reg) SMALLEST_SIGNAL.to_bits(),
            value = inout(reg) chunks.as_mut_ptr() => _,
            chunks = inout(reg) chunks.len() => _,
            rest = inout(reg) rest.len() => _,
            out("d0") _, out("d1") _, out("d15") _,
            options(nostack),
        );
    }
}

/// Each delta where its output is positive, else +0.0.
pub(in crate::kernels) fn relu_backward(outputs: &[f32], deltas: &mut [f32]) {
    if outputs.len() != deltas.len() {
        return;
    }
    let (chunks, rest) = deltas.as_chunks_mut::<4>();
    // SAFETY: reads and writes the chunks of the deltas and then the rest, which follows them; there are as many outputs.
    unsafe {
        asm!(
            "vmov s8, {zero}",
            "subs {chunks}, {chunks}, #1",
            "blo 3f",
            "2:",
            "vldmia {output}!, {{s4-s7}}",
            "vldmia {delta}, {{s0-s3}}",
            // True for NaN.
            "vcmp.f32 s4, #0\n vmrs APSR_nzcv, fpscr\n it le\n vmovle.f32 s0, s8",
            "vcmp.f32 s5, #0\n vmrs APSR_nzcv, fpscr\n it le\n vmovle.f32 s1, s8",
            "vcmp.f32 s6, #0\n vmrs APSR_nzcv, fpscr\n it le\n vmovle.f32 s2, s8",
            "vcmp.f32 s7, #0\n vmrs APSR_nzcv, fpscr\n it le\n vmovle.f32 s3, s8",
            "vstmia {delta}!, {{s0-s3}}",
            "subs {chunks}, {chunks}, #1",
            "bhs 2b",
            "3:",
            "subs {rest}, {rest}, #1",
            "blo 5f",
            "4:",
            "vldmia {output}!, {{s4}}",
            "vldr s0, [{delta}]",
            "vcmp.f32 s4, #0\n vmrs APSR_nzcv, fpscr\n it le\n vmovle.f32 s0, s8",
            "vstmia {delta}!, {{s0}}",
            "subs {rest}, {rest}, #1",
            "bhs 4b",
            "5:",
            zero = in(reg) 0,
            output = inout(reg) outputs.as_ptr() => _,
            delta = inout(reg) chunks.as_mut_ptr() => _,
            chunks = inout(reg) chunks.len() => _,
            rest = inout(reg) rest.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("s8") _,
            options(nostack),
        );
    }
}
