//! Gradient descent from a single sample for the remaining inputs, fewer than a group.

use core::arch::asm;

use super::GROUP;
use super::sgd::{EXCEPTIONS, PROBE};
use crate::math::{NAN, SMALLEST_WEIGHT};

/// Updates `weights`: `[units][tail]`.
#[inline(never)]
pub(super) fn update_tail(inputs: &[f32; GROUP], tail: usize, deltas: &[f32], rate: f32, weights: &mut [f32]) -> u32 {
    assert!(tail <= GROUP && weights.len() == deltas.len() * tail);
    let exceptions;
    // SAFETY: for each delta `tail` weights are read and written, which are there; predication keeps to them.
    unsafe {
        asm!(
            "vmrs {value}, fpscr",
            "bic {value}, {value}, #{mask}",
            "vmsr fpscr, {value}",
            "vldrw.u32 q0, [{inputs}]",
            "vctp.32 {tail}",
            "wls lr, {units}, 3f",
            "2:",
            "ldr {value}, [{deltas}], #4",
            "vpst",
            "vldrwt.u32 q1, [{weights}]",
            "vmul.f32 q2, q0, {value}",
            "vfma.f32 q1, q2, {rate}",
            "vmul.f32 q2, q1, {probe}",
            "vpst",
            "vstrwt.32 q1, [{weights}]",
            "add {weights}, {weights}, {tail}, lsl #2",
            "le lr, 2b",
            "3:",
            "vmrs {value}, fpscr",
            "and {value}, {value}, #{mask}",
            mask = const EXCEPTIONS,
            inputs = in(reg) inputs.as_ptr(),
            tail = in(reg) tail,
            units = in(reg) deltas.len(),
            deltas = inout(reg) deltas.as_ptr() => _,
            weights = inout(reg) weights.as_mut_ptr() => _,
            rate = in(reg) (-rate).to_bits(),
            probe = in(reg) PROBE.to_bits(),
            value = out(reg) exceptions,
            out("lr") _, out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            options(nostack),
        );
    }
    exceptions
}

/// Updates one weight for each output: the only input is `input`.
#[inline(never)]
pub(super) fn update_column(input: f32, deltas: &[f32], rate: f32, weights: &mut [f32]) {
    assert!(weights.len() == deltas.len());
    // SAFETY: tail predication keeps loads and stores within the two slices, which have the same length.
    unsafe {
        asm!(
            "vdup.32 q2, {limit}",
            "wlstp.32 lr, lr, 3f",
            "2:",
            "vldrw.u32 q1, [{deltas}], #16",
            "vldrw.u32 q0, [{weights}]",
            "vmul.f32 q1, q1, {input}",
            "vfma.f32 q0, q1, {rate}",
            "vabs.f32 q1, q0",
            "vpt.f32 gt, q2, q1",
            "vmovt.i32 q0, #0",
            "vpt.f32 ne, q0, q0",
            "vdupt.32 q0, {nan}",
            "vstrw.32 q0, [{weights}], #16",
            "letp lr, 2b",
            "3:",
            deltas = inout(reg) deltas.as_ptr() => _,
            weights = inout(reg) weights.as_mut_ptr() => _,
            input = in(reg) input.to_bits(),
            rate = in(reg) (-rate).to_bits(),
            limit = in(reg) SMALLEST_WEIGHT.to_bits(),
            nan = in(reg) NAN.to_bits(),
            inout("lr") deltas.len() => _,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _,
            options(nostack),
        );
    }
}
