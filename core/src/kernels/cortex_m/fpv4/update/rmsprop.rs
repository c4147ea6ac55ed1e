//! RMSprop's update.

use core::arch::asm;

use super::super::exceptions::{INVALID_OR_UNDERFLOW, probe};
use super::{GROUP, update};
use crate::kernels::updates::RmspropUpdate;
use crate::math::{SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT};

/// RMSprop of some parameters: for each of them, the registers of its sum, of the mean square, of the weight, and of
/// intermediate results.
macro_rules! rmsprop_step {
    ($sums:literal $squares:literal $weights:literal,
     $($sum:literal $square:literal $weight:literal $other:literal),+) => {
        concat!(
            "vldmia {sum}!, {{", $sums, "}}\n",
            "vldmia {square}, {{", $squares, "}}\n",
            "vldmia {weight}, {{", $weights, "}}\n",
            $("vmul.f32 s", $sum, ", s", $sum, ", s16\n",)+
            $("vcvt.s32.f32 s24, s", $sum, "\n vmul.f32 s24, s", $sum, ", s20\n",)+
            $("vmov.f32 s", $other, ", s", $square, "\n",)+
            $("vfnms.f32 s", $other, ", s", $sum, ", s", $sum, "\n",)+
            $("vfma.f32 s", $square, ", s", $other, ", s17\n",)+
            $("vmul.f32 s24, s", $square, ", s21\n",)+
            $("vadd.f32 s", $other, ", s", $square, ", s19\n",)+
            $("vsqrt.f32 s", $other, ", s", $other, "\n",)+
            $("vmul.f32 s", $sum, ", s", $sum, ", s18\n",)+
            $("vdiv.f32 s", $sum, ", s", $sum, ", s", $other, "\n",)+
            $("vsub.f32 s", $weight, ", s", $weight, ", s", $sum, "\n",)+
            $("vmul.f32 s24, s", $weight, ", s22\n vcmpe.f32 s", $weight, ", #0\n",)+
            leave!(),
            "vstmia {square}!, {{", $squares, "}}\n",
            "vstmia {weight}!, {{", $weights, "}}\n",
        )
    };
}

/// Updates parameters up to the first group with an exception, and returns their number.
#[inline(never)]
fn until_exception(sums: &[f32], scale: f32, rule: &RmspropUpdate, [weights, squares]: [&mut [f32]; 2]) -> usize {
    if weights.len() != sums.len() || squares.len() != sums.len() {
        return 0;
    }
    let constants = [
        scale,
        rule.share,
        rule.learning_rate,
        rule.epsilon,
        probe(SMALLEST_FIRST_MOMENT),
        probe(SMALLEST_SECOND_MOMENT),
        probe(SMALLEST_WEIGHT),
    ];
    let (chunks, remainder) = sums.as_chunks::<GROUP>();
    let first = weights.as_mut_ptr();
    let end: *mut f32;
    // SAFETY: there are as many weights and squares as sums, and no more than those are touched.
    unsafe {
        asm!(
            "vldmia {constants}, {{s16-s22}}",
            loops!(
                rmsprop_step!("s0-s3" "s4-s7" "s8-s11", 0 4 8 12, 1 5 9 13, 2 6 10 14, 3 7 11 15),
                rmsprop_step!("s0" "s4" "s8", 0 4 8 12)
            ),
            constants = in(reg) constants.as_ptr(),
            sum = inout(reg) sums.as_ptr() => _,
            chunks_end = in(reg) chunks.as_ptr_range().end,
            end = in(reg) remainder.as_ptr_range().end,
            weight = inout(reg) first => end,
            square = inout(reg) squares.as_mut_ptr() => _,
            fpscr = out(reg) _,
            exceptions = const INVALID_OR_UNDERFLOW,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _, out("d7") _,
            out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _,
            options(nostack),
        );
        end.offset_from_unsigned(first)
    }
}

/// [`RmspropUpdate`] of neighbouring parameters.
pub(in crate::kernels) fn rmsprop(sums: &[f32], scale: f32, rule: &RmspropUpdate, parameters: [&mut [f32]; 2]) {
    update(sums, scale, rule, parameters, |sums, parameters| until_exception(sums, scale, rule, parameters));
}
