//! WebAssembly's 128-bit vectors: four registers.

#![allow(unused_unsafe, reason = "intrinsics of WebAssembly are safe: no machine loads instructions that it lacks")]

#[cfg_attr(target_feature = "relaxed-simd", path = "simd128/relaxed.rs")]
#[cfg_attr(not(target_feature = "relaxed-simd"), path = "simd128/software.rs")]
mod fused;

use core::arch::wasm32::*;

use super::lanes::{F32x16, LANES, Vector, operations};
use crate::math::NAN;

use fused::fused_multiply_add;

/// The vector kernel as it is for all instruction sets.
mod shells {
    use core::arch::wasm32::v128;

    crate::kernels::vector::shells!("simd128", [v128; 4]);
}

#[cfg(target_feature = "relaxed-simd")]
pub(in crate::kernels) use fused::is_fused;
#[cfg(not(target_feature = "relaxed-simd"))]
pub(in crate::kernels) use fused::layer::{forward, weight_gradient_update};
#[cfg(target_feature = "relaxed-simd")]
pub(in crate::kernels) use shells::{forward, weight_gradient_update};
pub(in crate::kernels) use shells::{input_gradient, map, softmax, softmax_cross_entropy, zip};

/// Not inlined: it is called at the ends of rows, from so many places that a browser would take seconds to compile them.
///
/// # Safety
/// There are `count` numbers.
#[inline(never)]
unsafe fn load_first(count: usize, from: *const f32, padding: f32) -> v128 {
    let values = f32x4_splat(padding);
    // SAFETY: the caller's.
    unsafe {
        match count {
            0 => values,
            1 => v128_load32_lane::<0>(values, from.cast()),
            2 => v128_load64_lane::<0>(values, from.cast()),
            3 => v128_load32_lane::<2>(v128_load64_lane::<0>(values, from.cast()), from.add(2).cast()),
            _ => v128_load(from.cast()),
        }
    }
}

/// Not inlined, for the same reason.
///
/// # Safety
/// There is room for `count` numbers.
#[inline(never)]
unsafe fn store_first(values: v128, count: usize, to: *mut f32) {
    // SAFETY: the caller's.
    unsafe {
        match count {
            0 => {}
            1 => v128_store32_lane::<0>(values, to.cast()),
            2 => v128_store64_lane::<0>(values, to.cast()),
            3 => {
                v128_store64_lane::<0>(values, to.cast());
                v128_store32_lane::<2>(values, to.add(2).cast());
            }
            _ => v128_store(to.cast(), values),
        }
    }
}

impl Vector for v128 {
    const LANES: usize = 4;
    const SUMS: usize = 12;
    const MAKES_CANONICAL_NAN: bool = false;

    operations! { unsafe
        splat(value: f32) -> Self = f32x4_splat(value);
        load(from: *const f32) -> Self = v128_load(from.cast());
        load_first(count: usize, from: *const f32, padding: f32) -> Self = load_first(count, from, padding);
        load_u8(from: *const u8) -> Self = {
            let bytes = v128_load32_zero(from.cast());
            f32x4_convert_i32x4(i32x4_extend_low_u16x8(i16x8_extend_low_u8x16(bytes)))
        };
        store(self: Self, to: *mut f32) = v128_store(to.cast(), self);
        store_first(self: Self, count: usize, to: *mut f32) = store_first(self, count, to);
    }

    operations! {
        add(self: Self, other: Self) -> Self = f32x4_add(self, other);
        sub(self: Self, other: Self) -> Self = f32x4_sub(self, other);
        mul(self: Self, other: Self) -> Self = f32x4_mul(self, other);
        div(self: Self, other: Self) -> Self = f32x4_div(self, other);
        sqrt(self: Self) -> Self = f32x4_sqrt(self);
        mul_add(self: Self, factor: Self, summand: Self) -> Self = fused_multiply_add(self, factor, summand);
        mul_sub(self: Self, factor: Self, subtrahend: Self) -> Self =
            fused_multiply_add(self, factor, f32x4_neg(subtrahend));
        // LLVM 22 makes `pmin` and `pmax` the relaxed ones, where these are enabled: then a NaN may stay or go.
        max(self: Self, other: Self) -> Self = v128_bitselect(self, other, f32x4_gt(self, other));
        clamp_magnitude(self: Self, limit: f32) -> Self = {
            let (low, high) = (f32x4_splat(-limit), f32x4_splat(limit));
            let values = v128_bitselect(high, self, f32x4_gt(self, high));
            v128_bitselect(low, values, f32x4_lt(values, low))
        };
        flush_below(self: Self, limit: f32) -> Self =
            v128_andnot(self, f32x4_lt(f32x4_abs(self), f32x4_splat(limit)));
        canonical(self: Self) -> Self = v128_bitselect(self, f32x4_splat(NAN), f32x4_eq(self, self));
        equal_bits(self: Self, other: Self) -> u32 = u32::from(i32x4_bitmask(f32x4_eq(self, other)));
        add_to_exponent(self: Self, rounded: Self) -> Self = i32x4_add(self, i32x4_shl(rounded, 23));
    }
}

/// Folds the lanes of 16 vectors. Four share the work: at each step two of them become one.
macro_rules! reduce {
    ($vectors:ident, $fold:path) => {{
        let mut totals = [f32x4_splat(0.0); 4];
        for quarter in 0..4 {
            let mut fours = [f32x4_splat(0.0); 4];
            for vector in 0..4 {
                let [a, b, c, d] = $vectors[4 * quarter + vector];
                fours[vector] = $fold($fold(a, c), $fold(b, d));
            }
            let [a, b, c, d] = fours;
            let ab = $fold(i32x4_shuffle::<0, 1, 4, 5>(a, b), i32x4_shuffle::<2, 3, 6, 7>(a, b));
            let cd = $fold(i32x4_shuffle::<0, 1, 4, 5>(c, d), i32x4_shuffle::<2, 3, 6, 7>(c, d));
            totals[quarter] = $fold(i32x4_shuffle::<0, 2, 4, 6>(ab, cd), i32x4_shuffle::<1, 3, 5, 7>(ab, cd));
        }
        totals
    }};
}

impl F32x16 for [v128; 4] {
    type Short = [v128; 2];

    operations! {
        reduce_add(vectors: [Self; LANES]) -> Self = reduce!(vectors, f32x4_add);
        reduce_max(vectors: [Self; LANES]) -> Self = reduce!(vectors, Vector::max);
    }
}
