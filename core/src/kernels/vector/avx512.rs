//! AVX-512 (F, BW, DQ, VL): one register.

use core::arch::x86_64::*;

use super::lanes::{F32x16, LANES, Vector, operations};
use crate::math::NAN;

super::shells!("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma", __m512);

/// The lanes below `count`.
#[inline(always)]
fn mask(count: usize) -> __mmask16 {
    (u32::MAX >> (2 * LANES - count)) as __mmask16
}

/// Folds the lanes of 16 vectors, which share the work: at each step two of them become one.
macro_rules! reduce {
    ($vectors:ident, $($fold:tt)+) => {{
        let mut quarters = [_mm512_setzero_ps(); 4];
        for quarter in 0..4 {
            let [a, b, c, d] = *$vectors[4 * quarter..].first_chunk().unwrap();
            let ab = $($fold)+(_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xee>(a, b));
            let cd = $($fold)+(_mm512_shuffle_f32x4::<0x44>(c, d), _mm512_shuffle_f32x4::<0xee>(c, d));
            quarters[quarter] = $($fold)+(_mm512_shuffle_f32x4::<0x88>(ab, cd), _mm512_shuffle_f32x4::<0xdd>(ab, cd));
        }
        let [a, b, c, d] = quarters;
        let ab = $($fold)+(_mm512_shuffle_ps::<0x44>(a, b), _mm512_shuffle_ps::<0xee>(a, b));
        let cd = $($fold)+(_mm512_shuffle_ps::<0x44>(c, d), _mm512_shuffle_ps::<0xee>(c, d));
        let folded = $($fold)+(_mm512_shuffle_ps::<0x88>(ab, cd), _mm512_shuffle_ps::<0xdd>(ab, cd));
        // Block b holds, of each quarter in turn, its vector b.
        let places = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
        _mm512_permutexvar_ps(places, folded)
    }};
}

impl Vector for __m512 {
    const LANES: usize = LANES;
    const SUMS: usize = 20;
    const MAKES_CANONICAL_NAN: bool = true;

    operations! { unsafe
        splat(value: f32) -> Self = _mm512_set1_ps(value);
        load(from: *const f32) -> Self = _mm512_loadu_ps(from);
        // The mask ends with the numbers.
        load_first(count: usize, from: *const f32, padding: f32) -> Self =
            _mm512_mask_loadu_ps(_mm512_set1_ps(padding), mask(count), from);
        load_u8(from: *const u8) -> Self = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast())));
        store(self: Self, to: *mut f32) = _mm512_storeu_ps(to, self);
        store_first(self: Self, count: usize, to: *mut f32) = _mm512_mask_storeu_ps(to, mask(count), self);
    }

    operations! {
        add(self: Self, other: Self) -> Self = _mm512_add_ps(self, other);
        sub(self: Self, other: Self) -> Self = _mm512_sub_ps(self, other);
        mul(self: Self, other: Self) -> Self = _mm512_mul_ps(self, other);
        div(self: Self, other: Self) -> Self = _mm512_div_ps(self, other);
        sqrt(self: Self) -> Self = _mm512_sqrt_ps(self);
        mul_add(self: Self, factor: Self, summand: Self) -> Self = _mm512_fmadd_ps(self, factor, summand);
        mul_sub(self: Self, factor: Self, subtrahend: Self) -> Self = _mm512_fmsub_ps(self, factor, subtrahend);
        max(self: Self, other: Self) -> Self = _mm512_max_ps(self, other);
        // Of the two, `min` and `max` return the second where one is NaN.
        clamp_magnitude(self: Self, limit: f32) -> Self =
            _mm512_max_ps(_mm512_set1_ps(-limit), _mm512_min_ps(_mm512_set1_ps(limit), self));
        flush_below(self: Self, limit: f32) -> Self = {
            let keep = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(_mm512_abs_ps(self), _mm512_set1_ps(limit));
            _mm512_maskz_mov_ps(keep, self)
        };
        canonical(self: Self) -> Self = {
            let is_nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self, self);
            _mm512_mask_mov_ps(self, is_nan, _mm512_set1_ps(NAN))
        };
        equal_bits(self: Self, other: Self) -> u32 = u32::from(_mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self, other));
        add_to_exponent(self: Self, rounded: Self) -> Self = {
            let exponent = _mm512_slli_epi32::<23>(_mm512_castps_si512(rounded));
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(self), exponent))
        };
    }
}

impl F32x16 for __m512 {
    type Short = Self;

    operations! {
        reduce_add(vectors: [Self; LANES]) -> Self = reduce!(vectors, _mm512_add_ps);
        reduce_max(vectors: [Self; LANES]) -> Self = reduce!(vectors, _mm512_max_ps);
    }
}

/// The total of each vector of 16 integers, at its place.
///
/// # Safety
/// The machine has AVX-512F.
#[inline(always)]
pub(in crate::kernels) unsafe fn reduce_wrapping_add(vectors: [__m512i; LANES]) -> __m512i {
    // The vectors only look like floats, to share the shuffles.
    macro_rules! add {
        ($a:expr, $b:expr) => {
            _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512($a), _mm512_castps_si512($b)))
        };
    }
    // SAFETY: the caller's.
    unsafe {
        let mut floats = [_mm512_setzero_ps(); LANES];
        for index in 0..LANES {
            floats[index] = _mm512_castsi512_ps(vectors[index]);
        }
        _mm512_castps_si512(reduce!(floats, add!))
    }
}
