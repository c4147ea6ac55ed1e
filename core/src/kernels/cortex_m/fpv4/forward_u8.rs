//! Forward of u8 inputs: the dot products of one sample with the weights of a block of outputs.
//!
//! There are 16 passes over the inputs, one for each partial sum. An input that is zero is skipped with all its
//! weights, which are finite: its products change neither a sum nor its sign, as no sum is ever -0.0.

use core::arch::asm;
use core::mem::{self, MaybeUninit};

/// The most partial sums stored until others are added to them: four of ten outputs, of 8, 4, 2 and 1 passes.
const PARTIAL_SUMS: usize = 40;

/// Arguments of a block of outputs beside inputs and weights. The assembly depends on the order of the fields.
#[repr(C)]
struct Block {
    bias: *const f32,
    outputs: *mut f32,
    scale: f32,
    partial_sums: [MaybeUninit<f32>; PARTIAL_SUMS],
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
        partial_sums: [const { MaybeUninit::uninit() }; PARTIAL_SUMS],
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
    ($name:ident, sums $sums:literal, weights $weights:literal, [$($sum:literal $weight:literal),+]) => {
        /// # Safety
        /// At `weights` are as many as the name says; for each further input, `stride` bytes on, there are as many.
        /// `block` has biases and outputs.
        #[inline(always)]
        unsafe fn $name(row: &[u8], weights: *const f32, stride: usize, block: &mut Block) {
            // The address of a weight is computed from that of its input, which has been incremented by 16 by then: a
            // pass takes every 16th input.
            let next = row.as_ptr().addr() + 16;
            let origin = weights.expose_provenance().wrapping_sub(next.wrapping_mul(stride));
            // r0 is the number of the partial sum, then an input: `cbz` takes low registers only.
            // SAFETY: only inputs, weights and biases are read, and only outputs and `partial_sums` are written.
            unsafe {
                asm!(
                    "2:",
                    "rbit r0, {pass}",
                    "lsr r0, r0, #28",
                    "add {input}, {row}, r0",
                    "rsb {left}, r0, {rounded_up}",
                    "lsr {left}, {left}, #4",
                    "movs r0, #0",
                    each!([0 1 2 3 4] "vmov d", ", r0, r0"),
                    // The inputs of this pass, of which 784 have seven times seven, and then the rest.
                    "subs {left}, {left}, #7",
                    "blo 4f",
                    "3:",
                    block!(input $weights, [$($sum $weight),+]),
                    block!(input $weights, [$($sum $weight),+]),
                    block!(input $weights, [$($sum $weight),+]),
                    block!(input $weights, [$($sum $weight),+]),
                    block!(input $weights, [$($sum $weight),+]),
                    block!(input $weights, [$($sum $weight),+]),
                    block!(input $weights, [$($sum $weight),+]),
                    "subs {left}, {left}, #7",
                    "bhs 3b",
                    "4:",
                    "adds {left}, {left}, #7",
                    "beq 6f",
                    "5:",
                    block!(input $weights, [$($sum $weight),+]),
                    "subs {left}, {left}, #1",
                    "bne 5b",
                    // For each trailing one of the pass's number, the last stored sums are added to these.
                    "6:",
                    "mov r0, {pass}",
                    "b 8f",
                    "7:",
                    concat!("vldmdb {partial_sums}!, {{", $weights, "}}"),
                    concat!($("vadd.f32 s", $sum, ", s", $weight, "\n"),+),
                    "8:",
                    "lsrs r0, r0, #1",
                    "bcs 7b",
                    concat!("vstmia {partial_sums}!, {{", $sums, "}}"),
                    "add {pass}, {pass}, #1",
                    "cmp {pass}, #16",
                    "bne 2b",
                    // Sums and biases become outputs. Comparing finds NaN; all that it leaves is an exception.
                    "vldr s20, [{block}, #8]",
                    "ldr r0, [{block}]",
                    concat!("vldmia r0, {{", $weights, "}}"),
                    concat!($("vfma.f32 s", $weight, ", s", $sum, ", s20\n"),+),
                    concat!($("vcmpe.f32 s", $weight, ", #0\n"),+),
                    "ldr r0, [{block}, #4]",
                    concat!("vstmia r0, {{", $weights, "}}"),
                    row = in(reg) row.as_ptr(),
                    rounded_up = in(reg) row.len() + 15,
                    stride = in(reg) stride,
                    origin = in(reg) origin,
                    block = in(reg) &raw mut *block,
                    partial_sums = inout(reg) (&raw mut *block).byte_add(mem::offset_of!(Block, partial_sums)) => _,
                    pass = inout(reg) 0 => _,
                    input = out(reg) _,
                    weight = out(reg) _,
                    left = out(reg) _,
                    out("r0") _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("s20") _,
                    options(nostack),
                );
            }
        }
    };
    // An input, times its weights, is added to the sums.
    (input $weights:literal, [$($sum:literal $weight:literal),+]) => {
        concat!(
            "ldrb r0, [{input}], #16\n cbz r0, 9f\n vmov s20, r0\n mla {weight}, {input}, {stride}, {origin}\n",
            "vcvt.f32.u32 s20, s20\n",
            "vldmia {weight}, {{", $weights, "}}\n",
            $("vfma.f32 s", $sum, ", s", $weight, ", s20\n",)+
            "9:\n",
        )
    };
}

block!(
    one, sums "s0", weights "s10",
    [0 10]
);
block!(
    two, sums "s0-s1", weights "s10-s11",
    [0 10, 1 11]
);
block!(
    three, sums "s0-s2", weights "s10-s12",
    [0 10, 1 11, 2 12]
);
block!(
    four, sums "s0-s3", weights "s10-s13",
    [0 10, 1 11, 2 12, 3 13]
);
block!(
    five, sums "s0-s4", weights "s10-s14",
    [0 10, 1 11, 2 12, 3 13, 4 14]
);
block!(
    six, sums "s0-s5", weights "s10-s15",
    [0 10, 1 11, 2 12, 3 13, 4 14, 5 15]
);
block!(
    seven, sums "s0-s6", weights "s10-s16",
    [0 10, 1 11, 2 12, 3 13, 4 14, 5 15, 6 16]
);
block!(
    eight, sums "s0-s7", weights "s10-s17",
    [0 10, 1 11, 2 12, 3 13, 4 14, 5 15, 6 16, 7 17]
);
block!(
    nine, sums "s0-s8", weights "s10-s18",
    [0 10, 1 11, 2 12, 3 13, 4 14, 5 15, 6 16, 7 17, 8 18]
);
block!(
    ten, sums "s0-s9", weights "s10-s19",
    [0 10, 1 11, 2 12, 3 13, 4 14, 5 15, 6 16, 7 17, 8 18, 9 19]
);
