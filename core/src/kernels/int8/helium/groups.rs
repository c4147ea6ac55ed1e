//! Layers whose number of outputs is a multiple of eight: all eight registers of even number are sums, so that the loop has
//! a counter of its own, and the inputs are loaded once for eight outputs.

use core::arch::naked_asm;

use crate::kernels::int8::EIGHT;

/// Multiplies 16 inputs, which it loads by the first text, with weights that it loads by the second, and adds to eight sums.
macro_rules! vector {
    ($inputs:literal, $weights:literal) => {
        concat!(
            $inputs,
            "\n",
            $weights,
            "\n vmladava.u8 r0, q1, q0\n",
            $weights,
            "\n vmladava.u8 r2, q1, q0\n",
            $weights,
            "\n vmladava.u8 r4, q1, q0\n",
            $weights,
            "\n vmladava.u8 r6, q1, q0\n",
            $weights,
            "\n vmladava.u8 r8, q1, q0\n",
            $weights,
            "\n vmladava.u8 r10, q1, q0\n",
            $weights,
            "\n vmladava.u8 r12, q1, q0\n",
            $weights,
            "\n vmladava.u8 lr, q1, q0\n",
        )
    };
}

macro_rules! whole_vector {
    () => {
        vector!("vldrb.u8 q0, [r1], #16", "vldrb.u8 q1, [r3], #16")
    };
}

/// The sums of all groups of eight units, at least one.
///
/// # Safety
/// There are `width` inputs and, for each group, eight biases, outputs that can be written, and 8 · `width` weights.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn add_groups(
    row: *const u8,
    width: usize,
    weights: *const i8,
    bias: *const [i32; EIGHT],
    outputs: *mut [i32; EIGHT],
    groups: usize,
) {
    naked_asm!(
        // A naked function does not pass the target's features to the assembler.
        ".cpu cortex-m55",
        "push {{r4-r11, lr}}",
        "ldrd r4, r6, [sp, #36]",
        // The row, blocks of eight vectors, the end of the outputs, the vectors after the blocks, the remaining inputs, both.
        "sub sp, #24",
        "mov r9, r4\n add r6, r4, r6, lsl #5\n str r6, [sp, #8]",
        "lsr r4, r1, #7\n strd r0, r4, [sp]",
        "ubfx r5, r1, #4, #3\n and r6, r1, #15\n strd r5, r6, [sp, #12]\n orr r5, r5, r6\n str r5, [sp, #20]",
        "mov r7, r3\n mov r3, r2",
        // 128 times the sum of the row.
        "movs r2, #0\n lsr lr, r1, #4\n mov r1, r0\n wls lr, lr, 3f",
        "2:",
        "vldrb.u8 q0, [r1], #16\n vaddva.u8 r2, q0",
        "le lr, 2b",
        "3:",
        "vctp.8 r6\n vpst\n vldrbt.u8 q0, [r1]\n vaddva.u8 r2, q0",
        "lsl r11, r2, #7",
        // A group.
        "4:",
        "ldrd r1, r5, [sp]\n ldm r7!, {{r0, r2, r4, r6, r8, r10, r12, lr}}",
        "cmp r5, #0\n beq 6f",
        "5:",
        whole_vector!(),
        whole_vector!(),
        whole_vector!(),
        whole_vector!(),
        whole_vector!(),
        whole_vector!(),
        whole_vector!(),
        whole_vector!(),
        "subs r5, #1\n bne 5b",
        "6:",
        "ldr r5, [sp, #20]\n cmp r5, #0\n beq 9f",
        "ldr r5, [sp, #12]\n cmp r5, #0\n beq 8f",
        "7:",
        whole_vector!(),
        "subs r5, #1\n bne 7b",
        "8:",
        // Lanes beyond the end are zero and not read.
        "ldr r5, [sp, #16]\n cmp r5, #0\n beq 9f\n vctp.8 r5",
        vector!("vpst\n vldrbt.u8 q0, [r1]", "vpst\n vldrbt.u8 q1, [r3]\n add r3, r5"),
        "9:",
        "sub r0, r0, r11\n sub r2, r2, r11\n sub r4, r4, r11\n sub r6, r6, r11",
        "sub r8, r8, r11\n sub r10, r10, r11\n sub r12, r12, r11\n sub lr, lr, r11",
        "stm r9!, {{r0, r2, r4, r6, r8, r10, r12, lr}}",
        "ldr r5, [sp, #8]\n cmp r9, r5\n bne 4b",
        "add sp, #24",
        "pop {{r4-r11, pc}}",
    );
}
