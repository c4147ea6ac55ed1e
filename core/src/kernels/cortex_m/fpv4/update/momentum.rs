//! The update of gradient descent with momentum.

use core::arch::asm;

use super::super::exceptions::{INVALID_OR_UNDERFLOW, probe};
use super::{GROUP, update};
use crate::kernels::updates::MomentumUpdate;
use crate::math::{SMALLEST_FIRST_MOMENT, SMALLEST_WEIGHT};

/// Momentum of some parameters: for each of them, the registers of its sum, then of the push down and of the velocity; of
/// the velocity before; of the weight; and of the push, where Nesterov's form needs it.
macro_rules! momentum_step {
    ($form:ident $sums:literal $velocities:literal $weights:literal,
     $($sum:literal $velocity:literal $weight:literal $push:literal),+) => {
        concat!(
            "vldmia {sum}!, {{", $sums, "}}\n",
            "vldmia {velocity}, {{", $velocities, "}}\n",
            "vldmia {weight}, {{", $weights, "}}\n",
            $("vmul.f32 s", $sum, ", s", $sum, ", s16\n",)+
            $("vmul.f32 s20, s", $sum, ", s18\n",)+
            $(momentum_step!($form keep $push $sum),)+
            $("vfma.f32 s", $sum, ", s", $velocity, ", s17\n",)+
            $("vmul.f32 s20, s", $sum, ", s19\n",)+
            $(momentum_step!($form change $push $sum),)+
            $("vadd.f32 s", $weight, ", s", $weight, ", s", momentum_step!($form what $push $sum), "\n",)+
            $("vmul.f32 s20, s", $weight, ", s18\n vcmpe.f32 s", $weight, ", #0\n",)+
            leave!(),
            "vstmia {velocity}!, {{", $sums, "}}\n",
            "vstmia {weight}!, {{", $weights, "}}\n",
        )
    };
    (plain keep $push:literal $velocity:literal) => { "" };
    (plain change $push:literal $velocity:literal) => { "" };
    (plain what $push:literal $velocity:literal) => { $velocity };
    (nesterov keep $push:literal $sum:literal) => { concat!("vmov.f32 s", $push, ", s", $sum, "\n") };
    (nesterov change $push:literal $velocity:literal) => {
        concat!("vfma.f32 s", $push, ", s", $velocity, ", s17\n")
    };
    (nesterov what $push:literal $velocity:literal) => { $push };
}

macro_rules! momentum_in_form {
    ($form:ident) => {
        /// Updates parameters up to the first group with an exception, and returns their number.
        #[inline(never)]
        fn $form(sums: &[f32], rate: f32, momentum: f32, [weights, velocities]: [&mut [f32]; 2]) -> usize {
            if weights.len() != sums.len() || velocities.len() != sums.len() {
                return 0;
            }
            let (chunks, remainder) = sums.as_chunks::<GROUP>();
            let first = weights.as_mut_ptr();
            let end: *mut f32;
            // SAFETY: there are as many weights and velocities as sums, and no more than those are touched.
            unsafe {
                asm!(
                    "vmov s16, s17, {rate}, {momentum}",
                    "vmov s18, s19, {weight_probe}, {velocity_probe}",
                    loops!(
                        momentum_step!($form "s0-s3" "s4-s7" "s8-s11", 0 4 8 12, 1 5 9 13, 2 6 10 14, 3 7 11 15),
                        momentum_step!($form "s0" "s4" "s8", 0 4 8 12)
                    ),
                    rate = in(reg) (-rate).to_bits(),
                    momentum = in(reg) momentum.to_bits(),
                    weight_probe = in(reg) probe(SMALLEST_WEIGHT).to_bits(),
                    velocity_probe = in(reg) probe(SMALLEST_FIRST_MOMENT).to_bits(),
                    sum = inout(reg) sums.as_ptr() => _,
                    chunks_end = in(reg) chunks.as_ptr_range().end,
                    end = in(reg) remainder.as_ptr_range().end,
                    weight = inout(reg) first => end,
                    velocity = inout(reg) velocities.as_mut_ptr() => _,
                    fpscr = out(reg) _,
                    exceptions = const INVALID_OR_UNDERFLOW,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _,
                    options(nostack),
                );
                end.offset_from_unsigned(first)
            }
        }
    };
}

momentum_in_form!(plain);
momentum_in_form!(nesterov);

/// [`MomentumUpdate`] of neighbouring parameters.
pub(in crate::kernels) fn momentum(sums: &[f32], scale: f32, rule: &MomentumUpdate, parameters: [&mut [f32]; 2]) {
    let rate = rule.learning_rate * scale;
    let until_exception = if rule.nesterov { nesterov } else { plain };
    update(sums, scale, rule, parameters, |sums, parameters| until_exception(sums, rate, rule.momentum, parameters));
}
