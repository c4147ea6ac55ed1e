//! The gradient of the inputs: for each, the dot product of its weights, which lie side by side, with the deltas.

use core::arch::asm;

use super::forward::blocks;
use crate::math::{NAN, SMALLEST_SIGNAL};

/// The most deltas of a block: with the weights of two inputs, 30 registers.
const LARGEST_BLOCK: usize = 10;

pub(in crate::kernels) fn input_gradient(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let width = weights.len() / units;
    for (deltas, outputs) in deltas.chunks_exact(units).zip(outputs.chunks_exact_mut(width)) {
        outputs.fill(0.0);
        let (mut others, mut first) = (deltas, weights.as_ptr());
        for size in blocks(units, LARGEST_BLOCK) {
            let (deltas, rest) = others.split_at(size);
            let skip = (units - size) * size_of::<f32>();
            // SAFETY: every input has a weight for every delta, and these are some of them.
            unsafe {
                match size {
                    1 => one(deltas, first, skip, outputs),
                    2 => two(deltas, first, skip, outputs),
                    3 => three(deltas, first, skip, outputs),
                    4 => four(deltas, first, skip, outputs),
                    5 => five(deltas, first, skip, outputs),
                    6 => six(deltas, first, skip, outputs),
                    7 => seven(deltas, first, skip, outputs),
                    8 => eight(deltas, first, skip, outputs),
                    9 => nine(deltas, first, skip, outputs),
                    10 => ten(deltas, first, skip, outputs),
                    _ => {}
                }
                first = first.add(size);
            }
            others = rest;
        }
        outputs.iter_mut().for_each(|output| *output = flush(*output));
    }
}

/// `value`, or +0.0 where it is below [`SMALLEST_SIGNAL`], by comparing bits.
fn flush(value: f32) -> f32 {
    let bits = value.to_bits();
    match bits & !(1 << 31) {
        magnitude if magnitude < SMALLEST_SIGNAL.to_bits() => 0.0,
        magnitude if magnitude > f32::INFINITY.to_bits() => NAN,
        _ => value,
    }
}

/// Two inputs at a time, so that no sum waits for itself. For each delta, its register and those of both weights.
macro_rules! add_products {
    ($name:ident, $deltas:literal $as:literal $bs:literal, $($delta:literal $a:literal $b:literal),+) => {
        /// `outputs[input]` += Σ over units of delta · weight, fused.
        ///
        /// # Safety
        /// At `weights` are as many as deltas; for each further output, `skip` bytes after the last of them, as many.
        #[inline(always)]
        unsafe fn $name(deltas: &[f32], weights: *const f32, skip: usize, outputs: &mut [f32]) {
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
                    "vldr s30, [{output}]",
                    "vldr s31, [{output}, #4]",
                    concat!($("vfma.f32 s30, s", $delta, ", s", $a, "\n vfma.f32 s31, s", $delta, ", s", $b, "\n"),+),
                    "vstmia {output}!, {{s30-s31}}",
                    "subs {left}, {left}, #2",
                    "bhs 2b",
                    "3:",
                    "adds {left}, {left}, #2",
                    "beq 4f",
                    concat!("vldmia {weight}, {{", $as, "}}"),
                    "vldr s30, [{output}]",
                    concat!($("vfma.f32 s30, s", $delta, ", s", $a, "\n"),+),
                    "vstr s30, [{output}]",
                    "4:",
                    deltas = in(reg) deltas.as_ptr(),
                    weight = inout(reg) weights => _,
                    skip = in(reg) skip,
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
