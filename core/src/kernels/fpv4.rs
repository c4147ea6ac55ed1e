//! FPv4-SP, the scalar unit of Cortex-M4F, and its successors in M7, M33 and M55: one number at a time, 32 registers.
//!
//! The weights of an input lie side by side ([`layout`](super::layout)), so that one instruction loads those of ten
//! outputs, and a pixel that is zero, as half of them are, costs nothing more than to be looked at. The rest is
//! `portable` with these [`fused_multiply_add`], [`sqrt`] and [`exp_nonpositive`].

/// Assembly for each register of a list, which its number stands for once or twice. (The assembler's own loops would
/// hide from the compiler how long the code is.)
macro_rules! each {
    ([$($number:literal)+] $before:literal, $after:literal) => {
        concat!($($before, $number, $after, "\n"),+)
    };
    ([$($number:literal)+] $before:literal, $between:literal, $after:literal) => {
        concat!($($before, $number, $between, $number, $after, "\n"),+)
    };
}

mod dot;
mod sgd;

use core::arch::asm;

use super::updates::Update;
use super::{Element, Rows};
use crate::math::{EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LOG2_E, ROUND, SMALLEST_SIGNAL};

pub(in crate::kernels) use super::elementwise::loops::{
    decay, flush, relu, relu_backward, sigmoid, sigmoid_backward, tanh, tanh_backward,
};
pub(in crate::kernels) use super::portable::{input_gradient, softmax, softmax_cross_entropy};
pub(in crate::kernels) use dot::forward;
pub(in crate::kernels) use sgd::weight_gradient_sgd;

/// By the update's own assembly, where it has any.
pub(in crate::kernels) fn weight_gradient_update<T: Element, U: Update<N>, const N: usize>(
    rows: Rows<'_, T>,
    deltas: &[f32],
    units: usize,
    scale: f32,
    update: &U,
    parameters: [&mut [f32]; N],
) {
    update.weight_gradient(rows, deltas, units, scale, parameters);
}

/// Outputs whose sums are kept in registers at a time: with their weights, 20 of the 32.
const TEN: usize = 10;

/// What this version needs of a number in a sample.
pub trait Load: dot::Load + sgd::Load {}
impl Load for u8 {}
impl Load for f32 {}

/// `a * b + c`, rounded once.
///
/// The numbers come and go by way of core registers: `asm!` takes no operands in those of the FPU on these targets.
#[inline]
pub(crate) fn fused_multiply_add(a: f32, b: f32, c: f32) -> f32 {
    let mut sum = c;
    // SAFETY: works on registers only; the FPU is there, or this file is not compiled.
    unsafe {
        asm!(
            "vmov s0, s1, {a}, {b}",
            "vmov s2, {sum}",
            "vfma.f32 s2, s0, s1",
            "vmov {sum}, s2",
            a = in(reg) a,
            b = in(reg) b,
            sum = inout(reg) sum,
            out("s0") _, out("s1") _, out("s2") _,
            options(pure, nomem, nostack),
        );
    }
    sum
}

/// √`value`, correctly rounded.
#[inline]
pub(crate) fn sqrt(value: f32) -> f32 {
    let mut root = value;
    // SAFETY: as above.
    unsafe {
        asm!(
            "vmov s0, {root}",
            "vsqrt.f32 s0, s0",
            "vmov {root}, s0",
            root = inout(reg) root,
            out("s0") _,
            options(pure, nomem, nostack),
        );
    }
    root
}

/// The constants of [`exp_nonpositive`] in the order of their registers, from s1 on.
static EXP: [f32; 11] = {
    let [c0, c1, c2, c3, c4] = EXP_POLYNOMIAL;
    [EXP_LOWEST, LOG2_E, ROUND, -LN_2_HIGH, -LN_2_LOW, c4, c3, c2, c1, c0, 1.0]
};

/// [`math::exp_nonpositive`](crate::math::exp_nonpositive), step by step, without a way through core registers between
/// the steps.
#[inline]
pub(crate) fn exp_nonpositive(x: f32) -> f32 {
    let mut value = x;
    // SAFETY: reads the constants; the FPU is there.
    unsafe {
        asm!(
            "vldmia {constants}, {{s1-s11}}",
            "vmov s0, {value}",
            "vcmp.f32 s0, s1",
            "vmrs APSR_nzcv, fpscr",
            "it le",
            "vmovle.f32 s0, s1",
            "vmov.f32 s12, s3",
            "vfma.f32 s12, s0, s2",
            "vsub.f32 s13, s12, s3",
            "vfma.f32 s0, s13, s4",
            "vfma.f32 s0, s13, s5",
            "vmov {exponent}, s12",
            "vfma.f32 s7, s6, s0",
            "vmul.f32 s13, s0, s0",
            "vfma.f32 s8, s7, s0",
            "vfma.f32 s9, s8, s0",
            "vfma.f32 s10, s9, s0",
            "vfma.f32 s0, s10, s13",
            "vadd.f32 s0, s0, s11",
            "vmov {value}, s0",
            "add {value}, {value}, {exponent}, lsl #23",
            // Positive floats are in the order of their bits.
            "cmp {value}, #{smallest}",
            "it lo",
            "movlo {value}, #0",
            constants = in(reg) EXP.as_ptr(),
            value = inout(reg) value,
            exponent = out(reg) _,
            smallest = const SMALLEST_SIGNAL.to_bits(),
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _,
            options(pure, readonly, nostack),
        );
    }
    value
}
