//! Dot products of samples with the weights of each output.

use core::arch::asm;
use core::mem::MaybeUninit;

use super::{GROUP, blocks, elementwise};
use crate::kernels::{Element, Rows};

/// Outputs computed at a time: a vector of partial sums each; two registers are left for inputs and weights.
const MOST: usize = 6;

/// Partial sums of the first three passes of a block.
type Waiting = MaybeUninit<[[f32; GROUP]; 3 * MOST]>;

/// Where a block of outputs ends.
#[repr(C)]
#[derive(Debug)]
pub struct Block {
    /// `[outputs]`.
    outputs: *mut f32,
    /// `[outputs][inputs % 4]`.
    tail_weights: *const f32,
    /// `inputs % 4`.
    tail: usize,
}

/// Elements that can be multiplied with weights.
pub trait Load: Sized {
    /// Stores the dot products of `row` with the weights of `size` neighbouring outputs.
    ///
    /// # Safety
    /// `size` is 1 to [`MOST`]. At `weights`, for each group of four inputs, there are 4 · `size` weights, the next
    /// group `units` · 4 weights further. The pointers of `block` hold as many values as described there.
    unsafe fn dots(row: &[Self], weights: *const f32, units: usize, size: usize, block: &Block);
}

pub(in crate::kernels) fn forward<T: Element>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) {
    let (units, width) = (bias.len(), rows.width());
    assert!(weights.len() == units * width);
    let tail = width % GROUP;
    let tail_weights = units * (width - tail);
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        let row = rows.row(index);
        assert!(row.len() == width);
        for (first, size) in blocks(units, MOST) {
            // SAFETY: `first + size` ≤ `units`, the length of `outputs`; the weights are those of `units` outputs
            // and as many inputs as the row has, as asserted.
            unsafe {
                let block = Block {
                    outputs: outputs.as_mut_ptr().add(first),
                    tail_weights: weights.as_ptr().add(tail_weights + first * tail),
                    tail,
                };
                <T as Load>::dots(row, weights.as_ptr().wrapping_add(first * GROUP), units, size, &block);
            }
        }
        elementwise::scale_and_add(outputs, scale, bias);
    }
}

/// Defines the function for blocks of as many outputs as the lists have numbers.
///
/// There are four passes, each over every fourth group of inputs: those whose products belong to the partial sums
/// 4p, ..., 4p + 3 of pass p. `$sums` are the registers of sums, and the four lanes of each, one tuple for an output.
macro_rules! dots {
    ($name:ident, $element:ty, $load:literal, $tail_load:literal, $numbers:tt,
     [$(($number:literal $a:literal $b:literal $c:literal $d:literal))+]) => {
        /// # Safety
        /// As [`Load::dots`].
        #[inline(never)]
        unsafe fn $name(row: &[$element], weights: *const f32, units: usize, block: &Block) {
            let mut waiting = Waiting::uninit();
            let groups = row.len() / GROUP;
            // The pass that ends with the inputs that are left over, or none.
            let tail_pass = if row.len().is_multiple_of(GROUP) { GROUP } else { groups % GROUP };
            // SAFETY: of the row, only its elements are read, of the weights and outputs what the caller promises; of
            // `waiting`, three vectors are written for each output, then read.
            unsafe {
                asm!(
                    "2:",
                    each!($numbers ("vmov.i32 q", ", #0")),
                    "mov r1, {row}",
                    "mov {w}, {weights}",
                    "lsr r0, {left}, #2",
                    "wls lr, r0, 4f",
                    "3:",
                    $load,
                    each!($numbers ("vldrw.u32 q7, [{w}, #16*", "]\n vfma.f32 q", ", q7, q6")),
                    "9:",
                    "add {w}, {w}, {step}",
                    "le lr, 3b",
                    "4:",
                    "cmp {pass}, {tail_pass}",
                    "beq 7f",
                    "6:",
                    "cmp {pass}, #3",
                    "beq 8f",
                    each!($numbers ("vstrw.32 q", ", [{waiting}, #48*", "]")),
                    "add {waiting}, {waiting}, #16",
                    "add {pass}, {pass}, #1",
                    "sub {left}, {left}, #1",
                    concat!("add {row}, {row}, #4*{size}"),
                    "add {weights}, {weights}, {step}, lsr #2",
                    "b 2b",
                    // One to three inputs.
                    "7:",
                    "ldrd {w}, r0, [{block}, #4]",
                    "vctp.32 r0",
                    $tail_load,
                    each!($numbers ("vpst\n vldrwt.u32 q7, [{w}]\n add {w}, {w}, r0, lsl #2\n vfma.f32 q", ", q7, q6")),
                    "b 6b",
                    // Lanes l and l + 8, then l and l + 4, are in the same places of two registers.
                    "8:",
                    each!($numbers ("vldrw.u32 q7, [{waiting}, #48*", "-32]\n vadd.f32 q", ", q", ", q7")),
                    each!($numbers ("vldrw.u32 q6, [{waiting}, #48*", "-48]\n vldrw.u32 q7, [{waiting}, #48*", "-16]\n vadd.f32 q6, q6, q7\n vadd.f32 q",
                        ", q", ", q6")),
                    "ldr r1, [{block}]",
                    $(concat!(
                        "vadd.f32 s", $a, ", s", $a, ", s", $c, "\n",
                        "vadd.f32 s", $b, ", s", $b, ", s", $d, "\n",
                        "vadd.f32 s", $a, ", s", $a, ", s", $b, "\n",
                        "vstr s", $a, ", [r1, #4*", $number, "]",
                    ),)+
                    size = const size_of::<$element>(),
                    w = out(reg) _,
                    row = inout(reg) row.as_ptr() => _,
                    weights = inout(reg) weights => _,
                    step = in(reg) units * (GROUP * GROUP * size_of::<f32>()),
                    left = inout(reg) groups + 3 => _,
                    pass = inout(reg) 0 => _,
                    tail_pass = in(reg) tail_pass,
                    waiting = inout(reg) waiting.as_mut_ptr() => _,
                    block = in(reg) block,
                    out("r0") _, out("r1") _, out("lr") _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    out("d14") _, out("d15") _,
                    options(nostack),
                );
            }
        }
    };
}

/// Defines the functions for one kind of element.
macro_rules! load {
    ($element:ty, $load:literal, $tail_load:literal, $one:ident $two:ident $three:ident $four:ident $five:ident $six:ident) => {
        dots!($one, $element, $load, $tail_load, [0], [(0 0 1 2 3)]);
        dots!($two, $element, $load, $tail_load, [0 1], [(0 0 1 2 3) (1 4 5 6 7)]);
        dots!($three, $element, $load, $tail_load, [0 1 2], [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11)]);
        dots!($four, $element, $load, $tail_load, [0 1 2 3], [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11) (3 12 13 14 15)]);
        dots!($five, $element, $load, $tail_load, [0 1 2 3 4],
            [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11) (3 12 13 14 15) (4 16 17 18 19)]);
        dots!($six, $element, $load, $tail_load, [0 1 2 3 4 5],
            [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11) (3 12 13 14 15) (4 16 17 18 19) (5 20 21 22 23)]);

        impl Load for $element {
            unsafe fn dots(row: &[Self], weights: *const f32, units: usize, size: usize, block: &Block) {
                // SAFETY: the caller's.
                unsafe {
                    match size {
                        1 => $one(row, weights, units, block),
                        2 => $two(row, weights, units, block),
                        3 => $three(row, weights, units, block),
                        4 => $four(row, weights, units, block),
                        5 => $five(row, weights, units, block),
                        _ => $six(row, weights, units, block),
                    }
                }
            }
        }
    };
}

// Four pixels that are zero add nothing, neither to a sum nor to its sign: no sum is ever -0.0.
load!(
    u8,
    "ldr r0, [r1], #16\n cbz r0, 9f\n vldrb.u32 q6, [r1, #-16]\n vcvt.f32.u32 q6, q6",
    "vpst\n vldrbt.u32 q6, [r1]\n vcvt.f32.u32 q6, q6",
    one_u8 two_u8 three_u8 four_u8 five_u8 six_u8
);
load!(
    f32,
    "vldrw.u32 q6, [r1], #64",
    "vpst\n vldrwt.u32 q6, [r1]",
    one_f32 two_f32 three_f32 four_f32 five_f32 six_f32
);
