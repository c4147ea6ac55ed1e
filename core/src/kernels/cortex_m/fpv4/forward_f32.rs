//! Forward of f32 inputs: the dot products of one sample with the weights of a block of outputs.
//!
//! The sums of a block stay in registers: of 7 to 12 outputs two of the 16 partial sums at a time, so that 8 passes over
//! the inputs are needed, of up to 6 outputs four partial sums and 4 passes. The first product of a partial sum is
//! stored, not added to +0.0: the results differ at most in the sign of a zero. That sign is lost when +0.0 is added to the
//! total, unless a product has underflowed, which sets a flag ([`Exceptions`](super::exceptions::Exceptions)).

use core::arch::asm;
use core::mem::{self, MaybeUninit};

/// The most partial sums stored until others are added to them: three of twelve outputs.
const PARTIAL_SUMS: usize = 36;

/// Arguments of a block of outputs beside inputs and weights. The assembly depends on the order of the fields.
#[repr(C)]
struct Block {
    bias: *const f32,
    outputs: *mut f32,
    scale: f32,
    partial_sums: [MaybeUninit<f32>; PARTIAL_SUMS],
}

/// Operands of the assembly.
struct Operands {
    inputs: *const f32,
    count: usize,
    weights: *const f32,
    /// Bytes from the weights of an input to those of the next.
    stride: usize,
    block: *mut Block,
}

/// `outputs[unit]` = (`row` · weights of the unit) · `scale` + `bias[unit]`, for some units side by side, at most
/// [`LARGEST_BLOCK`](super::LARGEST_BLOCK).
///
/// # Safety
/// At `weights` are those of the first input and the first of the units; for each further input, `units` weights on,
/// there are as many.
pub(super) unsafe fn block(
    row: &[f32],
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
    let operands = Operands {
        inputs: row.as_ptr(),
        count: row.len(),
        weights,
        stride: units * size_of::<f32>(),
        block: &mut block,
    };
    // SAFETY: the caller's promise is what each of them needs.
    unsafe {
        match outputs.len() {
            1 => one(operands),
            2 => two(operands),
            3 => three(operands),
            4 => four(operands),
            5 => five(operands),
            6 => six(operands),
            7 => seven(operands),
            8 => eight(operands),
            9 => nine(operands),
            10 => ten(operands),
            11 => eleven(operands),
            12 => twelve(operands),
            _ => {}
        }
    }
}

/// Defines the function of a block. Given as assembly is what depends on the registers: `$first`, the first row of each
/// partial sum of a pass; `$four`, four further rows; `$rest`, up to three more; `$combine`, which adds the partial sums
/// of the pass to the first; `$add`, which adds the second to the first; `$finish`, from sums and biases to outputs.
macro_rules! block {
    ($name:ident, $outputs:literal, log2_passes $log2:literal, sums $sums:literal, biases $biases:literal,
     first $first:expr, four $four:expr, rest [$($rest:expr),+], combine $combine:expr, add $add:expr,
     finish $finish:expr) => {
        /// # Safety
        /// The operands are valid for as many outputs as the name says.
        #[inline(always)]
        unsafe fn $name(operands: Operands) {
            const PASSES: usize = 1 << $log2;
            let Operands { inputs, count, weights, stride, block } = operands;
            // SAFETY: only inputs, weights and biases are read, and only outputs and `partial_sums` are written.
            unsafe {
                asm!(
                    concat!("lsl {skip}, {stride}, #", $log2),
                    "sub {skip}, {skip}, #4*{outputs}",
                    // The partial sum that a pass begins with is the number of the pass with its bits reversed, so that
                    // sums which are added to each other follow each other. Then, how many rows.
                    "2:",
                    "rbit {left}, {pass}",
                    concat!("lsr {left}, {left}, #32-", $log2),
                    "mla {weight}, {left}, {stride}, {weights}",
                    "add {input}, {inputs}, {left}, lsl #2",
                    "sub {left}, {rounded_up}, {left}",
                    concat!("lsr {left}, {left}, #", $log2),
                    "subs {left}, {left}, #{lanes}",
                    "blo 9f",
                    $first,
                    "subs {left}, {left}, #4",
                    "blo 4f",
                    "3:",
                    $four,
                    "subs {left}, {left}, #4",
                    "bhs 3b",
                    "4:",
                    "adds {left}, {left}, #4",
                    "5:",
                    $("beq 6f", $rest, "subs {left}, {left}, #1",)+
                    "6:",
                    $combine,
                    // For each trailing one of the pass's number, the last stored sums are added to these.
                    "lsrs {left}, {pass}, #1",
                    "bcc 8f",
                    "7:",
                    concat!("vldmdb {partial_sums}!, {{", $biases, "}}"),
                    $add,
                    "lsrs {left}, {left}, #1",
                    "bcs 7b",
                    "8:",
                    "add {pass}, {pass}, #1",
                    "cmp {pass}, #{passes}",
                    "beq 12f",
                    concat!("vstmia {partial_sums}!, {{", $sums, "}}"),
                    "b 2b",
                    // Too few rows for a product in each partial sum: they begin with zero.
                    "9:",
                    "mov {left}, #0",
                    each!([0 1 2 3 4 5 6 7 8 9 10 11] "vmov d", ", {left}, {left}"),
                    "rbit {left}, {pass}",
                    concat!("lsr {left}, {left}, #32-", $log2),
                    "sub {left}, {rounded_up}, {left}",
                    concat!("lsrs {left}, {left}, #", $log2),
                    "b 5b",
                    "12:",
                    "ldr {left}, [{partial_sums}, #-12]",
                    concat!("vldmia {left}, {{", $biases, "}}"),
                    "mov {left}, #0",
                    "vmov s30, {left}",
                    "vldr s31, [{partial_sums}, #-4]",
                    $finish,
                    "ldr {left}, [{partial_sums}, #-8]",
                    concat!("vstmia {left}, {{", $biases, "}}"),
                    passes = const PASSES,
                    lanes = const 16 / PASSES,
                    outputs = const $outputs,
                    inputs = in(reg) inputs,
                    rounded_up = in(reg) count + PASSES - 1,
                    weights = in(reg) weights,
                    stride = in(reg) stride,
                    skip = out(reg) _,
                    partial_sums = inout(reg) block.byte_add(mem::offset_of!(Block, partial_sums)) => _,
                    pass = inout(reg) 0 => _,
                    input = out(reg) _,
                    weight = out(reg) _,
                    left = out(reg) _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    out("d14") _, out("d15") _,
                    options(nostack),
                );
            }
        }
    };
}

/// A row of weights, loaded in parts: each is multiplied with input `$x` and added to its sum.
macro_rules! row {
    ($x:literal, $($range:literal [$($sum:literal $weight:literal),+]),+) => {
        concat!(
            $("vldmia {weight}!, {{", $range, "}}\n", $("vfma.f32 s", $sum, ", s", $weight, ", s", $x, "\n",)+)+
            "add {weight}, {weight}, {skip}\n",
        )
    };
}

/// The first row of a partial sum.
macro_rules! first_row {
    ($x:literal, $range:literal [$($sum:literal),+]) => {
        concat!(
            "vldmia {weight}!, {{", $range, "}}\n", $("vmul.f32 s", $sum, ", s", $sum, ", s", $x, "\n",)+
            "add {weight}, {weight}, {skip}\n",
        )
    };
}

/// Sums and biases become outputs. Comparing finds NaN; all that it leaves is an exception.
macro_rules! finish {
    ([$($sum:literal $bias:literal),+]) => {
        concat!(
            $("vadd.f32 s", $sum, ", s", $sum, ", s30\n",)+
            $("vfma.f32 s", $bias, ", s", $sum, ", s31\n",)+
            $("vcmpe.f32 s", $bias, ", #0\n",)+
        )
    };
}

/// Adds registers to others.
macro_rules! add {
    ([$($to:literal $from:literal),+]) => { concat!($("vadd.f32 s", $to, ", s", $to, ", s", $from, "\n"),+) };
}

/// Two partial sums at a time, a and b: rows alternate between them. For each output, the registers of both and of its
/// weight.
macro_rules! wide {
    ($name:ident, $outputs:literal, $as:literal $bs:literal, $($ws:literal [$($a:literal $b:literal $w:literal),+]),+) => {
        block!(
            $name, $outputs, log2_passes 3, sums $as, biases $bs,
            first concat!(
                "vldr s30, [{input}]\n vldr s31, [{input}, #32]\n add {input}, {input}, #64\n",
                first_row!(30, $as [$($($a),+),+]),
                first_row!(31, $bs [$($($b),+),+]),
            ),
            four concat!(
                "vldr s30, [{input}]\n vldr s31, [{input}, #32]\n",
                row!(30, $($ws [$($a $w),+]),+),
                row!(31, $($ws [$($b $w),+]),+),
                "vldr s30, [{input}, #64]\n vldr s31, [{input}, #96]\n add {input}, {input}, #128\n",
                row!(30, $($ws [$($a $w),+]),+),
                row!(31, $($ws [$($b $w),+]),+),
            ),
            rest [
                concat!("vldr s30, [{input}]\n", row!(30, $($ws [$($a $w),+]),+)),
                concat!("vldr s30, [{input}, #32]\n", row!(30, $($ws [$($b $w),+]),+)),
                concat!("vldr s30, [{input}, #64]\n", row!(30, $($ws [$($a $w),+]),+))
            ],
            combine add!([$($($a $b),+),+]),
            add add!([$($($a $b),+),+]),
            finish finish!([$($($a $b),+),+])
        );
    };
}

/// Four partial sums at a time, a, b, c and d.
macro_rules! narrow {
    ($name:ident, $outputs:literal, $as:literal $bs:literal $cs:literal $ds:literal $ws:literal,
     [$($a:literal $b:literal $c:literal $d:literal $w:literal),+]) => {
        block!(
            $name, $outputs, log2_passes 2, sums $as, biases $bs,
            first concat!(
                "vldr s30, [{input}]\n vldr s31, [{input}, #16]\n",
                first_row!(30, $as [$($a),+]),
                first_row!(31, $bs [$($b),+]),
                "vldr s30, [{input}, #32]\n vldr s31, [{input}, #48]\n add {input}, {input}, #64\n",
                first_row!(30, $cs [$($c),+]),
                first_row!(31, $ds [$($d),+]),
            ),
            four concat!(
                "vldr s30, [{input}]\n vldr s31, [{input}, #16]\n",
                row!(30, $ws [$($a $w),+]),
                row!(31, $ws [$($b $w),+]),
                "vldr s30, [{input}, #32]\n vldr s31, [{input}, #48]\n add {input}, {input}, #64\n",
                row!(30, $ws [$($c $w),+]),
                row!(31, $ws [$($d $w),+]),
            ),
            rest [
                concat!("vldr s30, [{input}]\n", row!(30, $ws [$($a $w),+])),
                concat!("vldr s30, [{input}, #16]\n", row!(30, $ws [$($b $w),+])),
                concat!("vldr s30, [{input}, #32]\n", row!(30, $ws [$($c $w),+]))
            ],
            combine concat!(add!([$($a $c),+]), add!([$($b $d),+]), add!([$($a $b),+])),
            add add!([$($a $b),+]),
            finish finish!([$($a $b),+])
        );
    };
}

narrow!(
    one, 1, "s0" "s6" "s12" "s18" "s24",
    [0 6 12 18 24]
);
narrow!(
    two, 2, "s0-s1" "s6-s7" "s12-s13" "s18-s19" "s24-s25",
    [0 6 12 18 24, 1 7 13 19 25]
);
narrow!(
    three, 3, "s0-s2" "s6-s8" "s12-s14" "s18-s20" "s24-s26",
    [0 6 12 18 24, 1 7 13 19 25, 2 8 14 20 26]
);
narrow!(
    four, 4, "s0-s3" "s6-s9" "s12-s15" "s18-s21" "s24-s27",
    [0 6 12 18 24, 1 7 13 19 25, 2 8 14 20 26, 3 9 15 21 27]
);
narrow!(
    five, 5, "s0-s4" "s6-s10" "s12-s16" "s18-s22" "s24-s28",
    [0 6 12 18 24, 1 7 13 19 25, 2 8 14 20 26, 3 9 15 21 27, 4 10 16 22 28]
);
narrow!(
    six, 6, "s0-s5" "s6-s11" "s12-s17" "s18-s23" "s24-s29",
    [0 6 12 18 24, 1 7 13 19 25, 2 8 14 20 26, 3 9 15 21 27, 4 10 16 22 28, 5 11 17 23 29]
);
wide!(
    seven, 7, "s0-s6" "s10-s16",
    "s20-s26" [0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24, 5 15 25, 6 16 26]
);
wide!(
    eight, 8, "s0-s7" "s10-s17",
    "s20-s27" [0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24, 5 15 25, 6 16 26, 7 17 27]
);
wide!(
    nine, 9, "s0-s8" "s10-s18",
    "s20-s28" [0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24, 5 15 25, 6 16 26, 7 17 27, 8 18 28]
);
wide!(
    ten, 10, "s0-s9" "s10-s19",
    "s20-s29" [0 10 20, 1 11 21, 2 12 22, 3 13 23, 4 14 24, 5 15 25, 6 16 26, 7 17 27, 8 18 28, 9 19 29]
);
wide!(
    eleven, 11, "s0-s10" "s12-s22",
    "s24-s29" [0 12 24, 1 13 25, 2 14 26, 3 15 27, 4 16 28, 5 17 29],
    "s24-s28" [6 18 24, 7 19 25, 8 20 26, 9 21 27, 10 22 28]
);
wide!(
    twelve, 12, "s0-s11" "s12-s23",
    "s24-s29" [0 12 24, 1 13 25, 2 14 26, 3 15 27, 4 16 28, 5 17 29],
    "s24-s29" [6 18 24, 7 19 25, 8 20 26, 9 21 27, 10 22 28, 11 23 29]
);
