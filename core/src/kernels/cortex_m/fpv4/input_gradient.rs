//! The gradient with respect to the inputs: for each, the dot product of its weights, which are contiguous, with the
//! deltas.

use core::arch::asm;

use super::exceptions::Exceptions;
use super::forward::blocks;
use crate::math::{SMALLEST_SIGNAL, canonical, flush_below};

/// Initial values of the first sums.
static ZEROS: [f32; 2] = [0.0; 2];

/// The most deltas of a block: with the weights of two inputs, 30 registers.
const LARGEST_BLOCK: usize = 10;

pub(in crate::kernels) fn input_gradient(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let exceptions = Exceptions::clear();
    let width = weights.len() / units;
    for (deltas, outputs) in deltas.chunks_exact(units).zip(outputs.chunks_exact_mut(width)) {
        let (mut others, mut first) = (deltas, weights.as_ptr());
        // The sums that the next deltas are added to.
        let (mut sums, mut step) = (ZEROS.as_ptr(), 0);
        for size in blocks(units, LARGEST_BLOCK) {
            let Some((deltas, rest)) = others.split_at_checked(size) else { break };
            let skip = (units - size) * size_of::<f32>();
            // SAFETY: every input has a weight for every delta, and these are some of them.
            unsafe {
                match size {
                    1 => one(deltas, first, skip, outputs, sums, step),
                    2 => two(deltas, first, skip, outputs, sums, step),
                    3 => three(deltas, first, skip, outputs, sums, step),
                    4 => four(deltas, first, skip, outputs, sums, step),
                    5 => five(deltas, first, skip, outputs, sums, step),
                    6 => six(deltas, first, skip, outputs, sums, step),
                    7 => seven(deltas, first, skip, outputs, sums, step),
                    8 => eight(deltas, first, skip, outputs, sums, step),
                    9 => nine(deltas, first, skip, outputs, sums, step),
                    10 => ten(deltas, first, skip, outputs, sums, step),
                    _ => {}
                }
                first = first.add(size);
            }
            others = rest;
            (sums, step) = (outputs.as_ptr(), size_of_val(&ZEROS));
        }
        flush(outputs);
    }
    if exceptions.any() {
        outputs.iter_mut().for_each(|output| *output = canonical(*output));
    }
}

/// Each value, or +0.0 where it is below [`SMALLEST_SIGNAL`], by comparing bits.
fn flush(values: &mut [f32]) {
    let (chunks, rest) = values.as_chunks_mut::<4>();
    if !chunks.is_empty() {
        // SAFETY: reads and writes the chunks.
        unsafe {
            asm!(
                "2:",
                "ldmia {value}, {{r0-r3}}",
                "lsl {magnitude}, r0, #1\n cmp {magnitude}, #{smallest}\n it lo\n movlo r0, #0",
                "lsl {magnitude}, r1, #1\n cmp {magnitude}, #{smallest}\n it lo\n movlo r1, #0",
                "lsl {magnitude}, r2, #1\n cmp {magnitude}, #{smallest}\n it lo\n movlo r2, #0",
                "lsl {magnitude}, r3, #1\n cmp {magnitude}, #{smallest}\n it lo\n movlo r3, #0",
                "stmia {value}!, {{r0-r3}}",
                "subs {left}, {left}, #1",
                "bne 2b",
                value = inout(reg) chunks.as_mut_ptr() => _,
                left = inout(reg) chunks.len() => _,
                magnitude = out(reg) _,
                smallest = const SMALLEST_SIGNAL.to_bits() << 1,
                out("r0") _, out("r1") _, out("r2") _, out("r3") _,
                options(nostack),
            );
        }
    }
    rest.iter_mut().for_each(|value| *value = flush_below(*value, SMALLEST_SIGNAL));
}

/// Two inputs at a time, which hides the latency of each sum. For each delta, its register and those of both weights.
macro_rules! add_products {
    ($name:ident, $deltas:literal $as:literal $bs:literal, $($delta:literal $a:literal $b:literal),+) => {
        /// `outputs[input]` = sum + Σ over units of delta · weight, fused.
        ///
        /// # Safety
        /// At `weights` are as many as deltas; for each further output, `skip` bytes after the last of them, as many.
        /// At `sums` are two; for each further two outputs, `step` bytes on, as many, or one for a single one.
        #[inline(always)]
        unsafe fn $name(
            deltas: &[f32],
            weights: *const f32,
            skip: usize,
            outputs: &mut [f32],
            sums: *const f32,
            step: usize,
        ) {
            // SAFETY: the caller's; nothing is written but outputs.
            unsafe {
                asm!(
                    concat!("vldmia {deltas}, {{", $deltas, "}}"),
                    "subs {left}, {left}, #2",
                    "blo 3f",
                    "2:",
                    concat!("vldmia {weight}!, {{", $as, "}}"),
                    "add {weight}, {weight}, {skip}",
                    concat!("vldmia {weight}!, {{", $bs, "}}"),
                    "add {weight}, {weight}, {skip}",
                    "vldmia {sum}, {{s30-s31}}",
                    "add {sum}, {sum}, {step}",
                    concat!($("vfma.f32 s30, s", $delta, ", s", $a, "\n vfma.f32 s31, s", $delta, ", s", $b, "\n"),+),
                    // Comparing finds NaN; all that it leaves is an exception.
                    "vcmpe.f32 s30, #0",
                    "vcmpe.f32 s31, #0",
                    "vstmia {output}!, {{s30-s31}}",
                    "subs {left}, {left}, #2",
                    "bhs 2b",
                    "3:",
                    "adds {left}, {left}, #2",
                    "beq 4f",
                    concat!("vldmia {weight}, {{", $as, "}}"),
                    "vldr s30, [{sum}]",
                    concat!($("vfma.f32 s30, s", $delta, ", s", $a, "\n"),+),
                    "vcmpe.f32 s30, #0",
                    "vstr s30, [{output}]",
                    "4:",
                    deltas = in(reg) deltas.as_ptr(),
                    weight = inout(reg) weights => _,
                    skip = in(reg) skip,
                    sum = inout(reg) sums => _,
                    step = in(reg) step,
                    output = inout(reg) outputs.as_mut_ptr() => _,
                    left = inout(reg) outputs.len() => _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    out("d14") _, out("d15") _,
                    options(nostack),
                );
            }
        }
    };
}

add_products!(
    one, "s0" "s10" "s20",
    0 10 20
);
add_products!(
    two, "s0-s1" "s10-s11" "s20-s21",
    0 10 20, 1 11 21
);
add_products!(
    three, "s0-s2" "s10-s12" "s20-s22",
    0 10 20, 1 11 21, 2 12 22
);
add_products!(
    four, "s0-s3" "s10-s13" "s20-s23",
    0 10 20, 1 11 21, 2 12 22, 3 13 23
);
add_products!(
    five, "s0-s4" "s10-s14" "s20-s24",
    0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24
);
add_products!(
    six, "s0-s5" "s10-s15" "s20-s25",
    0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24, 5 15 25
);
add_products!(
    seven, "s0-s6" "s10-s16" "s20-s26",
    0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24, 5 15 25, 6 16 26
);
add_products!(
    eight, "s0-s7" "s10-s17" "s20-s27",
    0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24, 5 15 25, 6 16 26, 7 17 27
);
add_products!(
    nine, "s0-s8" "s10-s18" "s20-s28",
    0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24, 5 15 25, 6 16 26, 7 17 27, 8 18 28
);
add_products!(
    ten, "s0-s9" "s10-s19" "s20-s29",
    0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24, 5 15 25, 6 16 26, 7 17 27, 8 18 28, 9 19 29
);
