//! [`exp_nonpositive`](crate::math::exp_nonpositive) and [`ln`](crate::math::ln) of each number, in the same steps.

use super::lanes::{F32x16, LANES, Vector};
use crate::math::{
    EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LN_POLYNOMIAL, LOG2_E, ROUND, SMALLEST_SIGNAL, split_exponent,
};

/// # Safety
/// The machine has the instructions.
#[inline(always)]
pub(super) unsafe fn exp_nonpositive<V: Vector>(x: V) -> V {
    // SAFETY: the caller's.
    unsafe {
        let round = V::splat(ROUND);
        let x = x.max(V::splat(EXP_LOWEST));
        let rounded = x.mul_add(V::splat(LOG2_E), round);
        let n = rounded.sub(round);
        let r = n.mul_add(V::splat(-LN_2_HIGH), x);
        let r = n.mul_add(V::splat(-LN_2_LOW), r);
        let p = polynomial(r, &EXP_POLYNOMIAL);
        let p = p.mul_add(r.mul(r), r);
        p.add(V::splat(1.0)).add_to_exponent(rounded).flush_below(SMALLEST_SIGNAL)
    }
}

/// # Safety
/// The machine has the instructions.
#[inline(always)]
pub(super) unsafe fn ln<V: F32x16>(values: [f32; LANES]) -> V {
    let (mut exponents, mut mantissas) = (values, values);
    for lane in 0..LANES {
        (exponents[lane], mantissas[lane]) = split_exponent(values[lane]);
    }
    // SAFETY: the caller's; the arrays hold 16.
    unsafe {
        let exponent = V::load(exponents.as_ptr());
        let f = V::load(mantissas.as_ptr()).sub(V::splat(1.0));
        let p = polynomial(f, &LN_POLYNOMIAL);
        let square = f.mul(f);
        let low = exponent.mul_add(V::splat(LN_2_LOW), square.mul(p.mul(f)));
        let low = square.mul_add(V::splat(-0.5), low);
        exponent.mul_add(V::splat(LN_2_HIGH), f.add(low))
    }
}

/// The polynomial with these coefficients, of rising powers, by Horner's rule.
///
/// # Safety
/// The machine has the instructions.
#[inline(always)]
unsafe fn polynomial<V: Vector, const N: usize>(x: V, coefficients: &[f32; N]) -> V {
    // SAFETY: the caller's.
    unsafe {
        let mut value = V::splat(coefficients[N - 1]);
        for power in (0..N - 1).rev() {
            value = value.mul_add(x, V::splat(coefficients[power]));
        }
        value
    }
}
