//! Dot products of samples with the weights of each output.

use core::arch::asm;
use core::mem::MaybeUninit;

use super::{GROUP, elementwise};
use crate::kernels::{Element, Rows};

/// Outputs computed at a time: a vector of partial sums each; two registers are left for inputs and weights.
const MOST: usize = 6;

/// Partial sums of the first three passes of a block.
type Waiting = MaybeUninit<[[f32; GROUP]; 3 * MOST]>;

/// Arguments used between the blocks of outputs only, kept in memory because registers do not suffice.
#[repr(C)]
#[derive(Debug)]
pub struct Blocks {
    /// Where the next block stores its sums.
    outputs: *mut f32,
    /// `[size][inputs % 4]` of the next block.
    tail_weights: *const f32,
    /// `inputs % 4`.
    tail: usize,
    /// Blocks that are left, at least one.
    count: usize,
}

/// Elements that can be multiplied with weights.
pub trait Load: Sized {
    /// Stores the dot products of `row` with the weights of neighbouring outputs, in blocks of `size`.
    ///
    /// # Safety
    /// `size` is 1 to [`MOST`]. At `weights`, for each group of four inputs, there are 4 weights for each output of
    /// the blocks, the next group `units` · 4 weights further. The pointers of `blocks` hold as many values as
    /// described there, for each block.
    unsafe fn dots(row: &[Self], weights: *const f32, units: usize, size: usize, blocks: &mut Blocks);
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
    let weights = weights.as_ptr();
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        let row = rows.row(index);
        assert!(row.len() == width);
        // As few blocks as possible, first those with one output more.
        let count = units.div_ceil(MOST);
        let (size, larger) = (units / count, units % count);
        for (first, size, count) in [(0, size + 1, larger), (larger * (size + 1), size, count - larger)] {
            if count > 0 {
                // SAFETY: `first + size * count` ≤ `units`, the length of `outputs`; the weights are those of `units`
                // outputs and as many inputs as the row has, as asserted.
                unsafe {
                    let outputs = outputs.as_mut_ptr().add(first);
                    let tail_weights = weights.add(units * (width - tail) + first * tail);
                    let mut blocks = Blocks { outputs, tail_weights, tail, count };
                    <T as Load>::dots(row, weights.wrapping_add(first * GROUP), units, size, &mut blocks);
                }
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
    ($name:ident, $element:ty, $loop:ident, $numbers:tt,
     [$(($number:literal $a:literal $b:literal $c:literal $d:literal))+]) => {
        /// # Safety
        /// As [`Load::dots`].
        #[inline(never)]
        unsafe fn $name(row: &[$element], weights: *const f32, units: usize, blocks: &mut Blocks) {
            let mut waiting = Waiting::uninit();
            let groups = row.len() / GROUP;
            // The pass that ends with the inputs that are left over, or none.
            let tail_pass = if row.len().is_multiple_of(GROUP) { GROUP } else { groups % GROUP };
            // The address of a weight follows from that of the input after its group and those up to the next pass's.
            let factor = units * size_of::<f32>() / size_of::<$element>();
            let next = row.as_ptr().addr() + $loop!(ahead) * size_of::<$element>();
            let origin = weights.expose_provenance().wrapping_sub(next.wrapping_mul(factor));
            // SAFETY: of the row, only its elements are read, of the weights and outputs what the caller promises; of
            // `waiting`, three vectors are written for each output, then read.
            unsafe {
                asm!(
                    "2:",
                    each!($numbers ("vmov.i32 q", ", #0")),
                    "mov r1, {row}",
                    $loop!($numbers),
                    "cmp {row}, {tail_row}",
                    "beq 7f",
                    "6:",
                    "cmp {row}, {last_row}",
                    "beq 8f",
                    each!($numbers ("vstrw.32 q", ", [{waiting}, #48*", "]")),
                    "add {waiting}, {waiting}, #16",
                    "sub {left}, {left}, #1",
                    "add {row}, {row}, #4*{size}",
                    "b 2b",
                    // One to three inputs.
                    "7:",
                    "ldrd {w}, r0, [{blocks}, #4]",
                    "vctp.32 r0",
                    $loop!(tail),
                    each!($numbers (
                        "vpst\n vldrwt.u32 q7, [{w}]\n add {w}, {w}, r0, lsl #2\n vfma.f32 q", ", q7, q6"
                    )),
                    "b 6b",
                    // Lanes l and l + 8, then l and l + 4, are in the same places of two registers.
                    "8:",
                    each!($numbers ("vldrw.u32 q7, [{waiting}, #48*", "-32]\n vadd.f32 q", ", q", ", q7")),
                    each!($numbers (
                        "vldrw.u32 q6, [{waiting}, #48*", "-48]\n vldrw.u32 q7, [{waiting}, #48*", "-16]\n vadd.f32 q6, q6, q7\n vadd.f32 q",
                        ", q", ", q6"
                    )),
                    "ldr r1, [{blocks}]",
                    $(concat!(
                        "vadd.f32 s", $a, ", s", $a, ", s", $c, "\n",
                        "vadd.f32 s", $b, ", s", $b, ", s", $d, "\n",
                        "vadd.f32 s", $a, ", s", $a, ", s", $b, "\n",
                        "vstr s", $a, ", [r1, #4*", $number, "]",
                    ),)+
                    // The next block.
                    "ldr r0, [{blocks}, #12]",
                    "subs r0, r0, #1",
                    "beq 9f",
                    "str r0, [{blocks}, #12]",
                    "add r1, r1, #4*{count}",
                    "str r1, [{blocks}]",
                    "ldrd {w}, r0, [{blocks}, #4]",
                    concat!($(each!(line $number ("add {w}, {w}, r0, lsl #2"))),+),
                    "str {w}, [{blocks}, #4]",
                    "add {origin}, {origin}, #16*{count}",
                    "sub {row}, {row}, #12*{size}",
                    "add {left}, {left}, #3",
                    "sub {waiting}, {waiting}, #48",
                    "b 2b",
                    "9:",
                    count = const [$($number),+].len(),
                    size = const size_of::<$element>(),
                    w = out(reg) _,
                    row = inout(reg) row.as_ptr() => _,
                    factor = in(reg) factor,
                    origin = inout(reg) origin => _,
                    left = inout(reg) groups + 3 => _,
                    tail_row = in(reg) row.as_ptr().wrapping_add(tail_pass * GROUP),
                    last_row = in(reg) row.as_ptr().wrapping_add(3 * GROUP),
                    waiting = inout(reg) waiting.as_mut_ptr() => _,
                    blocks = in(reg) blocks,
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

/// One pass over the groups of a row of pixels: a quarter of `left`, rounded down.
///
/// Four pixels that are zero add nothing, neither to a sum nor to its sign: no sum is ever -0.0.
macro_rules! pixels {
    // How far the address of the input has come when that of the weights is computed.
    (ahead) => { 16 };
    (tail) => { "vpst\n vldrbt.u32 q6, [r1]\n vcvt.f32.u32 q6, q6" };
    (group $numbers:tt) => {
        concat!(
            "ldr r0, [r1], #16\n",
            "cbz r0, 9f\n",
            "mla {w}, r1, {factor}, {origin}\n",
            "vldrb.u32 q6, [r1, #-16]\n",
            "vcvt.f32.u32 q6, q6\n",
            each!($numbers ("vldrw.u32 q7, [{w}, #16*", "]\n vfma.f32 q", ", q7, q6")),
            "9:\n",
        )
    };
    ($numbers:tt) => {
        concat!(
            "lsr r0, {left}, #5\n",
            "wls lr, r0, 4f\n",
            "3:\n",
            pixels!(group $numbers), pixels!(group $numbers), pixels!(group $numbers), pixels!(group $numbers),
            pixels!(group $numbers), pixels!(group $numbers), pixels!(group $numbers), pixels!(group $numbers),
            "le lr, 3b\n",
            "4:\n",
            "ubfx r0, {left}, #2, #3\n",
            "wls lr, r0, 5f\n",
            "4:\n",
            pixels!(group $numbers),
            "le lr, 4b\n",
            "5:\n",
        )
    };
}

/// One pass over the groups of a row of f32.
macro_rules! floats {
    (ahead) => {
        0
    };
    (tail) => {
        "vpst\n vldrwt.u32 q6, [r1]"
    };
    ($numbers:tt) => {
        concat!(
            "mla {w}, r1, {factor}, {origin}\n",
            "lsr lr, {left}, #2\n",
            "wls lr, lr, 5f\n",
            "4:\n",
            "vldrw.u32 q6, [r1], #64\n",
            each!($numbers("vldrw.u32 q7, [{w}, #16*", "]\n vfma.f32 q", ", q7, q6")),
            "add {w}, {w}, {factor}, lsl #6\n",
            "le lr, 4b\n",
            "5:\n",
        )
    };
}

/// Defines the functions for one kind of element.
macro_rules! load {
    ($element:ty, $loop:ident) => {
        impl Load for $element {
            unsafe fn dots(row: &[Self], weights: *const f32, units: usize, size: usize, blocks: &mut Blocks) {
                dots!(one, $element, $loop, [0], [(0 0 1 2 3)]);
                dots!(two, $element, $loop, [0 1], [(0 0 1 2 3) (1 4 5 6 7)]);
                dots!(three, $element, $loop, [0 1 2], [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11)]);
                dots!(four, $element, $loop, [0 1 2 3], [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11) (3 12 13 14 15)]);
                dots!(five, $element, $loop, [0 1 2 3 4],
                    [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11) (3 12 13 14 15) (4 16 17 18 19)]);
                dots!(six, $element, $loop, [0 1 2 3 4 5],
                    [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11) (3 12 13 14 15) (4 16 17 18 19) (5 20 21 22 23)]);
                let function = match size {
                    1 => one,
                    2 => two,
                    3 => three,
                    4 => four,
                    5 => five,
                    _ => six,
                };
                // SAFETY: the caller's.
                unsafe { function(row, weights, units, blocks) }
            }
        }
    };
}

load!(u8, pixels);
load!(f32, floats);
