//! Updates by each rule, of parameters in the order of their sums of delta · input.

use core::arch::asm;

use crate::kernels::updates::{AdamUpdate, MomentumUpdate};
use crate::math::{LARGEST_GRADIENT, NAN, SMALLEST_FIRST_MOMENT, SMALLEST_SECOND_MOMENT, SMALLEST_WEIGHT};

/// Each gradient becomes its sum · `scale`.
#[inline(never)]
pub(in crate::kernels) fn gradient(sums: &[f32], scale: f32, [gradients]: [&mut [f32]; 1]) {
    assert!(gradients.len() == sums.len());
    // SAFETY: tail predication keeps loads and stores within the two slices, which have the same length.
    unsafe {
        asm!(
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q0, [{sums}], #16",
            "vmul.f32 q0, q0, {scale}",
            "vpt.f32 ne, q0, q0",
            "vdupt.32 q0, {nan}",
            "vstrw.32 q0, [{gradients}], #16",
            "letp lr, 2b",
            "3:",
            sums = inout(reg) sums.as_ptr() => _,
            gradients = inout(reg) gradients.as_mut_ptr() => _,
            scale = in(reg) scale.to_bits(),
            nan = in(reg) NAN.to_bits(),
            inout("lr") sums.len() => _,
            out("d0") _, out("d1") _,
            options(nostack),
        );
    }
}

/// Each weight loses `rate` · its sum.
#[inline(never)]
pub(super) fn sgd(sums: &[f32], rate: f32, weights: &mut [f32]) {
    assert!(weights.len() == sums.len());
    // SAFETY: tail predication keeps loads and stores within the two slices, which have the same length.
    unsafe {
        asm!(
            "vdup.32 q3, {limit}",
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q1, [{sums}], #16",
            "vldrw.u32 q0, [{weights}]",
            "vfma.f32 q0, q1, {rate}",
            "vabs.f32 q1, q0",
            "vpt.f32 gt, q3, q1",
            "vmovt.i32 q0, #0",
            "vpt.f32 ne, q0, q0",
            "vdupt.32 q0, {nan}",
            "vstrw.32 q0, [{weights}], #16",
            "letp lr, 2b",
            "3:",
            sums = inout(reg) sums.as_ptr() => _,
            weights = inout(reg) weights.as_mut_ptr() => _,
            rate = in(reg) (-rate).to_bits(),
            limit = in(reg) SMALLEST_WEIGHT.to_bits(),
            nan = in(reg) NAN.to_bits(),
            inout("lr") sums.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d6") _, out("d7") _,
            options(nostack),
        );
    }
}

/// [`MomentumUpdate`] of neighbouring parameters.
#[inline(never)]
pub(in crate::kernels) fn momentum(
    sums: &[f32],
    scale: f32,
    step: &MomentumUpdate,
    [weights, velocities]: [&mut [f32]; 2],
) {
    let rate = step.learning_rate * scale;
    assert!(weights.len() == sums.len() && velocities.len() == sums.len());
    // SAFETY: tail predication keeps loads and stores within the three slices, which have the same length.
    unsafe {
        asm!(
            "vdup.32 q6, {weight_limit}",
            "vdup.32 q7, {velocity_limit}",
            "wlstp.32 lr, lr, 4f",
            "2:",
            // The push, and its negative.
            "vldrw.u32 q0, [{sums}], #16",
            "vmul.f32 q0, q0, {rate}",
            "vabs.f32 q1, q0",
            "vpt.f32 gt, q6, q1",
            "vmovt.i32 q0, #0",
            "vneg.f32 q0, q0",
            // The new velocity.
            "vldrw.u32 q2, [{velocities}]",
            "vmov q3, q0",
            "vfma.f32 q3, q2, {momentum}",
            "vabs.f32 q1, q3",
            "vpt.f32 gt, q7, q1",
            "vmovt.i32 q3, #0",
            // The change of the weight.
            "vmov q2, q3",
            "cbz r0, 3f",
            "vmov q2, q0",
            "vfma.f32 q2, q3, {momentum}",
            "3:",
            "vpt.f32 ne, q3, q3",
            "vdupt.32 q3, {nan}",
            "vstrw.32 q3, [{velocities}], #16",
            "vldrw.u32 q0, [{weights}]",
            "vadd.f32 q0, q0, q2",
            "vabs.f32 q1, q0",
            "vpt.f32 gt, q6, q1",
            "vmovt.i32 q0, #0",
            "vpt.f32 ne, q0, q0",
            "vdupt.32 q0, {nan}",
            "vstrw.32 q0, [{weights}], #16",
            "letp lr, 2b",
            "4:",
            sums = inout(reg) sums.as_ptr() => _,
            weights = inout(reg) weights.as_mut_ptr() => _,
            velocities = inout(reg) velocities.as_mut_ptr() => _,
            rate = in(reg) rate.to_bits(),
            momentum = in(reg) step.momentum.to_bits(),
            // `cbz` takes one of the low registers.
            in("r0") u32::from(step.nesterov),
            weight_limit = in(reg) SMALLEST_WEIGHT.to_bits(),
            velocity_limit = in(reg) SMALLEST_FIRST_MOMENT.to_bits(),
            nan = in(reg) NAN.to_bits(),
            inout("lr") sums.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _, out("d7") _,
            out("d12") _, out("d13") _, out("d14") _, out("d15") _,
            options(nostack),
        );
    }
}

/// [`AdamUpdate`] of neighbouring parameters.
#[inline(never)]
pub(in crate::kernels) fn adam(
    sums: &[f32],
    scale: f32,
    step: &AdamUpdate,
    [values, first_moments, second_moments]: [&mut [f32]; 3],
) {
    assert!(values.len() == sums.len() && first_moments.len() == sums.len() && second_moments.len() == sums.len());
    let constants = [
        scale,
        step.first_share,
        step.second_share,
        step.step_size,
        step.epsilon,
        SMALLEST_FIRST_MOMENT,
        SMALLEST_SECOND_MOMENT,
        SMALLEST_WEIGHT,
        NAN,
        LARGEST_GRADIENT,
    ];
    // SAFETY: tail predication keeps loads and stores within the four slices, which have the same length.
    unsafe {
        asm!(
            "wlstp.32 lr, lr, 3f",
            "2:",
            // q0: the gradient.
            "vldrw.u32 q0, [{sums}], #16",
            "ldr {a}, [{constants}]",
            "vmul.f32 q0, q0, {a}",
            // No more than the largest in magnitude; NaN compares as smaller and stays.
            "ldr {a}, [{constants}, #36]",
            "vdup.32 q4, {a}",
            "vmov.i32 q1, #0x80000000",
            "vand q1, q1, q0",
            "vorr q1, q1, q4",
            "vabs.f32 q2, q0",
            "vpt.f32 gt, q2, q4",
            "vmovt q0, q1",
            // q1: the mean.
            "vldrw.u32 q1, [{first_moments}]",
            "ldrd {a}, {b}, [{constants}, #4]",
            "vsub.f32 q2, q0, q1",
            "vfma.f32 q1, q2, {a}",
            "vldrw.u32 q3, [{second_moments}]",
            "vabs.f32 q2, q1",
            "ldr {a}, [{constants}, #20]",
            "vdup.32 q4, {a}",
            "vpt.f32 gt, q4, q2",
            "vmovt.i32 q1, #0",
            // q3: the mean square.
            "vneg.f32 q2, q3",
            "vfma.f32 q2, q0, q0",
            "vfma.f32 q3, q2, {b}",
            "ldrd {a}, {b}, [{constants}, #24]",
            "vdup.32 q4, {a}",
            "vabs.f32 q2, q3",
            "vpt.f32 gt, q4, q2",
            "vmovt.i32 q3, #0",
            "vdup.32 q4, {b}",
            // q2: step size · mean / (√mean square + ε).
            "ldrd {a}, {b}, [{constants}, #12]",
            "vmul.f32 q2, q1, {a}",
            "vsqrt.f32 s0, s12",
            "vsqrt.f32 s1, s13",
            "vsqrt.f32 s2, s14",
            "vsqrt.f32 s3, s15",
            "vadd.f32 q0, q0, {b}",
            "ldr {a}, [{constants}, #32]",
            "vdiv.f32 s8, s8, s0",
            "vdiv.f32 s9, s9, s1",
            "vdiv.f32 s10, s10, s2",
            "vdiv.f32 s11, s11, s3",
            "vpt.f32 ne, q1, q1",
            "vdupt.32 q1, {a}",
            "vpt.f32 ne, q3, q3",
            "vdupt.32 q3, {a}",
            "vstrw.32 q1, [{first_moments}], #16",
            "vstrw.32 q3, [{second_moments}], #16",
            "vldrw.u32 q0, [{values}]",
            "vsub.f32 q0, q0, q2",
            "vabs.f32 q1, q0",
            "vpt.f32 gt, q4, q1",
            "vmovt.i32 q0, #0",
            "vpt.f32 ne, q0, q0",
            "vdupt.32 q0, {a}",
            "vstrw.32 q0, [{values}], #16",
            "letp lr, 2b",
            "3:",
            sums = inout(reg) sums.as_ptr() => _,
            values = inout(reg) values.as_mut_ptr() => _,
            first_moments = inout(reg) first_moments.as_mut_ptr() => _,
            second_moments = inout(reg) second_moments.as_mut_ptr() => _,
            constants = in(reg) constants.as_ptr(),
            a = out(reg) _,
            b = out(reg) _,
            inout("lr") sums.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _, out("d7") _,
            out("d8") _, out("d9") _,
            options(nostack),
        );
    }
}
