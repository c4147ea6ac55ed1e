//! Sums of products in f64, where fused multiply-add is software: each step is rounded to f32, and stays an f64.
//!
//! It takes less work than [`fused_multiply_add`](super::fused_multiply_add): no sum is converted twice in each
//! step, a step whose input is zero four times is passed over, and subnormal results need no care.
//!
//! That holds for numbers that [`are_plain`](super::sums::are_plain). Then every product, and so every sum, is a multiple of
//! 2⁻¹²⁶: zero or normal. A sum that starts as +0.0 is never −0.0, and the product of a zero keeps it.

use core::arch::wasm32::*;

/// Four numbers of f32, each as f64.
#[derive(Clone, Copy)]
pub(super) struct Wide([v128; 2]);

impl Wide {
    #[inline(always)]
    pub(super) fn splat(value: f32) -> Self {
        Self([f64x2_splat(value.into()); 2])
    }

    #[inline(always)]
    pub(super) fn from_f32(values: v128) -> Self {
        let upper = i32x4_shuffle::<2, 3, 2, 3>(values, values);
        Self([f64x2_promote_low_f32x4(values), f64x2_promote_low_f32x4(upper)])
    }

    #[inline(always)]
    pub(super) fn to_f32(self) -> v128 {
        super::narrow(self.0[0], self.0[1])
    }

    /// `self * factor + sum`, rounded once to f32; where that is not sure, some bit of `doubt` is set.
    ///
    /// A sum in the middle of two f32 was rounded to it, which is rare, or is exact.
    #[inline(always)]
    pub(super) fn mul_add(self, factor: Self, sum: Self, doubt: &mut v128) -> Self {
        let products = [f64x2_mul(self.0[0], factor.0[0]), f64x2_mul(self.0[1], factor.0[1])];
        let sums = [f64x2_add(products[0], sum.0[0]), f64x2_add(products[1], sum.0[1])];
        if are_middles(sums[0], sums[1]) {
            let rests = [rest(products[0], sum.0[0], sums[0]), rest(products[1], sum.0[1], sums[1])];
            *doubt = v128_or(*doubt, v128_or(rests[0], rests[1]));
        }
        Self(sums.map(|sum| f64x2_promote_low_f32x4(f32x4_demote_f64x2_zero(sum))))
    }
}

/// Whether one of the sums is in the middle of two f32: of the 29 bits that an f32 has not, the first is set alone.
#[inline(always)]
fn are_middles(low: v128, high: v128) -> bool {
    // They become the upper ones of 32, which are then those of the least integer, whose magnitude alone is negative.
    let rest = i32x4_shl(i32x4_shuffle::<0, 2, 4, 6>(low, high), 3);
    i32x4_bitmask(i32x4_abs(rest)) != 0
}

/// Where `sum` is in the middle of two f32, what it lacks of `a + b`, in any bits; else zero.
#[inline(always)]
fn rest(a: v128, b: v128, sum: v128) -> v128 {
    // D. Knuth's 2Sum; NaN where the sum is infinite or NaN.
    let second = f64x2_sub(sum, a);
    let rest = f64x2_add(f64x2_sub(a, f64x2_sub(sum, second)), f64x2_sub(b, second));
    let middle = i64x2_eq(v128_and(sum, u64x2_splat(0x1fff_ffff)), u64x2_splat(0x1000_0000));
    v128_and(f64x2_ne(rest, f64x2_splat(0.0)), middle)
}
