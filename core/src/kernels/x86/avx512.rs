//! AVX-512 (F, BW, DQ, VL): one vector is the 16 partial sums of a dot product.

mod dot;
mod gradient;
mod softmax;

use core::arch::x86_64::*;

pub(in crate::kernels) use dot::{forward, input_gradient};
pub(in crate::kernels) use gradient::{
    weight_gradient, weight_gradient_adam, weight_gradient_momentum, weight_gradient_sgd,
};
pub(in crate::kernels) use softmax::{softmax, softmax_cross_entropy};

crate::kernels::elementwise::loops::compile_loops!("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma");

const LANES: usize = 16;

/// Numbers that can be loaded as 16 lanes of f32.
pub trait Load: Sized {
    /// # Safety
    /// 16 numbers can be read at `from`, and the machine has AVX-512F.
    unsafe fn load(from: *const Self) -> __m512;
    /// The lanes that are not in `mask` are zero, and their memory is not touched.
    ///
    /// # Safety
    /// The numbers in `mask` can be read at `from`, and the machine has AVX-512F, BW and VL.
    unsafe fn load_some(mask: __mmask16, from: *const Self) -> __m512;
}

impl Load for u8 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(from: *const Self) -> __m512 {
        // SAFETY: the caller's.
        let bytes = unsafe { _mm_loadu_si128(from.cast()) };
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_some(mask: __mmask16, from: *const Self) -> __m512 {
        // SAFETY: the caller's.
        let bytes = unsafe { _mm_maskz_loadu_epi8(mask, from.cast()) };
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))
    }
}

impl Load for f32 {
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load(from: *const Self) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
    unsafe fn load_some(mask: __mmask16, from: *const Self) -> __m512 {
        // SAFETY: the caller's.
        unsafe { _mm512_maskz_loadu_ps(mask, from) }
    }
}

/// The lanes of the first `count` numbers.
const fn mask(count: usize) -> __mmask16 {
    if count >= LANES { !0 } else { (1 << count) - 1 }
}

/// How two lanes become one.
pub(in crate::kernels) trait Fold {
    /// # Safety
    /// The machine has AVX-512F.
    unsafe fn fold(a: __m512, b: __m512) -> __m512;
}

struct Sum;

impl Fold for Sum {
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn fold(a: __m512, b: __m512) -> __m512 {
        _mm512_add_ps(a, b)
    }
}

struct Maximum;

impl Fold for Maximum {
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn fold(a: __m512, b: __m512) -> __m512 {
        _mm512_max_ps(a, b)
    }
}

/// Folds the lanes of each vector: l and l + 8, l and l + 4, l and l + 2, l and l + 1. Sixteen vectors share the work: at
/// each step two of them become one.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
pub(in crate::kernels) fn reduce_lanes<F: Fold, const S: usize, const N: usize>(
    vectors: [[__m512; N]; S],
) -> [[f32; N]; S] {
    const { assert!(S * N <= 2 * LANES) };
    let mut padded = [_mm512_setzero_ps(); 2 * LANES];
    for (padded, &vector) in padded.iter_mut().zip(vectors.as_flattened()) {
        *padded = vector;
    }
    let mut totals = [[0.0; N]; S];
    for (group, totals) in padded.chunks_exact(LANES).zip(totals.as_flattened_mut().chunks_mut(LANES)) {
        let mut quarters = [_mm512_setzero_ps(); 4];
        for (quarter, four) in quarters.iter_mut().zip(group.chunks_exact(4)) {
            let ab = fold_blocks::<F, 0x44, 0xee>(four[0], four[1]);
            let cd = fold_blocks::<F, 0x44, 0xee>(four[2], four[3]);
            *quarter = fold_blocks::<F, 0x88, 0xdd>(ab, cd);
        }
        let low = fold_in_blocks::<F, 0x44, 0xee>(quarters[0], quarters[1]);
        let high = fold_in_blocks::<F, 0x44, 0xee>(quarters[2], quarters[3]);
        let folded = lanes(fold_in_blocks::<F, 0x88, 0xdd>(low, high));
        for (place, total) in totals.iter_mut().enumerate() {
            // Block b holds, of each quarter in turn, its vector b.
            *total = folded[place % 4 * 4 + place / 4];
        }
    }
    totals
}

/// Folds 128-bit blocks of `a` and `b` picked by `LEFT` with those picked by `RIGHT`.
#[inline]
#[target_feature(enable = "avx512f")]
fn fold_blocks<F: Fold, const LEFT: i32, const RIGHT: i32>(a: __m512, b: __m512) -> __m512 {
    // SAFETY: this function has AVX-512F too.
    unsafe { F::fold(_mm512_shuffle_f32x4::<LEFT>(a, b), _mm512_shuffle_f32x4::<RIGHT>(a, b)) }
}

/// The same with lanes within each 128-bit block.
#[inline]
#[target_feature(enable = "avx512f")]
fn fold_in_blocks<F: Fold, const LEFT: i32, const RIGHT: i32>(a: __m512, b: __m512) -> __m512 {
    // SAFETY: this function has AVX-512F too.
    unsafe { F::fold(_mm512_shuffle_ps::<LEFT>(a, b), _mm512_shuffle_ps::<RIGHT>(a, b)) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn lanes(vector: __m512) -> [f32; LANES] {
    let mut lanes = [0.0; LANES];
    // SAFETY: `lanes` has room for 16.
    unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), vector) };
    lanes
}

/// The lanes, or +0.0 where the magnitude is below the limit.
#[inline]
#[target_feature(enable = "avx512f,avx512dq")]
fn flush_below(values: __m512, limit: f32) -> __m512 {
    let keep = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(_mm512_abs_ps(values), _mm512_set1_ps(limit));
    _mm512_maskz_mov_ps(keep, values)
}
