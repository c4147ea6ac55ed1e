//! Helium, in Cortex-M55 and M85: one instruction multiplies 16 pairs of bytes and adds all products to a register.
//!
//! Both factors are unsigned, or both are signed. So the weights are stored as w + 128, and from a sum of products with
//! those, 128 times the sum of the row is subtracted. The weights of five outputs, or of eight, follow each other, 16 inputs at a
//! time ([`Order::BiasedVectors`](super::Order::BiasedVectors)), because a sum needs a register of even number.

use core::arch::{asm, naked_asm};

use super::{EIGHT, FIVE};
use crate::kernels::Rows;

mod groups;
mod requantize;

pub(in crate::kernels) use requantize::requantize;

pub(in crate::kernels) fn forward(rows: Rows<'_, u8>, weights: &[i8], bias: &[i32], outputs: &mut [i32]) {
    let (width, units) = (rows.width(), bias.len());
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        let row = rows.row(index);
        if units.is_multiple_of(EIGHT) {
            assert!(row.len() == width && bias.len() == units && weights.len() == units * width);
            let (bias, outputs) = (bias.as_ptr().cast(), outputs.as_mut_ptr().cast());
            // SAFETY: each group has eight biases and outputs, and every input of the row eight weights in it. There is a
            // group, because chunks of no units do not exist.
            unsafe { groups::add_groups(row.as_ptr(), width, weights.as_ptr(), bias, outputs, units / EIGHT) };
            continue;
        }
        let (chunks, remainder) = outputs.as_chunks_mut::<FIVE>();
        let (biases_of_chunks, biases_of_remainder) = bias.as_chunks::<FIVE>();
        let (weights_of_chunks, weights_of_remainder) = weights.split_at(chunks.len() * FIVE * width);
        assert!(row.len() == width && biases_of_chunks.len() == chunks.len());
        if !chunks.is_empty() {
            let (bias, outputs) = (biases_of_chunks.as_ptr(), chunks.as_mut_ptr());
            // SAFETY: each group has five biases and outputs, and every input of the row five weights in it.
            unsafe { add_chunks(row.as_ptr(), width, weights_of_chunks.as_ptr(), bias, outputs, chunks.len()) };
        }
        let weights_of_remainder = weights_of_remainder.chunks_exact(width);
        for ((output, bias), weights) in remainder.iter_mut().zip(biases_of_remainder).zip(weights_of_remainder) {
            assert!(weights.len() == row.len());
            // SAFETY: every input of the row has a weight.
            unsafe { multiply_one(output, row.as_ptr(), row.len(), weights.as_ptr(), bias) };
        }
    }
}

/// Multiplies 16 inputs, which it loads by the first text, with weights that it loads by the second, and adds to five
/// sums.
macro_rules! vector {
    ($inputs:literal, $before:literal, $weights:literal, $row_sum:literal) => {
        concat!(
            $inputs,
            "\n",
            $before,
            $weights,
            "\n vmladava.u8 r4, q1, q0\n",
            $before,
            $weights,
            "\n vmladava.u8 r6, q1, q0\n",
            $before,
            $weights,
            "\n vmladava.u8 r8, q1, q0\n",
            $before,
            $weights,
            "\n vmladava.u8 r10, q1, q0\n",
            $before,
            $weights,
            "\n vmladava.u8 r12, q1, q0\n",
            $row_sum,
            "\n",
        )
    };
}

macro_rules! whole_vector {
    ($row_sum:literal) => {
        vector!("vldrb.u8 q0, [r1], #16", "", "vldrb.u8 q1, [r3], #16", $row_sum)
    };
}

/// The sums of five units: eight vectors at a time, then one, then what is left, whose lanes beyond the end are zero
/// and not read.
macro_rules! five {
    ($row_sum:literal) => {
        concat!(
            "mov r1, r11\n ldm r7!, {{r4, r6, r8, r10, r12}}\n",
            "lsr lr, r5, #7\n wls lr, lr, 3f\n",
            "2:\n",
            whole_vector!($row_sum),
            whole_vector!($row_sum),
            whole_vector!($row_sum),
            whole_vector!($row_sum),
            whole_vector!($row_sum),
            whole_vector!($row_sum),
            whole_vector!($row_sum),
            whole_vector!($row_sum),
            "le lr, 2b\n",
            "3:\n",
            "ubfx lr, r5, #4, #3\n wls lr, lr, 5f\n",
            "4:\n",
            whole_vector!($row_sum),
            "le lr, 4b\n",
            "5:\n",
            "ands lr, r5, #15\n beq 6f\n vctp.8 lr\n",
            vector!("vpst\n vldrbt.u8 q0, [r1]", "vpst\n", "vldrbt.u8 q1, [r3]\n add r3, lr", $row_sum),
            "6:\n",
            "sub r4, r4, r2, lsl #7\n sub r6, r6, r2, lsl #7\n sub r8, r8, r2, lsl #7\n",
            "sub r10, r10, r2, lsl #7\n sub r12, r12, r2, lsl #7\n",
            "stm r0!, {{r4, r6, r8, r10, r12}}"
        )
    };
}

/// The sums of all groups of five units, at least one. The first group also sums the row, in r2.
///
/// # Safety
/// There are `width` inputs and, for each group, five biases, outputs that can be written, and 5 · `width` weights.
#[unsafe(naked)]
unsafe extern "C" fn add_chunks(
    row: *const u8,
    width: usize,
    weights: *const i8,
    bias: *const [i32; FIVE],
    outputs: *mut [i32; FIVE],
    groups: usize,
) {
    naked_asm!(
        // Tells the assembler of instructions that the target has; a naked function does not say.
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "mov r11, r0\n mov r5, r1\n mov r7, r3\n mov r3, r2",
        "ldrd r0, r9, [sp, #36]",
        "movs r2, #0",
        five!("vaddva.u8 r2, q0"),
        "subs r9, #1",
        "beq 8f",
        "7:",
        five!(""),
        "subs r9, #1",
        "bne 7b",
        "8:",
        "pop {{r4-r11, pc}}",
    );
}

/// # Safety
/// `width` inputs and as many weights can be read at these places, and a bias.
#[inline(never)]
unsafe fn multiply_one(output: &mut i32, row: *const u8, width: usize, weights: *const i8, bias: &i32) {
    let (mut sum, mut row_sum) = (*bias, 0_i32);
    // SAFETY: the caller's; all registers are named.
    unsafe {
        asm!(
            "wls lr, {vectors}, 3f",
            "2:",
            "vldrb.u8 q0, [{row}], #16",
            "vldrb.u8 q1, [{weights}], #16",
            "vmladava.u8 r4, q1, q0",
            "vaddva.u8 r2, q0",
            "le lr, 2b",
            "3:",
            // What is left: lanes beyond the end are zero and their memory is not touched.
            "cbz {left}, 4f",
            "vctp.8 {left}",
            "vpst",
            "vldrbt.u8 q0, [{row}]",
            "vpst",
            "vldrbt.u8 q1, [{weights}]",
            "vmladava.u8 r4, q1, q0",
            "vaddva.u8 r2, q0",
            "4:",
            vectors = in(reg) width / 16, left = in(reg) width % 16,
            row = inout(reg) row => _, weights = inout(reg) weights => _,
            inout("r4") sum, inout("r2") row_sum, out("lr") _, out("d0") _, out("d1") _, out("d2") _, out("d3") _,
        );
    }
    *output = sum.wrapping_sub(row_sum.wrapping_mul(128));
}
