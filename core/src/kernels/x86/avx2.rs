//! AVX2 and FMA: two vectors are the 16 partial sums of a dot product.

mod dot;
mod gradient;
mod softmax;

use core::arch::x86_64::*;

pub(in crate::kernels) use dot::{forward, input_gradient};
pub(in crate::kernels) use gradient::{
    weight_gradient, weight_gradient_adam, weight_gradient_momentum, weight_gradient_sgd,
};
pub(in crate::kernels) use softmax::{softmax, softmax_cross_entropy};

crate::kernels::elementwise::loops::compile_loops!("avx2,fma");

const LANES: usize = 8;

/// Numbers that can be loaded as 8 lanes of f32.
pub trait Load: Sized {
    /// Loads the first `count` lanes, 8 at most; the others are zero and their memory is not touched.
    ///
    /// # Safety
    /// `count` numbers can be read at `from`, and the machine has AVX2.
    unsafe fn load(count: usize, from: *const Self) -> __m256;
}

impl Load for u8 {
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn load(count: usize, from: *const Self) -> __m256 {
        let mut bytes = [0_u8; LANES];
        // SAFETY: the caller's.
        let bytes = unsafe {
            if count >= LANES {
                _mm_loadl_epi64(from.cast())
            } else {
                from.copy_to_nonoverlapping(bytes.as_mut_ptr(), count);
                _mm_loadl_epi64(bytes.as_ptr().cast())
            }
        };
        _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes))
    }
}

impl Load for f32 {
    #[inline]
    #[target_feature(enable = "avx2")]
    unsafe fn load(count: usize, from: *const Self) -> __m256 {
        // SAFETY: the caller's.
        unsafe { if count >= LANES { _mm256_loadu_ps(from) } else { _mm256_maskload_ps(from, mask(count)) } }
    }
}

/// The lanes of the first `count` numbers.
#[inline]
#[target_feature(enable = "avx2")]
fn mask(count: usize) -> __m256i {
    let count = _mm256_set1_epi32(count.min(LANES) as i32);
    _mm256_cmpgt_epi32(count, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))
}

/// # Safety
/// `count` numbers can be written at `to`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store(count: usize, to: *mut f32, values: __m256) {
    // SAFETY: the caller's.
    unsafe { if count >= LANES { _mm256_storeu_ps(to, values) } else { _mm256_maskstore_ps(to, mask(count), values) } }
}

/// Adds up the 16 partial sums of each pair of vectors: l + (l + 8), l + (l + 4), l + (l + 2), l + (l + 1). Eight pairs
/// share the work: at each step two of them become one.
#[inline]
#[target_feature(enable = "avx2")]
fn add_lanes<const S: usize, const N: usize>(sums: [[[__m256; 2]; N]; S]) -> [[f32; N]; S] {
    let mut totals = [[0.0; N]; S];
    for (totals, sums) in totals.as_flattened_mut().chunks_mut(LANES).zip(sums.as_flattened().chunks(LANES)) {
        let mut eights = [_mm256_setzero_ps(); LANES];
        for (eight, sums) in eights.iter_mut().zip(sums) {
            *eight = _mm256_add_ps(sums[0], sums[1]);
        }
        let mut fours = [_mm256_setzero_ps(); LANES / 2];
        for (four, pair) in fours.iter_mut().zip(eights.chunks_exact(2)) {
            let low = _mm256_permute2f128_ps::<0x20>(pair[0], pair[1]);
            *four = _mm256_add_ps(low, _mm256_permute2f128_ps::<0x31>(pair[0], pair[1]));
        }
        let low = fold::<0x44, 0xee>(fours[0], fours[1]);
        let high = fold::<0x44, 0xee>(fours[2], fours[3]);
        let folded = lanes(fold::<0x88, 0xdd>(low, high));
        for (place, total) in totals.iter_mut().enumerate() {
            // The first half holds the even pairs, the second half the odd ones.
            *total = folded[place % 2 * 4 + place / 2];
        }
    }
    totals
}

/// Adds lanes of `a` and `b` picked by `LEFT` to those picked by `RIGHT`, within each half.
#[inline]
#[target_feature(enable = "avx2")]
fn fold<const LEFT: i32, const RIGHT: i32>(a: __m256, b: __m256) -> __m256 {
    _mm256_add_ps(_mm256_shuffle_ps::<LEFT>(a, b), _mm256_shuffle_ps::<RIGHT>(a, b))
}

/// The lanes, or +0.0 where the magnitude is below the limit.
#[inline]
#[target_feature(enable = "avx2")]
fn flush_below(values: __m256, limit: f32) -> __m256 {
    let magnitudes = _mm256_andnot_ps(_mm256_set1_ps(-0.0), values);
    _mm256_and_ps(values, _mm256_cmp_ps::<_CMP_NLT_UQ>(magnitudes, _mm256_set1_ps(limit)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn lanes(vector: __m256) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    // SAFETY: `lanes` has room for 8.
    unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), vector) };
    lanes
}
