//! ReLU and its derivative, by comparing bits in core registers: a comparison of floats takes twice as long.

use core::arch::asm;

use crate::kernels::elementwise::loops;
use crate::math::SMALLEST_SIGNAL;

/// Added to the bits of a NaN with a minus sign, and of nothing else, this overflows.
const FINDS_NAN: u32 = 0x007f_ffff;

pub(in crate::kernels) fn relu(values: &mut [f32]) {
    let (chunks, rest) = values.as_chunks_mut::<4>();
    if !chunks.is_empty() {
        // SAFETY: reads and writes the chunks.
        unsafe {
            asm!(
                "2:",
                "ldmia {value}, {{r0-r3}}",
                "cmp r0, {smallest}\n it lt\n cmnlt r0, {nan}\n it cc\n movcc r0, #0",
                "cmp r1, {smallest}\n it lt\n cmnlt r1, {nan}\n it cc\n movcc r1, #0",
                "cmp r2, {smallest}\n it lt\n cmnlt r2, {nan}\n it cc\n movcc r2, #0",
                "cmp r3, {smallest}\n it lt\n cmnlt r3, {nan}\n it cc\n movcc r3, #0",
                "stmia {value}!, {{r0-r3}}",
                "subs {left}, {left}, #1",
                "bne 2b",
                value = inout(reg) chunks.as_mut_ptr() => _,
                left = inout(reg) chunks.len() => _,
                smallest = in(reg) SMALLEST_SIGNAL.to_bits(),
                nan = in(reg) FINDS_NAN,
                out("r0") _, out("r1") _, out("r2") _, out("r3") _,
                options(nostack),
            );
        }
    }
    loops::relu(rest);
}

pub(in crate::kernels) fn relu_backward(outputs: &[f32], deltas: &mut [f32]) {
    let (output_chunks, other_outputs) = outputs.as_chunks::<4>();
    let (chunks, rest) = deltas.as_chunks_mut::<4>();
    let count = chunks.len().min(output_chunks.len());
    if count > 0 {
        // SAFETY: reads and writes so many chunks.
        unsafe {
            asm!(
                "2:",
                "ldmia {output}!, {{r0-r3}}",
                "ldmia {delta}, {{r4, r5, r8, r12}}",
                // Positive is from the bits of 1 to those of infinity.
                "sub r0, r0, #1\n cmp r0, #0x7f800000\n it hs\n movhs r4, #0",
                "sub r1, r1, #1\n cmp r1, #0x7f800000\n it hs\n movhs r5, #0",
                "sub r2, r2, #1\n cmp r2, #0x7f800000\n it hs\n movhs r8, #0",
                "sub r3, r3, #1\n cmp r3, #0x7f800000\n it hs\n movhs r12, #0",
                "stmia {delta}!, {{r4, r5, r8, r12}}",
                "subs {left}, {left}, #1",
                "bne 2b",
                output = inout(reg) output_chunks.as_ptr() => _,
                delta = inout(reg) chunks.as_mut_ptr() => _,
                left = inout(reg) count => _,
                out("r0") _, out("r1") _, out("r2") _, out("r3") _, out("r4") _, out("r5") _, out("r8") _, out("r12") _,
                options(nostack),
            );
        }
    }
    loops::relu_backward(other_outputs, rest);
}
