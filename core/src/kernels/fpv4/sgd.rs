//! Gradient descent from a single sample, the way of learning on a device.

use core::arch::asm;
use core::array;

use super::TEN;
use crate::kernels::updates::SgdUpdate;
use crate::kernels::{Element, Rows, portable};
use crate::math::{SMALLEST_WEIGHT, canonical, flush_below};

/// Numbers that weights can learn from.
pub trait Load: Sized {
    /// Moves the weights of all units by what a single sample says, where there is a loop for such samples.
    /// Returns whether there is.
    fn descend(row: &[Self], deltas: &[f32], rate: f32, weights: &mut [f32]) -> bool;
}

pub(in crate::kernels) fn weight_gradient_sgd<T: Element>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    rate: f32,
    weights: &mut [f32],
) {
    if rows.len() != 1 || !<T as Load>::descend(rows.row(0), deltas, rate, weights) {
        let update = SgdUpdate { learning_rate: rate };
        portable::weight_gradient_update(rows, deltas, units, 1.0, &update, [weights]);
    }
}

impl Load for f32 {
    fn descend(_: &[Self], _: &[f32], _: f32, _: &mut [f32]) -> bool {
        false
    }
}

impl Load for u8 {
    fn descend(row: &[Self], deltas: &[f32], rate: f32, weights: &mut [f32]) -> bool {
        let units = deltas.len();
        let (tens, ones) = deltas.as_chunks::<TEN>();
        let mut exceptions = 0;
        let mut first = weights.as_mut_ptr();
        for deltas in tens {
            // SAFETY: every number of the row has a weight for every unit, and these units are ten of them.
            unsafe {
                exceptions |= ten(row, deltas, rate, first, units);
                first = first.add(TEN);
            }
        }
        for delta in ones {
            // SAFETY: as above, for one unit.
            unsafe {
                exceptions |= one(row, array::from_ref(delta), rate, first, units);
                first = first.add(1);
            }
        }
        if exceptions != 0 {
            for weight in weights {
                *weight = canonical(flush_below(*weight, SMALLEST_WEIGHT));
            }
        }
        true
    }
}

/// The bits of FPSCR that say that some result was invalid or too small, since they were last zeroed.
const EXCEPTIONS: u32 = 1 << 0 | 1 << 3;

/// The largest number below 2⁻⁷⁶, an odd number of units in the last place. Its product with a weight is too small to
/// be normal where the weight is below [`SMALLEST_WEIGHT`], and is then never exact, so that the FPU takes note.
const PROBE: f32 = f32::from_bits(0x197f_ffff);

/// Moves the weights of some units. Returns which of [`EXCEPTIONS`] there were; none means that no weight has become
/// NaN or too small.
///
/// A pixel that is zero moves no weight, and the weights are none that would be flushed, so they stay as they are.
/// What `portable` does by fused multiply-add to +0.0, a multiplication does here: the results differ in the sign of
/// zeros, which no weight shows.
macro_rules! descend {
    ($name:ident, $count:expr, $units:tt, deltas $deltas:literal, weights $weights:literal) => {
        /// # Safety
        /// For each number of the row, there are as many weights as deltas: at `weights` for the first, `stride`
        /// further for the next.
        unsafe fn $name(row: &[u8], deltas: &[f32; $count], rate: f32, weights: *mut f32, stride: usize) -> u32 {
            let (words, rest) = row.as_chunks::<4>();
            let last = rest.iter().rev().fold(0, |word, &pixel| word << 8 | u32::from(pixel));
            // The address of a weight follows from that of its pixel, which is asked for when the next word's is known.
            let stride = stride * size_of::<f32>();
            let next = row.as_ptr().addr() + 4;
            let origin = weights.expose_provenance().wrapping_sub(next.wrapping_mul(stride));
            let exceptions;
            // SAFETY: of the row and its weights nothing is touched that the caller does not promise.
            unsafe {
                asm!(
                    "vmrs {pixel}, fpscr",
                    "bic {pixel}, {pixel}, #{mask}",
                    "vmsr fpscr, {pixel}",
                    concat!("vldmia {deltas}, {{", $deltas, "}}"),
                    "vmov s30, {probe}",
                    "vmov s31, {rate}",
                    "b 5f",
                    // Four pixels. r0 because `cbnz` wants one of the low registers.
                    "2:",
                    "ldr r0, [{row}], #4",
                    "cbnz r0, 3f",
                    "subs {words}, {words}, #1",
                    "bhs 2b",
                    "b 6f",
                    "3:",
                    "mla {weights}, {row}, {stride}, {origin}",
                    descend!(pixel "0x000000ff", "", $units, $weights),
                    "add {weights}, {weights}, {stride}",
                    descend!(pixel "0x0000ff00", ", #8", $units, $weights),
                    "add {weights}, {weights}, {stride}",
                    descend!(pixel "0x00ff0000", ", #16", $units, $weights),
                    "add {weights}, {weights}, {stride}",
                    descend!(pixel "0xff000000", ", #24", $units, $weights),
                    "5:",
                    "subs {words}, {words}, #1",
                    "bhs 2b",
                    // What is left of a word; after that, nothing is.
                    "6:",
                    "movs {words}, #0",
                    "add {row}, {row}, #4",
                    "movs r0, {last}",
                    "mov {last}, #0",
                    "bne 3b",
                    "vmrs {pixel}, fpscr",
                    "and {pixel}, {pixel}, #{mask}",
                    mask = const EXCEPTIONS,
                    deltas = in(reg) deltas.as_ptr(),
                    probe = in(reg) PROBE.to_bits(),
                    rate = in(reg) rate.to_bits(),
                    row = inout(reg) words.as_ptr() => _,
                    words = inout(reg) words.len() => _,
                    last = inout(reg) last => _,
                    stride = in(reg) stride,
                    origin = in(reg) origin,
                    weights = out(reg) _,
                    pixel = out(reg) exceptions,
                    out("r0") _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    out("d14") _, out("d15") _,
                    options(nostack),
                );
            }
            exceptions
        }
    };
    // One of the four, with what turns it into a float where it stands.
    (pixel $mask:literal, $fraction_bits:literal, $units:tt, $weights:literal) => {
        concat!(
            "ands {pixel}, r0, #", $mask, "\n",
            "beq 4f\n",
            "vmov s29, {pixel}\n",
            "vcvt.f32.u32 s29, s29", $fraction_bits, "\n",
            "vldmia {weights}, {{", $weights, "}}\n",
            // Delta times pixel; the last one takes the place of the pixel.
            each!($units "vmul.f32 s2", ", s", ", s29"),
            each!($units "vfms.f32 s1", ", s2", ", s31"),
            each!($units "vmul.f32 s2", ", s1", ", s30"),
            "vstmia {weights}, {{", $weights, "}}\n",
            "4:\n",
        )
    };
}

descend!(ten, TEN, [0 1 2 3 4 5 6 7 8 9], deltas "s0-s9", weights "s10-s19");
descend!(one, 1, [0], deltas "s0", weights "s10");
