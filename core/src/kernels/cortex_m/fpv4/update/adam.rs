//! Adam's update.

use core::arch::asm;

use super::super::exceptions::{INVALID_OR_UNDERFLOW, probe};
use super::{GROUP, update};
use crate::kernels::updates::AdamUpdate;
use crate::math::{SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT};

/// Adam of some parameters: for each of them, the registers of its sum, of the mean, of the mean square, of the value, and
/// of what comes between.
macro_rules! adam_step {
    ($sums:literal $means:literal $squares:literal $values:literal,
     $($sum:literal $mean:literal $square:literal $value:literal $other:literal),+) => {
        concat!(
            "vldmia {sum}!, {{", $sums, "}}\n",
            "vldmia {mean}, {{", $means, "}}\n",
            "vldmia {square}, {{", $squares, "}}\n",
            "vldmia {value}, {{", $values, "}}\n",
            $("vmul.f32 s", $sum, ", s", $sum, ", s16\n",)+
            $("vcvt.s32.f32 s24, s", $sum, "\n",)+
            $("vsub.f32 s", $other, ", s", $sum, ", s", $mean, "\n",)+
            $("vfma.f32 s", $mean, ", s", $other, ", s17\n",)+
            $("vmul.f32 s24, s", $mean, ", s21\n",)+
            $("vmov.f32 s", $other, ", s", $square, "\n",)+
            $("vfnms.f32 s", $other, ", s", $sum, ", s", $sum, "\n",)+
            $("vfma.f32 s", $square, ", s", $other, ", s18\n",)+
            $("vmul.f32 s24, s", $square, ", s22\n",)+
            $("vsqrt.f32 s", $other, ", s", $square, "\n",)+
            $("vmul.f32 s", $sum, ", s", $mean, ", s19\n",)+
            $("vadd.f32 s", $other, ", s", $other, ", s20\n",)+
            $("vdiv.f32 s", $sum, ", s", $sum, ", s", $other, "\n",)+
            $("vsub.f32 s", $value, ", s", $value, ", s", $sum, "\n",)+
            $("vmul.f32 s24, s", $value, ", s23\n vcmpe.f32 s", $value, ", #0\n",)+
            leave!(),
            "vstmia {mean}!, {{", $means, "}}\n",
            "vstmia {square}!, {{", $squares, "}}\n",
            "vstmia {value}!, {{", $values, "}}\n",
        )
    };
}

/// Updates parameters up to the first group with an exception, and returns their number.
#[inline(never)]
fn until_exception(sums: &[f32], scale: f32, rule: &AdamUpdate, [values, means, squares]: [&mut [f32]; 3]) -> usize {
    if values.len() != sums.len() || means.len() != sums.len() || squares.len() != sums.len() {
        return 0;
    }
    let constants = [
        scale,
        rule.first_share,
        rule.second_share,
        rule.step_size,
        rule.epsilon,
        probe(SMALLEST_FIRST_MOMENT),
        probe(SMALLEST_SECOND_MOMENT),
        probe(SMALLEST_WEIGHT),
    ];
    let (chunks, remainder) = sums.as_chunks::<GROUP>();
    let first = values.as_mut_ptr();
    let end: *mut f32;
    // SAFETY: there are as many values, means and squares as sums, and no more than those are touched.
    unsafe {
        asm!(
            "vldmia {constants}, {{s16-s23}}",
            loops!(
                adam_step!(
                    "s0-s3" "s4-s7" "s8-s11" "s28-s31",
                    0 4 8 28 12, 1 5 9 29 13, 2 6 10 30 14, 3 7 11 31 15
                ),
                adam_step!("s0" "s4" "s8" "s28", 0 4 8 28 12)
            ),
            constants = in(reg) constants.as_ptr(),
            sum = inout(reg) sums.as_ptr() => _,
            chunks_end = in(reg) chunks.as_ptr_range().end,
            end = in(reg) remainder.as_ptr_range().end,
            value = inout(reg) first => end,
            mean = inout(reg) means.as_mut_ptr() => _,
            square = inout(reg) squares.as_mut_ptr() => _,
            fpscr = out(reg) _,
            exceptions = const INVALID_OR_UNDERFLOW,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _, out("d7") _,
            out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d14") _, out("d15") _,
            options(nostack),
        );
        end.offset_from_unsigned(first)
    }
}

/// [`AdamUpdate`] of neighbouring parameters.
pub(in crate::kernels) fn adam(sums: &[f32], scale: f32, rule: &AdamUpdate, parameters: [&mut [f32]; 3]) {
    update(sums, scale, rule, parameters, |sums, parameters| until_exception(sums, scale, rule, parameters));
}
