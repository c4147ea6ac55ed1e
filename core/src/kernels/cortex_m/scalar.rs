//! Scalar functions of the FPU: stable Rust has no fused multiply-add and no square root for these targets.

use core::arch::asm;

use crate::math::{
    EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LN_POLYNOMIAL, LOG2_E, ROUND, SMALLEST_SIGNAL, SQRT_HALF_BITS,
};

/// `a * b + c`, rounded once.
///
/// The operands pass through core registers: `asm!` takes none in those of the FPU on these targets.
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

/// [`math::exp_nonpositive`](crate::math::exp_nonpositive), in the same steps, without moves through core registers
/// between them.
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

/// The constants of [`ln`] in the order of their registers, from s2 on.
static LN: [f32; 12] = {
    let [c0, c1, c2, c3, c4, c5, c6, c7] = LN_POLYNOMIAL;
    [1.0, c7, c6, c5, c4, c3, c2, c1, c0, LN_2_LOW, -0.5, LN_2_HIGH]
};

/// [`math::ln`](crate::math::ln), step by step.
#[inline]
pub(crate) fn ln(value: f32) -> f32 {
    let shifted = value.to_bits().wrapping_sub(SQRT_HALF_BITS);
    let exponent = shifted.cast_signed() >> 23;
    let mut number = (shifted & 0x007f_ffff).wrapping_add(SQRT_HALF_BITS);
    // SAFETY: reads the constants; the FPU is there.
    unsafe {
        asm!(
            "vldmia {constants}, {{s2-s13}}",
            "vmov s0, s1, {number}, {exponent}",
            "vsub.f32 s0, s0, s2",
            "vcvt.f32.s32 s1, s1",
            "vfma.f32 s4, s3, s0",
            "vmul.f32 s14, s0, s0",
            "vfma.f32 s5, s4, s0",
            "vfma.f32 s6, s5, s0",
            "vfma.f32 s7, s6, s0",
            "vfma.f32 s8, s7, s0",
            "vfma.f32 s9, s8, s0",
            "vfma.f32 s10, s9, s0",
            // s10 is the polynomial, s14 the square of s0.
            "vmul.f32 s10, s10, s0",
            "vmul.f32 s10, s14, s10",
            "vfma.f32 s10, s1, s11",
            "vfma.f32 s10, s14, s12",
            "vadd.f32 s0, s0, s10",
            "vfma.f32 s0, s1, s13",
            "vmov {number}, s0",
            constants = in(reg) LN.as_ptr(),
            number = inout(reg) number,
            exponent = in(reg) exponent,
            out("d0") _, out("d1") _, out("d2") _, out("d3") _, out("d4") _, out("d5") _, out("d6") _, out("d7") _,
            options(pure, readonly, nostack),
        );
    }
    f32::from_bits(number)
}
