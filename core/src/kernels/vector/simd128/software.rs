//! Fused multiply-add in software, by the numbers of 64 bits that every WebAssembly has.
//!
//! The product of two f32 is exact in f64. Its sum with the third is rounded to f64, and that to f32: twice, which
//! differs from once only where the f64 lies in the middle between two neighbouring f32, or the f32 is subnormal. There,
//! it is computed as the scalar is.

#[path = "layer.rs"]
pub(super) mod layer;
#[path = "sums.rs"]
mod sums;
#[path = "wide.rs"]
mod wide;

use core::arch::wasm32::*;

use crate::math;

/// `a * b + c`, rounded once.
#[inline(always)]
pub(super) fn fused_multiply_add(a: v128, b: v128, c: v128) -> v128 {
    let low = f64x2_add(product(a, b), f64x2_promote_low_f32x4(c));
    let high = f64x2_add(product(upper(a), upper(b)), f64x2_promote_low_f32x4(upper(c)));
    let result = narrow(low, high);
    if may_be_rounded_twice(low, high, result) {
        return of_each_lane(a, b, c);
    }
    result
}

/// Whether one of the sums is in the middle of two f32, or one of the results is subnormal or the smallest normal number.
#[inline(always)]
fn may_be_rounded_twice(low: v128, high: v128, result: v128) -> bool {
    // The 29 bits that an f32 has not.
    let rest = v128_and(i32x4_shuffle::<0, 2, 4, 6>(low, high), u32x4_splat(0x1fff_ffff));
    let middle = i32x4_eq(rest, u32x4_splat(0x1000_0000));
    // Zero less one is the largest of all.
    let magnitude = v128_and(result, u32x4_splat(0x7fff_ffff));
    let small = u32x4_le(u32x4_sub(magnitude, u32x4_splat(1)), u32x4_splat(0x007f_ffff));
    v128_any_true(v128_or(middle, small))
}

#[cold]
#[inline(never)]
fn of_each_lane(a: v128, b: v128, c: v128) -> v128 {
    let lane = |values, lane| f32::from_bits(lanes(values)[lane]);
    let result = |at| math::fused_multiply_add(lane(a, at), lane(b, at), lane(c, at));
    f32x4(result(0), result(1), result(2), result(3))
}

fn lanes(values: v128) -> [u32; 4] {
    [
        u32x4_extract_lane::<0>(values),
        u32x4_extract_lane::<1>(values),
        u32x4_extract_lane::<2>(values),
        u32x4_extract_lane::<3>(values),
    ]
}

/// The product of the lower two numbers.
#[inline(always)]
fn product(a: v128, b: v128) -> v128 {
    f64x2_mul(f64x2_promote_low_f32x4(a), f64x2_promote_low_f32x4(b))
}

/// The upper two numbers, in the place of the lower.
#[inline(always)]
fn upper(values: v128) -> v128 {
    i32x4_shuffle::<2, 3, 2, 3>(values, values)
}

/// Four numbers of 64 bits, rounded to 32.
#[inline(always)]
fn narrow(low: v128, high: v128) -> v128 {
    // A shuffle of the two halves is taken apart by LLVM 22, into four scalar conversions; this one it does not see into.
    let to_upper = u8x16(128, 128, 128, 128, 128, 128, 128, 128, 0, 1, 2, 3, 4, 5, 6, 7);
    v128_or(f32x4_demote_f64x2_zero(low), u8x16_swizzle(f32x4_demote_f64x2_zero(high), to_upper))
}
