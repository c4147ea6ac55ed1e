//! Requantisation, eight sums at a time.

use core::arch::asm;

use crate::kernels::int8::{Requantization, portable};

pub(in crate::kernels) fn requantize(requantization: Requantization, sums: &[i32], bytes: &mut [u8]) {
    let Requantization { significand, offset, right } = requantization;
    let (chunks, rest) = sums.as_chunks::<8>();
    let (chunks_of_bytes, rest_of_bytes) = bytes.split_at_mut(chunks.as_flattened().len().min(bytes.len()));
    let count = chunks.len().min(chunks_of_bytes.len() / 8);
    // Even and odd sums, whose lower halves are then put side by side.
    // SAFETY: there are eight sums and eight bytes for each of `count`; all registers are named.
    unsafe {
        asm!(
            "vdup.32 q2, {significand}",
            "wls lr, {count}, 3f",
            "2:",
            "vld20.32 {{q0, q1}}, [{sums}]",
            "vld21.32 {{q0, q1}}, [{sums}]!",
            "vmulh.s32 q0, q0, q2",
            "vmulh.s32 q1, q1, q2",
            "vadd.i32 q0, q0, {offset}",
            "vadd.i32 q1, q1, {offset}",
            "vshl.s32 q0, {left}",
            "vshl.s32 q1, {left}",
            "vqmovnb.s32 q3, q0",
            "vqmovnt.s32 q3, q1",
            "vqmovunb.s16 q3, q3",
            "vstrb.16 q3, [{bytes}], #8",
            "le lr, 2b",
            "3:",
            significand = in(reg) significand, offset = in(reg) offset, left = in(reg) -right, count = in(reg) count,
            sums = inout(reg) chunks.as_ptr() => _, bytes = inout(reg) chunks_of_bytes.as_mut_ptr() => _,
            out("lr") _, out("d0") _, out("d1") _, out("d2") _, out("d3") _,
            out("d4") _, out("d5") _, out("d6") _, out("d7") _,
            options(nostack),
        );
    }
    portable::requantize(requantization, rest, rest_of_bytes);
}
