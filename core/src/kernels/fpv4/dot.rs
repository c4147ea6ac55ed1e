//! Dot products of a sample with the weights of some outputs.

use core::arch::asm;
use core::array;
use core::mem::MaybeUninit;

use super::TEN;
use crate::kernels::{Element, Rows};
use crate::math::{canonical, fused_multiply_add};

/// Numbers that can be multiplied with weights.
pub trait Load: Sized {
    /// The dot products of `row` with the weights of ten outputs.
    ///
    /// # Safety
    /// For each number of the row, ten weights can be read: at `weights` for the first, `stride` further for the next.
    unsafe fn ten(row: &[Self], weights: *const f32, stride: usize) -> [f32; TEN];

    /// The dot product of `row` with the weights of one output.
    ///
    /// # Safety
    /// As above, but for one weight.
    unsafe fn one(row: &[Self], weights: *const f32, stride: usize) -> [f32; 1];
}

pub(in crate::kernels) fn forward<T: Element>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) {
    let units = bias.len();
    let (tens, ones) = bias.as_chunks::<TEN>();
    for (index, outputs) in outputs.chunks_exact_mut(units).enumerate() {
        let row = rows.row(index);
        let (outputs_of_tens, outputs_of_ones) = outputs.as_chunks_mut::<TEN>();
        let mut weights = weights.as_ptr();
        for (outputs, bias) in outputs_of_tens.iter_mut().zip(tens) {
            // SAFETY: every number of the row has a weight for every unit, and these units are ten of them.
            unsafe {
                finish(outputs, bias, <T as Load>::ten(row, weights, units), scale);
                weights = weights.add(TEN);
            }
        }
        for (output, bias) in outputs_of_ones.iter_mut().zip(ones) {
            // SAFETY: as above, for one unit.
            unsafe {
                finish(array::from_mut(output), array::from_ref(bias), <T as Load>::one(row, weights, units), scale);
                weights = weights.add(1);
            }
        }
    }
}

/// Scale and bias, when the sums are complete.
fn finish<const N: usize>(outputs: &mut [f32; N], bias: &[f32; N], sums: [f32; N], scale: f32) {
    for ((output, bias), sum) in outputs.iter_mut().zip(bias).zip(sums) {
        *output = canonical(fused_multiply_add(sum, scale, *bias));
    }
}

/// The dot products of a row with the weights of some units.
///
/// There are 16 passes over the row, one for each partial sum, in an order (0, 8, 4, 12, 2, ...: the bits of the pass,
/// reversed) in which every sum that has to be added to another finds it on the top of a short stack.
macro_rules! dot {
    ($name:ident, $element:ty, $count:expr, $units:tt, pairs $pairs:tt, sums $sums:literal, weights $weights:literal,
     start $start:literal, load $load:literal) => {
        unsafe fn $name(row: &[$element], weights: *const f32, stride: usize) -> [f32; $count] {
            // Four sums wait at most: of 8, 4, 2 and 1 passes.
            let mut waiting = [const { MaybeUninit::<[f32; $count]>::uninit() }; 4];
            // The address of a weight follows from that of its number in the row. A pass has come one number of its own,
            // 16 of the row, further when it asks.
            let factor = stride * size_of::<f32>() / size_of::<$element>();
            let next = row.as_ptr().addr() + 16 * size_of::<$element>();
            let origin = weights.expose_provenance().wrapping_sub(next.wrapping_mul(factor));
            // r0 is the number of the partial sum, then a pixel: `cbz` wants one of the low registers.
            // SAFETY: of the row and its weights nothing is touched that the caller does not promise; each of the
            // stack's places is there.
            unsafe {
                asm!(
                    "2:",
                    "rbit r0, {pass}",
                    "lsr r0, r0, #28",
                    $start,
                    "rsb {left}, r0, {rounded_up}",
                    "lsr {left}, {left}, #4",
                    "movs r0, #0",
                    each!($pairs "vmov d", ", r0, r0"),
                    // The numbers of this pass, of which 784 inputs have seven times seven, and then the rest.
                    "subs {left}, {left}, #7",
                    "blo 4f",
                    "3:",
                    dot!(add $load, $weights, $units),
                    dot!(add $load, $weights, $units),
                    dot!(add $load, $weights, $units),
                    dot!(add $load, $weights, $units),
                    dot!(add $load, $weights, $units),
                    dot!(add $load, $weights, $units),
                    dot!(add $load, $weights, $units),
                    "subs {left}, {left}, #7",
                    "bhs 3b",
                    "4:",
                    "adds {left}, {left}, #7",
                    "beq 6f",
                    "5:",
                    dot!(add $load, $weights, $units),
                    "subs {left}, {left}, #1",
                    "bne 5b",
                    // For every one at the end of the pass's number, a sum waits that belongs before this one.
                    "6:",
                    "mov r0, {pass}",
                    "b 8f",
                    "7:",
                    concat!("vldmdb {waiting}!, {{", $weights, "}}"),
                    each!($units "vadd.f32 s", ", s1", ""),
                    "8:",
                    "lsrs r0, r0, #1",
                    "bcs 7b",
                    concat!("vstmia {waiting}!, {{", $sums, "}}"),
                    "add {pass}, {pass}, #1",
                    "cmp {pass}, #16",
                    "bne 2b",
                    row = in(reg) row.as_ptr(),
                    rounded_up = in(reg) row.len() + 15,
                    factor = in(reg) factor,
                    origin = in(reg) origin,
                    waiting = inout(reg) waiting.as_mut_ptr() => _,
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
            let [sums, ..] = waiting;
            // SAFETY: the last pass has left the sum of all sums there.
            unsafe { sums.assume_init() }
        }
    };
    // Adds a number of the row, times its weights, to the sums.
    (add $load:literal, $weights:literal, $units:tt) => {
        concat!(
            $load,
            "mla {weight}, {input}, {factor}, {origin}\n",
            "vldmia {weight}, {{", $weights, "}}\n",
            each!($units "vfma.f32 s", ", s1", ", s20"),
            "9:\n",
        )
    };
    (u8: $($rest:tt)+) => {
        dot!($($rest)+, start "add {input}, {row}, r0",
            // A pixel that is zero adds nothing, neither to a sum nor to its sign: no sum is ever -0.0.
            load "ldrb r0, [{input}], #16\n cbz r0, 9f\n vmov s20, r0\n vcvt.f32.u32 s20, s20\n");
    };
    (f32: $($rest:tt)+) => {
        dot!($($rest)+, start "add {input}, {row}, r0, lsl #2", load "vldr s20, [{input}]\n add {input}, {input}, #64\n");
    };
}

impl Load for u8 {
    dot!(u8: ten, u8, TEN, [0 1 2 3 4 5 6 7 8 9], pairs [0 1 2 3 4], sums "s0-s9", weights "s10-s19");
    dot!(u8: one, u8, 1, [0], pairs [0], sums "s0", weights "s10");
}

impl Load for f32 {
    dot!(f32: ten, f32, TEN, [0 1 2 3 4 5 6 7 8 9], pairs [0 1 2 3 4], sums "s0-s9", weights "s10-s19");
    dot!(f32: one, f32, 1, [0], pairs [0], sums "s0", weights "s10");
}
