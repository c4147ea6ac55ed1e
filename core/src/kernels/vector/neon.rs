//! NEON: four registers.

use core::arch::aarch64::*;

use super::lanes::{F32x16, LANES};
use crate::math::{NAN, SQRT_HALF_BITS};

super::shells!("neon", [float32x4_t; 4]);

/// Numbers in a register.
const QUARTER: usize = LANES / 4;

/// Methods that are one function of intrinsics, for each quarter.
macro_rules! operations {
    ($($name:ident($($argument:ident),*; $($limit:ident)?) = $function:ident;)+) => {$(
        #[inline(always)]
        fn $name(self, $($argument: Self,)* $($limit: f32)?) -> Self {
            // SAFETY: there is a vector, so the machine has the instructions.
            unsafe {
                [
                    $function(self[0], $($argument[0],)* $($limit)?),
                    $function(self[1], $($argument[1],)* $($limit)?),
                    $function(self[2], $($argument[2],)* $($limit)?),
                    $function(self[3], $($argument[3],)* $($limit)?),
                ]
            }
        }
    )+};
}

/// Folds the lanes of 16 vectors. Four share the work: at each step two of them become one.
macro_rules! reduce {
    ($name:ident, $fold:ident) => {
        #[inline(always)]
        fn $name(vectors: [Self; LANES]) -> Self {
            // SAFETY: there is a vector, so the machine has the instructions.
            unsafe {
                let mut totals = [vdupq_n_f32(0.0); 4];
                for quarter in 0..4 {
                    let mut fours = [vdupq_n_f32(0.0); 4];
                    for vector in 0..4 {
                        let [a, b, c, d] = vectors[QUARTER * quarter + vector];
                        fours[vector] = $fold($fold(a, c), $fold(b, d));
                    }
                    let [a, b, c, d] = fours;
                    let ab = $fold(low_halves(a, b), high_halves(a, b));
                    let cd = $fold(low_halves(c, d), high_halves(c, d));
                    totals[quarter] = $fold(vuzp1q_f32(ab, cd), vuzp2q_f32(ab, cd));
                }
                totals
            }
        }
    };
}

impl F32x16 for [float32x4_t; 4] {
    const SUMS: usize = 6;
    const MAKES_CANONICAL_NAN: bool = false;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller's.
        unsafe { [vdupq_n_f32(value); 4] }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's.
        unsafe {
            [
                vld1q_f32(from),
                vld1q_f32(from.add(QUARTER)),
                vld1q_f32(from.add(2 * QUARTER)),
                vld1q_f32(from.add(3 * QUARTER)),
            ]
        }
    }

    #[inline(always)]
    unsafe fn load_first(count: usize, from: *const f32, padding: f32) -> Self {
        let mut numbers = [padding; LANES];
        // SAFETY: the caller's; `numbers` has room for 16.
        unsafe {
            from.copy_to_nonoverlapping(numbers.as_mut_ptr(), count);
            Self::load(numbers.as_ptr())
        }
    }

    #[inline(always)]
    unsafe fn load_u8(from: *const u8) -> Self {
        // SAFETY: the caller's.
        unsafe {
            let bytes = vld1q_u8(from);
            let (low, high) = (vmovl_u8(vget_low_u8(bytes)), vmovl_high_u8(bytes));
            [
                vcvtq_f32_u32(vmovl_u16(vget_low_u16(low))),
                vcvtq_f32_u32(vmovl_high_u16(low)),
                vcvtq_f32_u32(vmovl_u16(vget_low_u16(high))),
                vcvtq_f32_u32(vmovl_high_u16(high)),
            ]
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        for (quarter, values) in self.into_iter().enumerate() {
            // SAFETY: the caller's.
            unsafe { vst1q_f32(to.add(quarter * QUARTER), values) };
        }
    }

    #[inline(always)]
    unsafe fn store_first(self, count: usize, to: *mut f32) {
        // SAFETY: the caller's.
        unsafe { to.copy_from_nonoverlapping(self.to_array().as_ptr(), count) };
    }

    /// Nothing: stable Rust has no prefetch for this architecture.
    #[inline(always)]
    fn prefetch<T>(_: *const T) {}

    operations! {
        add(other;) = vaddq_f32;
        sub(other;) = vsubq_f32;
        mul(other;) = vmulq_f32;
        div(other;) = vdivq_f32;
        sqrt(;) = vsqrtq_f32;
        mul_add(factor, summand;) = mul_add;
        mul_sub(factor, subtrahend;) = mul_sub;
        max(other;) = max;
        clamp_magnitude(;limit) = clamp_magnitude;
        flush_below(;limit) = flush_below;
        canonical(;) = canonical;
        add_to_exponent(rounded;) = add_to_exponent;
    }

    #[inline(always)]
    fn equal_bits(self, other: Self) -> u32 {
        (0..LANES).fold(0, |bits, lane| bits | u32::from(self.to_array()[lane] == other.to_array()[lane]) << lane)
    }

    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        // SAFETY: there is a vector, so the machine has the instructions.
        unsafe {
            let [a, b, c, d] = self;
            let [a, b, c, d] = [split_exponent(a), split_exponent(b), split_exponent(c), split_exponent(d)];
            ([a.0, b.0, c.0, d.0], [a.1, b.1, c.1, d.1])
        }
    }

    reduce!(reduce_add, vaddq_f32);
    reduce!(reduce_max, max);
}

/// Functions of one quarter.
macro_rules! quarters {
    ($($name:ident($($argument:ident: $type:ty),+) -> $result:ty $body:block)+) => {$(
        /// # Safety
        /// The machine has NEON.
        #[inline(always)]
        unsafe fn $name($($argument: $type),+) -> $result {
            // SAFETY: the caller's.
            unsafe { $body }
        }
    )+};
}

quarters! {
    mul_add(values: float32x4_t, factors: float32x4_t, summands: float32x4_t) -> float32x4_t {
        vfmaq_f32(summands, values, factors)
    }
    mul_sub(values: float32x4_t, factors: float32x4_t, subtrahends: float32x4_t) -> float32x4_t {
        vfmaq_f32(vnegq_f32(subtrahends), values, factors)
    }
    max(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        vbslq_f32(vcgtq_f32(a, b), a, b)
    }
    clamp_magnitude(values: float32x4_t, limit: f32) -> float32x4_t {
        vmaxq_f32(vdupq_n_f32(-limit), vminq_f32(vdupq_n_f32(limit), values))
    }
    flush_below(values: float32x4_t, limit: f32) -> float32x4_t {
        let below = vcaltq_f32(values, vdupq_n_f32(limit));
        vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(values), below))
    }
    canonical(values: float32x4_t) -> float32x4_t {
        vbslq_f32(vceqq_f32(values, values), values, vdupq_n_f32(NAN))
    }
    add_to_exponent(values: float32x4_t, rounded: float32x4_t) -> float32x4_t {
        let exponent = vshlq_n_u32::<23>(vreinterpretq_u32_f32(rounded));
        vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(values), exponent))
    }
    split_exponent(values: float32x4_t) -> (float32x4_t, float32x4_t) {
        let sqrt_half = vdupq_n_u32(SQRT_HALF_BITS);
        let shifted = vsubq_u32(vreinterpretq_u32_f32(values), sqrt_half);
        let mantissa = vaddq_u32(vandq_u32(shifted, vdupq_n_u32(0x007f_ffff)), sqrt_half);
        (vcvtq_f32_s32(vshrq_n_s32::<23>(vreinterpretq_s32_u32(shifted))), vreinterpretq_f32_u32(mantissa))
    }
    low_halves(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        vcombine_f32(vget_low_f32(a), vget_low_f32(b))
    }
    high_halves(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        vcombine_f32(vget_high_f32(a), vget_high_f32(b))
    }
}
