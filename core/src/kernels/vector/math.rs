//! [`exp_nonpositive`](crate::math::exp_nonpositive) and [`ln`](crate::math::ln) of each number, in the same steps.

use super::lanes::Vector;
use crate::math::{EXP_LOWEST, EXP_POLYNOMIAL, LN_2_HIGH, LN_2_LOW, LN_POLYNOMIAL, LOG2_E, ROUND, SMALLEST_SIGNAL};

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
pub(super) unsafe fn ln<V: Vector>(value: V) -> V {
    // SAFETY: the caller's.
    unsafe {
        let (exponent, mantissa) = value.split_exponent();
        let f = mantissa.sub(V::splat(1.0));
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
