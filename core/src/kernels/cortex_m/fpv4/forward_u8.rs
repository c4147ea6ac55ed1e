//! Forward of u8 inputs: the dot products of one sample with the weights of a block of outputs.
//!
//! There are 8 passes over the inputs, each with two partial sums of neighbouring inputs, so that one look shows whether
//! both are zero. An input that is zero is passed over with all its weights, which are finite: it adds nothing to a sum,
//! nor to its sign, as no sum is ever -0.0.

use core::arch::asm;
use core::mem::{self, MaybeUninit};

/// Partial sums that wait to be added to others: two of ten outputs, of 4, 2 and 1 passes.
const WAITING: usize = 60;

/// Arguments of a block of outputs beside inputs and weights. The assembly depends on the order of the fields.
#[repr(C)]
struct Block {
    bias: *const f32,
    outputs: *mut f32,
    scale: f32,
    waiting: [MaybeUninit<f32>; WAITING],
}

/// `outputs[unit]` = (`row` · weights of the unit) · `scale` + `bias[unit]`, for one to ten units side by side.
///
/// # Safety
/// At `weights` are those of the first input and the first of the units; for each further input, `units` weights on,
/// there are as many.
pub(super) unsafe fn block(
    row: &[u8],
    weights: *const f32,
    units: usize,
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) {
    let mut block = Block {
        bias: bias.as_ptr(),
        outputs: outputs.as_mut_ptr(),
        scale,
        waiting: [const { MaybeUninit::uninit() }; WAITING],
    };
    let stride = units * size_of::<f32>();
    // SAFETY: the caller's promise is what each of them needs.
    unsafe {
        match outputs.len() {
            1 => one(row, weights, stride, &mut block),
            2 => two(row, weights, stride, &mut block),
            3 => three(row, weights, stride, &mut block),
            4 => four(row, weights, stride, &mut block),
            5 => five(row, weights, stride, &mut block),
            6 => six(row, weights, stride, &mut block),
            7 => seven(row, weights, stride, &mut block),
            8 => eight(row, weights, stride, &mut block),
            9 => nine(row, weights, stride, &mut block),
            10 => ten(row, weights, stride, &mut block),
            _ => {}
        }
    }
}

macro_rules! block {
    ($name:ident, $sums:literal $weights:literal, [$($a:literal $b:literal $weight:literal),+]) => {
        /// # Safety
        /// At `weights` are as many as the name says; for each further input, `stride` bytes on, there are as many.
        /// `block` has biases and outputs.
        #[inline(always)]
        unsafe fn $name(row: &[u8], weights: *const f32, stride: usize, block: &mut Block) {
            // The address of a weight follows from that of its input. A pass has come one pair of its own, 16 inputs of
            // the row, further when it asks.
            let next = row.as_ptr().addr() + 16;
            let origin = weights.expose_provenance().wrapping_sub(next.wrapping_mul(stride));
            // r0 is the number of the first pair, then the pair: `cbz` wants one of the low registers. A pair needs no
            // alignment.
            // SAFETY: only inputs, weights and biases are read, and only outputs and `waiting` are written.
            unsafe {
                asm!(
                    // The pair that a pass begins with is the number of the pass with its bits reversed, so that sums
                    // which are added to each other follow each other.
                    "2:",
                    "rbit r0, {pass}",
                    "lsr r0, r0, #29",
                    "add {input}, {row}, r0, lsl #1",
                    "sub {left}, {rounded_up}, {input}",
                    "lsr {left}, {left}, #4",
                    "movs r0, #0",
                    each!([0 1 2 3 4 5 6 7 8 9] "vmov d", ", r0, r0"),
                    // The pairs of this pass, six at a time, and then the rest.
                    "subs {left}, {left}, #6",
                    "blo 4f",
                    "3:",
                    block!(pair $weights, [$($a $b $weight),+]),
                    block!(pair $weights, [$($a $b $weight),+]),
                    block!(pair $weights, [$($a $b $weight),+]),
                    block!(pair $weights, [$($a $b $weight),+]),
                    block!(pair $weights, [$($a $b $weight),+]),
                    block!(pair $weights, [$($a $b $weight),+]),
                    "subs {left}, {left}, #6",
                    "bhs 3b",
                    "4:",
                    "adds {left}, {left}, #6",
                    "beq 6f",
                    "5:",
                    block!(pair $weights, [$($a $b $weight),+]),
                    "subs {left}, {left}, #1",
                    "bne 5b",
                    // Is this where the last input is, without a neighbour?
                    "6:",
                    "sub {left}, {rounded_up}, {input}",
                    "cmp {left}, #15",
                    "bne 9f",
                    "ldrb r0, [{input}], #16",
                    "vmov s30, r0",
                    "mla {weight}, {input}, {stride}, {origin}",
                    block!(input $weights, [$($a $weight),+]),
                    "9:",
                    // For every one at the end of the pass's number, sums wait that belong before these.
                    "mov r0, {pass}",
                    "b 8f",
                    "7:",
                    concat!("vldmdb {waiting}!, {{", $weights, "}}"),
                    concat!($("vadd.f32 s", $b, ", s", $b, ", s", $weight, "\n"),+),
                    concat!("vldmdb {waiting}!, {{", $weights, "}}"),
                    concat!($("vadd.f32 s", $a, ", s", $a, ", s", $weight, "\n"),+),
                    "8:",
                    "lsrs r0, r0, #1",
                    "bcs 7b",
                    "add {pass}, {pass}, #1",
                    "cmp {pass}, #8",
                    "beq 12f",
                    concat!("vstmia {waiting}!, {{", $sums, "}}"),
                    "b 2b",
                    // Sums and biases become outputs. Comparing finds NaN; all that it leaves is an exception.
                    "12:",
                    "ldr r0, [{waiting}, #-12]",
                    concat!("vldmia r0, {{", $weights, "}}"),
                    "vldr s30, [{waiting}, #-4]",
                    concat!($("vadd.f32 s", $a, ", s", $a, ", s", $b, "\n"),+),
                    concat!($("vfma.f32 s", $weight, ", s", $a, ", s30\n"),+),
                    concat!($("vcmpe.f32 s", $weight, ", #0\n"),+),
                    "ldr r0, [{waiting}, #-8]",
                    concat!("vstmia r0, {{", $weights, "}}"),
                    row = in(reg) row.as_ptr(),
                    rounded_up = in(reg) row.as_ptr().addr() + row.len() + 14,
                    stride = in(reg) stride,
                    origin = in(reg) origin,
                    waiting = inout(reg) (&raw mut *block).byte_add(mem::offset_of!(Block, waiting)) => _,
                    pass = inout(reg) 0 => _,
                    input = out(reg) _,
                    first = out(reg) _,
                    weight = out(reg) _,
                    left = out(reg) _,
                    out("r0") _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    out("d14") _, out("d15") _,
                    options(nostack),
                );
            }
        }
    };
    // Two neighbours, each with its own sums.
    (pair $weights:literal, [$($a:literal $b:literal $weight:literal),+]) => {
        concat!(
            "ldrh r0, [{input}], #16\n cbz r0, 9f\n mla {weight}, {input}, {stride}, {origin}\n",
            "ands {first}, r0, #255\n beq 8f\n vmov s30, {first}\n",
            block!(input $weights, [$($a $weight),+]),
            "8:\n lsrs r0, r0, #8\n beq 9f\n vmov s30, r0\n add {weight}, {weight}, {stride}\n",
            block!(input $weights, [$($b $weight),+]),
            "9:\n",
        )
    };
    // An input, times its weights, is added to the sums.
    (input $weights:literal, [$($sum:literal $weight:literal),+]) => {
        concat!(
            "vcvt.f32.u32 s30, s30\n vldmia {weight}, {{", $weights, "}}\n",
            $("vfma.f32 s", $sum, ", s", $weight, ", s30\n",)+
        )
    };
}

block!(
    one, "s0-s1" "s20",
    [0 1 20]
);
block!(
    two, "s0-s3" "s20-s21",
    [0 2 20, 1 3 21]
);
block!(
    three, "s0-s5" "s20-s22",
    [0 3 20, 1 4 21, 2 5 22]
);
block!(
    four, "s0-s7" "s20-s23",
    [0 4 20, 1 5 21, 2 6 22, 3 7 23]
);
block!(
    five, "s0-s9" "s20-s24",
    [0 5 20, 1 6 21, 2 7 22, 3 8 23, 4 9 24]
);
block!(
    six, "s0-s11" "s20-s25",
    [0 6 20, 1 7 21, 2 8 22, 3 9 23, 4 10 24, 5 11 25]
);
block!(
    seven, "s0-s13" "s20-s26",
    [0 7 20, 1 8 21, 2 9 22, 3 10 23, 4 11 24, 5 12 25, 6 13 26]
);
block!(
    eight, "s0-s15" "s20-s27",
    [0 8 20, 1 9 21, 2 10 22, 3 11 23, 4 12 24, 5 13 25, 6 14 26, 7 15 27]
);
block!(
    nine, "s0-s17" "s20-s28",
    [0 9 20, 1 10 21, 2 11 22, 3 12 23, 4 13 24, 5 14 25, 6 15 26, 7 16 27, 8 17 28]
);
block!(
    ten, "s0-s19" "s20-s29",
    [0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24, 5 15 25, 6 16 26, 7 17 27, 8 18 28, 9 19 29]
);
