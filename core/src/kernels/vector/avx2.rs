//! AVX2 and FMA: two registers.

use core::arch::x86_64::*;

use super::lanes::{F32x16, LANES, Vector, operations};
use crate::math::NAN;

super::shells!("avx2,fma", [__m256; 2]);

/// Ones in the lanes below `count`.
///
/// # Safety
/// The machine has AVX2.
#[inline(always)]
unsafe fn mask(count: usize) -> __m256i {
    // SAFETY: the caller's.
    unsafe { _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)) }
}

impl Vector for __m256 {
    const LANES: usize = 8;
    const SUMS: usize = 12;
    const MAKES_CANONICAL_NAN: bool = true;

    operations! { unsafe
        splat(value: f32) -> Self = _mm256_set1_ps(value);
        load(from: *const f32) -> Self = _mm256_loadu_ps(from);
        // The masks end with the numbers.
        load_first(count: usize, from: *const f32, padding: f32) -> Self = {
            let (mask, padding) = (mask(count), _mm256_set1_ps(padding));
            _mm256_blendv_ps(padding, _mm256_maskload_ps(from, mask), _mm256_castsi256_ps(mask))
        };
        load_u8(from: *const u8) -> Self = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(from.cast())));
        store(self: Self, to: *mut f32) = _mm256_storeu_ps(to, self);
        store_first(self: Self, count: usize, to: *mut f32) = _mm256_maskstore_ps(to, mask(count), self);
    }

    operations! {
        add(self: Self, other: Self) -> Self = _mm256_add_ps(self, other);
        sub(self: Self, other: Self) -> Self = _mm256_sub_ps(self, other);
        mul(self: Self, other: Self) -> Self = _mm256_mul_ps(self, other);
        div(self: Self, other: Self) -> Self = _mm256_div_ps(self, other);
        sqrt(self: Self) -> Self = _mm256_sqrt_ps(self);
        mul_add(self: Self, factor: Self, summand: Self) -> Self = _mm256_fmadd_ps(self, factor, summand);
        mul_sub(self: Self, factor: Self, subtrahend: Self) -> Self = _mm256_fmsub_ps(self, factor, subtrahend);
        max(self: Self, other: Self) -> Self = _mm256_max_ps(self, other);
        // Of the two, `min` and `max` return the second where one is NaN.
        clamp_magnitude(self: Self, limit: f32) -> Self =
            _mm256_max_ps(_mm256_set1_ps(-limit), _mm256_min_ps(_mm256_set1_ps(limit), self));
        flush_below(self: Self, limit: f32) -> Self = {
            let magnitudes = _mm256_andnot_ps(_mm256_set1_ps(-0.0), self);
            _mm256_and_ps(self, _mm256_cmp_ps::<_CMP_NLT_UQ>(magnitudes, _mm256_set1_ps(limit)))
        };
        canonical(self: Self) -> Self =
            _mm256_blendv_ps(self, _mm256_set1_ps(NAN), _mm256_cmp_ps::<_CMP_UNORD_Q>(self, self));
        equal_bits(self: Self, other: Self) -> u32 =
            _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(self, other)).cast_unsigned();
        add_to_exponent(self: Self, rounded: Self) -> Self = {
            let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(rounded));
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(self), exponent))
        };
    }
}

/// Folds the lanes of 16 vectors. Eight share the work: at each step two of them become one.
macro_rules! reduce {
    ($vectors:ident, $fold:ident) => {{
        let mut halves = [_mm256_setzero_ps(); 2];
        for half in 0..2 {
            let mut fours = [_mm256_setzero_ps(); 4];
            for pair in 0..4 {
                let [a, b] = [$vectors[8 * half + pair], $vectors[8 * half + pair + 4]];
                let (a, b) = ($fold(a[0], a[1]), $fold(b[0], b[1]));
                let low = _mm256_permute2f128_ps::<0x20>(a, b);
                fours[pair] = $fold(low, _mm256_permute2f128_ps::<0x31>(a, b));
            }
            // In each 128 bits, vectors 0 to 3 and 4 to 7.
            let [a, b, c, d] = fours;
            let ab = $fold(_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xee>(a, b));
            let cd = $fold(_mm256_shuffle_ps::<0x44>(c, d), _mm256_shuffle_ps::<0xee>(c, d));
            halves[half] = $fold(_mm256_shuffle_ps::<0x88>(ab, cd), _mm256_shuffle_ps::<0xdd>(ab, cd));
        }
        halves
    }};
}

impl F32x16 for [__m256; 2] {
    type Short = __m256;

    operations! {
        reduce_add(vectors: [Self; LANES]) -> Self = reduce!(vectors, _mm256_add_ps);
        reduce_max(vectors: [Self; LANES]) -> Self = reduce!(vectors, _mm256_max_ps);
    }
}
