//! Dot products of samples with the weights of each output.

use core::arch::asm;
use core::mem::MaybeUninit;

use super::{GROUP, elementwise};
use crate::kernels::operands::Affine;
use crate::kernels::{Element, Rows};

/// Outputs computed at a time: a vector of partial sums each; two registers are left for inputs and weights.
const MOST: usize = 6;

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

pub(in crate::kernels) fn forward<T: Element>(rows: Rows<'_, T>, layer: Affine<'_>, outputs: &mut [f32]) {
    let Affine { weights, bias, scale, .. } = layer;
    let units = bias.len();
    // As few blocks as possible, first those with one output more.
    let count = units.div_ceil(MOST);
    let (size, larger) = (units / count, units % count);
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        let row = rows.row(index);
        let tail = row.len() % GROUP;
        let (mut first, mut size, mut same) = if larger > 0 { (0, size + 1, larger) } else { (0, size, count) };
        loop {
            // SAFETY: `first + size * same` ≤ `units`, the length of `outputs`; there are weights of each for a row.
            unsafe {
                let outputs = outputs.as_mut_ptr().add(first);
                let tail_weights = weights.as_ptr().add(units * (row.len() - tail) + first * tail);
                let mut blocks = Blocks { outputs, tail_weights, tail, count: same };
                <T as Load>::dots(row, weights.as_ptr().add(first * GROUP), units, size, &mut blocks);
            }
            first += size * same;
            if first == units {
                break;
            }
            (size, same) = (size - 1, count - larger);
        }
        elementwise::scale_and_add(outputs, scale, bias);
    }
}

/// An operation of each of up to six sums with the next vector in memory, of which one instruction loads two.
macro_rules! pairs {
    ($pointer:literal $operation:ident $first:literal $second:literal $($number:literal)*) => {
        concat!(
            "vldmia ", $pointer, "!, {{d12-d15}}\n",
            pairs!($operation $first ", q6"), pairs!($operation $second ", q7"),
            pairs!($pointer $operation $($number)*),
        )
    };
    ($pointer:literal $operation:ident $last:literal) => {
        concat!("vldrw.u32 q6, [", $pointer, "], #16\n", pairs!($operation $last ", q6"))
    };
    ($pointer:literal $operation:ident) => { "" };
    (multiply $number:literal $vector:literal) => { concat!("vfma.f32 q", $number, $vector, ", q5\n") };
    (add $number:literal $vector:literal) => { concat!("vadd.f32 q", $number, ", q", $number, $vector, "\n") };
}

/// Defines the function for blocks of as many outputs as the lists have numbers.
///
/// There are four passes, each over every fourth group of inputs: pass p is over those whose products belong to the
/// partial sums 4p, ..., 4p + 3. Their order is 0, 2, 1, 3, so that sums that are added to each other follow each other,
/// and at most two vectors of an output are stored. `$vectors` are the registers of sums, `$results` those that the results are
/// collected in, and each tuple is an output with the four lanes of its sums.
macro_rules! dots {
    ($name:ident, $element:ty, $loop:ident, $vectors:literal, $results:literal,
     [$(($number:literal $a:literal $b:literal $c:literal $d:literal))+]) => {
        /// # Safety
        /// As [`Load::dots`].
        #[inline(never)]
        unsafe fn $name(row: &[$element], weights: *const f32, units: usize, blocks: &mut Blocks) {
            const COUNT: usize = [$($number),+].len();
            let mut partial_sums = MaybeUninit::<[[[f32; GROUP]; COUNT]; 2]>::uninit();
            let groups = row.len() / GROUP;
            // The pass that ends with the inputs that are left over, or none.
            let tail_pass = if row.len().is_multiple_of(GROUP) { GROUP } else { groups % GROUP };
            // The address of a weight follows from that of the input after its group and those up to the next pass's.
            let factor = units * size_of::<f32>() / size_of::<$element>();
            let next = row.as_ptr().addr() + $loop!(ahead) * size_of::<$element>();
            let origin = weights.expose_provenance().wrapping_sub(next.wrapping_mul(factor));
            // SAFETY: of the row, only its elements are read, of the weights and outputs what the caller promises; of
            // `partial_sums`, two vectors are written for each output, then read.
            unsafe {
                asm!(
                    "2:",
                    "mov r1, {row}",
                    $loop!([$($number)+]),
                    "cmp {row}, {tail_row}",
                    "beq 7f",
                    // How many passes are done, in the upper two bits: 2 overflow, and 4 are zero.
                    "6:",
                    "adds {done}, {done}, #0x40000000",
                    "beq 9f",
                    "bvs 8f",
                    concat!("vstmia {partial_sums}, ", $vectors),
                    "sub {left}, {left}, #2",
                    "add {row}, {row}, #8*{size}",
                    "b 2b",
                    // One to three inputs.
                    "7:",
                    "ldrd {w}, r0, [{blocks}, #4]",
                    "vctp.32 r0",
                    $loop!(tail),
                    each!([$($number)+] (
                        "vpst\n vldrwt.u32 q7, [{w}]\n add {w}, {w}, r0, lsl #2\n vfma.f32 q", ", q7, q6"
                    )),
                    "b 6b",
                    // Lanes l and l + 8, and then l and l + 4, are in the same places of two registers.
                    "8:",
                    pairs!("{partial_sums}" add $($number)+),
                    concat!("vstmdb {partial_sums}!, ", $vectors),
                    "add {partial_sums}, {partial_sums}, #16*{count}",
                    "add {left}, {left}, #1",
                    "sub {row}, {row}, #4*{size}",
                    "b 2b",
                    "9:",
                    pairs!("{partial_sums}" add $($number)+),
                    "sub {partial_sums}, {partial_sums}, #32*{count}",
                    pairs!("{partial_sums}" add $($number)+),
                    "ldr r1, [{blocks}]",
                    $(concat!(
                        "vadd.f32 s", $a, ", s", $a, ", s", $c, "\n",
                        "vadd.f32 s", $b, ", s", $b, ", s", $d, "\n",
                        "vadd.f32 s", $number, ", s", $a, ", s", $b,
                    ),)+
                    concat!("vstmia r1!, ", $results),
                    // The next block.
                    "ldr r0, [{blocks}, #12]",
                    "subs r0, r0, #1",
                    "beq 9f",
                    "str r0, [{blocks}, #12]",
                    "str r1, [{blocks}]",
                    "ldrd {w}, r0, [{blocks}, #4]",
                    concat!($(each!(line $number ("add {w}, {w}, r0, lsl #2"))),+),
                    "str {w}, [{blocks}, #4]",
                    "add {origin}, {origin}, #16*{count}",
                    "sub {row}, {row}, #12*{size}",
                    "add {left}, {left}, #3",
                    "sub {partial_sums}, {partial_sums}, #16*{count}",
                    "b 2b",
                    "9:",
                    count = const COUNT,
                    size = const size_of::<$element>(),
                    w = out(reg) _,
                    row = inout(reg) row.as_ptr() => _,
                    factor = in(reg) factor,
                    origin = inout(reg) origin => _,
                    left = inout(reg) groups + 3 => _,
                    tail_row = in(reg) row.as_ptr().wrapping_add(tail_pass * GROUP),
                    done = inout(reg) 0 => _,
                    partial_sums = inout(reg) partial_sums.as_mut_ptr() => _,
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
    // By how much the address of the input has been incremented when that of the weights is computed.
    (ahead) => { 16 };
    (tail) => { "vpst\n vldrbt.u32 q6, [r1]\n vcvt.f32.u32 q6, q6" };
    (group $numbers:tt) => {
        concat!(
            "ldr r0, [r1], #16\n",
            "cbz r0, 9f\n",
            "mla {w}, r1, {factor}, {origin}\n",
            pixels!(multiply $numbers),
            "9:\n",
        )
    };
    // With six sums there is no register for a second vector of weights.
    (multiply [$a:literal $b:literal $c:literal $d:literal $e:literal $f:literal]) => {
        concat!("vldrb.u32 q6, [r1, #-16]\n vcvt.f32.u32 q6, q6\n",
            each!([$a $b $c $d $e $f] ("vldrw.u32 q7, [{w}, #16*", "]\n vfma.f32 q", ", q7, q6")))
    };
    (multiply [$($number:literal)+]) => {
        concat!("vldrb.u32 q5, [r1, #-16]\n vcvt.f32.u32 q5, q5\n", pairs!("{w}" multiply $($number)+))
    };
    ($numbers:tt) => {
        concat!(
            each!($numbers ("vmov.i32 q", ", #0")),
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
///
/// The first products are stored, not added to +0.0: the two differ in the sign of a zero, which is lost when +0.0 is
/// added to the sum of all.
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
            "lsrs r0, {left}, #2\n",
            "bne 3f\n",
            each!($numbers("vmov.i32 q", ", #0")),
            "b 5f\n",
            "3:\n",
            "vldrw.u32 q6, [r1], #64\n",
            each!($numbers("vldrw.u32 q7, [{w}, #16*", "]\n vmul.f32 q", ", q7, q6")),
            "sub r0, r0, #1\n",
            "wls lr, r0, 5f\n",
            "4:\n",
            "add {w}, {w}, {factor}, lsl #6\n",
            "vldrw.u32 q6, [r1], #64\n",
            each!($numbers("vldrw.u32 q7, [{w}, #16*", "]\n vfma.f32 q", ", q7, q6")),
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
                dots!(one, $element, $loop, "{{d0-d1}}", "{{s0}}", [(0 0 1 2 3)]);
                dots!(two, $element, $loop, "{{d0-d3}}", "{{s0-s1}}", [(0 0 1 2 3) (1 4 5 6 7)]);
                dots!(three, $element, $loop, "{{d0-d5}}", "{{s0-s2}}", [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11)]);
                dots!(four, $element, $loop, "{{d0-d7}}", "{{s0-s3}}",
                    [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11) (3 12 13 14 15)]);
                dots!(five, $element, $loop, "{{d0-d9}}", "{{s0-s4}}",
                    [(0 0 1 2 3) (1 4 5 6 7) (2 8 9 10 11) (3 12 13 14 15) (4 16 17 18 19)]);
                dots!(six, $element, $loop, "{{d0-d11}}", "{{s0-s5}}",
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
