//! The gradient by the inputs of a layer: the sums over its outputs of delta times weight.

use core::arch::asm;

use super::{GROUP, elementwise};
use crate::math::SMALLEST_SIGNAL;

/// Groups computed at a time.
const FOUR: usize = 4;

pub(in crate::kernels) fn input_gradient(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    assert!(weights.len() == units * columns);
    for (deltas, outputs) in deltas.chunks_exact(units).zip(outputs.chunks_exact_mut(columns)) {
        let (fours, rest) = outputs.as_chunks_mut::<{ FOUR * GROUP }>();
        let (weights_of_fours, mut weights) = weights.split_at(fours.len() * FOUR * GROUP * units);
        if !fours.is_empty() {
            sum_fours(deltas, weights_of_fours, fours);
        }
        for outputs in rest.chunks_mut(GROUP) {
            let (weights_of_group, after) = weights.split_at(outputs.len() * units);
            sum_group(deltas, weights_of_group, outputs);
            weights = after;
        }
    }
    elementwise::flush_below(outputs, SMALLEST_SIGNAL);
}

#[inline(never)]
/// The sums for 16 columns at a time. `weights`: `[outputs.len()][4][units][4]`, `outputs` not empty.
fn sum_fours(deltas: &[f32], weights: &[f32], outputs: &mut [[f32; FOUR * GROUP]]) {
    assert!(!deltas.is_empty() && !outputs.is_empty() && weights.len() == outputs.len() * deltas.len() * FOUR * GROUP);
    // SAFETY: for each 16 outputs and each delta, four vectors of weights are read, which are there, as asserted.
    unsafe {
        asm!(
            "2:",
            "vmov.i32 q0, #0",
            "vmov.i32 q1, #0",
            "vmov.i32 q2, #0",
            "vmov.i32 q3, #0",
            "add {second}, {first}, {step}",
            "add {third}, {second}, {step}",
            "add {fourth}, {third}, {step}",
            "mov {delta}, {deltas}",
            "dls lr, {units}",
            "3:",
            "ldr {value}, [{delta}], #4",
            "vldrw.u32 q4, [{first}], #16",
            "vfma.f32 q0, q4, {value}",
            "vldrw.u32 q5, [{second}], #16",
            "vfma.f32 q1, q5, {value}",
            "vldrw.u32 q6, [{third}], #16",
            "vfma.f32 q2, q6, {value}",
            "vldrw.u32 q7, [{fourth}], #16",
            "vfma.f32 q3, q7, {value}",
            "le lr, 3b",
            "mov {first}, {fourth}",
            "vstrw.32 q0, [{outputs}], #16",
            "vstrw.32 q1, [{outputs}], #16",
            "vstrw.32 q2, [{outputs}], #16",
            "vstrw.32 q3, [{outputs}], #16",
            "subs {count}, {count}, #1",
            "bne 2b",
            first = inout(reg) weights.as_ptr() => _,
            second = out(reg) _,
            third = out(reg) _,
            fourth = out(reg) _,
            step = in(reg) size_of_val(deltas) * GROUP,
            delta = out(reg) _,
            deltas = in(reg) deltas.as_ptr(),
            units = in(reg) deltas.len(),
            outputs = inout(reg) outputs.as_mut_ptr() => _,
            count = inout(reg) outputs.len() => _,
            value = out(reg) _,
            out("lr") _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _, out("d7") _,
            out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _, out("d14") _,
            out("d15") _,
            options(nostack),
        );
    }
}

#[inline(never)]
/// The sums for up to four columns. `weights`: `[units][outputs.len()]`.
fn sum_group(deltas: &[f32], weights: &[f32], outputs: &mut [f32]) {
    assert!(!deltas.is_empty() && outputs.len() <= GROUP && weights.len() == deltas.len() * outputs.len());
    // SAFETY: for each delta as many weights are read as there are outputs; predication keeps to them.
    unsafe {
        asm!(
            "vmov.i32 q0, #0",
            "vctp.32 {lanes}",
            "dls lr, {units}",
            "2:",
            "ldr {value}, [{deltas}], #4",
            "vpst",
            "vldrwt.u32 q1, [{weights}]",
            "add {weights}, {weights}, {lanes}, lsl #2",
            "vfma.f32 q0, q1, {value}",
            "le lr, 2b",
            "vpst",
            "vstrwt.32 q0, [{outputs}]",
            lanes = in(reg) outputs.len(),
            units = in(reg) deltas.len(),
            deltas = inout(reg) deltas.as_ptr() => _,
            weights = inout(reg) weights.as_ptr() => _,
            outputs = in(reg) outputs.as_mut_ptr(),
            value = out(reg) _,
            out("lr") _, out("d0") _, out("d1") _, out("d2") _, out("d3") _,
            options(nostack),
        );
    }
}
