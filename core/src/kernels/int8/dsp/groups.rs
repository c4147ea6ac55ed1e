//! Layers whose number of outputs is a multiple of eight.
//!
//! Every group of eight outputs takes the same inputs. So they are extended to halves of 16 bits once, 256 at a time: a
//! word of two inputs and four words of weights then make 16 products, by 12 instructions and five loads. Eight sums, two
//! pointers, the inputs and three words of weights are all core registers.

use core::arch::naked_asm;

use super::{BLOCK, QUAD, add_rest};
use crate::kernels::int8::EIGHT;

/// The sums of a row: each its bias and the products of the row with the weights of its unit.
pub(super) fn forward(row: &[u8], weights: &[i8], bias: &[i32], sums: &mut [i32]) {
    let stride = row.len() * EIGHT;
    let groups = sums.len() / EIGHT;
    assert!(groups > 0 && bias.len() == groups * EIGHT && sums.len() == bias.len() && weights.len() == groups * stride);
    let (quads, rest) = row.as_chunks::<QUAD>();
    let (mut from, to) = (bias.as_ptr().cast(), sums.as_mut_ptr().cast());
    for (block, quads) in quads.chunks(BLOCK / QUAD).enumerate() {
        let between = quads.as_ptr_range();
        let weights = weights.as_ptr().wrapping_add(block * BLOCK * EIGHT);
        // SAFETY: from the first to the second pointer there are at most 256 inputs, at least four, with eight weights for
        // each from the third on, and those of the next group are `stride` bytes further. Each group has eight sums to add
        // to, and eight that can be written.
        unsafe { add_groups(between.start, between.end, weights, from, to, stride, groups) };
        from = to.cast_const();
    }
    if quads.is_empty() {
        sums.copy_from_slice(bias);
    }
    if !rest.is_empty() {
        for (sums, weights) in sums.as_chunks_mut().0.iter_mut().zip(weights.chunks(stride)) {
            add_rest::<EIGHT>(rest, weights.get(quads.as_flattened().len() * EIGHT..).unwrap_or(&[]), sums);
        }
    }
}

/// Adds the products of two inputs with their 16 weights: 68 bytes of instructions.
macro_rules! word {
    ($number:literal) => {
        concat!(
            "ldr.w r1, [r0, #4 * ", $number, "]\n ldr.w r3, [r2, #16 * ", $number, "]\n",
            "ldr.w r12, [r2, #16 * ", $number, " + 4]\n ldr.w lr, [r2, #16 * ", $number, " + 8]\n",
            pair!("r3" "r4" "r5"), pair!("r12" "r6" "r7"), pair!("lr" "r8" "r9"),
            "ldr.w r3, [r2, #16 * ", $number, " + 12]\n", pair!("r3" "r10" "r11"),
        )
    };
}

/// Takes the two sums of two pairs apart, adds them to what is at r3, and writes that to lr.
macro_rules! take_apart {
    ($both:literal $even:literal $next_both:literal $next_even:literal) => {
        concat!(
            "ldm r3!, {{r0, r1, r2, r12}}\n",
            "add r0, r0, ",
            $even,
            "\n sub ",
            $both,
            ", ",
            $both,
            ", ",
            $even,
            "\n",
            "add r1, r1, ",
            $both,
            ", asr #8\n",
            "add r2, r2, ",
            $next_even,
            "\n sub ",
            $next_both,
            ", ",
            $next_both,
            ", ",
            $next_even,
            "\n",
            "add r12, r12, ",
            $next_both,
            ", asr #8\n",
            "stm lr!, {{r0, r1, r2, r12}}",
        )
    };
}

/// Adds to the sums at `from` of each group of eight the products of inputs with their weights, and writes them to `to`.
///
/// # Safety
/// From the first to the second pointer there are from one to 64 quads. From the third on there are 32 weights for each
/// quad, and so there are `stride` bytes further, for as many `groups`, at least one, as there are sums.
#[unsafe(naked)]
unsafe extern "C" fn add_groups(
    inputs: *const [u8; QUAD],
    end: *const [u8; QUAD],
    weights: *const i8,
    from: *const [i32; EIGHT],
    to: *mut [i32; EIGHT],
    stride: usize,
    groups: usize,
) {
    naked_asm!(
        processor!(),
        "push {{r4-r11, lr}}",
        // The words of inputs behind: where they begin and end, the weights, `from`, `to`, where the loop is entered.
        "sub sp, sp, #24 + 512",
        "add r7, sp, #24",
        "2:",
        "ldr r4, [r0], #4\n uxtb16 r5, r4\n uxtb16 r6, r4, ror #8\n strd r5, r6, [r7], #8\n cmp r0, r1",
        "bne 2b",
        // The loop takes 16 words. Where there are not as many, it is entered so far behind its start.
        "add r0, sp, #24\n sub r4, r0, r7\n and r4, r4, #60",
        "sub r0, r0, r4\n sub r2, r2, r4, lsl #2",
        "adr.w r5, 4f\n add r5, r5, r4\n add r5, r5, r4, lsl #4\n orr r5, r5, #1",
        "ldr r6, [sp, #36 + 24 + 512]\n strd r0, r7, [sp]\n strd r2, r3, [sp, #8]\n strd r6, r5, [sp, #16]",
        // A group.
        "3:",
        "ldr r0, [sp]\n ldr r2, [sp, #8]\n ldr r1, [sp, #20]",
        "mov r4, #0\n mov r5, #0\n mov r6, #0\n mov r7, #0\n mov r8, #0\n mov r9, #0\n mov r10, #0\n mov r11, #0",
        "bx r1",
        ".p2align 2",
        "4:",
        word!("0"),
        word!("1"),
        word!("2"),
        word!("3"),
        word!("4"),
        word!("5"),
        word!("6"),
        word!("7"),
        word!("8"),
        word!("9"),
        word!("10"),
        word!("11"),
        word!("12"),
        word!("13"),
        word!("14"),
        word!("15"),
        "ldr r1, [sp, #4]\n add r2, r2, #256\n add r0, r0, #64\n cmp r0, r1",
        "bne 4b",
        "ldrd r3, lr, [sp, #12]",
        take_apart!("r4" "r5" "r6" "r7"),
        take_apart!("r8" "r9" "r10" "r11"),
        "strd r3, lr, [sp, #12]",
        "ldr r0, [sp, #8]\n ldr r1, [sp, #40 + 24 + 512]\n ldr r2, [sp, #44 + 24 + 512]",
        "add r0, r0, r1\n subs r2, r2, #1\n str r0, [sp, #8]\n str r2, [sp, #44 + 24 + 512]",
        "bne 3b",
        "add sp, sp, #24 + 512",
        "pop {{r4-r11, pc}}",
    );
}
