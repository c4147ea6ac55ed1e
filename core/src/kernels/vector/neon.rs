//! NEON: four registers.

use core::arch::aarch64::*;

use super::lanes::{F32x16, LANES, Vector, operations};
use crate::math::NAN;

super::shells!("neon", [float32x4_t; 4]);

impl Vector for float32x4_t {
    const LANES: usize = 4;
    const SUMS: usize = 24;
    const MAKES_CANONICAL_NAN: bool = false;

    operations! { unsafe
        splat(value: f32) -> Self = vdupq_n_f32(value);
        load(from: *const f32) -> Self = vld1q_f32(from);
        load_first(count: usize, from: *const f32, padding: f32) -> Self = {
            let values = vdupq_n_f32(padding);
            match count {
                0 => values,
                1 => vld1q_lane_f32::<0>(from, values),
                2 => vcombine_f32(vld1_f32(from), vget_low_f32(values)),
                3 => vld1q_lane_f32::<2>(from.add(2), vcombine_f32(vld1_f32(from), vget_low_f32(values))),
                _ => vld1q_f32(from),
            }
        };
        load_u8(from: *const u8) -> Self = {
            let bytes = vcreate_u8(u64::from(from.cast::<u32>().read_unaligned()));
            vcvtq_f32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))))
        };
        store(self: Self, to: *mut f32) = vst1q_f32(to, self);
        store_first(self: Self, count: usize, to: *mut f32) = match count {
            0 => {}
            1 => vst1q_lane_f32::<0>(to, self),
            2 => vst1_f32(to, vget_low_f32(self)),
            3 => {
                vst1_f32(to, vget_low_f32(self));
                vst1q_lane_f32::<2>(to.add(2), self);
            }
            _ => vst1q_f32(to, self),
        };
    }

    operations! {
        add(self: Self, other: Self) -> Self = vaddq_f32(self, other);
        sub(self: Self, other: Self) -> Self = vsubq_f32(self, other);
        mul(self: Self, other: Self) -> Self = vmulq_f32(self, other);
        div(self: Self, other: Self) -> Self = vdivq_f32(self, other);
        sqrt(self: Self) -> Self = vsqrtq_f32(self);
        mul_add(self: Self, factor: Self, summand: Self) -> Self = vfmaq_f32(summand, self, factor);
        mul_sub(self: Self, factor: Self, subtrahend: Self) -> Self = vfmaq_f32(vnegq_f32(subtrahend), self, factor);
        max(self: Self, other: Self) -> Self = vbslq_f32(vcgtq_f32(self, other), self, other);
        clamp_magnitude(self: Self, limit: f32) -> Self =
            vmaxq_f32(vdupq_n_f32(-limit), vminq_f32(vdupq_n_f32(limit), self));
        flush_below(self: Self, limit: f32) -> Self = {
            let below = vcaltq_f32(self, vdupq_n_f32(limit));
            vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(self), below))
        };
        canonical(self: Self) -> Self = vbslq_f32(vceqq_f32(self, self), self, vdupq_n_f32(NAN));
        equal_bits(self: Self, other: Self) -> u32 = {
            let bits: [u32; 4] = [1, 2, 4, 8];
            vaddvq_u32(vandq_u32(vceqq_f32(self, other), vld1q_u32(bits.as_ptr())))
        };
        add_to_exponent(self: Self, rounded: Self) -> Self = {
            let exponent = vshlq_n_u32::<23>(vreinterpretq_u32_f32(rounded));
            vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(self), exponent))
        };
    }
}

/// Folds the lanes of 16 vectors. Four share the work: at each step two of them become one.
macro_rules! reduce {
    ($vectors:ident, $fold:path) => {{
        let mut totals = [vdupq_n_f32(0.0); 4];
        for quarter in 0..4 {
            let mut fours = [vdupq_n_f32(0.0); 4];
            for vector in 0..4 {
                let [a, b, c, d] = $vectors[4 * quarter + vector];
                fours[vector] = $fold($fold(a, c), $fold(b, d));
            }
            let [a, b, c, d] = fours;
            let low = vcombine_f32(vget_low_f32(a), vget_low_f32(b));
            let ab = $fold(low, vcombine_f32(vget_high_f32(a), vget_high_f32(b)));
            let low = vcombine_f32(vget_low_f32(c), vget_low_f32(d));
            let cd = $fold(low, vcombine_f32(vget_high_f32(c), vget_high_f32(d)));
            totals[quarter] = $fold(vuzp1q_f32(ab, cd), vuzp2q_f32(ab, cd));
        }
        totals
    }};
}

impl F32x16 for [float32x4_t; 4] {
    type Short = [float32x4_t; 2];

    operations! {
        reduce_add(vectors: [Self; LANES]) -> Self = reduce!(vectors, vaddq_f32);
        reduce_max(vectors: [Self; LANES]) -> Self = reduce!(vectors, Vector::max);
    }
}
