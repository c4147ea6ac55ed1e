//! The gradient with respect to the inputs of a layer: the sums over its outputs of delta times weight.

use core::arch::asm;

use super::{GROUP, blocks};
use crate::math::{NAN, SMALLEST_SIGNAL};

/// Groups of columns computed at a time: a register of sums each; the two others are for weights and the limit.
const MOST: usize = 6;

pub(in crate::kernels) fn input_gradient(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    for (deltas, outputs) in deltas.chunks_exact(units).zip(outputs.chunks_exact_mut(columns)) {
        let (groups, tail) = outputs.as_chunks_mut::<GROUP>();
        let (weights_of_groups, weights_of_tail) = weights.split_at(groups.len() * GROUP * units);
        for (first, size) in blocks(groups.len(), MOST) {
            let weights = weights_of_groups.as_ptr().wrapping_add(first * GROUP * units);
            let outputs = groups.as_mut_ptr().wrapping_add(first).cast();
            // SAFETY: there are weights of each group for each delta, and these are some of the groups.
            unsafe {
                match size {
                    1 => one(deltas, weights, outputs),
                    2 => two(deltas, weights, outputs),
                    3 => three(deltas, weights, outputs),
                    4 => four(deltas, weights, outputs),
                    5 => five(deltas, weights, outputs),
                    _ => six(deltas, weights, outputs),
                }
            }
        }
        if !tail.is_empty() {
            sum_tail(deltas, weights_of_tail, tail);
        }
    }
}

/// Replaces the elements of a register of a magnitude below the limit in q7 by +0.0, and NaN by the canonical one.
macro_rules! flush {
    ($register:literal) => {
        each!([$register](
            "vabs.f32 q6, q",
            "\n vpt.f32 gt, q7, q6\n vmovt.i32 q",
            ", #0\n vpt.f32 ne, q",
            ", q",
            "\n vdupt.32 q",
            ", {nan}"
        ))
    };
}

/// Defines the function for as many groups of columns as the list has numbers.
macro_rules! sum_groups {
    ($name:ident, [$(($number:literal $pointer:ident))+]) => {
        /// `outputs`: `[groups][4]`.
        ///
        /// # Safety
        /// At `weights` are `[groups][deltas.len()][4]`; there is a delta.
        #[inline(never)]
        unsafe fn $name(deltas: &[f32], weights: *const f32, outputs: *mut f32) {
            // SAFETY: reads what the caller promises, and writes four outputs for each group.
            unsafe {
                asm!(
                    $(concat!("vmov.i32 q", $number, ", #0"),)+
                    "2:",
                    "ldr {value}, [{deltas}], #4",
                    $(concat!(
                        "vldrw.u32 q6, [{", stringify!($pointer), "}], #16\n",
                        "vfma.f32 q", $number, ", q6, {value}",
                    ),)+
                    "le lr, 2b",
                    "mov {value}, #{limit}",
                    "vdup.32 q7, {value}",
                    $(concat!(flush!($number), "vstrw.32 q", $number, ", [{outputs}, #16*", $number, "]"),)+
                    deltas = inout(reg) deltas.as_ptr() => _,
                    $($pointer = inout(reg) weights.wrapping_add($number * GROUP * deltas.len()) => _,)+
                    outputs = in(reg) outputs,
                    nan = in(reg) NAN.to_bits(),
                    limit = const SMALLEST_SIGNAL.to_bits(),
                    value = out(reg) _,
                    inout("lr") deltas.len() => _,
                    out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
                    out("d7") _, out("d8") _, out("d9") _, out("d10") _, out("d11") _, out("d12") _, out("d13") _,
                    out("d14") _, out("d15") _,
                    options(nostack),
                );
            }
        }
    };
}

sum_groups!(one, [(0 a)]);
sum_groups!(two, [(0 a) (1 b)]);
sum_groups!(three, [(0 a) (1 b) (2 c)]);
sum_groups!(four, [(0 a) (1 b) (2 c) (3 d)]);
sum_groups!(five, [(0 a) (1 b) (2 c) (3 d) (4 e)]);
sum_groups!(six, [(0 a) (1 b) (2 c) (3 d) (4 e) (5 f)]);

/// The sums for up to four columns. `weights`: `[units][outputs.len()]`.
#[inline(never)]
fn sum_tail(deltas: &[f32], weights: &[f32], outputs: &mut [f32]) {
    assert!(!deltas.is_empty() && outputs.len() <= GROUP && weights.len() == deltas.len() * outputs.len());
    // SAFETY: for each delta as many weights are read as there are outputs; predication keeps to them.
    unsafe {
        asm!(
            "vmov.i32 q0, #0",
            "vctp.32 {lanes}",
            "2:",
            "ldr {value}, [{deltas}], #4",
            "vpst",
            "vldrwt.u32 q1, [{weights}]",
            "add {weights}, {weights}, {lanes}, lsl #2",
            "vfma.f32 q0, q1, {value}",
            "le lr, 2b",
            "mov {value}, #{limit}",
            "vdup.32 q7, {value}",
            flush!("0"),
            "vctp.32 {lanes}",
            "vpst",
            "vstrwt.32 q0, [{outputs}]",
            lanes = in(reg) outputs.len(),
            deltas = inout(reg) deltas.as_ptr() => _,
            weights = inout(reg) weights.as_ptr() => _,
            outputs = in(reg) outputs.as_mut_ptr(),
            nan = in(reg) NAN.to_bits(),
            limit = const SMALLEST_SIGNAL.to_bits(),
            value = out(reg) _,
            inout("lr") deltas.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _,
            out("d12") _, out("d13") _, out("d14") _, out("d15") _,
            options(nostack),
        );
    }
}
