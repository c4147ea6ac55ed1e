//! AVX2 and FMA: two registers.

use core::arch::x86_64::*;

use super::lanes::{F32x16, LANES};
use crate::math::{NAN, SQRT_HALF_BITS};

super::shells!("avx2,fma", [__m256; 2]);

/// Numbers in a register.
const HALF: usize = LANES / 2;

/// Ones in the lanes of each half below `count`.
///
/// # Safety
/// The machine has AVX2.
#[inline(always)]
unsafe fn masks(count: usize) -> [__m256i; 2] {
    // SAFETY: the caller's.
    unsafe {
        let count = _mm256_set1_epi32(count as i32);
        let low = _mm256_cmpgt_epi32(count, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
        [low, _mm256_cmpgt_epi32(count, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15))]
    }
}

/// Methods that are one function of intrinsics, for each half.
macro_rules! operations {
    ($($name:ident($($argument:ident),*; $($limit:ident)?) = $function:ident;)+) => {$(
        #[inline(always)]
        fn $name(self, $($argument: Self,)* $($limit: f32)?) -> Self {
            // SAFETY: there is a vector, so the machine has the instructions.
            unsafe {
                [$function(self[0], $($argument[0],)* $($limit)?), $function(self[1], $($argument[1],)* $($limit)?)]
            }
        }
    )+};
}

/// Folds the lanes of 16 vectors. Eight share the work: at each step two of them become one.
macro_rules! reduce {
    ($name:ident, $fold:ident) => {
        #[inline(always)]
        fn $name(vectors: [Self; LANES]) -> Self {
            // SAFETY: there is a vector, so the machine has the instructions.
            unsafe {
                let mut halves = [_mm256_setzero_ps(); 2];
                for half in 0..2 {
                    let mut fours = [_mm256_setzero_ps(); 4];
                    for pair in 0..4 {
                        let [a, b] = [vectors[HALF * half + pair], vectors[HALF * half + pair + 4]];
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
            }
        }
    };
}

impl F32x16 for [__m256; 2] {
    const SUMS: usize = 6;
    const MAKES_CANONICAL_NAN: bool = true;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        // SAFETY: the caller's.
        unsafe { [_mm256_set1_ps(value); 2] }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller's.
        unsafe { [_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(HALF))] }
    }

    #[inline(always)]
    unsafe fn load_first(count: usize, from: *const f32, padding: f32) -> Self {
        // SAFETY: the caller's; the masks end with the numbers.
        unsafe {
            let padding = _mm256_set1_ps(padding);
            let [low, high] = masks(count);
            let values = [_mm256_maskload_ps(from, low), _mm256_maskload_ps(from.wrapping_add(HALF), high)];
            let [low, high] = [_mm256_castsi256_ps(low), _mm256_castsi256_ps(high)];
            [_mm256_blendv_ps(padding, values[0], low), _mm256_blendv_ps(padding, values[1], high)]
        }
    }

    #[inline(always)]
    unsafe fn load_u8(from: *const u8) -> Self {
        // SAFETY: the caller's.
        unsafe {
            let [low, high] = [_mm_loadl_epi64(from.cast()), _mm_loadl_epi64(from.add(HALF).cast())];
            [_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(low)), _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(high))]
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: the caller's.
        unsafe {
            _mm256_storeu_ps(to, self[0]);
            _mm256_storeu_ps(to.add(HALF), self[1]);
        }
    }

    #[inline(always)]
    unsafe fn store_first(self, count: usize, to: *mut f32) {
        // SAFETY: the caller's; the masks end with the numbers.
        unsafe {
            let [low, high] = masks(count);
            _mm256_maskstore_ps(to, low, self[0]);
            _mm256_maskstore_ps(to.wrapping_add(HALF), high, self[1]);
        }
    }

    #[inline(always)]
    fn prefetch<T>(from: *const T) {
        // SAFETY: a prefetch reads nothing that could be seen.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
    }

    operations! {
        add(other;) = _mm256_add_ps;
        sub(other;) = _mm256_sub_ps;
        mul(other;) = _mm256_mul_ps;
        div(other;) = _mm256_div_ps;
        sqrt(;) = _mm256_sqrt_ps;
        mul_add(factor, summand;) = _mm256_fmadd_ps;
        mul_sub(factor, subtrahend;) = _mm256_fmsub_ps;
        max(other;) = _mm256_max_ps;
        clamp_magnitude(;limit) = clamp_magnitude;
        flush_below(;limit) = flush_below;
        canonical(;) = canonical;
        add_to_exponent(rounded;) = add_to_exponent;
    }

    #[inline(always)]
    fn equal_bits(self, other: Self) -> u32 {
        // SAFETY: there is a vector, so the machine has the instructions.
        unsafe {
            let low = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(self[0], other[0])).cast_unsigned();
            let high = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_EQ_OQ>(self[1], other[1])).cast_unsigned();
            low | high << HALF
        }
    }

    #[inline(always)]
    fn split_exponent(self) -> (Self, Self) {
        // SAFETY: there is a vector, so the machine has the instructions.
        let [low, high] = unsafe { [split_exponent(self[0]), split_exponent(self[1])] };
        ([low.0, high.0], [low.1, high.1])
    }

    reduce!(reduce_add, _mm256_add_ps);
    reduce!(reduce_max, _mm256_max_ps);
}

/// Functions of one half.
macro_rules! halves {
    ($($name:ident($($argument:ident: $type:ty),+) -> $result:ty $body:block)+) => {$(
        /// # Safety
        /// The machine has AVX2.
        #[inline(always)]
        unsafe fn $name($($argument: $type),+) -> $result {
            // SAFETY: the caller's.
            unsafe { $body }
        }
    )+};
}

halves! {
    // Of the two, `min` and `max` return the second where one is NaN.
    clamp_magnitude(values: __m256, limit: f32) -> __m256 {
        _mm256_max_ps(_mm256_set1_ps(-limit), _mm256_min_ps(_mm256_set1_ps(limit), values))
    }
    flush_below(values: __m256, limit: f32) -> __m256 {
        let magnitudes = _mm256_andnot_ps(_mm256_set1_ps(-0.0), values);
        _mm256_and_ps(values, _mm256_cmp_ps::<_CMP_NLT_UQ>(magnitudes, _mm256_set1_ps(limit)))
    }
    canonical(values: __m256) -> __m256 {
        let is_nan = _mm256_cmp_ps::<_CMP_UNORD_Q>(values, values);
        _mm256_or_ps(_mm256_andnot_ps(is_nan, values), _mm256_and_ps(is_nan, _mm256_set1_ps(NAN)))
    }
    add_to_exponent(values: __m256, rounded: __m256) -> __m256 {
        let exponent = _mm256_slli_epi32::<23>(_mm256_castps_si256(rounded));
        _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(values), exponent))
    }
    split_exponent(values: __m256) -> (__m256, __m256) {
        let sqrt_half = _mm256_set1_epi32(SQRT_HALF_BITS.cast_signed());
        let shifted = _mm256_sub_epi32(_mm256_castps_si256(values), sqrt_half);
        let mantissa = _mm256_add_epi32(_mm256_and_si256(shifted, _mm256_set1_epi32(0x007f_ffff)), sqrt_half);
        (_mm256_cvtepi32_ps(_mm256_srai_epi32::<23>(shifted)), _mm256_castsi256_ps(mantissa))
    }
}
