//! Dot products forward, and weighted sums of rows backward.

use core::arch::x86_64::*;

use super::{LANES, Load, Sum, flush_below, mask, reduce_lanes};
use crate::kernels::{Element, Rows};
use crate::math::{SMALLEST_SIGNAL, fused_multiply_add};

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) fn affine<T: Element>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
) {
    let mut first = 0;
    while first < bias.len() {
        first += match bias.len() - first {
            1 => affine_units::<T, 4, 1>(rows, weights, bias, scale, outputs, first),
            2 => affine_units::<T, 4, 2>(rows, weights, bias, scale, outputs, first),
            3 => affine_units::<T, 4, 3>(rows, weights, bias, scale, outputs, first),
            4 => affine_units::<T, 4, 4>(rows, weights, bias, scale, outputs, first),
            5..10 => affine_units::<T, 4, 5>(rows, weights, bias, scale, outputs, first),
            _ => affine_units::<T, 2, 10>(rows, weights, bias, scale, outputs, first),
        };
    }
}

/// The outputs of `N` units from `first` on, for every row, `S` rows at a time. Returns `N`.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn affine_units<T: Element, const S: usize, const N: usize>(
    rows: Rows<'_, T>,
    weights: &[f32],
    bias: &[f32],
    scale: f32,
    outputs: &mut [f32],
    first: usize,
) -> usize {
    let units = bias.len();
    let weights = &weights[first * rows.width()..][..N * rows.width()];
    let bias: &[f32; N] = bias[first..].first_chunk().unwrap();
    let mut index = 0;
    while index + S <= rows.len() {
        let these = core::array::from_fn(|row| rows.row(index + row));
        // What comes next is fetched once, on the first units' way through these rows.
        let next = core::array::from_fn(|row| if first == 0 { rows.upcoming(index + row) } else { &[] });
        for (row, sums) in dots::<T, S, N>(these, next, weights).iter().enumerate() {
            scale_and_add(sums, scale, bias, outputs[(index + row) * units + first..].first_chunk_mut().unwrap());
        }
        index += S;
    }
    for index in index..rows.len() {
        let [sums] = dots::<T, 1, N>([rows.row(index)], [&[]], weights);
        scale_and_add(&sums, scale, bias, outputs[index * units + first..].first_chunk_mut().unwrap());
    }
    N
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl,fma")]
fn scale_and_add<const N: usize>(sums: &[f32; N], scale: f32, bias: &[f32; N], outputs: &mut [f32; N]) {
    for unit in 0..N {
        outputs[unit] = fused_multiply_add(sums[unit], scale, bias[unit]);
    }
}

/// The dot products of `S` rows with `N` weight vectors of the same width.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
fn dots<T: Element, const S: usize, const N: usize>(
    rows: [&[T]; S],
    next: [&[T]; S],
    weights: &[f32],
) -> [[f32; N]; S] {
    let width = weights.len() / N;
    assert!(rows.iter().all(|row| row.len() == width));
    let mut sums = [[_mm512_setzero_ps(); N]; S];
    let chunks = width / LANES;
    let chunks_a_line = 64 / (LANES * size_of::<T>());
    for chunk in 0..chunks {
        let at = chunk * LANES;
        if chunk.is_multiple_of(chunks_a_line) {
            for next in next {
                _mm_prefetch::<_MM_HINT_T1>(next.as_ptr().wrapping_add(at).cast());
            }
        }
        // SAFETY: `at + LANES` ≤ width, the length of every row, and `weights` has N times that.
        unsafe {
            let mut inputs = [_mm512_setzero_ps(); S];
            for row in 0..S {
                inputs[row] = <T as Load>::load(rows[row].as_ptr().add(at));
            }
            for unit in 0..N {
                let weight = _mm512_loadu_ps(weights.as_ptr().add(unit * width + at));
                for row in 0..S {
                    sums[row][unit] = _mm512_fmadd_ps(weight, inputs[row], sums[row][unit]);
                }
            }
        }
    }
    if !width.is_multiple_of(LANES) {
        let (at, mask) = (chunks * LANES, mask(width % LANES));
        // SAFETY: `mask` ends with the row.
        unsafe {
            let mut inputs = [_mm512_setzero_ps(); S];
            for row in 0..S {
                inputs[row] = <T as Load>::load_some(mask, rows[row].as_ptr().add(at));
            }
            for unit in 0..N {
                let weight = _mm512_maskz_loadu_ps(mask, weights.as_ptr().add(unit * width + at));
                for row in 0..S {
                    sums[row][unit] = _mm512_mask3_fmadd_ps(weight, inputs[row], sums[row][unit], mask);
                }
            }
        }
    }
    reduce_lanes::<Sum, S, N>(sums)
}

/// # Safety
/// The lengths fit together as the function of this name in `dispatch` checks them, and the machine has the features.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(in crate::kernels) unsafe fn affine_transposed(deltas: &[f32], weights: &[f32], units: usize, outputs: &mut [f32]) {
    let columns = weights.len() / units;
    let rows = deltas.len() / units;
    for column in (0..columns).step_by(LANES) {
        let mask = mask(columns - column);
        let mut row = 0;
        while row < rows {
            let count = if rows - row < ROWS_BACK { 1 } else { ROWS_BACK };
            let mut sums = [_mm512_setzero_ps(); ROWS_BACK];
            // SAFETY: `mask` ends with the row of weights; row + count ≤ rows.
            unsafe {
                for unit in 0..units {
                    let weight = _mm512_maskz_loadu_ps(mask, weights.as_ptr().add(unit * columns + column));
                    for (step, sum) in sums.iter_mut().enumerate().take(count) {
                        let delta = _mm512_set1_ps(*deltas.as_ptr().add((row + step) * units + unit));
                        *sum = _mm512_fmadd_ps(delta, weight, *sum);
                    }
                }
                for (step, &sum) in sums.iter().enumerate().take(count) {
                    let to = outputs.as_mut_ptr().add((row + step) * columns + column);
                    _mm512_mask_storeu_ps(to, mask, flush_below(sum, SMALLEST_SIGNAL));
                }
            }
            row += count;
        }
    }
}

/// Rows whose sums [`affine_transposed`] keeps in registers at a time.
const ROWS_BACK: usize = 8;
