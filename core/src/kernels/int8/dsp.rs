//! Arm's DSP extension, in Cortex-M4, M7 and M33: one instruction multiplies two pairs of halves and adds both
//! products.
//!
//! A word of weights holds two outputs of two inputs ([`Order::Pairs`](super::Order::Pairs)). Multiplied as it is, it
//! adds 256 · odd + even to one sum, and with its low bytes alone, sign-extended, even to another: four products for
//! half a load, one extension and two multiplications, where weights of 16 bits want two loads. Four inputs that are
//! zero are skipped with all their weights.
//!
//! In 32 bits the sum 256 · odd + even is exact for 256 inputs at most: 256 · 255 · 128 < 2²³. So it is taken apart
//! after every 256.
//!
//! Ten sums and the factors take all core registers. So the next 32 inputs and the pointers are spilled to registers of
//! the FPU, one cycle away, or to the stack where there is no FPU.

use core::arch::{asm, naked_asm};
use core::{array, slice};

use super::{EIGHT, QUAD, TEN};
use crate::kernels::Rows;

/// Tells the assembler of instructions that the target has; a naked function does not say.
#[cfg(armv8m)]
macro_rules! processor {
    () => {
        ".cpu cortex-m33"
    };
}

#[cfg(all(fpv4, not(armv8m)))]
macro_rules! processor {
    () => {
        ".fpu fpv4-sp-d16"
    };
}

#[cfg(not(any(fpv4, armv8m)))]
macro_rules! processor {
    () => {
        ""
    };
}

/// Adds the products of a word of weights to the two sums of a pair.
macro_rules! pair {
    ($weights:literal $both:literal $even:literal) => {
        concat!(
            "smlad ", $both, ", r1, ", $weights, ", ", $both, "\n", "sxtb16 ", $weights, ", ", $weights, "\n",
            "smlad ", $even, ", r1, ", $weights, ", ", $even, "\n",
        )
    };
}

mod groups;

/// Inputs after which the sums are taken apart.
const BLOCK: usize = 256;
/// Inputs that [`add_ten`] takes at a time.
const STEP: usize = 32;

/// Inputs at an address that several words can be loaded from at once.
#[allow(dead_code, reason = "assembly reads it")]
#[repr(align(4))]
struct Step([[u8; QUAD]; STEP / QUAD]);

pub(in crate::kernels) fn forward(rows: Rows<'_, u8>, weights: &[i8], bias: &[i32], outputs: &mut [i32]) {
    let (width, units) = (rows.width(), bias.len());
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        let row = rows.row(index);
        if units.is_multiple_of(EIGHT) {
            groups::forward(row, weights, bias, outputs);
            continue;
        }
        outputs.copy_from_slice(bias);
        let (tens, rest) = outputs.as_chunks_mut::<TEN>();
        let (pairs, rest) = rest.as_chunks_mut::<2>();
        let mut weights = weights;
        for sums in tens {
            let (these, others) = weights.split_at(width * TEN);
            add_products_of_ten(row, these, sums);
            weights = others;
        }
        for sums in pairs {
            let (these, others) = weights.split_at(width * 2);
            add_products_of_two(row, these, sums);
            weights = others;
        }
        for sum in rest {
            for (&input, &weight) in row.iter().zip(weights) {
                *sum = sum.wrapping_add(i32::from(input) * i32::from(weight));
            }
        }
    }
}

/// Adds to each sum the products of a row with the weights of its unit.
#[inline]
fn add_products_of_ten(row: &[u8], weights: &[i8], sums: &mut [i32; TEN]) {
    assert!(weights.len() == row.len() * TEN);
    let (steps, rest) = row.as_chunks::<STEP>();
    let (weights, weights_of_rest) = weights.split_at(steps.as_flattened().len() * TEN);
    let is_aligned = row.as_ptr().addr().is_multiple_of(align_of::<Step>());
    if is_aligned && !steps.is_empty() {
        let between = steps.as_ptr_range();
        // SAFETY: from the first to the second pointer there are inputs, with ten weights for each.
        unsafe { add_ten(between.start.cast(), between.end.cast(), weights.as_ptr(), sums) };
    } else {
        for (step, weights) in steps.iter().zip(weights.chunks(STEP * TEN)) {
            let step = Step(array::from_fn(|quad| step.as_chunks().0.get(quad).copied().unwrap_or_default()));
            let between = slice::from_ref(&step).as_ptr_range();
            // SAFETY: as above.
            unsafe { add_ten(between.start, between.end, weights.as_ptr(), sums) };
        }
    }
    let (quads, rest) = rest.as_chunks::<QUAD>();
    let (weights, weights_of_rest) = weights_of_rest.split_at(quads.as_flattened().len() * TEN);
    if !quads.is_empty() {
        // One by one: calls of `memset` and `memcpy` would take longer.
        let step = Step(array::from_fn(|quad| quads.get(quad).copied().unwrap_or_default()));
        let between = slice::from_ref(&step).as_ptr_range();
        // SAFETY: as above; what has been filled up is zero, and its weights are not read.
        unsafe { add_ten(between.start, between.end, weights.as_ptr(), sums) };
    }
    add_rest(rest, weights_of_rest, sums);
}

/// The same for two units.
#[inline]
fn add_products_of_two(row: &[u8], weights: &[i8], sums: &mut [i32; 2]) {
    assert!(weights.len() == row.len() * 2);
    for (row, weights) in row.chunks(BLOCK).zip(weights.chunks(BLOCK * 2)) {
        let (quads, rest) = row.as_chunks::<QUAD>();
        if !quads.is_empty() {
            let between = quads.as_ptr_range();
            // SAFETY: from the first to the second pointer there are inputs, with two weights for each.
            let [both, even] = unsafe { add_two(between.start, between.end, weights.as_ptr()) };
            let [even_sum, odd_sum] = sums;
            *even_sum = even_sum.wrapping_add(even);
            *odd_sum = odd_sum.wrapping_add(both.wrapping_sub(even) >> 8);
        }
        add_rest(rest, weights.get(quads.as_flattened().len() * 2..).unwrap_or(&[]), sums);
    }
}

/// The products of fewer than four inputs, whose weights are plain bytes.
#[inline]
fn add_rest<const N: usize>(inputs: &[u8], weights: &[i8], sums: &mut [i32; N]) {
    for (&input, weights) in inputs.iter().zip(weights.as_chunks::<N>().0) {
        for (sum, &weight) in sums.iter_mut().zip(weights) {
            *sum = sum.wrapping_add(i32::from(input) * i32::from(weight));
        }
    }
}

/// The spilled inputs and pointers: `begin!` keeps the end of all inputs (r1), `begin_block!` the end of the next block
/// from r0 on, `fetch!` the next 32 inputs and where those after them are; `inputs!` sets r1 to four of them; the
/// others set r0 to where the next inputs are, and compare.
#[cfg_attr(fpv4, path = "dsp/fpu.rs")]
#[cfg_attr(not(fpv4), path = "dsp/stack.rs")]
mod spilled;

use spilled::{begin, begin_block, compare_with_end, compare_with_end_of_block, end, fetch, inputs, sums};

/// Loads two words of the 40 weights of a quad.
macro_rules! load {
    ($number:literal, $first:literal, $second:literal) => {
        concat!(
            "ldr r0, [r2, #40 * ",
            $number,
            " + ",
            $first,
            "]\n",
            "ldr r3, [r2, #40 * ",
            $number,
            " + ",
            $second,
            "]\n",
        )
    };
}

/// Adds the products of four inputs with their 40 weights.
macro_rules! quad {
    ($number:literal) => {
        concat!(
            inputs!($number), "\n cmp r1, #0\n beq 3f\n uxtb16 r1, r1\n",
            load!($number, "0", "4"), pair!("r0" "r4" "r5"), pair!("r3" "r6" "r7"),
            load!($number, "8", "12"), pair!("r0" "r8" "r9"), pair!("r3" "r10" "r11"),
            load!($number, "16", "20"), pair!("r0" "r12" "lr"),
            inputs!($number), "\n uxtb16 r1, r1, ror #8\n", pair!("r3" "r4" "r5"),
            load!($number, "24", "28"), pair!("r0" "r6" "r7"), pair!("r3" "r8" "r9"),
            load!($number, "32", "36"), pair!("r0" "r10" "r11"), pair!("r3" "r12" "lr"),
            "3:"
        )
    };
}

/// Takes the two sums of a pair apart and adds them to what is at r3.
macro_rules! take_apart {
    ($both:literal $even:literal) => {
        concat!(
            "ldrd r0, r1, [r3]\n",
            "add r0, r0, ",
            $even,
            "\n",
            "sub ",
            $both,
            ", ",
            $both,
            ", ",
            $even,
            "\n",
            "add r1, r1, ",
            $both,
            ", asr #8\n",
            "strd r0, r1, [r3], #8",
        )
    };
}

/// Adds to ten sums the products of inputs with their weights.
///
/// # Safety
/// From the first to the second pointer there is at least one step of inputs, and from the third on there are ten
/// weights for each quad of them that is not zero.
#[unsafe(naked)]
unsafe extern "C" fn add_ten(inputs: *const Step, end: *const Step, weights: *const i8, sums: &mut [i32; TEN]) {
    naked_asm!(
        processor!(),
        "push {{r3-r11, lr}}",
        begin!(),
        // A block of 256 inputs.
        "4:",
        begin_block!(),
        "mov r4, #0\n mov r5, #0\n mov r6, #0\n mov r7, #0\n mov r8, #0",
        "mov r9, #0\n mov r10, #0\n mov r11, #0\n mov r12, #0\n mov lr, #0",
        // A step of 32.
        "2:",
        fetch!(),
        quad!("0"),
        quad!("1"),
        quad!("2"),
        quad!("3"),
        quad!("4"),
        quad!("5"),
        quad!("6"),
        quad!("7"),
        "add r2, r2, #320",
        compare_with_end_of_block!(),
        "bne 2b",
        sums!(),
        take_apart!("r4" "r5"),
        take_apart!("r6" "r7"),
        take_apart!("r8" "r9"),
        take_apart!("r10" "r11"),
        take_apart!("r12" "lr"),
        compare_with_end!(),
        "bne 4b",
        end!(),
        "pop {{r3-r11, pc}}",
    );
}

/// For a pair of units, the sum of 256 · odd + even and that of even.
///
/// # Safety
/// From the first to the second pointer there is at least one quad of inputs, and from the third on there are two
/// weights for each of them.
#[inline(never)]
unsafe fn add_two(inputs: *const [u8; QUAD], end: *const [u8; QUAD], weights: *const i8) -> [i32; 2] {
    let [mut both, mut even] = [0; 2];
    // SAFETY: the caller's; all registers are named.
    unsafe {
        asm!(
            "2:",
            "ldr r1, [r0], #4",
            "ldr {low}, [r2], #4",
            "ldr {high}, [r2], #4",
            "uxtb16 {half}, r1",
            "smlad {both}, {half}, {low}, {both}",
            "sxtb16 {low}, {low}",
            "smlad {even}, {half}, {low}, {even}",
            "uxtb16 {half}, r1, ror #8",
            "smlad {both}, {half}, {high}, {both}",
            "sxtb16 {high}, {high}",
            "smlad {even}, {half}, {high}, {even}",
            "cmp r0, {end}",
            "bne 2b",
            inout("r0") inputs => _, out("r1") _, inout("r2") weights => _, end = in(reg) end,
            both = inout(reg) both, even = inout(reg) even, low = out(reg) _, high = out(reg) _, half = out(reg) _,
        );
    }
    [both, even]
}
